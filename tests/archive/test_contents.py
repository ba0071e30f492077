"""Messages that are no text: what was sent is kept as it was, beside the words that stand for it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kfconsole.archive import Archive, schema
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
from kfconsole.errors import ArchiveError
from kfconsole.model import Delivery, MessageId
from tests.archive.world import ANN, CREATED_AT, ME, T, received, sent, texts

ALL: list[Content] = [
    Image("media-1"),
    Voice("media-2"),
    Video("media-3", "cover-3", title="How to fold", description="In three steps"),
    Music("https://shop.example/song", "cover-4", title="晚安"),
    News("Sale", "https://shop.example/sale", description="Today", picture_url="https://shop.example/sale.png"),
    StoredNews("media-5"),
    PublishedArticle("article-6"),
    Menu((MenuItem("1", "Yes"), MenuItem("2", "不好")), head="Did it help?", tail="Thank you"),
    Card("card-7"),
    MiniProgram("Orders", "wx1", "pages/orders?id=1", "cover-8"),
]


@pytest.mark.parametrize("content", ALL, ids=lambda content: type(content).__name__)
async def test_what_was_sent_is_kept_as_it_was(archive: Archive, content: Content) -> None:
    begun = await archive.begin_send(ANN, ME, content, T, is_ai=True)

    assert (content, True) == (begun.content, begun.is_ai)
    assert begun == await archive.message(begun.id)
    assert content == await archive.content_of(begun.id)


async def test_a_text_needs_no_content_beside_it(archive: Archive) -> None:
    begun = await archive.begin_send(ANN, ME, Text("hello"), T)

    assert ("hello", None, False) == (begun.text, begun.content, begun.is_ai)
    assert Text("hello") == await archive.content_of(begun.id)


async def test_the_words_of_a_content_stand_in_the_conversation(archive: Archive) -> None:
    for second, content in enumerate((ALL[0], ALL[4], ALL[7])):
        await archive.begin_send(ANN, ME, content, T + second)

    shown = texts(await archive.conversation(ANN))
    assert ["[image]", "[news] Sale", "Did it help?\n· Yes\n· 不好\nThank you"] == shown


async def test_every_text_in_a_content_is_cleaned(archive: Archive, hostile: str) -> None:
    begun = await archive.begin_send(ANN, ME, Menu((MenuItem("\x1b", hostile),), head=hostile), T)

    assert isinstance(begun.content, Menu)
    kept = (begun.text, begun.content.head, begun.content.items[0].id, begun.content.items[0].text)
    assert not any(unsafe in text for text in kept for unsafe in "\x1b\x07\u202e")


@pytest.mark.parametrize("content", ALL[:3], ids=lambda content: type(content).__name__)
async def test_a_record_of_a_bare_word_confirms_our_picture_voice_or_video(archive: Archive, content: Content) -> None:
    send = await archive.begin_send(ANN, ME, content, T + 0.4)
    await archive.settle(send.id, Delivery.SENT)
    word = f"[{type(content).__name__.lower()}]"

    changed = await archive.merge_records([received(word, T + 1), sent(word, T + 2)], T, T + 60)

    assert [(word, None), (word, Delivery.CONFIRMED)] == [(message.text, message.delivery) for message in changed]
    assert (send.id, content) == (changed[1].id, changed[1].content)
    assert await archive.merge_records([received(word, T + 1), sent(word, T + 2)], T, T + 60) == ()


@pytest.mark.parametrize("delivery", [None, Delivery.UNKNOWN])
async def test_a_bare_word_proves_of_no_picture_that_it_arrived(archive: Archive, delivery: Delivery | None) -> None:
    send = await archive.begin_send(ANN, ME, Image("the invoice"), T)
    if delivery:
        send = await archive.settle(send.id, delivery, "lost")
    await archive.merge_records([sent("[image]", T + 1)], T, T + 60)

    assert send == await archive.message(send.id)
    assert texts(await archive.conversation(ANN)) == ["[image]", "[image]"]


async def test_a_record_of_another_medium_confirms_nothing(archive: Archive) -> None:
    send = await archive.begin_send(ANN, ME, Image("media-1"), T)
    send = await archive.settle(send.id, Delivery.SENT)
    await archive.merge_records([sent("[voice]", T)], T, T + 60)

    assert send == await archive.message(send.id)
    assert len(await archive.conversation(ANN)) == 2


async def test_what_another_version_wrote_shows_its_words_and_is_never_taken_for_text(
    archive: Archive, path: Path
) -> None:
    send = await archive.begin_send(ANN, ME, Image("media-1"), T)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("""UPDATE deliveries SET content = '{"type":"hologram","depth":3}'""")

    message = await archive.message(send.id)
    assert message is not None
    assert ("[image]", None) == (message.text, message.content)
    with pytest.raises(ArchiveError, match="cannot read what the message held"):
        await archive.content_of(send.id)


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE deliveries SET content = '{"type":"image","media_id":"media-1","caption":"the price"}'""",
        f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}",
    ],
    ids=["field", "tables"],
)
async def test_what_a_newer_version_added_is_never_left_out_in_silence(
    archive: Archive, path: Path, change: str
) -> None:
    send = await archive.begin_send(ANN, ME, Image("media-1"), T)
    with closing(sqlite3.connect(path)) as newer, newer:
        newer.execute(change)

    with pytest.raises(ArchiveError, match="cannot read what the message held"):
        await archive.content_of(send.id)


async def test_the_content_of_a_message_that_is_gone_is_an_error(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="no longer"):
        await archive.content_of(MessageId(77))


async def test_an_archive_of_the_first_version_keeps_its_messages_and_takes_contents(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in schema.MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute("INSERT INTO origin (created_at) VALUES (?)", (CREATED_AT,))
        connection.execute(
            "INSERT INTO messages (openid, agent, kind, text, at, position, delivery) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (ANN, ME, "sent", "[image]", T, 0, "refused"),
        )
        connection.execute("PRAGMA user_version = 1")
    archive = Archive(path, wall=lambda: CREATED_AT)
    await archive.open()
    await archive.begin_send(ANN, ME, Image("media-1"), T + 1)

    old, new = await archive.conversation(ANN)
    assert ("[image]", None, False) == (old.text, old.content, old.is_ai)
    assert Text("[image]") == await archive.content_of(old.id)
    assert Image("media-1") == new.content
    await archive.close()
