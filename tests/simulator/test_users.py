"""What WeChat tells of customers, and the remark an account gives them."""

from dataclasses import replace
from typing import Any

import pytest

from kfconsole.simulator import SimClock, World
from tests.simulator.conftest import NOON, Wire

USER, USERS, REMARK = "/cgi-bin/user/info", "/cgi-bin/user/info/batchget", "/cgi-bin/user/info/updateremark"
NOBODY = {"nickname": "", "sex": 0, "language": "", "city": "", "province": "", "country": "", "headimgurl": ""}
ANN = {
    "subscribe_time": int(NOON),
    "remark": "",
    "groupid": 0,
    "tagid_list": [],
    "subscribe_scene": "ADD_SCENE_SEARCH",
    "qr_scene": 0,
    "qr_scene_str": "",
}


async def _users(wire: Wire, *openids: object) -> list[dict[str, Any]]:
    answer = await wire.post(USERS, {"user_list": [{"openid": openid} for openid in openids]})
    rows: list[dict[str, Any]] = answer["user_info_list"]
    return rows


async def test_a_follower_is_told_without_name_and_picture_and_without_errcode(world: World, wire: Wire) -> None:
    world.add_customer("oAnn")

    assert await wire.get(USER, openid="oAnn", lang="zh_CN") == {"subscribe": 1, "openid": "oAnn", **NOBODY, **ANN}
    assert await _users(wire, "oAnn") == [{"subscribe": 1, "openid": "oAnn", **NOBODY, **ANN}]


async def test_the_personal_fields_can_be_absent(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, user_profile="absent")
    world.add_customer("oAnn")

    assert await wire.get(USER, openid="oAnn") == {"subscribe": 1, "openid": "oAnn", **ANN}


@pytest.mark.parametrize(
    ("language", "country"), [("zh_CN", "中国"), ("zh_TW", "中國"), ("en", "China"), ("x", "中国"), ("", "中国")]
)
async def test_the_personal_fields_can_be_those_of_old_in_each_language(
    world: World, wire: Wire, language: str, country: str
) -> None:
    world.switches = replace(world.switches, user_profile="old")
    await wire.control("customers", {"openid": "oAnn", "nickname": "安安"})
    world.add_customer("oBob")
    user = await wire.get(USER, openid="oAnn", lang=language)

    assert (user["nickname"], user["country"], user["sex"]) == ("安安", country, 1)
    assert user["headimgurl"].startswith("http://thirdwx.qlogo.cn/")
    rows = [{"openid": "oAnn", "lang": language}, {"openid": "oBob"}]
    several = (await wire.post(USERS, {"user_list": rows}))["user_info_list"]
    assert [(row["nickname"] != "", row["country"]) for row in several] == [(True, country), (True, "中国")]


async def test_what_a_control_path_says_of_a_customer_is_told(world: World, wire: Wire) -> None:
    about = {
        "followed_at": NOON - 60,
        "scene": "ADD_SCENE_QR_CODE",
        "qr_scene": 98765,
        "qr_scene_text": "门店",
        "tag_ids": [128, 2],
        "remark": "老客户",
        "union_id": "u1",
    }
    assert (await wire.control("customers", {"openid": "oAnn", **about})).json() == {"openid": "oAnn"}
    user = await wire.get(USER, openid="oAnn")

    assert {key: user[key] for key in (*ANN, "unionid")} == {
        "subscribe_time": int(NOON) - 60,
        "remark": "老客户",
        "groupid": 0,
        "tagid_list": [128, 2],
        "subscribe_scene": "ADD_SCENE_QR_CODE",
        "qr_scene": 98765,
        "qr_scene_str": "门店",
        "unionid": "u1",
    }
    await wire.control("customers", {"openid": "oAnn", "qr_scene": 1})
    assert (world.customers["oAnn"].qr_scene, world.customers["oAnn"].remark) == (1, "老客户")


async def test_of_who_does_not_follow_only_the_ids_are_told(world: World, wire: Wire) -> None:
    await wire.control("customers", {"openid": "oAnn", "union_id": "u1", "remark": "x"})
    await wire.control("customers", {"openid": "oBob", "is_following": False})
    world.act("oAnn", "unfollow")
    gone = {"subscribe": 0, "openid": "oAnn", "unionid": "u1"}

    assert await wire.get(USER, openid="oAnn") == gone
    assert await _users(wire, "oAnn", "oBob", "oStranger") == [
        gone,
        {"subscribe": 0, "openid": "oBob"},
        {"subscribe": 0, "openid": "oStranger"},
    ]


async def test_the_time_of_following_is_the_last_one(world: World, clock: SimClock, wire: Wire) -> None:
    world.say("oAnn", "在吗")
    clock.advance(60)
    world.say("oAnn", "在吗")
    assert (await wire.get(USER, openid="oAnn"))["subscribe_time"] == int(NOON)

    world.act("oAnn", "unfollow")
    clock.advance(60)
    world.act("oAnn", "follow")
    assert (await wire.get(USER, openid="oAnn"))["subscribe_time"] == int(NOON) + 120


async def test_asking_for_a_stranger_answers_40003(wire: Wire) -> None:
    assert (await wire.get(USER, openid="oStranger"))["errcode"] == 40003
    assert (await wire.get(USER))["errcode"] == 40003


async def test_a_batch_answers_a_hundred_in_the_order_asked(world: World, wire: Wire) -> None:
    openids = [f"o{number}" for number in range(100)]
    for openid in openids[::2]:
        world.add_customer(openid)

    rows = await _users(wire, *reversed(openids))
    assert [row["openid"] for row in rows] == openids[::-1]
    assert [row["subscribe"] for row in rows] == [0, 1] * 50


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 40097),
        ({"user_list": []}, 40097),
        ({"user_list": "oAnn"}, 40097),
        ({"user_list": ["oAnn"]}, 40097),
        ({"user_list": [{"openid": "oAnn"}] * 101}, 40097),
        ({"user_list": [{"openid": "oAnn"}, {}]}, 40003),
        ({"user_list": [{"openid": 7}]}, 40003),
        ({"user_list": [{"openid": ""}]}, 40003),
    ],
)
async def test_a_bad_batch_is_refused_whole(world: World, wire: Wire, body: object, code: int) -> None:
    world.add_customer("oAnn")

    assert await wire.code(USERS, body) == code


@pytest.mark.parametrize("remark", ["老客户", "", "x" * 29, "客" * 9 + "ab"])
async def test_a_remark_is_kept_and_may_be_emptied(world: World, wire: Wire, remark: str) -> None:
    world.add_customer("oAnn").remark = "before"

    assert await wire.post(REMARK, {"openid": "oAnn", "remark": remark}) == {"errcode": 0, "errmsg": "ok"}
    assert (await wire.get(USER, openid="oAnn"))["remark"] == remark
    assert (await wire.http.get("/_sim/state")).json()["customers"][0]["remark"] == remark


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"openid": "oAnn", "remark": "x" * 30}, 40092),
        ({"openid": "oAnn", "remark": "客" * 10}, 40092),
        ({"openid": "oAnn", "remark": 7}, 40092),
        ({"openid": "oAnn"}, 40092),
        ({"openid": "oStranger", "remark": "x"}, 40003),
        ({"openid": "oGone", "remark": "x"}, 40003),
        ({"remark": "x"}, 40003),
    ],
)
async def test_a_remark_is_refused(world: World, wire: Wire, body: object, code: int) -> None:
    world.add_customer("oAnn")
    world.add_customer("oGone")
    world.act("oGone", "unfollow")

    assert await wire.code(REMARK, body) == code
    assert world.customers["oAnn"].remark == ""


async def test_users_do_not_need_the_kf_feature(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, kf_enabled=False)
    world.add_customer("oAnn")

    assert (await wire.get(USER, openid="oAnn"))["subscribe"] == 1


@pytest.mark.parametrize("tag_ids", ["2", [1, "2"], [True]])
async def test_tags_that_are_no_numbers_are_refused(wire: Wire, tag_ids: object) -> None:
    response = await wire.control("customers", {"openid": "oAnn", "tag_ids": tag_ids})

    assert (response.status_code, "'tag_ids'" in response.json()["error"]) == (400, True)
