"""Sentences are wrapped as Chinese is, and take as many lines as they say."""

from collections.abc import Iterator

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical

from kfconsole.text import width_cells, wrap
from kfconsole.ui.plain import plain
from kfconsole.ui.widgets.prose import Prose

SAID = "小美 接待中 1 人，在 3 位在线客服中最少。交给小美后，顾客 oLh7e5 会看到新的客服。"


class Page(App[None]):
    """A page with a sentence, and what stands below."""

    CSS = "Vertical { width: 24; height: auto; } #narrow { width: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self.said, self.below = Prose(plain(SAID)), Prose(plain("[b]below[/b]"), id="narrow")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self.said
            yield self.below

    def lines(self) -> Iterator[str]:
        """The lines on screen that are not blank."""
        return filter(None, (strip.text.rstrip() for strip in self.screen._compositor.render_strips()))


@pytest.mark.parametrize("width", range(12, 60, 3))
async def test_it_stands_in_lines_that_neither_begin_with_a_stop_nor_end_before_a_number(width: int) -> None:
    page = Page()
    async with page.run_test(size=(80, 40)) as pilot:
        page.query_one(Vertical).styles.width = width
        await pilot.pause()
        *lines, below = page.lines()

        assert lines == wrap(SAID, width)
        assert all(width_cells(line) <= width for line in lines)
        assert not any(line[0] in "，。" for line in lines)
        assert below == "[b]below[/b]"
        assert page.said.size.height == len(lines)


async def test_what_it_says_next_is_wrapped_and_as_high_as_that() -> None:
    page = Page()
    async with page.run_test(size=(80, 40)) as pilot:
        page.said.update(plain("好"))
        await pilot.pause()
        assert list(page.lines()) == ["好", "[b]below[/b]"]
        page.said.update(plain("一\n" + SAID))
        await pilot.pause()
        assert list(page.lines()) == ["一", *wrap(SAID, 24), "[b]below[/b]"]
        page.query_one(Vertical).styles.width = 12
        await pilot.pause()
        assert list(page.lines()) == ["一", *wrap(SAID, 12), "[b]below[/b]"]
