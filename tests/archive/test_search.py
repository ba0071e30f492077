"""Finding messages by what they say; the index that makes it quick, and what may befall it."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kfconsole.archive import Archive, search
from kfconsole.archive.connection import connect
from kfconsole.archive.schema import migrate
from kfconsole.model import CustomerId, Delivery, Message, MessageId, MessageKind, SearchPage, SearchQuery
from tests.archive.killing import sound
from tests.archive.world import ANN, BOB, COLLEAGUE, CREATED_AT, ME, T, received, sent, texts
from tests.conftest import HOSTILE

SECONDS = 30  # far beyond what anything here takes


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection alone, for what has to happen slice by slice."""
    with closing(connect(path, 5, is_reader=False)) as opened:
        migrate(opened, path, CREATED_AT)
        yield opened


def fill(connection: sqlite3.Connection, count: int, text: str = "我要退款{number}", openid: CustomerId = ANN) -> None:
    connection.execute("BEGIN")
    connection.execute("INSERT OR IGNORE INTO customers (openid) VALUES (?)", (openid,))
    connection.executemany(
        """
        INSERT INTO messages (customer_id, agent_id, kind, text, at, position)
        SELECT customers.id, (SELECT id FROM agents WHERE account = ''), 'received', ?, ?, 0
        FROM customers WHERE openid = ?
        """,
        [(text.format(number=number), T + number, openid) for number in range(count)],
    )
    connection.execute("COMMIT")


def index(connection: sqlite3.Connection) -> None:
    for _slice in search.index_messages(connection):
        pass


def found(connection: sqlite3.Connection, words: str, **filters: object) -> SearchPage:
    return search.find(connection, SearchQuery(words=words, **filters), None, 50)  # type: ignore[arg-type]


async def until_indexed(archive: Archive) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            sizes = await archive.sizes()
            assert sizes is not None
            if not sizes.unindexed:
                return


# What is found


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("退", ["我要退款！", "全额退货"]),
        ("退款", ["我要退款！"]),
        ("要退款", ["我要退款！"]),
        ("款 我", ["我要退款！"]),
        ("退 货", ["全额退货"]),
        ("退\u3000货\n额", ["全额退货"]),
        ("款退", []),
        ("！", ["我要退款！", "50% off!"]),
        ("!", ["我要退款！", "50% off!"]),
        ("order", ["订单 ORDER-7788 到哪了"]),
        ("ＯＲＤＥＲ－７７", ["订单 ORDER-7788 到哪了"]),
        ("der-77", ["订单 ORDER-7788 到哪了"]),
        ("8", ["订单 ORDER-7788 到哪了"]),
        ("88", ["订单 ORDER-7788 到哪了"]),
        ("7788 订", ["订单 ORDER-7788 到哪了"]),
        ("哈哈哈", ["哈哈哈哈哈"]),
        ("哈哈哈哈哈哈", []),
        ("👨‍👩‍👧", ["👨‍👩‍👧 好"]),
        ("👩", ["👨‍👩‍👧 好"]),
        ("%", ["50% off!"]),
        ("0% OFF", ["50% off!"]),
        ("it's", ['it\'s "quoted"']),
        ('"quoted"', ['it\'s "quoted"']),
        ("off*", []),
        ("退款 AND 全额", []),
        ("退款 OR 全额", []),
        ("NOT", []),
        ("nothing", []),
    ],
)
async def test_every_word_stands_somewhere(archive: Archive, words: str, wanted: list[str]) -> None:
    said = ["我要退款！", "全额退货", "订单 ORDER-7788 到哪了", "哈哈哈哈哈", "👨‍👩‍👧 好", "50% off!", 'it\'s "quoted"']
    await archive.merge_records([received(text, T + place) for place, text in enumerate(said)], T, T + 60)

    assert set(texts((await archive.search(SearchQuery(words=words))).messages)) == set(wanted)
    await archive.index_messages()
    assert set(texts((await archive.search(SearchQuery(words=words))).messages)) == set(wanted)


async def test_the_newest_are_found_first_page_by_page(archive: Archive) -> None:
    await archive.merge_records([received(f"退款 {number}", T + number // 3) for number in range(10)], T, T + 60)
    await archive.index_messages()
    query = SearchQuery(words="退款")
    first = await archive.search(query, limit=4)
    second = await archive.search(query, before=first.messages[-1], limit=4)
    last = await archive.search(query, before=second.messages[-1], limit=4)

    assert texts(first.messages) == ["退款 9", "退款 8", "退款 7", "退款 6"]
    assert texts(second.messages) == ["退款 5", "退款 4", "退款 3", "退款 2"]
    assert texts(last.messages) == ["退款 1", "退款 0"]
    assert [page.has_more for page in (first, second, last)] == [True, True, False]


async def test_a_search_is_narrowed_by_customer_agent_direction_and_span(archive: Archive) -> None:
    records = [
        received("退款 Ann", T, ANN),
        received("退款 Bob", T + 1, BOB),
        sent("退款 me", T + 2, ANN, ME),
        sent("退款 colleague", T + 3, BOB, COLLEAGUE),
    ]
    await archive.merge_records(records, T, T + 60)
    await archive.index_messages()

    async def narrowed(**filters: object) -> list[str]:
        page = await archive.search(SearchQuery(**filters))  # type: ignore[arg-type]
        return [text.removeprefix("退款 ") for text in texts(page.messages)]

    assert await narrowed(words="退款", openid=BOB) == ["colleague", "Bob"]
    assert await narrowed(openid=BOB) == ["colleague", "Bob"]
    assert await narrowed(words="退款", agent=COLLEAGUE) == ["colleague"]
    assert await narrowed(agent=COLLEAGUE) == ["colleague"]
    assert await narrowed(words="退款", kind=MessageKind.RECEIVED) == ["Bob", "Ann"]
    assert await narrowed(kind=MessageKind.SENT, openid=ANN) == ["me"]
    assert await narrowed(words="退款", start_at=T + 1, end_at=T + 3) == ["me", "Bob"]
    assert await narrowed(start_at=T + 1, end_at=T + 3) == ["me", "Bob"]
    assert await narrowed(words="Bob", kind=MessageKind.SENT) == []
    assert await narrowed(words="退款", openid="oNobody") == []
    assert await narrowed(agent="kf9999@shop") == []


@pytest.mark.parametrize("words", ["", " ", "\n\t\u3000"])
async def test_what_asks_for_nothing_finds_nothing(archive: Archive, words: str) -> None:
    await archive.merge_records([received("退款", T)], T, T + 60)

    assert await archive.search(SearchQuery(words=words)) == SearchPage((), has_more=False)


@pytest.mark.parametrize(
    "words",
    [
        *(
            '"',
            "'",
            "*",
            '"*',
            "(",
            "a*",
            "a AND b",
            "NOT a",
            "NEAR(a b)",
            "grams:a",
            "{",
            "^a",
            "a + b",
            "\\",
            "--",
            ";",
        ),
        *("\x00", "退\x00款", "\ud800", "退\udfff", "\x1b[2J", "\u202e", "\x80", "\x80a1", "\ue000", "%", "_", HOSTILE),
        *("a" * 10_000, "退款" * 5_000, "退 款 " * 5_000, " ".join(map(chr, range(0x4E00, 0x4E00 + 10_000)))),
    ],
    ids=lambda words: ascii(words)[:16],
)
async def test_whatever_is_typed_gets_a_sane_answer(archive: Archive, words: str) -> None:
    text = f"before {words[:500]} after"
    await archive.merge_records([received(text, T), received("something else", T + 1)], T, T + 60)
    query = SearchQuery(words=words[:500])

    for _time in range(2):
        page = await archive.search(query)
        assert [message.at for message in page.messages if message.at == T] == [T]
        assert len((await archive.search(SearchQuery(words=words + " absent"))).messages) == 0
        assert not (await archive.search(SearchQuery(openid=CustomerId(words)))).messages
        await archive.index_messages()


async def test_sends_of_ours_are_found_with_what_became_of_them(archive: Archive) -> None:
    message = await archive.begin_send(ANN, ME, "已为您退款", T)
    assert (await archive.search(SearchQuery(words="退款"))).messages == (message,)

    refused = await archive.settle(message.id, Delivery.REFUSED, "45015")
    await archive.index_messages()
    assert (await archive.search(SearchQuery(words="退款"))).messages == (refused,)


async def test_a_message_is_found_once_while_it_goes_into_the_index(archive: Archive) -> None:
    await archive.merge_records([received(f"退款 {number}", T + number) for number in range(300)], T, T + 300)
    indexing = asyncio.create_task(archive.index_messages())
    while not indexing.done():
        page = await archive.search(SearchQuery(words="退款"), limit=1000)
        assert texts(page.messages) == [f"退款 {number}" for number in reversed(range(300))]
        assert page.unsearched == 0
    await indexing


# What is not in the index yet


def test_much_that_is_not_in_the_index_is_told_and_the_newest_of_it_searched(connection: sqlite3.Connection) -> None:
    fill(connection, search.READ_UNINDEXED + 100)

    assert (len(found(connection, "退款").messages), found(connection, "退款").unsearched) == (50, 100)
    assert found(connection, "款0").messages == ()
    assert texts(found(connection, "款2099").messages) == ["我要退款2099"]
    assert found(connection, "款2099", start_at=T + 1000).unsearched == 0

    next(search.index_messages(connection))
    assert found(connection, "退款").unsearched == 50
    index(connection)
    assert (texts(found(connection, "款0").messages), found(connection, "款0").unsearched) == (["我要退款0"], 0)


def test_a_customers_messages_are_found_however_many_others_wait_for_the_index(connection: sqlite3.Connection) -> None:
    fill(connection, 10, "很久以前{number}", BOB)
    fill(connection, search.READ_UNINDEXED + 100)
    page = found(connection, "很久", openid=BOB)

    assert (len(page.messages), page.unsearched) == (10, 0)
    assert found(connection, "很久").unsearched == 110


async def test_what_is_stored_goes_into_the_index_by_itself(archive: Archive) -> None:
    await archive.merge_records([received(f"退款 {number}", T + number) for number in range(200)], T, T + 300)
    await until_indexed(archive)
    await archive.merge_records([received("再来一条", T + 500)], T, T + 600)
    await until_indexed(archive)

    assert texts((await archive.search(SearchQuery(words="再来"))).messages) == ["再来一条"]


async def test_an_older_archive_is_indexed_when_a_console_opens_it(path: Path, connection: sqlite3.Connection) -> None:
    fill(connection, 300)
    opened = Archive(path, wall=lambda: CREATED_AT)
    await opened.open()
    await until_indexed(opened)
    await opened.close()
    sound(connection)


async def test_a_console_that_closes_waits_for_no_index(path: Path, connection: sqlite3.Connection) -> None:
    fill(connection, 20_000)
    opened = Archive(path, wall=lambda: CREATED_AT)
    await opened.open()
    await opened.close()

    missing = connection.execute("SELECT count(*) FROM messages WHERE search_key IS NULL").fetchone()[0]
    assert 15_000 < missing <= 20_000
    sound_so_far(connection)


async def test_tables_of_a_newer_console_are_left_alone(archive: Archive, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA user_version = 99")
    fill(connection, 10)

    assert await archive.index_messages() == 0
    connection.execute("PRAGMA user_version = 3")  # or it could not be closed


async def test_two_consoles_index_at_once_and_nothing_goes_in_twice(path: Path, connection: sqlite3.Connection) -> None:
    fill(connection, 3_000)
    consoles = [Archive(path, wall=lambda: CREATED_AT) for _console in range(2)]
    for console in consoles:
        await console.open()
    counts = await asyncio.gather(*(console.index_messages() for console in consoles))
    for console in consoles:
        await console.close()

    assert sum(counts) <= 3_000
    sound(connection)


def sound_so_far(connection: sqlite3.Connection) -> None:
    """Look whether the index holds what it should of messages that are in it, and nothing else."""
    connection.execute("CREATE VIRTUAL TABLE temp.so_far USING fts5vocab(main, words, instance)")
    docs = {doc for (doc,) in connection.execute("SELECT DISTINCT doc FROM temp.so_far")}
    keys = {key for (key,) in connection.execute("SELECT search_key FROM messages WHERE search_key IS NOT NULL")}
    assert docs == keys


def test_cut_off_anywhere_indexing_goes_on_where_it_was(path: Path, connection: sqlite3.Connection) -> None:
    fill(connection, 500)
    for slices in range(4):
        with closing(connect(path, 5, is_reader=False)) as another:
            indexing = search.index_messages(another)
            for _slice in range(slices):
                next(indexing)
    sound_so_far(connection)
    index(connection)
    sound(connection)


def test_the_parts_of_the_index_stay_few(connection: sqlite3.Connection) -> None:
    segments = []
    for number in range(700):  # one message at a time, as on a quiet day
        connection.execute("BEGIN")
        connection.execute("INSERT OR IGNORE INTO customers (id, openid) VALUES (1, 'oAnn')")
        connection.execute(
            """
            INSERT INTO messages (customer_id, agent_id, kind, text, at, position)
            VALUES (1, (SELECT id FROM agents), 'received', ?, ?, 0)
            """,
            (f"第{number}条消息，关于退款", T - number),
        )
        connection.execute("COMMIT")
        index(connection)
        segments.append(connection.execute("SELECT count(DISTINCT segid) FROM words_idx").fetchone()[0])

    assert max(segments) < 24
    sound(connection)


# Taking out


def test_of_what_is_taken_out_the_index_holds_nothing(connection: sqlite3.Connection) -> None:
    fill(connection, 200)
    fill(connection, 1, "只此一条 secret 哈哈哈哈")
    index(connection)
    connection.execute("CREATE VIRTUAL TABLE temp.entries USING fts5vocab(main, words, instance)")
    number, key = connection.execute("SELECT id, search_key FROM messages WHERE text LIKE '只此%'").fetchone()
    assert connection.execute("SELECT count(*) FROM temp.entries WHERE doc = ?", (key,)).fetchone()[0] > 10

    connection.execute("BEGIN IMMEDIATE")
    search.take_out(connection, [number, number + 1_000])
    connection.execute("DELETE FROM messages WHERE id = ?", (number,))
    connection.execute("COMMIT")

    assert connection.execute("SELECT count(*) FROM temp.entries WHERE doc = ?", (key,)).fetchone()[0] == 0
    assert connection.execute("SELECT count(*) FROM temp.entries WHERE term = 'se'").fetchone()[0] == 0
    connection.execute("DROP TABLE temp.entries")
    sound(connection)


def test_what_is_taken_out_and_stays_is_found_again(connection: sqlite3.Connection) -> None:
    fill(connection, 3)
    index(connection)
    connection.execute("BEGIN IMMEDIATE")
    search.take_out(connection, map(MessageId, (1, 2, 3)))
    connection.execute("UPDATE messages SET search_key = NULL")
    connection.execute("COMMIT")
    assert len(found(connection, "退款").messages) == 3

    index(connection)
    assert len(found(connection, "退款").messages) == 3
    sound(connection)


# A damaged index

DAMAGES = {
    "a part is garbage": "UPDATE words_data SET block = randomblob(length(block)) WHERE id > 10",
    "a part is gone": "DELETE FROM words_data WHERE id > 10",
    "the ways to the parts are gone": "DELETE FROM words_idx",
    "the list of parts is garbage": "UPDATE words_data SET block = x'00' WHERE id = 10",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_index_is_made_anew(path: Path, connection: sqlite3.Connection, damage: str) -> None:
    fill(connection, 1_200)
    index(connection)
    connection.execute(damage)
    with closing(connect(path, 5, is_reader=False)) as another:
        list(search.rebuild(another))
        assert found(another, "款0").unsearched == 1_200
        next(search.index_messages(another))
    with closing(connect(path, 5, is_reader=False)) as another:  # cut off, it goes on
        assert found(another, "款0").unsearched == 200
        index(another)
        assert texts(found(another, "款0").messages) == ["我要退款0"]
        assert found(another, "款0").unsearched == 0
        sound(another)


def test_what_is_deleted_while_the_index_is_made_anew_is_not_in_it(connection: sqlite3.Connection) -> None:
    fill(connection, 1_200)
    index(connection)
    list(search.rebuild(connection))
    connection.execute("BEGIN IMMEDIATE")
    search.take_out(connection, map(MessageId, range(1, 600)))
    connection.execute("DELETE FROM messages WHERE id < 600")
    connection.execute("COMMIT")
    index(connection)
    sound(connection)


# Whoever asks may lose interest


def test_a_search_nobody_waits_for_ends_soon(connection: sqlite3.Connection) -> None:
    fill(connection, 2_000, "款退 退款 {number}")
    index(connection)
    asked: list[None] = []

    def is_wanted() -> bool:
        asked.append(None)
        return len(asked) < 3

    page = search.find(connection, SearchQuery(words="款退款"), None, 50, is_wanted)

    assert (page.messages, len(asked)) == ((), 3)


async def test_a_cancelled_search_holds_up_no_other(archive: Archive) -> None:
    await archive.merge_records([received("退款", T)], T, T + 60)
    searches = [asyncio.create_task(archive.search(SearchQuery(words="退"))) for _key in range(20)]
    await asyncio.sleep(0)
    for task in searches:
        task.cancel()

    assert len((await archive.search(SearchQuery(words="退款"))).messages) == 1
    assert all(
        isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*searches, return_exceptions=True)
    )


async def test_a_page_goes_on_behind_a_message_that_is_deleted_meanwhile(archive: Archive) -> None:
    await archive.merge_records([received(f"退款 {number}", T + number) for number in range(6)], T, T + 60)
    await archive.index_messages()
    last: Message = (await archive.search(SearchQuery(words="退款"), limit=3)).messages[-1]
    await archive.purge_older_than(T + 4)
    await archive.merge_records([received("退款 0", T)], T, T)

    assert texts((await archive.search(SearchQuery(words="退款"), before=last)).messages) == ["退款 0"]
