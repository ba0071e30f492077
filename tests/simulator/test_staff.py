"""Managing agents: adding, renaming, removing, inviting, pictures, and the lists that show it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from kfconsole.simulator import SimClock, World
from kfconsole.simulator.staff import MOST_PICTURE_BYTES
from tests.simulator.conftest import NEW, NOON, QIANG, TOM, WEN, Wire

ADD, UPDATE, REMOVE, INVITE, PICTURE = (
    f"/customservice/kfaccount/{name}" for name in ("add", "update", "del", "inviteworker", "uploadheadimg")
)
LIST, ONLINE = "/cgi-bin/customservice/getkflist", "/cgi-bin/customservice/getonlinekflist"
OK = {"errcode": 0, "errmsg": "ok"}
UNBOUND = "kf2006@lehuo"
JPG, PNG, GIF = b"\xff\xd8\xff\xe0picture", b"\x89PNG\r\n\x1a\npicture", b"GIF89apicture"


async def _row(wire: Wire, kf_account: str) -> dict[str, Any]:
    listed = (await wire.get(LIST))["kf_list"]
    row: dict[str, Any] = next(row for row in listed if row["kf_account"] == kf_account)
    return row


def _with(world: World, **changes: object) -> None:
    world.switches = replace(world.switches, **changes)  # type: ignore[arg-type]  # names and types as the test says


# Adding, renaming, removing


@pytest.mark.parametrize("kf_account", ["a@b", "Kf_2006_ab@gh_0123456789ab", f"1234567890@{'w' * 30}"])
async def test_an_added_agent_is_unbound_and_listed_last(wire: Wire, kf_account: str) -> None:
    assert await wire.post(ADD, {"kf_account": kf_account, "nickname": "小新"}) == OK
    listed = (await wire.get(LIST))["kf_list"]

    assert listed[-1] == {
        "kf_account": kf_account,
        "kf_headimgurl": "http://mmbiz.qpic.cn/mmbiz/1005simulated/0",
        "kf_id": 1005,
        "kf_nick": "小新",
    }
    assert await wire.code("/customservice/kfsession/create", {"kf_account": kf_account, "openid": "oA"}) == 65402


@pytest.mark.parametrize(
    "kf_account",
    [
        None,
        7,
        "",
        "kf2006",
        "@lehuo",
        "kf2006@",
        "12345678901@lehuo",
        f"kf2006@{'w' * 31}",
        "kf-2006@lehuo",
        "客服@lehuo",
        "kf２@lehuo",
        "kf2006@le huo",
        "kf2006@lehuo\n",
        "a@b@c",
    ],
)
async def test_an_ill_formed_account_answers_65404(world: World, wire: Wire, kf_account: object) -> None:
    assert await wire.code(ADD, {"kf_account": kf_account, "nickname": "x"}) == 65404
    assert len(world.agents) == 4


@pytest.mark.parametrize(("own_suffix", "code"), [("", 0), ("lehuo", 0), ("lehu", 65404), ("Lehuo", 65404)])
async def test_an_account_may_have_to_end_in_the_accounts_own_name(
    world: World, wire: Wire, own_suffix: str, code: int
) -> None:
    _with(world, own_suffix=own_suffix)

    assert await wire.code(ADD, {"kf_account": UNBOUND, "nickname": "x"}) == code


async def test_words_nobody_may_be_called_are_a_switch(world: World, wire: Wire) -> None:
    _with(world, forbidden_words="微信 官方")

    codes = [await wire.code(UPDATE, {"kf_account": WEN, "nickname": name}) for name in ("官方客服", "官 方", "小微")]
    assert codes == [65403, 0, 0]


@pytest.mark.parametrize("nickname", [None, 7, "", "  ", "客" * 17])
@pytest.mark.parametrize(("path", "kf_account"), [(ADD, UNBOUND), (UPDATE, WEN)])
async def test_an_ill_formed_nickname_answers_65403(
    world: World, wire: Wire, path: str, kf_account: str, nickname: object
) -> None:
    assert await wire.code(path, {"kf_account": kf_account, "nickname": nickname}) == 65403
    assert world.agents[WEN].nickname == "晓雯"
    assert UNBOUND not in world.agents


@pytest.mark.parametrize("nickname", ["X", "客" * 16, "👩" * 16])
async def test_a_nickname_has_one_to_sixteen_characters_however_wide(wire: Wire, nickname: str) -> None:
    assert await wire.post(ADD, {"kf_account": UNBOUND, "nickname": nickname}) == OK
    assert await wire.post(UPDATE, {"kf_account": WEN, "nickname": nickname}) == OK
    assert [(await _row(wire, agent))["kf_nick"] for agent in (UNBOUND, WEN)] == [nickname, nickname]


@pytest.mark.parametrize(
    ("kf_account", "nickname", "code"),
    [("bad name@lehuo", "", 65404), (WEN, "", 65406), (UNBOUND, "", 65405), (UNBOUND, "x", 65405)],
)
async def test_adding_complains_in_the_documented_order(
    world: World, wire: Wire, kf_account: str, nickname: str, code: int
) -> None:
    _with(world, most_agents=4)

    assert await wire.code(ADD, {"kf_account": kf_account, "nickname": nickname}) == code


async def test_an_account_has_a_hundred_agents_at_most(wire: Wire) -> None:
    codes = [await wire.code(ADD, {"kf_account": f"n{number}@lehuo", "nickname": "x"}) for number in range(97)]
    assert codes == [0] * 96 + [65405]

    await wire.post(REMOVE, {"kf_account": "n0@lehuo"})
    assert await wire.code(ADD, {"kf_account": "n96@lehuo", "nickname": "x"}) == 0


async def test_the_old_password_and_unknown_fields_are_ignored(wire: Wire) -> None:
    more = {"password": "9f86d081884c7d65", "business_id": "b1", "x": [1]}

    assert await wire.post(ADD, {"kf_account": UNBOUND, "nickname": "x", **more}) == OK
    assert await wire.post(UPDATE, {"kf_account": UNBOUND, "nickname": "y", **more}) == OK
    assert await wire.post(INVITE, {"kf_account": UNBOUND, "invite_wx": "somebody", **more}) == OK
    assert await wire.post(REMOVE, {"kf_account": UNBOUND, **more}) == OK


@pytest.mark.parametrize(("kf_account", "code"), [("nobody@lehuo", 65401), ("", 65401), (None, 65404), (7, 65404)])
async def test_calls_about_an_agent_who_is_not_there_answer(wire: Wire, kf_account: object, code: int) -> None:
    for path in (UPDATE, REMOVE, INVITE):
        assert await wire.code(path, {"kf_account": kf_account, "nickname": "x", "invite_wx": "somebody"}) == code


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_an_agent_can_be_removed_by_either_form_and_is_gone_everywhere(
    world: World, wire: Wire, method: str
) -> None:
    world.say("oA", "在吗")
    world.accept(WEN)
    if method == "POST":
        assert await wire.post(REMOVE, {"kf_account": WEN}) == OK
    else:
        assert await wire.get(REMOVE, kf_account=WEN) == OK

    assert [row["kf_account"] for row in (await wire.get(LIST))["kf_list"]] == [TOM, QIANG, NEW]
    assert [row["kf_account"] for row in (await wire.get(ONLINE))["kf_online_list"]] == [TOM]
    assert (await wire.get("/customservice/kfsession/getsessionlist", kf_account=WEN))["errcode"] == 65401
    assert (await wire.get("/customservice/kfsession/getsession", openid="oA"))["kf_account"] == ""
    assert (await wire.get("/customservice/kfsession/getwaitcase"))["count"] == 0
    assert [(event.kind, event.openid, event.kf_account) for event in world.events][-1] == ("closed", "oA", WEN)


async def test_whether_an_agent_who_serves_can_be_removed_is_a_switch(world: World, wire: Wire) -> None:
    _with(world, delete_serving_agent_code=65402)
    world.say("oA", "在吗")
    world.accept(WEN)

    assert await wire.code(REMOVE, {"kf_account": WEN}) == 65402
    assert world.holder("oA") == WEN
    assert await wire.code(REMOVE, {"kf_account": TOM}) == 0


async def test_removing_by_get_reads_an_unescaped_account_and_complains_like_post(wire: Wire) -> None:
    token = wire.token
    assert (await wire.http.get(f"{REMOVE}?access_token={token}&kf_account={TOM}")).json() == OK
    assert (await wire.get(REMOVE, kf_account=TOM))["errcode"] == 65401
    assert (await wire.get(REMOVE))["errcode"] == 65404


async def test_removing_by_get_can_be_over_before_anything_else_is_looked_at(world: World, wire: Wire) -> None:
    _with(world, delete_by_get=False)

    assert (await wire.http.get(REMOVE, params={"kf_account": TOM})).json()["errcode"] == 43002
    assert await wire.post(REMOVE, {"kf_account": TOM}) == OK


async def test_numbers_are_never_given_twice_unless_the_switch_says_so(world: World, wire: Wire) -> None:
    async def next_number() -> int:
        await wire.post(REMOVE, {"kf_account": NEW})
        await wire.post(ADD, {"kf_account": NEW, "nickname": "x"})
        return int((await _row(wire, NEW))["kf_id"])

    assert [await next_number(), await next_number()] == [1005, 1006]
    await wire.post(REMOVE, {"kf_account": TOM})
    _with(world, kf_ids_are_reused=True)
    assert await next_number() == 1002


async def test_an_agent_added_again_begins_unbound(wire: Wire) -> None:
    await wire.post(REMOVE, {"kf_account": WEN})
    await wire.post(ADD, {"kf_account": WEN, "nickname": "新"})

    assert set(await _row(wire, WEN)) == {"kf_account", "kf_headimgurl", "kf_id", "kf_nick"}


# Invitations


async def test_an_accepted_invitation_binds_and_the_agent_can_log_in(world: World, clock: SimClock, wire: Wire) -> None:
    await wire.post(ADD, {"kf_account": UNBOUND, "nickname": "x"})
    assert await wire.post(INVITE, {"kf_account": UNBOUND, "invite_wx": "somebody"}) == OK
    row = await _row(wire, UNBOUND)
    assert (row["invite_wx"], row["invite_status"], row["invite_expire_time"]) == (
        "somebody",
        "waiting",
        int(NOON) + 86400,
    )
    assert "kf_wx" not in row
    clock.advance(86399)
    assert (await wire.control("agents/invitation", {"kf_account": UNBOUND, "accepts": True})).json() == {}

    row = await _row(wire, UNBOUND)
    assert row["kf_wx"] == "somebody"
    assert not [key for key in row if key.startswith("invite")]
    assert not world.agents[UNBOUND].is_online
    await wire.control("agents/online", {"kf_account": UNBOUND, "online": True})
    assert (await wire.get(ONLINE))["kf_online_list"][-1]["kf_account"] == UNBOUND


async def test_a_rejected_or_expired_invitation_stays_visible_and_may_be_repeated(
    world: World, clock: SimClock, wire: Wire
) -> None:
    await wire.control("agents/invitation", {"kf_account": NEW, "accepts": False})
    assert (await _row(wire, NEW))["invite_status"] == "rejected"
    _with(world, invitation_hours=1.0)
    assert await wire.post(INVITE, {"kf_account": NEW, "invite_wx": "zhou"}) == OK
    assert (await _row(wire, NEW))["invite_expire_time"] == int(NOON) + 3600
    clock.advance(3600)
    assert (await _row(wire, NEW))["invite_status"] == "expired"
    late = await wire.control("agents/invitation", {"kf_account": NEW, "accepts": True})
    assert (late.status_code, "no invitation" in late.json()["error"]) == (400, True)

    assert await wire.post(INVITE, {"kf_account": NEW, "invite_wx": "another"}) == OK
    row = await _row(wire, NEW)
    assert (row["invite_wx"], row["invite_status"]) == ("another", "waiting")


@pytest.mark.parametrize(
    ("kf_account", "wechat_id", "code"),
    [
        ("nobody@lehuo", "nobody", 65401),
        (WEN, "nobody", 65409),
        (WEN, "wx_kf2002", 65412),
        (NEW, "wx_kf2002", 65407),
        (NEW, "zhou", 65411),
        (NEW, "busy", 65411),
        (UNBOUND, "zhou", 65408),
        (UNBOUND, "busy", 65410),
        (UNBOUND, "almost_busy", 0),
    ],
)
async def test_inviting_complains_in_the_documented_order(
    world: World, wire: Wire, kf_account: str, wechat_id: str, code: int
) -> None:
    world.add_agent(UNBOUND, "x", bound=False)
    await wire.control("wechat-users", {"wechat_id": "nobody", "exists": False})
    await wire.control("wechat-users", {"wechat_id": "busy", "accounts_elsewhere": 5})
    await wire.control("wechat-users", {"wechat_id": "almost_busy", "accounts_elsewhere": 4})

    assert await wire.code(INVITE, {"kf_account": kf_account, "invite_wx": wechat_id}) == code


@pytest.mark.parametrize("wechat_id", [None, 7, "", "1abc", "has blank", "微信", "a" * 21])
async def test_an_ill_formed_wechat_id_answers_65409(world: World, wire: Wire, wechat_id: object) -> None:
    world.add_agent(UNBOUND, "x", bound=False)

    assert await wire.code(INVITE, {"kf_account": UNBOUND, "invite_wx": wechat_id}) == 65409


async def test_who_rejected_or_left_may_be_invited_elsewhere(world: World, wire: Wire) -> None:
    world.add_agent(UNBOUND, "x", bound=False)
    await wire.control("agents/invitation", {"kf_account": NEW, "accepts": False})
    assert await wire.code(INVITE, {"kf_account": UNBOUND, "invite_wx": "zhou"}) == 0

    await wire.post(REMOVE, {"kf_account": TOM})
    assert await wire.code(INVITE, {"kf_account": NEW, "invite_wx": "wx_kf2002"}) == 0


async def test_an_answer_without_an_invitation_names_the_fix(wire: Wire) -> None:
    unknown = await wire.control("agents/invitation", {"kf_account": "nobody@lehuo", "accepts": True})
    assert (unknown.status_code, "does not exist" in unknown.json()["error"]) == (404, True)

    bound = await wire.control("agents/invitation", {"kf_account": WEN, "accepts": True})
    assert (bound.status_code, "invite somebody first" in bound.json()["error"]) == (400, True)


# Pictures


async def _upload(wire: Wire, data: bytes | None, *, part: str = "media", **query: str) -> dict[str, Any]:
    files = None if data is None else {part: ("face.jpg", data, "image/jpeg")}
    params = {"access_token": wire.token, "kf_account": WEN, **query}
    answer: dict[str, Any] = (await wire.http.post(PICTURE, params=params, files=files)).json()
    return answer


async def test_each_uploaded_picture_changes_the_link_in_the_list(wire: Wire) -> None:
    links = [(await _row(wire, WEN))["kf_headimgurl"]]
    for data in (JPG, JPG + b"2"):
        assert await _upload(wire, data) == OK
        links.append((await _row(wire, WEN))["kf_headimgurl"])

    assert len(set(links)) == 3
    assert (await _row(wire, TOM))["kf_headimgurl"].endswith("/1002simulated/0")


@pytest.mark.parametrize(
    ("data", "query", "code"),
    [
        (JPG, {"kf_account": "nobody@lehuo"}, 65401),
        (None, {"kf_account": "nobody@lehuo"}, 65401),
        (None, {}, 41005),
        (b"", {}, 44001),
        (PNG, {}, 40005),
        (GIF, {}, 40005),
        (b"no picture", {}, 40005),
        (JPG, {}, 0),
    ],
)
async def test_a_picture_answers(
    world: World, wire: Wire, data: bytes | None, query: dict[str, str], code: int
) -> None:
    assert (await _upload(wire, data, **query))["errcode"] == code
    assert bool(world.agents[WEN].picture) == (code == 0)


@pytest.mark.parametrize(("too_many", "code"), [(0, 0), (1, 40009)])
async def test_a_picture_has_five_megabytes_at_most(wire: Wire, too_many: int, code: int) -> None:
    assert (await _upload(wire, JPG.ljust(MOST_PICTURE_BYTES + too_many, b"0")))["errcode"] == code


async def test_the_part_has_to_be_called_media_and_the_account_to_be_in_the_query(wire: Wire) -> None:
    assert (await _upload(wire, JPG, part="file"))["errcode"] == 41005

    params = {"access_token": wire.token}
    form, files = {"kf_account": WEN}, {"media": ("face.jpg", JPG, "image/jpeg")}
    assert (await wire.http.post(PICTURE, params=params, data=form, files=files)).json()["errcode"] == 65404


@pytest.mark.parametrize(("data", "code"), [(JPG, 0), (PNG, 0), (GIF, 0), (b"no picture", 40005)])
async def test_whether_a_picture_must_be_a_jpg_is_a_switch(world: World, wire: Wire, data: bytes, code: int) -> None:
    _with(world, picture_must_be_jpg=False)

    assert (await _upload(wire, data))["errcode"] == code


# All of them


@pytest.mark.parametrize("path", [ADD, UPDATE, REMOVE, INVITE, PICTURE])
async def test_without_the_kf_feature_managing_answers_65400_before_looking(
    world: World, wire: Wire, path: str
) -> None:
    _with(world, kf_enabled=False)

    assert await wire.code(path, {"kf_account": "bad name"}) == 65400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ADD, {"nickname": "x"}),
        (ADD, {"kf_account": UNBOUND}),
        (UPDATE, {"kf_account": WEN}),
        (REMOVE, {}),
        (INVITE, {"kf_account": NEW}),
        ("/customservice/kfsession/create", {"kf_account": WEN}),
        ("/customservice/kfsession/close", {"openid": "oA"}),
    ],
)
async def test_what_a_missing_field_answers_is_a_switch(
    world: World, wire: Wire, path: str, body: dict[str, str]
) -> None:
    _with(world, missing_field_code=40035)

    assert await wire.code(path, body) == 40035


@pytest.mark.parametrize(
    ("path", "body", "codes"),
    [
        (ADD, {"kf_account": WEN, "nickname": ""}, (65406, 65403)),
        (UPDATE, {"kf_account": "nobody@lehuo", "nickname": ""}, (65401, 65403)),
        (INVITE, {"kf_account": "nobody@lehuo", "invite_wx": ""}, (65401, 65409)),
        ("/customservice/kfsession/create", {"kf_account": "nobody@lehuo", "openid": "oNobody"}, (65401, 40003)),
        ("/customservice/kfsession/close", {"kf_account": "nobody@lehuo", "openid": "oNobody"}, (65401, 40003)),
    ],
)
async def test_which_of_two_mistakes_is_named_is_a_switch(
    world: World, wire: Wire, path: str, body: dict[str, str], codes: tuple[int, int]
) -> None:
    before = await wire.code(path, body)
    _with(world, agent_checked_last=True)

    assert (before, await wire.code(path, body)) == codes


async def test_a_bad_picture_of_an_unknown_agent_follows_the_same_switch(world: World, wire: Wire) -> None:
    _with(world, agent_checked_last=True)

    assert (await _upload(wire, PNG, kf_account="nobody@lehuo"))["errcode"] == 40005
    assert (await _upload(wire, JPG))["errcode"] == 0


# The lists


async def test_an_account_without_agents_has_empty_lists(world: World, wire: Wire) -> None:
    world.agents.clear()

    assert await wire.get(LIST) == {"kf_list": []}
    assert await wire.get(ONLINE) == {"kf_online_list": []}
    _with(world, empty_agent_list_shape="null")
    assert await wire.get(LIST) == {"kf_list": None}
    _with(world, empty_agent_list_shape="absent")
    assert await wire.get(ONLINE) == {}


@pytest.mark.parametrize("path", [LIST, ONLINE])
async def test_a_library_finds_the_lists_under_its_own_path_while_a_switch_says_so(
    world: World, wire: Wire, path: str
) -> None:
    short = path.removeprefix("/cgi-bin")
    assert await wire.get(short) == await wire.get(path)
    assert (await wire.http.post(short)).json()["errcode"] == 43001

    _with(world, lists_without_cgi_bin=False)
    assert (await wire.get(short))["errcode"] == 40066
    assert (await wire.http.post(short)).json()["errcode"] == 40066


async def test_openids_of_bound_agents_are_told_only_when_switched_on_and_stay(world: World, wire: Wire) -> None:
    assert "kf_openid" not in json.dumps([await wire.get(LIST), await wire.get(ONLINE)])

    _with(world, agent_openids=True)
    listed = [row.get("kf_openid", "") for row in (await wire.get(LIST))["kf_list"]]
    online = [row["kf_openid"] for row in (await wire.get(ONLINE))["kf_online_list"]]
    assert [len(openid) for openid in listed] == [28, 28, 28, 0]
    assert len(set(listed)) == 4
    assert online == listed[:2]
