from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from kfconsole.text import clean
from kfconsole.ui.widgets.strips import changed_cells, highlighted, notice_strips, strip_of
from tests.conftest import HOSTILE

PARTS = st.lists(st.tuples(st.text(max_size=12).map(clean), st.just(Style())), max_size=5)
CJK = st.text(alphabet="ab 你好，é👍", max_size=30)


@given(PARTS, st.integers(0, 40))
def test_a_strip_is_exactly_as_wide_as_asked(parts: list[tuple[str, Style]], width: int) -> None:
    strip = strip_of(parts, width, Style())

    assert width == sum(segment.cell_length for segment in strip)
    assert width == strip.cell_length


def test_foreign_text_stays_on_its_line_and_is_never_markup() -> None:
    strip = strip_of([(clean(HOSTILE + "\nnext\tcell"), Style())], 80, Style())

    assert strip.text.startswith("[/b] [@click=app.quit]x[/]")
    assert not set("\n\t\x1b\x07\u202e") & set(strip.text)


def test_a_wide_character_is_not_cut_in_half() -> None:
    strip = strip_of([("你好你好", Style())], 4, Style())

    assert strip.text == "你… "


def test_parts_lie_on_the_base_style_and_a_highlight_over_both() -> None:
    strip = strip_of([("a", Style(color="red")), ("b", Style())], 3, Style(color="white", bgcolor="black"))

    over = highlighted(strip, Style(bgcolor="blue"))

    assert [Style(color="red", bgcolor="black"), *[Style(color="white", bgcolor="black")] * 2] == _styles(strip)
    assert [Style(color="red", bgcolor="blue"), *[Style(color="white", bgcolor="blue")] * 2] == _styles(over)


def _styles(strip: object) -> list[Style | None]:
    assert hasattr(strip, "__iter__")
    segments: list[Segment] = list(strip)
    return [segment.style for segment in segments]


@given(st.lists(CJK, max_size=4), st.lists(CJK, max_size=4), st.integers(1, 30))
def test_beyond_the_changed_cells_two_strips_look_alike(before: list[str], after: list[str], width: int) -> None:
    old = strip_of([(text, Style()) for text in before], width, Style())
    new = strip_of([(text, Style()) for text in after], width, Style())

    cells = changed_cells(old, new)

    assert (cells == 0) == (old == new)
    assert old.crop(cells).text == new.crop(cells).text


def test_a_notice_is_wrapped_and_centred() -> None:
    strips = notice_strips("nobody waits", 8, Style())

    assert [strip.text for strip in strips] == [" nobody ", " waits  "]
