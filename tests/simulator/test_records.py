"""Chat records: what is in them, and how they are paged."""

from dataclasses import replace

import pytest

from kfconsole.simulator import SimClock, World
from tests.simulator.conftest import NOON, TOM, WEN, Wire

LIST = "/customservice/msgrecord/getmsglist"
RETIRED = "/customservice/msgrecord/getrecord"
HERE = int(NOON)


def _query(start: int = HERE - 100, end: int = HERE + 100, msgid: int = 1, number: int = 10000) -> dict[str, int]:
    return {"starttime": start, "endtime": end, "msgid": msgid, "number": number}


def _talk(world: World, clock: SimClock) -> None:
    world.say("oA", "在吗")
    world.accept(WEN)
    clock.advance(1)
    world.reply(WEN, "oA", "您好")
    clock.advance(1)
    world.say("oA", "[b]你好[/b]")


async def test_records_hold_both_directions_of_a_session(world: World, clock: SimClock, wire: Wire) -> None:
    _talk(world, clock)
    answer = await wire.post(LIST, _query())

    assert answer["recordlist"] == [
        {"openid": "oA", "opercode": 2002, "text": "您好", "time": HERE + 1, "worker": WEN},
        {"openid": "oA", "opercode": 2003, "text": "[b]你好[/b]", "time": HERE + 2, "worker": WEN},
    ]
    assert answer["number"] == 2
    assert set(answer) == {"recordlist", "number", "msgid"}


async def test_nothing_found_answers_zeros(wire: Wire) -> None:
    assert await wire.post(LIST, _query()) == {"recordlist": [], "number": 0, "msgid": 0}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"starttime": HERE * 1000, "endtime": HERE * 1000 + 1}, 65416),
        ({"starttime": HERE + 1, "endtime": HERE}, 65416),
        ({"starttime": "yesterday"}, 65416),
        ({"number": 0}, 65416),
        ({"number": 10001}, 65416),
        ({"msgid": -1}, 65416),
        ({"starttime": HERE - 86401, "endtime": HERE}, 65417),
    ],
)
async def test_a_bad_query_answers(wire: Wire, change: dict[str, object], code: int) -> None:
    assert await wire.code(LIST, {**_query(), **change}) == code


@pytest.mark.parametrize("missing", ["starttime", "endtime", "msgid", "number"])
async def test_all_four_fields_are_needed(wire: Wire, missing: str) -> None:
    assert await wire.code(LIST, {key: value for key, value in _query().items() if key != missing}) == 65416


async def test_a_whole_day_is_allowed(wire: Wire) -> None:
    assert (await wire.post(LIST, _query(HERE - 86400, HERE)))["number"] == 0


def _many(world: World, count: int) -> None:
    world.write_records([("oA", 2003, NOON - 50 + number // 10, WEN, f"{number}") for number in range(count)])


async def _pages(wire: Wire, number: int) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor = 1
    while True:
        answer = await wire.post(LIST, _query(msgid=cursor, number=number))
        pages.append([row["text"] for row in answer["recordlist"]])
        if answer["number"] < number:
            return pages
        cursor = answer["msgid"]


async def test_pages_follow_the_cursor_without_gap_or_overlap(world: World, wire: Wire) -> None:
    _many(world, 25)

    assert await _pages(wire, 10) == [
        [f"{n}" for n in range(10)],
        [f"{n}" for n in range(10, 20)],
        [f"{n}" for n in range(20, 25)],
    ]


async def test_with_an_inclusive_cursor_pages_overlap_by_one(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, cursor_inclusive=True)
    _many(world, 25)

    assert [(page[0], page[-1]) for page in await _pages(wire, 10)] == [("0", "9"), ("9", "18"), ("18", "24")]


async def test_records_written_late_keep_their_time_and_get_a_later_id(world: World, wire: Wire) -> None:
    world.write_records([("oA", 2003, NOON, WEN, "first"), ("oA", 2003, NOON - 10, WEN, "late")])
    answer = await wire.post(LIST, _query())

    assert [row["text"] for row in answer["recordlist"]] == ["first", "late"]
    assert (await wire.post(LIST, _query(end=HERE - 5)))["recordlist"][0]["text"] == "late"


async def test_records_may_come_late_and_are_gone_after_a_while(world: World, clock: SimClock, wire: Wire) -> None:
    world.switches = replace(world.switches, records_delay_seconds=30)
    _talk(world, clock)
    assert (await wire.post(LIST, _query()))["number"] == 0
    clock.advance(29)
    assert (await wire.post(LIST, _query()))["number"] == 1
    clock.advance(90 * 86400)
    assert (await wire.post(LIST, _query()))["number"] == 0


async def test_api_sends_and_waiting_messages_appear_only_by_switch(world: World, wire: Wire) -> None:
    world.say("oA", "等待中")
    await wire.send("oA", "在的")
    assert (await wire.post(LIST, _query()))["number"] == 0

    world.switches = replace(world.switches, records_show_api_sends=True, records_show_waiting=True)
    rows = (await wire.post(LIST, _query()))["recordlist"]
    assert [(row["opercode"], row["text"], row["worker"]) for row in rows] == [(2001, "等待中", ""), (2002, "在的", "")]


async def test_events_appear_only_by_switch(world: World, clock: SimClock, wire: Wire) -> None:
    world.switches = replace(world.switches, records_show_events=True)
    _talk(world, clock)
    world.transfer(WEN, TOM, "oA")
    world.close(TOM, "oA")
    world.create_session(WEN, "oA")
    rows = (await wire.post(LIST, _query()))["recordlist"]

    assert [row["opercode"] for row in rows] == [1000, 2001, 1001, 2002, 2003, 1003, 1004, 1002]


async def test_an_api_send_in_a_session_names_its_agent(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, records_show_api_sends=True)
    world.say("oA", "在吗")
    world.accept(TOM)
    await wire.send("oA", "在的")

    assert (await wire.post(LIST, _query()))["recordlist"][0]["worker"] == TOM


def _retired(index: int = 1, size: int = 50, **more: object) -> dict[str, object]:
    return {"starttime": HERE - 100, "endtime": HERE + 100, "pageindex": index, "pagesize": size, **more}


async def test_the_retired_call_pages_by_index_and_tells_what_happened_too(
    world: World, clock: SimClock, wire: Wire
) -> None:
    _talk(world, clock)
    world.say("oB", "在吗")

    answer = await wire.post(RETIRED, _retired(openid="oA"))
    pages = [await wire.post(RETIRED, _retired(index, 3)) for index in (1, 2, 3, 4)]

    assert {key: answer[key] for key in ("errcode", "errmsg", "retcode")} == {
        "errcode": 0,
        "errmsg": "ok",
        "retcode": 0,
    }
    assert [row["opercode"] for row in answer["recordlist"]] == [1000, 2001, 1001, 2002, 2003]
    assert answer["recordlist"][3] == {
        "openid": "oA",
        "opercode": 2002,
        "text": "您好",
        "time": HERE + 1,
        "worker": WEN,
    }
    assert [len(page["recordlist"]) for page in pages] == [3, 3, 1, 0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pageindex": 0}, 65416),
        ({"pageindex": 2**32}, 0),
        ({"pageindex": 2**63}, 65416),
        ({"pageindex": 10**30}, 65416),
        ({"pagesize": 51}, 65416),
        ({"pagesize": 0}, 65416),
        ({"starttime": None}, 65416),
        ({"openid": 5}, 65416),
        ({"starttime": HERE + 101}, 65416),
        ({"starttime": HERE - HERE % 86400 - 8 * 3600, "endtime": HERE - HERE % 86400 + 16 * 3600 - 1}, 0),
        ({"starttime": HERE - HERE % 86400 - 8 * 3600 - 1}, 65417),
    ],
)
async def test_the_retired_call_covers_one_day_in_beijing(wire: Wire, change: dict[str, object], code: int) -> None:
    assert await wire.code(RETIRED, {**_retired(), **change}) == code


@pytest.mark.parametrize("path", [LIST, RETIRED])
async def test_the_records_tell_that_a_session_is_over_before_anybody_asks_for_it(
    world: World, clock: SimClock, wire: Wire, path: str
) -> None:
    world.switches = replace(world.switches, records_show_events=True, session_minutes=1)
    world.add_customer("oA")
    world.create_session(WEN, "oA")
    clock.advance(61)
    asked = _query() if path == LIST else _retired()

    assert [(row["opercode"], row["time"] - HERE) for row in (await wire.post(path, asked))["recordlist"]] == [
        (1002, 0),
        (1004, 60),
    ]


async def test_the_retired_call_can_be_gone(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, retired_record_call=False)

    assert await wire.code(RETIRED, _retired()) == 40066
