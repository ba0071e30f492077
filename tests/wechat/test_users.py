"""Customers as users of WeChat: every shape of old and new, batches of any size, remarks."""

import json
from typing import Any

import httpx
import pytest

from kfconsole.errors import NotPossible, Unavailable
from kfconsole.model import CustomerId, User
from tests.wechat.wire import OPENID, REMARK_PATH, USER_PATH, USERS_PATH, Wire

STRANGER = User(OPENID, is_following=False, remark="", tag_ids=(), followed_at=None, scene="", union_id="")
OLD = {
    "subscribe": 1,
    "openid": OPENID,
    "nickname": "Band",
    "sex": 1,
    "city": "广州",
    "headimgurl": "http://x",
    "subscribe_time": 1382694957,
    "unionid": " o6_bmas",
    "remark": "老王",
    "groupid": 0,
    "tagid_list": [128, 2],
    "subscribe_scene": "ADD_SCENE_QR_CODE",
    "qr_scene": 98765,
    "qr_scene_str": "",
}
FOLLOWER = User(
    OPENID,
    is_following=True,
    remark="老王",
    tag_ids=(128, 2),
    followed_at=1382694957,
    scene="ADD_SCENE_QR_CODE",
    union_id="o6_bmas",
)


@pytest.mark.parametrize(
    ("answer", "user"),
    [
        (OLD, FOLLOWER),
        ({**OLD, "nickname": "", "sex": 0, "city": "", "headimgurl": ""}, FOLLOWER),
        (
            {
                **OLD,
                "subscribe": "1",
                "subscribe_time": "1382694957",
                "tagid_list": ["128", 2.0],
                "nickname": {"odd": []},
            },
            FOLLOWER,
        ),
        ({"subscribe": 0, "openid": OPENID}, STRANGER),
        ({"subscribe": 0, "openid": OPENID, "unionid": "u"}, User(OPENID, False, "", (), None, "", "u")),
        ({"subscribe": 0, "openid": OPENID, "remark": "", "tagid_list": [], "subscribe_time": 0}, STRANGER),
        ({"subscribe": 0, "openid": OPENID, "remark": 0, "tagid_list": "", "subscribe_time": ""}, STRANGER),
        ({"subscribe": "0", "openid": OPENID, "remark": None, "tagid_list": None, "subscribe_scene": 0}, STRANGER),
        ({"subscribe": "", "openid": ""}, STRANGER),
        ({}, STRANGER),
        ({"subscribe": 1, "openid": OPENID, "subscribe_scene": 3}, User(OPENID, True, "", (), None, "3", "")),
    ],
)
async def test_a_customer_is_read_in_every_shape(wire: Wire, answer: dict[str, Any], user: User) -> None:
    wire.reply(USER_PATH, answer).reply(USERS_PATH, {"user_info_list": [{**answer, "openid": OPENID}]})
    client = wire.client()

    assert await client.user(OPENID) == user
    assert await client.users([OPENID]) == (user,)


async def test_a_customer_is_asked_for_in_a_language(wire: Wire) -> None:
    wire.reply(USER_PATH, OLD)
    await wire.client().user(OPENID, language="en")

    (asked,) = wire.asked(USER_PATH)
    assert asked.method == "GET"
    assert dict(asked.url.params) == {"access_token": wire.token, "openid": OPENID, "lang": "en"}


async def test_remarks_are_clean_and_fit_one_line(wire: Wire, hostile: str) -> None:
    wire.reply(USER_PATH, {**OLD, "remark": f" {hostile}\n\tx"})

    assert (await wire.client().user(OPENID)).remark == "[/b] [@click=app.quit]x[/] ␛]0;t␇ ␦ 👨‍👩‍👧 你好 x"


def answer_backwards(request: httpx.Request) -> dict[str, Any]:
    rows = json.loads(request.content)["user_list"]
    assert all(row["lang"] == "zh_CN" for row in rows)
    return {"user_info_list": [{"subscribe": 1, "openid": row["openid"]} for row in reversed(rows)]}


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (100, 1), (101, 2), (250, 3)])
async def test_any_number_of_customers_is_asked_by_the_hundred_and_comes_in_order(
    wire: Wire, count: int, calls: int
) -> None:
    openids = [CustomerId(f"o{number}") for number in range(count)]
    wire.reply(USERS_PATH, answer_backwards)

    assert [user.openid for user in await wire.client().users(openids)] == openids
    asked = [len(json.loads(request.content)["user_list"]) for request in wire.asked(USERS_PATH)]
    assert (len(asked), sum(asked), max(asked, default=0) <= 100) == (calls, count, True)


async def test_a_customer_named_twice_is_asked_once_and_answered_twice(wire: Wire) -> None:
    wire.reply(USERS_PATH, answer_backwards)

    assert len(await wire.client().users([OPENID, OPENID])) == 2
    assert len(wire.body(USERS_PATH)["user_list"]) == 1


async def test_a_customer_wechat_does_not_mention_is_left_out(wire: Wire) -> None:
    wire.reply(USERS_PATH, {"user_info_list": [{"openid": "other", "subscribe": 1}]})

    assert await wire.client().users([OPENID]) == ()


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({}, "user_info_list"),
        ({"user_info_list": [{"subscribe": 1}]}, "user_info_list[0].openid"),
        ({"user_info_list": [{"openid": OPENID, "subscribe_time": "soon"}]}, "user_info_list[0].subscribe_time"),
        ({"user_info_list": [{"openid": OPENID, "tagid_list": [-1]}]}, "user_info_list[0].tagid_list"),
    ],
)
async def test_a_batch_of_wrong_shape_names_the_field(wire: Wire, answer: dict[str, Any], field: str) -> None:
    wire.reply(USERS_PATH, answer)
    with pytest.raises(Unavailable) as caught:
        await wire.client().users([OPENID])

    assert caught.value.message == f"WeChat's answer could not be read: field {field}."


@pytest.mark.parametrize("remark", ["", "老王的熟客一二三四", "x" * 29, " with blanks "])
async def test_a_remark_arrives_as_it_was_typed(wire: Wire, remark: str) -> None:
    await wire.client().set_remark(OPENID, remark)

    assert wire.body(REMARK_PATH) == {"openid": OPENID, "remark": remark}


@pytest.mark.parametrize(("remark", "count"), [("x" * 30, 30), ("熟" * 10, 30)])
async def test_a_remark_that_is_too_long_is_not_sent(wire: Wire, remark: str, count: int) -> None:
    with pytest.raises(NotPossible) as caught:
        await wire.client().set_remark(OPENID, remark)

    assert caught.value.message == f"The remark is too long: {count} bytes."
    assert "29" in caught.value.hint
    assert wire.requests == []
