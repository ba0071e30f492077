"""All records of a span: cut into days, read page by page, joined without loss or double."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kfconsole.errors import Unavailable
from kfconsole.model import Record
from kfconsole.wechat import paging
from tests.wechat.wire import AGENT, OPENID, RECORDS_PATH, Wire

DAY = 24 * 3600


def row(at: int, text: str) -> dict[str, Any]:
    return {"openid": OPENID, "opercode": 2003, "time": at, "text": text, "worker": AGENT}


class Book:
    """Records with ids from 1, as WeChat may keep them; `inclusive` is what nobody knows."""

    def __init__(
        self,
        wire: Wire,
        rows: list[dict[str, Any]],
        *,
        inclusive: bool,
        includes_end: bool = True,
        most_shown: int = 10_000,
    ) -> None:
        self.rows = rows
        self.most_shown = most_shown
        self.inclusive = inclusive
        self.includes_end = includes_end
        self.wire = wire
        wire.reply(RECORDS_PATH, self.answer)

    def answer(self, _request: httpx.Request) -> dict[str, Any]:
        asked = self.wire.body(RECORDS_PATH)
        assert asked["msgid"] > 0
        assert asked["endtime"] - asked["starttime"] <= DAY
        last = asked["endtime"] if self.includes_end else asked["endtime"] - 1
        found = [(at, row) for at, row in enumerate(self.rows, 1) if at >= asked["msgid"]]
        found = [(at, row) for at, row in found if asked["starttime"] <= row["time"] <= last]
        found = found[: min(asked["number"], self.most_shown)]
        cursor = found[-1][0] + (0 if self.inclusive else 1) if found else 0
        return {"recordlist": [row for _at, row in found], "number": len(found), "msgid": cursor}


def texts(records: tuple[Record, ...]) -> str:
    return "".join(record.text for record in records)


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6, 7, 9])
async def test_pages_join_without_loss_or_double_whichever_way_cursors_work(
    wire: Wire, inclusive: bool, count: int
) -> None:
    Book(wire, [row(100 + at, chr(97 + at)) for at in range(count)], inclusive=inclusive)

    assert texts(await wire.client().all_records(0, 1000, page_size=3)) == "abcdefghi"[:count]


async def test_a_repeated_message_at_a_border_is_kept_once_the_cursor_is_known_to_be_exclusive(wire: Wire) -> None:
    Book(wire, [row(100, text) for text in "abccdefff"], inclusive=False)
    client = wire.client()

    assert texts(await client.all_records(0, 1000, page_size=3)) == "abccdefff"
    Book(wire, [row(100, text) for text in "abccd"], inclusive=False)
    assert texts(await client.all_records(0, 1000, page_size=3)) == "abccd"


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("said", ["abcc", "abccc", "abccde", "abccdeef", "abccccba"])
async def test_the_same_said_twice_at_the_first_border_stays_twice_whichever_way_cursors_work(
    wire: Wire, inclusive: bool, said: str
) -> None:
    Book(wire, [row(100, text) for text in said], inclusive=inclusive)

    assert texts(await wire.client().all_records(0, 1000, page_size=3)) == said


@given(
    said=st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, DAY]), st.sampled_from("aab")), max_size=20),
    page_size=st.integers(3, 6),
    inclusive=st.booleans(),
    includes_end=st.booleans(),
)
@settings(max_examples=150)
def test_all_there_is_comes_once_however_long_pages_are(
    said: list[tuple[int, str]], page_size: int, inclusive: bool, includes_end: bool
) -> None:
    at, rows = 0, []
    for later, text in said:
        at += later
        rows.append(row(at, text))
    pages = [rows[start : start + page_size] for start in range(len(rows))]
    # A page that is the very same as the one before could come for ever: at the size we ask for there is none.
    step = page_size - 1 if inclusive else page_size
    assume(all(pages[start] != pages[start + step] for start in range(len(rows) - step)))
    wire = Wire()
    Book(wire, rows, inclusive=inclusive, includes_end=includes_end)

    found = asyncio.run(wire.client().all_records(0, at + 10, page_size=page_size))

    assert [(record.at, record.text) for record in found] == [(row["time"], row["text"]) for row in rows]


async def test_how_cursors_work_is_asked_once(wire: Wire) -> None:
    Book(wire, [row(100 + at, chr(97 + at)) for at in range(9)], inclusive=True)
    client = wire.client()
    first = await client.all_records(0, 1000, page_size=3)
    calls = len(wire.asked(RECORDS_PATH))
    second = await client.all_records(0, 1000, page_size=3)

    assert texts(first) == texts(second) == "abcdefghi"
    assert len(wire.asked(RECORDS_PATH)) - calls == calls - 1


async def test_a_border_that_changes_while_it_is_read_teaches_nothing_of_others(wire: Wire) -> None:
    book = Book(wire, [row(100 + at, chr(97 + at)) for at in range(9)], inclusive=True)
    client = wire.client()

    def answer(request: httpx.Request) -> dict[str, Any]:
        if wire.body(RECORDS_PATH)["msgid"] == 3:
            book.rows[2] = {**book.rows[2], "worker": "renamed@shop"}
        return book.answer(request)

    wire.reply(RECORDS_PATH, answer)
    await client.all_records(0, 1000, page_size=3)
    wire.reply(RECORDS_PATH, book.answer)

    assert texts(await client.all_records(0, 1000, page_size=3)) == "abcdefghi"


@pytest.mark.parametrize("inclusive", [True, False])
async def test_pages_that_hold_fewer_than_asked_for_and_promised_are_followed_to_the_end(
    wire: Wire, inclusive: bool
) -> None:
    book = Book(wire, [row(at, str(at)) for at in range(1000)], inclusive=inclusive, most_shown=300)
    client = wire.client()
    for count in (1000, 900, 600, 300, 301, 299, 0):
        book.rows = [row(at, str(at)) for at in range(count)]
        assert [record.at for record in await client.all_records(0, 2000)] == list(range(count)), count


@pytest.mark.parametrize("inclusive", [True, False])
async def test_that_a_shorter_page_is_the_last_is_made_sure_of_once(wire: Wire, inclusive: bool) -> None:
    book = Book(wire, [], inclusive=inclusive)
    client = wire.client()
    calls: list[int] = []
    for count in (100, 500, 500, 400, 100, 0):
        book.rows = [row(at, str(at)) for at in range(count)]
        before = len(wire.asked(RECORDS_PATH))
        assert len(await client.all_records(0, 1000)) == count
        calls.append(len(wire.asked(RECORDS_PATH)) - before)

    assert calls == [1, 2, 1, 1, 1, 1]


async def test_a_server_that_begins_anew_after_the_last_page_doubles_nothing(wire: Wire) -> None:
    rows = [row(at, str(at)) for at in range(150)]

    def answer(_request: httpx.Request) -> dict[str, Any]:
        start = wire.body(RECORDS_PATH)["msgid"] - 1
        shown = rows[start : start + 120] or rows[:120]
        return {"recordlist": shown, "number": len(shown), "msgid": shown[-1]["time"] + 2}

    wire.reply(RECORDS_PATH, answer)

    assert [record.at for record in await wire.client().all_records(0, 1000)] == list(range(150))


async def test_an_error_between_pages_is_an_error_of_the_whole_span(wire: Wire) -> None:
    wire.reply(
        RECORDS_PATH,
        {"recordlist": [row(1, "x"), row(1, "y")], "number": 2, "msgid": 3},
        {"errcode": -1, "errmsg": "system error"},
    )

    with pytest.raises(Unavailable):
        await wire.client().all_records(0, 10, page_size=2)


async def test_each_page_tells_how_far_it_came(wire: Wire) -> None:
    Book(wire, [row(100 + at, chr(97 + at)) for at in range(5)], inclusive=False)
    told: list[int] = []
    await wire.client().all_records(0, 1000, page_size=2, on_page=told.append)

    assert told == [101, 103, 104]


@pytest.mark.parametrize("includes_end", [True, False])
async def test_a_long_span_is_asked_in_days_and_border_seconds_count_once(wire: Wire, includes_end: bool) -> None:
    rows = [row(0, "a"), row(DAY, "b"), row(DAY, "b"), row(DAY, "c"), row(DAY + 1, "d"), row(2 * DAY + 5, "e")]
    Book(wire, rows, inclusive=False, includes_end=includes_end)

    assert texts(await wire.client().all_records(0, 2 * DAY + 10)) == "abbcde"
    assert len(wire.asked(RECORDS_PATH)) == 3


@pytest.mark.parametrize(
    "answer",
    [
        {"recordlist": [row(1, "x")], "number": 1, "msgid": 1},
        {"recordlist": [row(1, "x")], "number": 1, "msgid": 0},
        {"recordlist": [row(1, "x")], "number": 10000, "msgid": 1},
    ],
)
async def test_a_full_page_whose_cursor_does_not_grow_is_never_told_as_all(wire: Wire, answer: dict[str, Any]) -> None:
    wire.reply(RECORDS_PATH, answer)

    with pytest.raises(Unavailable, match="msgid"):
        await wire.client().all_records(0, 10, page_size=1)
    assert len(wire.asked(RECORDS_PATH)) < 10


@pytest.mark.parametrize("cursor", [0, 1])
async def test_where_cursors_lead_nowhere_a_span_is_read_in_halves(wire: Wire, cursor: int) -> None:
    rows = [row(at, letter) for at, letter in ((1, "a"), (1, "b"), (4, "c"), (5, "d"), (5, "d"), (9, "e"), (9, "f"))]

    def answer(_request: httpx.Request) -> dict[str, Any]:
        asked = wire.body(RECORDS_PATH)
        found = [one for one in rows if asked["starttime"] <= one["time"] <= asked["endtime"]][:4]
        return {"recordlist": found, "number": len(found), "msgid": cursor}

    wire.reply(RECORDS_PATH, answer)

    assert texts(await wire.client().all_records(0, 10, page_size=4)) == "abcddef"


async def test_a_page_that_comes_again_ends_the_reading_though_the_cursor_grows(wire: Wire) -> None:
    def answer(_request: httpx.Request) -> dict[str, Any]:
        asked = wire.body(RECORDS_PATH)["msgid"]
        assert asked < 9, "asks for the same page for ever"
        return {"recordlist": [row(1, "x"), row(1, "y")], "number": 2, "msgid": asked + 1}

    wire.reply(RECORDS_PATH, answer)

    assert texts(await wire.client().all_records(0, 10, page_size=2)) == "xy"
    assert len(wire.asked(RECORDS_PATH)) == 2


async def test_a_page_whose_number_is_full_is_followed_even_if_it_shows_less(wire: Wire) -> None:
    wire.reply(
        RECORDS_PATH,
        {"recordlist": [row(1, "x")], "number": 2, "msgid": 7},
        {"recordlist": [row(2, "y")], "number": 1, "msgid": 8},
    )

    assert texts(await wire.client().all_records(0, 10, page_size=2)) == "xy"


async def test_a_span_that_ends_before_it_starts_asks_nothing(wire: Wire) -> None:
    assert await wire.client().all_records(10, 9) == ()
    assert wire.requests == []


def test_spans_cover_the_whole_time_and_fit_wechats_limit() -> None:
    assert list(paging.spans(5, 5)) == [(5, 5)]
    assert list(paging.spans(0, DAY)) == [(0, DAY)]
    assert list(paging.spans(0, DAY + 1)) == [(0, DAY), (DAY, DAY + 1)]
