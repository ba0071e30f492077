"""Every type of message with exactly WeChat's keys, and texts as they were typed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.content import (
    Card,
    Content,
    Image,
    Menu,
    MenuItem,
    MiniProgram,
    Music,
    News,
    PublishedArticle,
    StoredNews,
    Text,
    Video,
    Voice,
)
from kfconsole.errors import NotPossible, Unavailable
from tests.wechat.wire import AGENT, OPENID, SEND_PATH, Wire

ARTICLE = {"title": "T", "description": "D", "url": "http://u?a=1&b=<2>", "picurl": "http://p"}
LINES = (MenuItem("101", "满意"), MenuItem("102", "不满意"))
SHOWN_LINES = [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}]

MESSAGES: list[tuple[Content, str, dict[str, Any]]] = [
    (Text("你好\n<a href='x'>"), "text", {"content": "你好\n<a href='x'>"}),
    (Text(" "), "text", {"content": " "}),
    (Image("M"), "image", {"media_id": "M"}),
    (Voice("M"), "voice", {"media_id": "M"}),
    (Video("M", "C"), "video", {"media_id": "M", "thumb_media_id": "C"}),
    (
        Video("M", "C", "T", "D"),
        "video",
        {"media_id": "M", "thumb_media_id": "C", "title": "T", "description": "D"},
    ),
    (
        Music("http://m", "C"),
        "music",
        {"title": "", "description": "", "musicurl": "http://m", "thumb_media_id": "C"},
    ),
    (
        Music("http://m", "C", "T", "D", "http://hq"),
        "music",
        {"title": "T", "description": "D", "musicurl": "http://m", "hqmusicurl": "http://hq", "thumb_media_id": "C"},
    ),
    (News("T", "http://u"), "news", {"articles": [{"title": "T", "url": "http://u"}]}),
    (News("T", "http://u?a=1&b=<2>", "D", "http://p"), "news", {"articles": [ARTICLE]}),
    (StoredNews("M"), "mpnews", {"media_id": "M"}),
    (PublishedArticle("A"), "mpnewsarticle", {"article_id": "A"}),
    (Menu(LINES), "msgmenu", {"list": SHOWN_LINES}),
    (
        Menu(LINES, "满意吗? ", "再见"),
        "msgmenu",
        {"head_content": "满意吗? ", "list": SHOWN_LINES, "tail_content": "再见"},
    ),
    (Card("K"), "wxcard", {"card_id": "K"}),
    (
        MiniProgram("T", "wx9", "pages/index?a=1", "C"),
        "miniprogrampage",
        {"title": "T", "appid": "wx9", "pagepath": "pages/index?a=1", "thumb_media_id": "C"},
    ),
]


@pytest.mark.parametrize(("content", "kind", "fields"), MESSAGES)
async def test_every_type_is_written_with_its_keys(
    wire: Wire, content: Content, kind: str, fields: dict[str, Any]
) -> None:
    await wire.client().send(OPENID, content)

    assert wire.body(SEND_PATH) == {"touser": OPENID, "msgtype": kind, kind: fields}


async def test_a_message_may_go_in_an_agents_name_and_say_that_a_machine_wrote_it(wire: Wire) -> None:
    client = wire.client()
    await client.send(OPENID, Image("M"), AGENT, is_ai=True)

    assert wire.body(SEND_PATH)["customservice"] == {"kf_account": AGENT}
    assert wire.body(SEND_PATH)["aimsgcontext"] == {"is_ai_msg": 1}
    await client.send(OPENID, Image("M"))
    assert set(wire.body(SEND_PATH)) == {"touser", "msgtype", "image"}


TYPED = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\b\f\n\r\t"}
"""For characters that JSON has no form for but an escape with a u, which customers would read."""


@given(text=TYPED)
async def test_whatever_is_typed_is_sent_as_it_is_but_for_control_characters(text: str) -> None:
    wire = Wire()
    client = wire.client()
    await client.send(OPENID, Text(text))

    assert wire.body(SEND_PATH)["text"] == {"content": text.translate(PICTURES)}
    assert all(letter.encode() in wire.asked(SEND_PATH)[0].content for letter in text if letter > "\x7f")


INCOMPLETE: list[tuple[Content, str]] = [
    (Text(""), "The text is empty."),
    (Image(" "), "The media id is empty."),
    (Voice(""), "The media id is empty."),
    (StoredNews(""), "The media id is empty."),
    (Video("", "C"), "The media id is empty."),
    (Video("M", ""), "The media id of the cover picture is empty."),
    (Music("", "C"), "The address of the music is empty."),
    (Music("http://m", ""), "The media id of the cover picture is empty."),
    (News("", "http://u"), "The title is empty."),
    (News("T", ""), "The address of the page is empty."),
    (PublishedArticle(""), "The id of the article is empty."),
    (Menu(()), "The menu has no lines to tap."),
    (Menu((MenuItem("", "x"),)), "The id of a menu line is empty."),
    (Menu((MenuItem("1", "x"), MenuItem("2", " "))), "The text of a menu line is empty."),
    (Card(""), "The id of the card is empty."),
    (MiniProgram("", "wx9", "p", "C"), "The title is empty."),
    (MiniProgram("T", "", "p", "C"), "The app id of the mini program is empty."),
    (MiniProgram("T", "wx9", "", "C"), "The page of the mini program is empty."),
    (MiniProgram("T", "wx9", "p", ""), "The media id of the cover picture is empty."),
]


@pytest.mark.parametrize(("content", "message"), INCOMPLETE)
async def test_what_lacks_something_is_not_sent(wire: Wire, content: Content, message: str) -> None:
    with pytest.raises(NotPossible) as caught:
        await wire.client().send(OPENID, content)

    assert caught.value.message == message
    assert wire.requests == []


async def test_a_lost_answer_leaves_every_type_in_doubt(wire: Wire) -> None:
    wire.reply(SEND_PATH, b"")
    for content, _kind, _fields in MESSAGES:
        with pytest.raises(Unavailable) as caught:
            await wire.client().send(OPENID, content)
        assert caught.value.may_have_arrived
