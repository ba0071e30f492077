"""What stands in one line is never cut in two."""

import pytest
from textual.app import App, ComposeResult

from kfconsole.ui.tones import TonedScreen
from kfconsole.ui.widgets.bar import Hints

KEYS = (("Enter", "打开"), ("r", "回复"), ("Esc", "返回"))  # of 12, 8 and 10 cells


class Stage(App[None]):
    """A screen with nothing but keys."""

    def get_default_screen(self) -> "Foot":
        return Foot()


class Foot(TonedScreen):
    def compose(self) -> ComposeResult:
        yield Hints(id="hints")


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (30, " Enter 打开  r 回复  Esc 返回"),
        (29, " Enter 打开  r 回复"),
        (19, " Enter 打开"),
        (11, ""),
    ],
)
async def test_a_key_without_room_is_left_out_whole(width: int, shown: str) -> None:
    async with Stage().run_test(size=(width, 2)) as pilot:
        hints = pilot.app.screen.query_one(Hints)
        hints.show_keys(KEYS)

        assert hints.render_line(0).text.rstrip() == shown


async def test_a_wider_window_has_room_for_more_keys() -> None:
    async with Stage().run_test(size=(12, 2)) as pilot:
        hints = pilot.app.screen.query_one(Hints)
        hints.show_keys(KEYS)
        await pilot.resize_terminal(40, 2)

        assert hints.render_line(0).text.rstrip().endswith("返回")
