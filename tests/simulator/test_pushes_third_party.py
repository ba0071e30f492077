"""Somebody else's library understands every push, and its answers are understood."""

import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from kfconsole.simulator import World
from tests.simulator.conftest import NOON, TOM, WEN
from tests.simulator.receiver import AES_KEY, TOKEN, Got, Pushing, Server, pushing_to

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:wechatpy"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:wechatpy"),
]

MODES = ("plain", "compatible", "secure")


class Wechatpy:
    """The server as somebody writes it with wechatpy."""

    def __init__(self, app_id: str) -> None:
        from wechatpy.crypto import WeChatCrypto

        self._crypto = WeChatCrypto(TOKEN, AES_KEY, app_id)
        self.messages: list[Any] = []
        self.reply: Callable[[Any], Any] | None = None
        """Makes the reply of a message; nothing: the push is declined."""

    async def answer(self, got: Got) -> bytes:
        from wechatpy import parse_message
        from wechatpy.utils import check_signature

        query = got.query
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        is_sealed = query.get("encrypt_type") == "aes"
        xml = (
            self._crypto.decrypt_message(got.body, query["msg_signature"], query["timestamp"], query["nonce"])
            if is_sealed
            else got.body
        )
        message: Any = parse_message(xml)
        self.messages.append(message)
        if self.reply is None:
            return b"success"
        rendered: str = self.reply(message).render()
        if is_sealed:
            rendered = self._crypto.encrypt_message(rendered, query["nonce"], query["timestamp"])
        return rendered.encode()


@pytest.fixture(params=MODES)
async def pushing(world: World, request: pytest.FixtureRequest) -> AsyncIterator[Pushing]:
    world.add_customer("oA")
    async with pushing_to(Server(), world) as pushing:
        await pushing.point(request.param)
        yield pushing


@pytest.fixture
def library(pushing: Pushing) -> Wechatpy:
    library = Wechatpy(pushing.world.app_id)
    pushing.server.answer = library.answer
    return library


@pytest.mark.parametrize(
    ("said", "kind", "read"),
    [
        ({"text": "在吗 ]]> <b>&amp;"}, "text", {"content": "在吗 ]]> <b>&amp;"}),
        (
            {"type": "image", "media_id": "m", "pic_url": "http://p/1"},
            "image",
            {"media_id": "m", "image": "http://p/1"},
        ),
        ({"type": "voice", "media_id": "m", "format": "amr"}, "voice", {"media_id": "m", "format": "amr"}),
        (
            {"type": "video", "media_id": "m", "thumb_media_id": "t"},
            "video",
            {"media_id": "m", "thumb_media_id": "t"},
        ),
        (
            {"type": "shortvideo", "media_id": "m", "thumb_media_id": "t"},
            "shortvideo",
            {"media_id": "m", "thumb_media_id": "t"},
        ),
        (
            {"type": "location", "latitude": 23.5, "longitude": 113.25, "scale": 15, "label": "广州"},
            "location",
            {"location": ("23.500000", "113.250000"), "scale": "15", "label": "广州"},
        ),
        (
            {"type": "link", "title": "标题", "description": "说明", "url": "https://a.example/?a=1&b=2"},
            "link",
            {"title": "标题", "description": "说明", "url": "https://a.example/?a=1&b=2"},
        ),
    ],
)
async def test_every_message_is_understood(
    pushing: Pushing, library: Wechatpy, said: dict[str, object], kind: str, read: dict[str, object]
) -> None:
    await pushing.wire.control("say", {"openid": "oA", **said})
    assert await pushing.outcomes() == ["declined"]
    (message,) = library.messages

    assert (message.type, message.source, message.target) == (kind, "oA", "gh_0123456789ab")
    assert message.time == int(NOON)
    assert message.id == pushing.pusher.log[0].fields["MsgId"]
    assert {name: getattr(message, name) for name in read} == read


@pytest.mark.parametrize(
    ("action", "event", "read"),
    [
        ({"action": "follow"}, "subscribe", {}),
        ({"action": "follow", "key": "42", "ticket": "T"}, "subscribe_scan", {"scene_id": "42", "ticket": "T"}),
        ({"action": "unfollow"}, "unsubscribe", {}),
        ({"action": "scan", "key": "42", "ticket": "T"}, "scan", {"scene_id": "42", "ticket": "T"}),
        ({"action": "click", "key": "V1001"}, "click", {"key": "V1001"}),
        ({"action": "view", "key": "https://a.example/"}, "view", {"url": "https://a.example/"}),
        (
            {"action": "scancode_push", "key": "K", "scan_result": "690"},
            "scancode_push",
            {"key": "K", "scan_type": "qrcode", "scan_result": "690"},
        ),
        (
            {"action": "scancode_waitmsg", "key": "K", "scan_result": "690"},
            "scancode_waitmsg",
            {"key": "K", "scan_type": "qrcode", "scan_result": "690"},
        ),
    ],
)
async def test_every_event_of_a_customer_is_understood(
    pushing: Pushing, library: Wechatpy, action: dict[str, str], event: str, read: dict[str, object]
) -> None:
    await pushing.wire.control("act", {"openid": "oA", **action})
    await pushing.pushes()
    (message,) = library.messages

    assert (message.type, message.event, message.source) == ("event", event, "oA")
    assert {name: getattr(message, name) for name in read} == read


async def test_every_event_of_a_session_is_understood(pushing: Pushing, library: Wechatpy) -> None:
    pushing.world.create_session(WEN, "oA")
    pushing.world.transfer(WEN, TOM, "oA")
    pushing.world.close(TOM, "oA")
    await pushing.pushes()
    created, switched, closed = library.messages

    assert (created.event, created.account) == ("kf_create_session", WEN)
    assert (switched.event, switched.from_account, switched.to_account) == ("kf_switch_session", WEN, TOM)
    assert (closed.event, closed.account) == ("kf_close_session", TOM)


async def test_its_transfer_lets_the_customer_wait(pushing: Pushing, library: Wechatpy) -> None:
    from wechatpy.replies import TransferCustomerServiceReply

    library.reply = lambda message: TransferCustomerServiceReply(message=message)
    pushing.world.say("oA", "在吗")

    assert await pushing.outcomes() == ["transferred"]
    assert list(pushing.world.queue) == ["oA"]


async def test_its_text_reply_reaches_the_customer(pushing: Pushing, library: Wechatpy) -> None:
    from wechatpy.replies import TextReply

    library.reply = lambda message: TextReply(content="您好 😊 <a>", message=message)
    pushing.world.say("oA", "在吗")

    assert await pushing.outcomes() == ["replied"]
    assert [sent.text for sent in pushing.world.sent] == ["您好 😊 <a>"]


async def test_its_picture_reply_reaches_the_customer(pushing: Pushing, library: Wechatpy) -> None:
    from wechatpy.replies import ImageReply

    library.reply = lambda message: ImageReply(media_id="m1", message=message)
    pushing.world.say("oA", "在吗")
    await pushing.pushes()

    assert [sent.text for sent in pushing.world.sent] == ["[image]"]


async def test_it_refuses_a_forgery(pushing: Pushing, library: Wechatpy) -> None:
    from wechatpy.exceptions import InvalidSignatureException

    refused: list[Exception] = []

    async def answer(got: Got) -> bytes:
        try:
            return await library.answer(got)
        except InvalidSignatureException as error:
            refused.append(error)
            return b""

    pushing.server.answer = answer
    await pushing.wire.control("push/faults", {"kind": "wrong_signature"})
    pushing.world.say("oA", "一")
    pushing.world.say("oA", "二")
    await pushing.pushes()

    assert len(refused) == 1
    assert [message.content for message in library.messages] == ["二"]


async def test_any_text_survives_the_way_there(pushing: Pushing, library: Wechatpy) -> None:
    rng = random.Random(7)
    texts = ["".join(rng.choices("a]>[<!&;CDATA好😀\n ", k=rng.randint(1, 90))).strip() or "空" for _ in range(100)]
    for text in texts:
        pushing.world.say("oA", text)
    await pushing.pushes()

    assert [message.content for message in library.messages] == texts
