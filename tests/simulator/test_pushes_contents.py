"""Each thing that happens is pushed with the fields WeChat documents for it, and nothing else is pushed."""

from collections.abc import AsyncIterator
from xml.etree.ElementTree import fromstring

import pytest

from kfconsole.simulator import World
from kfconsole.simulator.pushes.crypto import Seal, signature
from kfconsole.simulator.pushes.xml import to_xml
from tests.simulator.conftest import NOON, TOM, WEN
from tests.simulator.receiver import AES_KEY, TOKEN, Pushing, Server, pushing_to

TEXT = {"type": "text", "text": "在吗"}


@pytest.fixture
async def pushing(world: World) -> AsyncIterator[Pushing]:
    world.add_customer("oA")
    async with pushing_to(Server(), world) as pushing:
        await pushing.point()
        yield pushing


async def pushed(pushing: Pushing) -> dict[str, str]:
    """Return the raw text of each field of the only push, in order."""
    await pushing.pushes()
    (got,) = pushing.server.got
    assert got.of("FromUserName") == "oA"
    assert got.of("ToUserName") == "gh_0123456789ab"
    assert got.of("CreateTime") == str(int(NOON))
    names = [child.tag for child in got.xml]
    text = got.body.decode()
    return {name: text.partition(f"<{name}>")[2].partition(f"</{name}>")[0] for name in names[3:]}


@pytest.mark.parametrize(
    ("said", "fields", "recorded"),
    [
        (TEXT, {"MsgType": "<![CDATA[text]]>", "Content": "<![CDATA[在吗]]>"}, "在吗"),
        (
            {**TEXT, "menu_id": "101"},
            {"MsgType": "<![CDATA[text]]>", "Content": "<![CDATA[在吗]]>", "bizmsgmenuid": "<![CDATA[101]]>"},
            "在吗",
        ),
        (
            {"type": "image", "media_id": "m1", "pic_url": "http://mmbiz.qpic.cn/p"},
            {
                "MsgType": "<![CDATA[image]]>",
                "PicUrl": "<![CDATA[http://mmbiz.qpic.cn/p]]>",
                "MediaId": "<![CDATA[m1]]>",
            },
            "[image]",
        ),
        (
            {"type": "voice", "media_id": "m1", "format": "speex"},
            {"MsgType": "<![CDATA[voice]]>", "MediaId": "<![CDATA[m1]]>", "Format": "<![CDATA[speex]]>"},
            "[voice]",
        ),
        (
            {"type": "voice", "media_id": "m1", "media_id_16k": "m2"},
            {
                "MsgType": "<![CDATA[voice]]>",
                "MediaId": "<![CDATA[m1]]>",
                "Format": "<![CDATA[amr]]>",
                "MediaId16K": "<![CDATA[m2]]>",
            },
            "[voice]",
        ),
        (
            {"type": "video", "media_id": "m1", "thumb_media_id": "m2"},
            {"MsgType": "<![CDATA[video]]>", "MediaId": "<![CDATA[m1]]>", "ThumbMediaId": "<![CDATA[m2]]>"},
            "[video]",
        ),
        (
            {"type": "shortvideo", "media_id": "m1", "thumb_media_id": "m2"},
            {"MsgType": "<![CDATA[shortvideo]]>", "MediaId": "<![CDATA[m1]]>", "ThumbMediaId": "<![CDATA[m2]]>"},
            "[video]",
        ),
        (
            {"type": "location", "latitude": 23, "longitude": -113.5, "scale": 15, "label": "广州"},
            {
                "MsgType": "<![CDATA[location]]>",
                "Location_X": "23.000000",
                "Location_Y": "-113.500000",
                "Scale": "15",
                "Label": "<![CDATA[广州]]>",
            },
            "[location]",
        ),
        (
            {"type": "link", "title": "看看", "description": "好物", "url": "https://a.example/?a=1&b=<2>"},
            {
                "MsgType": "<![CDATA[link]]>",
                "Title": "<![CDATA[看看]]>",
                "Description": "<![CDATA[好物]]>",
                "Url": "<![CDATA[https://a.example/?a=1&b=<2>]]>",
            },
            "[link]",
        ),
    ],
)
async def test_a_message_is_pushed_as_documented_and_recorded_as_a_placeholder(
    pushing: Pushing, said: dict[str, object], fields: dict[str, str], recorded: str
) -> None:
    await pushing.wire.control("say", {"openid": "oA", **said})
    found = await pushed(pushing)
    message_id = found.pop("MsgId")

    assert message_id.isdecimal()
    assert list(found.items()) == list(fields.items())
    assert pushing.world.events[-1].text == recorded


async def test_a_message_of_any_type_in_a_session_is_recorded_as_a_placeholder(pushing: Pushing) -> None:
    pushing.world.hand_over("oA", "在吗", WEN)
    await pushing.wire.control("say", {"openid": "oA", "type": "image", "media_id": "m1"})
    now = int(NOON)
    body = {"starttime": now, "endtime": now, "msgid": 1, "number": 10}
    answer = await pushing.wire.post("/customservice/msgrecord/getmsglist", body)

    assert [row["text"] for row in answer["recordlist"]] == ["在吗", "[image]"]


async def test_tapping_a_menu_that_was_sent_opens_the_window_of_a_click(pushing: Pushing) -> None:
    await pushing.wire.control("say", {"openid": "oA", **TEXT, "menu_id": "101"})

    assert list(pushing.world.customers["oA"].windows.by_action) == ["click"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"type": "sticker"}, "text, image, voice, video, shortvideo, location, link"),
        ({"type": "image"}, "field 'media_id'"),
        ({"type": "image", "media_id": "m", "text": "x"}, "unknown field 'text'"),
        ({"type": "location", "label": "x", "scale": 1.5}, "field 'scale'"),
        ({"type": "location", "label": "x", "latitude": "1"}, "field 'latitude'"),
    ],
)
async def test_a_message_that_cannot_be_is_told_what_is_wrong(
    pushing: Pushing, said: dict[str, object], words: str
) -> None:
    answer = await pushing.wire.control("say", {"openid": "oA", **said})

    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ({"action": "follow"}, {"Event": "subscribe"}),
        (
            {"action": "follow", "key": "42", "ticket": "T"},
            {"Event": "subscribe", "EventKey": "qrscene_42", "Ticket": "T"},
        ),
        ({"action": "unfollow"}, {"Event": "unsubscribe"}),
        ({"action": "scan", "key": "42", "ticket": "T"}, {"Event": "SCAN", "EventKey": "42", "Ticket": "T"}),
        ({"action": "click", "key": "V1001"}, {"Event": "CLICK", "EventKey": "V1001"}),
        ({"action": "view", "key": "https://a.example/"}, {"Event": "VIEW", "EventKey": "https://a.example/"}),
        (
            {"action": "scancode_waitmsg", "key": "K", "scan_type": "barcode", "scan_result": "690"},
            {
                "Event": "scancode_waitmsg",
                "EventKey": "K",
                "ScanCodeInfo": {"ScanType": "barcode", "ScanResult": "690"},
            },
        ),
        (
            {"action": "scancode_push", "scan_result": "x"},
            {"Event": "scancode_push", "EventKey": "", "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "x"}},
        ),
    ],
)
async def test_what_customers_do_is_pushed_as_an_event_without_a_message_id(
    pushing: Pushing, action: dict[str, str], fields: dict[str, str | dict[str, str]]
) -> None:
    assert (await pushing.wire.control("act", {"openid": "oA", **action})).status_code == 200

    assert await pushed(pushing) == {
        "MsgType": "<![CDATA[event]]>",
        **{
            name: f"<![CDATA[{value}]]>"
            if isinstance(value, str)
            else "".join(f"<{inner}><![CDATA[{text}]]></{inner}>" for inner, text in value.items())
            for name, value in fields.items()
        },
    }


async def test_a_stranger_who_scans_follows(pushing: Pushing) -> None:
    pushing.world.customers["oA"].is_following = False
    await pushing.wire.control("act", {"openid": "oA", "action": "scan", "key": "42", "ticket": "T"})

    assert (await pushed(pushing))["EventKey"] == "<![CDATA[qrscene_42]]>"
    assert pushing.world.customers["oA"].is_following


async def test_a_view_opens_no_window(pushing: Pushing) -> None:
    await pushing.wire.control("act", {"openid": "oA", "action": "view"})

    assert await pushing.wire.send("oA", "在的") == 45015


async def test_payments_places_in_the_queue_and_agents_are_not_pushed(pushing: Pushing) -> None:
    pushing.world.act("oA", "pay")
    pushing.world.hand_over("oA", "在吗")
    pushing.world.act("oA", "leave")
    pushing.world.go_online(TOM, False)

    assert await pushing.pushes() == []


async def test_sessions_are_pushed_with_their_agents(pushing: Pushing) -> None:
    pushing.world.hand_over("oA", "在吗")
    pushing.world.accept(WEN, "oA")
    pushing.world.transfer(WEN, TOM, "oA")
    pushing.world.close(TOM, "oA")
    await pushing.pushes()

    assert [[(child.tag, child.text) for child in got.xml][3:] for got in pushing.server.got] == [
        [("MsgType", "event"), ("Event", "kf_create_session"), ("KfAccount", WEN)],
        [("MsgType", "event"), ("Event", "kf_switch_session"), ("FromKfAccount", WEN), ("ToKfAccount", TOM)],
        [("MsgType", "event"), ("Event", "kf_close_session"), ("KfAccount", TOM)],
    ]


@pytest.mark.parametrize("are_pushed", [True, False])
async def test_sessions_of_api_calls_are_pushed_as_the_switch_says(pushing: Pushing, are_pushed: bool) -> None:
    await pushing.wire.control("switches", {"api_session_events": are_pushed})
    body = {"kf_account": WEN, "openid": "oA"}
    await pushing.wire.post("/customservice/kfsession/create", body)
    await pushing.wire.post("/customservice/kfsession/close", body)

    names = [push["name"] for push in await pushing.pushes()]
    assert names == (["kf_create_session", "kf_close_session"] if are_pushed else [])


@pytest.mark.parametrize("are_pushed", [True, False])
async def test_sessions_that_nobody_closed_are_pushed_as_the_switch_says(pushing: Pushing, are_pushed: bool) -> None:
    await pushing.wire.control("switches", {"expiry_session_events": are_pushed})
    pushing.world.hand_over("oA", "在吗", WEN)
    await pushing.wire.control("clock", {"advance_seconds": 7200})

    told = [(push["name"], push["at"]) for push in await pushing.pushes()]
    assert told == [("kf_create_session", NOON), *([("kf_close_session", NOON + 1800)] if are_pushed else [])]


# Encrypted


async def test_a_secure_push_hides_everything_but_the_account(pushing: Pushing) -> None:
    await pushing.point("secure")
    pushing.world.say("oA", "在吗")
    await pushing.pushes()
    (got,) = pushing.server.got
    sealed = got.of("Encrypt")
    query = got.query

    assert [child.tag for child in got.xml] == ["ToUserName", "Encrypt"]
    assert (query["encrypt_type"], query["openid"]) == ("aes", "oA")
    assert query["msg_signature"] == signature(TOKEN, query["timestamp"], query["nonce"], sealed)
    opened = Seal(AES_KEY, pushing.world.app_id, pushing.world.rids).open(sealed)
    assert opened.decode() == pushing.pusher.log[0].as_json()["xml"]


async def test_a_compatible_push_carries_both(pushing: Pushing) -> None:
    await pushing.point("compatible")
    pushing.world.say("oA", "在吗")
    await pushing.pushes()
    (got,) = pushing.server.got
    opened = fromstring(Seal(AES_KEY, pushing.world.app_id, pushing.world.rids).open(got.of("Encrypt")))

    assert got.query["encrypt_type"] == "aes"
    assert opened.findtext("Content") == got.of("Content") == "在吗"
    assert [child.tag for child in got.xml] == [*(child.tag for child in opened), "Encrypt"]


@pytest.mark.parametrize("text", ["]]>", "]]]]>>", "<![CDATA[x]]>", "a&b<c>", "", " 两 端 ", "👨‍👩‍👧"])
def test_any_text_survives_its_xml(text: str) -> None:
    assert (fromstring(to_xml({"Content": text})).findtext("Content") or "") == text
