"""One message found, as a row; and what is looked for, in words."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from kfconsole import text
from kfconsole.model import AgentId, CustomerId, Delivery, Message, MessageId, MessageKind
from kfconsole.text import found_spans, one_line
from kfconsole.ui import search_filters, search_rows
from kfconsole.ui.keymap import DEFAULT
from kfconsole.ui.search_filters import Days, Wanted
from kfconsole.ui.search_rows import FoundLook, FoundRow
from kfconsole.ui.tones import Tones
from kfconsole.ui.words import WIDE_GLYPHS

ANN, LI = CustomerId("oAnn"), AgentId("li@shop")
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
LOOK = FoundLook(Tones(*[Style()] * 7), WIDE_GLYPHS, UTC, TODAY)
LONG = "您好，我昨天买的那双鞋子收到了，颜色不对，盒子也压坏了，可以退款吗？订单 8842-1107，麻烦快点处理，谢谢"


def excerpt(said: str, words: str, cells: int) -> str:
    """An excerpt with what was found in brackets."""
    pieces = text.excerpt(said, found_spans(said, words), cells, "…")
    return "".join(f"[{piece}]" if is_found else piece for piece, is_found in pieces)


@pytest.mark.parametrize(
    ("words", "cells", "shown"),
    [
        ("退款", 200, LONG.replace("退款", "[退款]")),
        ("8842 退款", 200, LONG.replace("退款", "[退款]").replace("8842", "[8842]")),
        ("昨天", 20, "您好，我[昨天]买的那…"),
        ("退款", 20, "…可以[退款]吗？订单 8…"),
        ("谢谢", 20, "…麻烦快点处理，[谢谢]"),
        ("", 20, "您好，我昨天买的那…"),
    ],
)
def test_the_words_are_seen_in_an_excerpt(words: str, cells: int, shown: str) -> None:
    assert excerpt(LONG, words, cells) == shown


@pytest.mark.parametrize(
    ("said", "words", "shown"),
    [
        ("I like e\u0301clairs", "e", "I lik[e] [e\u0301]clairs"),
        ("a 👨‍👩‍👧 b", "👩", "a [👨‍👩‍👧] b"),
        ("ＡＢＣ abc", "b", "Ａ[Ｂ]Ｃ a[b]c"),
    ],
)
def test_a_character_stays_in_one_piece(said: str, words: str, shown: str) -> None:
    assert excerpt(said, words, 40) == shown


@given(
    st.text(st.sampled_from("ab 退款订单，。😀é"), max_size=150),
    st.sampled_from(["退款", "单", "a", "b 退", "😀", "zz", ""]),
    st.integers(12, 90),
)
def test_an_excerpt_fits_and_shows_what_was_found(said: str, words: str, cells: int) -> None:
    said = one_line(said)
    spans = found_spans(said, words)
    pieces = list(text.excerpt(said, spans, cells, "…"))
    shown = "".join(piece for piece, _is_found in pieces)

    assert cell_len(shown) <= cells
    assert any(is_found for _piece, is_found in pieces) == bool(spans)
    if cell_len(said) <= cells:
        assert shown == said
    else:
        assert "…" in (shown[0], shown[-1])
        assert shown.strip("…") in said


def message(**changes: object) -> Message:
    fields: dict[str, object] = {
        "id": MessageId(1),
        "openid": ANN,
        "agent": LI,
        "kind": MessageKind.SENT,
        "text": "about\nshoes",
        "at": NOW.timestamp(),
    }
    return Message(**(fields | changes))  # type: ignore[arg-type]  # the fields of a message


def drawn(found: Message, width: int = 100, customer: str = "…oAnn") -> str:
    row = FoundRow(found, customer, "Li", "shoes")
    return "".join(said for said, _style in search_rows.draw(row, width, False, LOOK))


def test_a_row_says_when_whose_and_who() -> None:
    assert drawn(message()) == "       18:30  …oAnn    Li        about shoes"
    assert drawn(message(), customer="") == "       18:30  Li        about shoes"
    assert drawn(message(), width=50) == "       18:30  …oAnn    about shoes"
    assert drawn(message(at=datetime(2026, 3, 1, 9, 5, tzinfo=UTC).timestamp())).startswith(" 03-01 09:05  ")
    assert drawn(message(at=datetime(2025, 3, 1, 9, 5, tzinfo=UTC).timestamp())).startswith("  2025-03-01  ")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"delivery": Delivery.REFUSED}, "refused  about"),
        ({"delivery": Delivery.UNKNOWN}, "outcome unknown  about"),
        ({"delivery": Delivery.UNKNOWN, "is_dismissed": True}, "dismissed  about"),
        ({"delivery": Delivery.CONFIRMED}, "Li        about"),
        ({"text": "[image]"}, "Li        [picture]"),
        ({"kind": MessageKind.CLOSED, "text": ""}, "closed by Li"),
    ],
)
def test_a_row_says_what_became_of_it(changes: dict[str, object], word: str) -> None:
    assert word in drawn(message(**changes))


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("yesterday", (2026, 11, 21), (2026, 11, 21)),
        ("3 days ago to yesterday", (2026, 11, 19), (2026, 11, 21)),
        ("3 days ago to", (2026, 11, 19), None),
        ("2026-11-18 .. 2026-11-20", (2026, 11, 18), (2026, 11, 20)),
        ("2026-11-18..2026-11-20", (2026, 11, 18), (2026, 11, 20)),
        ("11月18日到昨天", (2026, 11, 18), (2026, 11, 21)),
        ("周一至今天", (2026, 11, 16), (2026, 11, 22)),
        ("3天前到", (2026, 11, 19), None),
        ("today", (2026, 11, 22), (2026, 11, 22)),
    ],
)
def test_days_are_read_as_people_write_them(
    typed: str, first: tuple[int, int, int], last: tuple[int, int, int] | None
) -> None:
    assert search_filters.parse_days(typed, NOW) == Days(date(*first), date(*last) if last else None)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("yesterday to 3 days ago", "before the first"),
        ("2026-12-24", "still to come"),
        ("to yesterday", "Not understood"),
        ("soonish", "soonish"),
        ("", "Type a day"),
    ],
)
def test_days_that_make_no_sense_say_why(typed: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        search_filters.parse_days(typed, NOW)


def test_days_begin_and_end_at_midnight_where_people_live() -> None:
    query = Wanted("a", days=Days(date(2026, 11, 18), date(2026, 11, 20))).query(UTC)
    assert query.start_at == datetime(2026, 11, 18, tzinfo=UTC).timestamp()
    assert query.end_at == datetime(2026, 11, 21, tzinfo=UTC).timestamp()
    assert Wanted("a", days=Days(TODAY, None)).query(UTC).end_at is None


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (None, "all days"),
        (Days(TODAY, TODAY), "today"),
        (Days(date(2026, 11, 21), date(2026, 11, 21)), "yesterday"),
        (Days(date(2026, 11, 18), date(2026, 11, 18)), "11-18"),
        (Days(date(2025, 11, 18), TODAY), "2025-11-18..11-22"),
        (Days(date(2026, 11, 18), None), "since 11-18"),
    ],
)
def test_days_are_said_in_few_words(days: Days | None, words: str) -> None:
    assert search_filters.days_words(days, TODAY) == words


def test_every_filter_that_is_set_stands_out_and_fits_a_narrow_screen() -> None:
    def said(wanted: Wanted, customer: str = "", agent: str = "") -> list[tuple[str, str]]:
        pieces = search_filters.filter_pieces(DEFAULT, wanted, customer, agent, TODAY)
        return [(words.strip(), tone) for words, tone in pieces]

    assert [tone for words, tone in said(Wanted()) if not words.startswith("F")] == ["muted"] * 4
    everything = Wanted("a", ANN, MessageKind.RECEIVED, LI, Days(date(2026, 11, 18), date(2026, 11, 20)))
    pieces = said(everything, "…f8a1c2", "a very long name of an agent")
    assert ("from customers", "strong") in pieces
    assert ("no filters", "muted") in pieces
    assert sum(len(words) + 2 for words, _tone in pieces) <= 100
    assert everything.is_anything
    assert not Wanted(" ", ANN).is_anything
