"""Who serves whom: the queue and the sessions."""

from dataclasses import replace

import pytest

from kfconsole.simulator import SimClock, World
from kfconsole.simulator.world import Impossible
from tests.simulator.conftest import NEW, NOON, QIANG, TOM, WEN, Wire

CREATE, CLOSE = "/customservice/kfsession/create", "/customservice/kfsession/close"
QUEUE = "/customservice/kfsession/getwaitcase"
SESSION = "/customservice/kfsession/getsession"
SESSIONS = "/customservice/kfsession/getsessionlist"


async def test_a_customer_who_writes_waits_and_later_messages_move_only_the_time(
    world: World, clock: SimClock, wire: Wire
) -> None:
    world.say("oA", "在吗")
    clock.advance(5)
    world.say("oB", "你好")
    clock.advance(7)
    world.say("oA", "有人吗")

    assert await wire.get(QUEUE) == {
        "count": 2,
        "waitcaselist": [
            {"latest_time": int(NOON) + 12, "openid": "oA"},
            {"latest_time": int(NOON) + 5, "openid": "oB"},
        ],
    }


async def test_a_customer_who_is_not_forwarded_does_not_wait(world: World, wire: Wire) -> None:
    world.say("oA", "在吗", forward=False)

    assert await wire.get(QUEUE) == {"count": 0, "waitcaselist": []}


async def test_the_queue_shows_the_first_hundred_and_counts_all(world: World, wire: Wire) -> None:
    for number in range(130):
        world.say(f"o{number}", "在吗")
    queue = await wire.get(QUEUE)

    assert queue["count"] == 130
    assert [row["openid"] for row in queue["waitcaselist"]] == [f"o{number}" for number in range(100)]


async def test_creating_takes_the_customer_from_the_queue_and_repeating_it_is_fine(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")

    assert await wire.post(CREATE, {"kf_account": WEN, "openid": "oA"}) == {"errcode": 0, "errmsg": "ok"}
    assert await wire.code(CREATE, {"kf_account": WEN, "openid": "oA"}) == 0
    assert await wire.get(QUEUE) == {"count": 0, "waitcaselist": []}
    assert await wire.get(SESSION, openid="oA") == {"createtime": int(NOON), "kf_account": WEN}
    assert await wire.get(SESSIONS, kf_account=WEN) == {"sessionlist": [{"createtime": int(NOON), "openid": "oA"}]}


async def test_creating_works_for_a_customer_who_does_not_wait(world: World, wire: Wire) -> None:
    world.add_customer("oA")

    assert await wire.code(CREATE, {"kf_account": WEN, "openid": "oA"}) == 0


@pytest.mark.parametrize(
    ("kf_account", "openid", "code"),
    [
        (None, "oA", 65404),
        ("nobody@lehuo", "oA", 65401),
        (NEW, "oA", 65402),
        (QIANG, "oA", 65415),
        (TOM, "oStranger", 40003),
        (TOM, None, 40003),
        (TOM, "oServed", 65414),
    ],
)
async def test_creating_is_refused_with(
    world: World, wire: Wire, kf_account: str | None, openid: str | None, code: int
) -> None:
    world.say("oA", "在吗")
    world.say("oServed", "在吗")
    world.accept(WEN, "oServed")

    assert await wire.code(CREATE, {"kf_account": kf_account, "openid": openid}) == code


@pytest.mark.parametrize(
    ("kf_account", "openid", "code"),
    [
        (WEN, "oServed", 0),
        (TOM, "oServed", 65414),
        (WEN, "oA", 65413),
        (WEN, "oStranger", 40003),
        ("nobody@lehuo", "oServed", 65401),
    ],
)
async def test_closing_answers(world: World, wire: Wire, kf_account: str, openid: str, code: int) -> None:
    world.say("oA", "在吗")
    world.say("oServed", "在吗")
    world.accept(WEN, "oServed")

    assert await wire.code(CLOSE, {"kf_account": kf_account, "openid": openid}) == code


async def test_a_closed_customer_waits_again_only_after_writing_again(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    world.accept(WEN)
    await wire.post(CLOSE, {"kf_account": WEN, "openid": "oA"})

    assert (await wire.get(QUEUE))["count"] == 0
    world.say("oA", "还有个问题")
    assert (await wire.get(QUEUE))["count"] == 1


async def test_a_session_nobody_closes_ends_after_half_an_hour(world: World, clock: SimClock, wire: Wire) -> None:
    world.say("oA", "在吗")
    world.accept(WEN)
    clock.advance(1799)
    assert (await wire.get(SESSION, openid="oA"))["kf_account"] == WEN
    clock.advance(1)

    assert (await wire.get(SESSION, openid="oA"))["kf_account"] == ""
    online = (await wire.get("/cgi-bin/customservice/getonlinekflist"))["kf_online_list"]
    assert [row["accepted_case"] for row in online] == [0, 0]


async def test_sessions_last_as_the_switches_say(world: World, clock: SimClock) -> None:
    world.switches = replace(world.switches, session_minutes=1.0, session_restarts_on_message=True)
    world.say("oA", "在吗")
    world.accept(WEN)
    clock.advance(50)
    world.reply(WEN, "oA", "在的")
    clock.advance(50)
    assert world.holder("oA") == WEN
    clock.advance(10)
    assert world.holder("oA") == ""

    world.switches = replace(world.switches, session_minutes=0.0)
    world.say("oA", "在吗")
    world.accept(WEN)
    clock.advance(1e6)
    assert world.holder("oA") == WEN


async def test_a_message_in_the_name_of_an_agent_revives_no_session_whose_time_is_over(
    world: World, clock: SimClock, wire: Wire
) -> None:
    world.switches = replace(world.switches, session_restarts_on_message=True)
    world.say("oA", "在吗", forward=False)
    world.create_session(WEN, "oA")
    clock.advance(1801)
    named = {"touser": "oA", "msgtype": "text", "text": {"content": "在的"}, "customservice": {"kf_account": WEN}}

    assert await wire.code("/cgi-bin/message/custom/send", named) == 0
    assert [event.kind for event in world.events] == ["said", "created", "expired", "sent"]
    assert world.holder("oA") == ""


async def test_the_retired_rows_of_the_queue_are_a_switch(world: World, clock: SimClock, wire: Wire) -> None:
    world.switches = replace(world.switches, old_queue_rows=True)
    world.say("oA", "在吗")
    clock.advance(5)
    world.say("oA", "有人吗")

    assert await wire.get(QUEUE) == {
        "count": 1,
        "waitcaselist": [{"openid": "oA", "kf_account": "", "createtime": int(NOON)}],
    }


@pytest.mark.parametrize(
    ("shape", "answer"),
    [
        ("empty", {"createtime": 0, "kf_account": ""}),
        ("absent", {}),
        ("errcode", {"errcode": 0, "errmsg": "ok", "createtime": 0, "kf_account": ""}),
    ],
)
async def test_getsession_without_a_session_has_three_shapes(
    world: World, wire: Wire, shape: str, answer: object
) -> None:
    world.switches = replace(world.switches, getsession_empty_shape=shape)
    world.add_customer("oA")

    assert await wire.get(SESSION, openid="oA") == answer


async def test_reads_refuse_whom_they_do_not_know(wire: Wire) -> None:
    assert (await wire.get(SESSION, openid="oStranger"))["errcode"] == 40003
    assert (await wire.get(SESSION))["errcode"] == 40003
    assert (await wire.get(SESSIONS, kf_account="nobody@lehuo"))["errcode"] == 65401
    assert (await wire.get(SESSIONS))["errcode"] == 65404
    assert (await wire.get(SESSIONS, kf_account=NEW))["errcode"] == 65402


async def test_the_agent_lists_tell_bound_from_invited_and_online_from_not(
    world: World, clock: SimClock, wire: Wire
) -> None:
    world.say("oA", "在吗")
    world.accept(TOM)
    listed = (await wire.get("/cgi-bin/customservice/getkflist"))["kf_list"]
    online = (await wire.get("/cgi-bin/customservice/getonlinekflist"))["kf_online_list"]

    assert [row["kf_id"] for row in listed] == [1001, 1002, 1003, 1004]
    assert [row.get("kf_wx", "") != "" for row in listed] == [True, True, True, False]
    assert (listed[3]["invite_wx"], listed[3]["invite_status"]) == ("zhou", "waiting")
    assert listed[3]["invite_expire_time"] == int(NOON) + 86400
    assert online == [
        {"kf_account": WEN, "status": 1, "kf_id": 1001, "accepted_case": 0},
        {"kf_account": TOM, "status": 1, "kf_id": 1002, "accepted_case": 1},
    ]
    clock.advance(86400)
    assert (await wire.get("/cgi-bin/customservice/getkflist"))["kf_list"][3]["invite_status"] == "expired"


async def test_agent_lists_follow_their_switches(world: World, wire: Wire) -> None:
    world.switches = replace(
        world.switches, kf_id_as_string=True, online_list_shows_offline=True, old_agent_fields=True
    )
    listed = (await wire.get("/cgi-bin/customservice/getkflist"))["kf_list"]
    online = (await wire.get("/cgi-bin/customservice/getonlinekflist"))["kf_online_list"]

    assert listed[0]["kf_id"] == "1001"
    assert "kf_headimg" in listed[0]
    assert [(row["kf_account"], row["status"], row["auto_accept"]) for row in online] == [
        (WEN, 1, 0),
        (TOM, 1, 0),
        (QIANG, 0, 0),
    ]


async def test_a_transfer_moves_the_session_and_keeps_the_customer_out_of_the_queue(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    world.accept(WEN)
    world.transfer(WEN, TOM, "oA")

    assert (await wire.get(SESSION, openid="oA"))["kf_account"] == TOM
    assert (await wire.get(SESSIONS, kf_account=WEN)) == {"sessionlist": []}


def test_agents_accept_the_longest_waiting_first(world: World) -> None:
    world.say("oA", "1")
    world.say("oB", "2")

    assert world.accept(WEN) == "oA"
    assert world.accept(WEN) == "oB"
    with pytest.raises(Impossible, match="does not wait"):
        world.accept(WEN)


async def test_without_the_kf_feature_every_kf_call_answers_65400(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, kf_enabled=False)

    assert (await wire.get(QUEUE))["errcode"] == 65400
    assert await wire.code(CREATE, {"kf_account": WEN, "openid": "oA"}) == 65400


# Rules with a switch


@pytest.mark.parametrize(("is_legacy", "codes"), [(False, (65414, 65414, 65415)), (True, (61458, 61458, 61459))])
async def test_the_old_system_had_other_codes_for_the_same_refusals(
    world: World, wire: Wire, is_legacy: bool, codes: tuple[int, int, int]
) -> None:
    world.switches = replace(world.switches, legacy_session_codes=is_legacy)
    world.say("oServed", "在吗")
    world.accept(WEN)
    by_tom = {"kf_account": TOM, "openid": "oServed"}

    created, closed = await wire.post(CREATE, by_tom), await wire.post(CLOSE, by_tom)
    offline = await wire.code(CREATE, {"kf_account": QIANG, "openid": "oServed"})
    assert (created["errcode"], closed["errcode"], offline) == codes
    assert created["errmsg"].startswith(f"customer accepted by {WEN} rid: ") == is_legacy


@pytest.mark.parametrize("path", [CREATE, CLOSE])
async def test_repeating_or_missing_a_session_never_moves_it(world: World, wire: Wire, path: str) -> None:
    world.say("oServed", "在吗")
    world.accept(WEN)
    before = await wire.get(SESSION, openid="oServed")
    await wire.post(path, {"kf_account": TOM, "openid": "oServed"})

    assert await wire.get(SESSION, openid="oServed") == before


async def test_creating_again_keeps_the_beginning_of_the_session(world: World, clock: SimClock, wire: Wire) -> None:
    world.say("oA", "在吗")
    body = {"kf_account": WEN, "openid": "oA"}
    await wire.post(CREATE, body)
    clock.advance(1200)
    assert await wire.code(CREATE, body) == 0

    assert (await wire.get(SESSION, openid="oA"))["createtime"] == int(NOON)
    clock.advance(600)
    assert await wire.code(CLOSE, body) == 65413


async def test_the_calls_of_a_session_check_the_agent_before_the_customer(wire: Wire) -> None:
    for path in (CREATE, CLOSE):
        assert await wire.code(path, {"kf_account": "nobody@lehuo", "openid": "oStranger"}) == 65401
        assert await wire.code(path, {"kf_account": NEW, "openid": "oStranger"}) == 65402
        assert await wire.code(path, {"kf_account": WEN}) == 40003


async def test_an_agent_may_close_a_session_after_going_offline(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    world.accept(WEN)
    world.go_online(WEN, False)

    assert (await wire.get(SESSIONS, kf_account=WEN))["sessionlist"] != []
    assert await wire.code(CLOSE, {"kf_account": WEN, "openid": "oA"}) == 0


@pytest.mark.parametrize(("closes", "holder"), [(False, WEN), (True, "")])
async def test_whether_unfollowing_ends_a_session_is_a_switch(
    world: World, wire: Wire, closes: bool, holder: str
) -> None:
    world.switches = replace(world.switches, unfollow_closes_session=closes)
    world.say("oA", "在吗")
    world.accept(WEN)
    world.say("oB", "在吗")
    world.act("oA", "unfollow")
    world.act("oB", "unfollow")

    assert (await wire.get(SESSION, openid="oA"))["kf_account"] == holder
    assert (await wire.get(QUEUE))["count"] == 0
    assert [event.kind for event in world.events if event.kind == "closed"] == ["closed"] * closes
    assert await wire.code(CREATE, {"kf_account": WEN, "openid": "oB"}) == 40003


async def test_events_tell_whether_an_api_call_or_an_agent_ended_a_session(world: World, wire: Wire) -> None:
    for openid in ("oA", "oB", "oC"):
        world.say(openid, "在吗")
        world.accept(WEN, openid)
    await wire.post(CLOSE, {"kf_account": WEN, "openid": "oA"})
    world.close(WEN, "oB")
    await wire.post("/customservice/kfaccount/del", {"kf_account": WEN})

    assert [(event.openid, event.details.get("by")) for event in world.events if event.kind == "closed"] == [
        ("oA", "api"),
        ("oB", None),
        ("oC", "api"),
    ]
