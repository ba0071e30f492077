"""Every type of message custom/send takes: its keys, its codes, and what is kept of it."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from kfconsole.simulator import SimClock, Switches, World
from tests.simulator.conftest import WEN, Wire

SEND = "/cgi-bin/message/custom/send"
FILES = ("image", "voice", "video", "thumb", "news")
LINKED = "wx00000000000000ff"

TEXT = {"content": '您好 :) <a href="https://x.cn/?a=1&b=2">看\\这里</a>\n第二行'}
VIDEO = {"media_id": "a-video", "thumb_media_id": "a-thumb", "title": "开箱", "description": "一分钟"}
MUSIC = {
    "title": "歌",
    "description": "歌手",
    "musicurl": "https://m.cn/1.mp3",
    "hqmusicurl": "https://m.cn/2.mp3",
    "thumb_media_id": "a-thumb",
}
ARTICLE = {"title": "秋上新", "description": "八折", "url": "https://x.cn/a", "picurl": "https://x.cn/a.jpg"}
MENU: dict[str, Any] = {
    "head_content": "满意吗？",
    "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}],
    "tail_content": "谢谢",
}
MINI_PROGRAM = {"title": "订单", "appid": LINKED, "pagepath": "pages/index?id=1", "thumb_media_id": "a-thumb"}

GOOD: dict[str, dict[str, Any]] = {
    "text": TEXT,
    "image": {"media_id": "a-image"},
    "voice": {"media_id": "a-voice"},
    "video": VIDEO,
    "music": MUSIC,
    "news": {"articles": [ARTICLE]},
    "mpnews": {"media_id": "a-news"},
    "mpnewsarticle": {"article_id": "an-article"},
    "msgmenu": MENU,
    "wxcard": {"card_id": "a-card"},
    "miniprogrampage": MINI_PROGRAM,
}


def without(payload: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != key}


def menu_of(*items: object) -> dict[str, Any]:
    return {"list": list(items)}


@pytest.fixture(autouse=True)
async def account(world: World, wire: Wire) -> None:
    """A customer who wrote, one medium of each kind, and one of everything a message can name."""
    world.say("oA", "在吗")
    world.switches = replace(world.switches, only_known_things=True)
    for kind in FILES:
        await wire.control("media", {"kind": kind, "media_id": f"a-{kind}", "permanent": True})
    for thing, name in (("article", "an-article"), ("card", "a-card"), ("mini_program", LINKED)):
        await wire.control("named", {"thing": thing, "id": name})


async def code_of(wire: Wire, message_type: str, payload: object, **more: object) -> int:
    return await wire.code(SEND, {"touser": "oA", "msgtype": message_type, message_type: payload, **more})


@pytest.mark.parametrize("message_type", sorted(GOOD))
async def test_every_type_arrives_with_every_field_as_it_was_sent(world: World, wire: Wire, message_type: str) -> None:
    message = {
        "touser": "oA",
        "msgtype": message_type,
        message_type: GOOD[message_type],
        "customservice": {"kf_account": WEN},
        "aimsgcontext": {"is_ai_msg": 1},
        "businessid": "7",
    }
    assert await wire.code(SEND, message) == 0

    for path in ("sent", "state"):
        sent = (await wire.http.get(f"/_sim/{path}")).json()["sent"]
        assert [row["message"] for row in sent] == [message]
        assert (sent[0]["openid"], sent[0]["kf_account"], sent[0]["is_ai"]) == ("oA", WEN, True)
    assert world.sent[0].text == (TEXT["content"] if message_type == "text" else f"[{message_type}]")
    kept = (await wire.http.get("/_sim/requests", params={"path": SEND})).json()
    assert base64.b64decode(kept[0]["body_base64"]) == json.dumps(message, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("message_type", "payload", "code"),
    [
        ("text", None, 44004),
        ("text", {"content": 5}, 44004),
        ("image", {}, 41006),
        ("image", "a-image", 41006),
        ("image", {"media_id": "gone"}, 40007),
        ("image", {"media_id": "a-voice"}, 40121),
        ("voice", {"media_id": "a-image"}, 40121),
        ("mpnews", {"media_id": "a-image"}, 40121),
        ("video", without(VIDEO, "title"), 0),
        ("video", without(VIDEO, "description"), 0),
        ("video", without(VIDEO, "thumb_media_id"), 41006),
        ("video", without(VIDEO, "media_id"), 41006),
        ("video", {**VIDEO, "thumb_media_id": "a-image"}, 0),
        ("video", {**VIDEO, "thumb_media_id": "a-voice"}, 40121),
        ("video", {**VIDEO, "title": "x" * 513}, 45003),
        ("video", {**VIDEO, "description": "x" * 2049}, 45004),
        ("music", without(MUSIC, "title"), 0),
        ("music", without(MUSIC, "hqmusicurl"), 0),
        ("music", without(MUSIC, "musicurl"), 40008),
        ("music", without(MUSIC, "thumb_media_id"), 41006),
        ("music", {**MUSIC, "musicurl": "x" * 2049}, 45005),
        ("music", {**MUSIC, "hqmusicurl": "x" * 2049}, 45005),
        ("news", {}, 44003),
        ("news", {"articles": []}, 44003),
        ("news", {"articles": [{}]}, 44003),
        ("news", {"articles": ["x"]}, 44003),
        ("news", {"articles": [ARTICLE, ARTICLE]}, 45008),
        ("news", {"articles": [{**ARTICLE, "title": "题" * 171}]}, 45003),
        ("news", {"articles": [{**ARTICLE, "title": "题" * 170}]}, 0),
        ("news", {"articles": [{**ARTICLE, "description": "x" * 2049}]}, 45004),
        ("news", {"articles": [{**ARTICLE, "url": "x" * 2049}]}, 45005),
        ("news", {"articles": [{**ARTICLE, "picurl": "x" * 2049}]}, 45006),
        ("mpnewsarticle", {}, 40008),
        ("mpnewsarticle", {"article_id": "other"}, 53600),
        ("wxcard", {"card_id": ""}, 40008),
        ("wxcard", {"card_id": "other"}, 40073),
        ("msgmenu", {"list": []}, 40008),
        ("msgmenu", without(MENU, "head_content"), 0),
        ("msgmenu", menu_of("x"), 40008),
        ("msgmenu", menu_of({"content": "x"}), 40008),
        ("msgmenu", menu_of({"id": 101, "content": "x"}), 40008),
        ("msgmenu", menu_of({"id": "1", "content": ""}), 40008),
        ("msgmenu", menu_of(*MENU["list"] * 10), 0),
        ("msgmenu", menu_of(*MENU["list"] * 10, MENU["list"][0]), 45098),
        ("msgmenu", menu_of({"id": "1", "content": "x" * 256}), 0),
        ("msgmenu", menu_of({"id": "1", "content": "x" * 257}), 45099),
        ("miniprogrampage", without(MINI_PROGRAM, "title"), 40008),
        ("miniprogrampage", without(MINI_PROGRAM, "appid"), 40166),
        ("miniprogrampage", {**MINI_PROGRAM, "appid": "wxother"}, 40166),
        ("miniprogrampage", without(MINI_PROGRAM, "pagepath"), 40165),
        ("miniprogrampage", without(MINI_PROGRAM, "thumb_media_id"), 41006),
        ("miniprogrampage", {**MINI_PROGRAM, "thumb_media_id": "a-image"}, 0),
        ("miniprogrampage", {**MINI_PROGRAM, "thumb_media_id": "a-video"}, 40121),
        ("link", {"title": "x", "description": "x", "url": "https://x.cn", "thumb_url": "https://x.cn"}, 40008),
    ],
)
async def test_a_message_of_this_type_answers(
    world: World, wire: Wire, message_type: str, payload: object, code: int
) -> None:
    assert await code_of(wire, message_type, payload) == code
    assert len(world.sent) == (1 if code == 0 else 0)


@pytest.mark.parametrize(
    ("values", "message_type", "payload", "code"),
    [
        ({"menu_items_limit": 0}, "msgmenu", menu_of(*MENU["list"] * 50), 0),
        ({"menu_items_limit": 1}, "msgmenu", MENU, 45098),
        ({"menu_item_bytes_limit": 0}, "msgmenu", menu_of({"id": "1", "content": "x" * 999}), 0),
        ({"menu_item_bytes_limit": 5}, "msgmenu", MENU, 45099),
        ({"title_bytes_limit": 0}, "video", {**VIDEO, "title": "x" * 999}, 0),
        ({"music_needs_title": True}, "music", without(MUSIC, "description"), 40008),
        ({"music_needs_title": True}, "music", MUSIC, 0),
        ({"video_needs_cover": False}, "video", without(VIDEO, "thumb_media_id"), 0),
        ({"video_needs_cover": False}, "video", {**VIDEO, "thumb_media_id": "gone"}, 40007),
        ({"missing_field_code": 40035}, "text", {}, 40035),
        ({"missing_field_code": 40035}, "text", {"content": ""}, 44004),
        ({"missing_field_code": 40035}, "video", without(VIDEO, "media_id"), 40035),
        ({"missing_field_code": 40035}, "news", {}, 40035),
        ({"missing_field_code": 40035}, "news", {"articles": []}, 44003),
        ({"missing_field_code": 40035}, "miniprogrampage", without(MINI_PROGRAM, "pagepath"), 40035),
    ],
)
async def test_limits_nobody_published_can_be_moved(
    wire: Wire, values: dict[str, object], message_type: str, payload: object, code: int
) -> None:
    await wire.control("switches", values)

    assert await code_of(wire, message_type, payload) == code


@pytest.mark.parametrize(
    ("message_type", "payload"),
    [
        ("wxcard", {"card_id": "pFS7Fjg8kV1IdDz01r4SQwMkuCKc"}),
        ("mpnewsarticle", {"article_id": "never-heard-of"}),
        ("mpnews", {"media_id": "a-image"}),
        ("miniprogrampage", {**GOOD["miniprogrampage"], "appid": "wxfeedfacecafebeef"}),
        ("text", {"content": '<a data-miniprogram-appid="wxother" data-miniprogram-path="p" href="x">开</a>'}),
    ],
)
async def test_what_no_call_here_can_make_is_taken_from_clients_that_know_no_control_path(
    world: World, wire: Wire, message_type: str, payload: dict[str, Any]
) -> None:
    world.switches = Switches()

    assert await code_of(wire, message_type, payload) == 0


@pytest.mark.parametrize("appid", [None, "", 7])
async def test_a_mini_program_card_without_its_appid_is_refused_though_any_appid_is_taken(
    world: World, wire: Wire, appid: object
) -> None:
    world.switches = Switches()

    assert await code_of(wire, "miniprogrampage", {**MINI_PROGRAM, "appid": appid}) == 40166


async def test_media_that_died_cannot_be_sent(wire: Wire, clock: SimClock) -> None:
    await wire.control("media", {"kind": "image", "media_id": "short-lived"})
    assert await code_of(wire, "image", {"media_id": "short-lived"}) == 0
    clock.advance(3 * 24 * 3600)
    await wire.control("say", {"openid": "oA", "text": "还在吗"})

    assert await code_of(wire, "image", {"media_id": "short-lived"}) == 40007


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('<a href="https://x.cn">这里</a>', 0),
        ("<A HREF='https://x.cn' >这里</A >", 0),
        ('两个 <a href="x">一</a> 和 <a\nhref="y">二</a>', 0),
        ('<a href="weixin://bizmsgmenu?msgmenucontent=%E6%BB%A1%E6%84%8F&msgmenuid=101">满意</a>', 0),
        ("1 < 2, <abc>, <b>x</b>, a <a b", 0),
        ('<a href="https://x.cn">这里', 40213),
        ("这里</a>", 40213),
        ('<a href="https://x.cn"', 40213),
        ("<a href=https://x.cn>这里</a>", 40213),
        ('<a href="">这里</a>', 40213),
        ("<a>这里</a>", 40213),
        ('<a class="x">这里</a>', 40213),
        ('<a href="x">这里</a b="c">', 40213),
        ('<a href="https://x.cn"></a>', 40214),
        ('<a href="https://x.cn">  </a>', 40214),
        ('<a href="x">一<a href="y">二</a></a>', 40214),
        (f'<a data-miniprogram-appid="{LINKED}" data-miniprogram-path="p" href="x">开</a>', 0),
        ('<a data-miniprogram-appid="wxother" data-miniprogram-path="p" href="x">开</a>', 45086),
        ('<a data-miniprogram-appid="" href="x">开</a>', 45086),
        (f'<a data-miniprogram-appid="{LINKED}">开</a>', 40213),
    ],
)
async def test_links_in_a_text_answer(wire: Wire, content: str, code: int) -> None:
    assert await code_of(wire, "text", {"content": content}) == code


async def test_a_text_has_2048_bytes_or_by_switch_as_many_characters(world: World, wire: Wire) -> None:
    assert await code_of(wire, "text", {"content": "好" * 683}) == 45002
    world.switches = replace(world.switches, text_limit_in_characters=True)

    assert await code_of(wire, "text", {"content": "好" * 2048}) == 0
    assert await code_of(wire, "text", {"content": "好" * 2049}) == 45002


@pytest.mark.parametrize(
    ("context", "code"),
    [
        ({"is_ai_msg": 0}, 0),
        ({"is_ai_msg": 1}, 0),
        ({"is_ai_msg": 2}, 40097),
        ({"is_ai_msg": True}, 40097),
        ({"is_ai_msg": "1"}, 40097),
        ({"msgid": "1"}, 40097),
        ({}, 40097),
        ("1", 40097),
    ],
)
async def test_whether_an_ai_wrote_it_is_0_or_1(world: World, wire: Wire, context: object, code: int) -> None:
    assert await code_of(wire, "text", {"content": "x"}, aimsgcontext=context) == code
    assert [sent.is_ai for sent in world.sent] == ([context == {"is_ai_msg": 1}] if code == 0 else [])


async def test_an_unknown_sender_has_a_code_to_choose(world: World, wire: Wire) -> None:
    sender = {"kf_account": "nobody@lehuo"}
    assert await code_of(wire, "text", {"content": "x"}, customservice=sender) == 65401
    world.switches = replace(world.switches, unknown_sender_code=61452)

    assert await code_of(wire, "text", {"content": "x"}, customservice=sender) == 61452


@pytest.mark.parametrize(("field", "code"), [("blocks_messages", 48002), ("is_blacklisted", 43019)])
async def test_a_customer_out_of_reach_gets_nothing_until_in_reach_again(wire: Wire, field: str, code: int) -> None:
    await wire.control("customers/reach", {"openid": "oA", field: True})
    assert await wire.send("oA", "x") == code
    assert await wire.typing("oA") == code
    response = await wire.control("customers/reach", {"openid": "oA", field: False})
    assert response.json() == {"blocks_messages": False, "is_blacklisted": False}

    assert await wire.send("oA", "x") == 0


async def test_a_stranger_is_never_out_of_reach(wire: Wire) -> None:
    response = await wire.control("customers/reach", {"openid": "oNobody"})

    assert (response.status_code, "'oNobody' is nobody's" in response.json()["error"]) == (404, True)


async def test_a_tapped_menu_item_is_said_by_the_customer_and_counts_as_a_click(world: World, wire: Wire) -> None:
    for _ in range(4):
        await wire.send("oA", "x")
    await code_of(wire, "msgmenu", MENU)
    answer = await wire.control("tap", {"openid": "oA", "id": "102"})

    assert answer.json() == {"openid": "oA", "text": "不满意"}
    said = [event for event in world.events if event.kind == "said"][-1]
    assert (said.text, said.details["bizmsgmenuid"]) == ("不满意", "102")
    assert [await wire.send("oA", "x") for _ in range(4)] == [0, 0, 0, 45047]


async def test_a_tapped_menu_link_makes_the_customer_say_its_words(wire: Wire) -> None:
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=%E6%BB%A1%E6%84%8F&amp;msgmenuid=9">好</a>'
    await code_of(wire, "text", {"content": f'<a href="https://x.cn">看</a> {link}'})
    await wire.send("oA", "后来的")
    await code_of(wire, "image", {"media_id": "a-image"})

    assert (await wire.control("tap", {"openid": "oA", "id": "9"})).json()["text"] == "满意"


async def test_whether_menu_links_work_is_a_switch(wire: Wire) -> None:
    await wire.control("switches", {"menu_links_work": False})
    await code_of(wire, "text", {"content": '<a href="weixin://bizmsgmenu?msgmenucontent=a&amp;msgmenuid=9">好</a>'})
    response = await wire.control("tap", {"openid": "oA", "id": "9"})

    assert (response.status_code, "send a menu first" in response.json()["error"]) == (400, True)


async def test_a_temporary_file_goes_into_so_many_messages_only_by_switch(world: World, wire: Wire) -> None:
    for media_id in ("t1", "t2"):
        await wire.control("media", {"kind": "image", "media_id": media_id})
    world.customers["oA"].windows.open("pay", world.clock.now())
    unlimited = [await code_of(wire, "image", {"media_id": "t1"}) for _ in range(11)]
    await wire.control("switches", {"media_message_limit": 2})
    refused = await code_of(wire, "image", {"media_id": "t2"}, customservice={"kf_account": "nobody@lehuo"})
    limited = [await code_of(wire, "image", {"media_id": "t2"}) for _ in range(3)]
    permanent = [await code_of(wire, "image", {"media_id": "a-image"}) for _ in range(3)]
    counts = {row["media_id"]: row["message_count"] for row in (await wire.http.get("/_sim/media")).json()["media"]}

    assert (unlimited, refused, limited, permanent) == ([0] * 11, 65401, [0, 0, 40007], [0] * 3)
    assert (counts["t1"], counts["t2"]) == (11, 2)


async def test_nobody_taps_what_they_were_not_sent(world: World, wire: Wire) -> None:
    world.say("oB", "在吗")
    await code_of(wire, "msgmenu", MENU)

    for openid, item in (("oB", "101"), ("oA", "103")):
        response = await wire.control("tap", {"openid": openid, "id": item})
        assert (response.status_code, "send a menu first" in response.json()["error"]) == (400, True)
