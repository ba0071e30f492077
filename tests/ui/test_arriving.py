"""A paste is a paste to its end, however the wire cuts it and whatever is in it."""

from hypothesis import given
from hypothesis import strategies as st
from textual import events

from kfconsole.ui.arriving import Parser, Pastes

BEGINS, ENDS = "\x1b[200~", "\x1b[201~"
pasted = st.text(alphabet="a好\r\n\x1b[201~;]")


def cut(words: str, lengths: list[int]) -> list[str]:
    """Cut into pieces of these lengths, the last one as long as the rest."""
    pieces: list[str] = []
    for length in lengths:
        pieces.append(words[:length])
        words = words[length:]
    return [*pieces, words]


@given(pasted.filter(lambda words: ENDS not in words), st.lists(st.integers(0, 9), max_size=9))
def test_what_is_pasted_is_one_paste_and_no_key(words: str, lengths: list[int]) -> None:
    parser = Parser()
    tokens = [
        token for piece in cut(f"x{BEGINS}{words}{ENDS}y", lengths) if piece for token in list(parser.feed(piece))
    ]
    keys = [token.key for token in tokens if isinstance(token, events.Key)]
    pastes = [token.text for token in tokens if isinstance(token, events.Paste)]

    assert keys == ["x", "y"]
    assert pastes == [words.replace("\x1b", "␛")]


@given(st.text(alphabet="a\x1b[ABC~1"))
def test_outside_of_a_paste_nothing_is_changed(words: str) -> None:
    assert Pastes().harmless(words) == words
