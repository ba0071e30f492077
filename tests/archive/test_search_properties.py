"""Whatever was stored, indexed, moved and deleted in whatever order: a search finds what is there and fits."""

import math
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kfconsole.archive import search
from kfconsole.archive.connection import connect, transaction
from kfconsole.archive.keys import agent_key, customer_key
from kfconsole.archive.messages import COLUMNS, as_message
from kfconsole.archive.schema import migrate
from kfconsole.model import Message, MessageId, MessageKind, SearchPage, SearchQuery
from kfconsole.text import clean, folded
from tests.archive.killing import sound
from tests.archive.world import ANN, BOB, COLLEAGUE, ME, T

LETTERS = "退款哈aAＡ1１.．\"*'😀 \n"
TEXTS = st.text(LETTERS, max_size=8).map(clean)
TIMES = (
    st.integers(T, T + 4).map(float)
    | st.floats(T, T + 4)
    | st.sampled_from([-5.0, -0.5, 0.0, 1e15, 2e15, math.inf, float(1 << 40)])
)
MESSAGES = st.tuples(
    st.sampled_from([ANN, BOB]),
    st.sampled_from([ME, COLLEAGUE, ""]),
    st.sampled_from([MessageKind.RECEIVED, MessageKind.SENT, MessageKind.TAKEN_OVER]),
    TEXTS,
    TIMES,
    st.integers(0, 2),
)
STEPS = st.one_of(
    st.tuples(st.just("store"), st.lists(MESSAGES, min_size=1, max_size=30)),
    st.tuples(st.just("crowd"), st.tuples(MESSAGES, st.integers(search.KEYS_PER_SECOND, 2 * search.KEYS_PER_SECOND))),
    st.tuples(st.just("index"), st.integers(0, 3)),
    st.tuples(st.just("delete"), st.integers(1, 5)),
    st.tuples(st.just("move"), st.tuples(st.integers(1, 5), TIMES)),
    st.tuples(st.just("rebuild"), st.none()),
)
QUERIES = st.builds(
    SearchQuery,
    words=st.text(LETTERS, max_size=3) | TEXTS,
    openid=st.sampled_from([None, None, ANN, BOB, "oNobody"]),
    agent=st.sampled_from([None, None, ME, COLLEAGUE, "kf9999@shop"]),
    kind=st.sampled_from([None, None, MessageKind.RECEIVED, MessageKind.SENT, MessageKind.TAKEN_OVER]),
    start_at=st.none() | TIMES,
    end_at=st.none() | TIMES,
)


@contextmanager
def an_archive() -> Iterator[Connection]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.sqlite3"
        with closing(connect(path, 5, is_reader=False)) as connection:
            migrate(connection, path, T)
            yield connection


def do(connection: Connection, step: str, how: object) -> None:
    """Do to an archive what may happen to one."""
    match step, how:
        case "store", [*messages]:
            store(connection, messages)
        case "crowd", (message, int(count)):
            store(connection, [message] * count)
        case "index", int(slices):
            for _slice, _nothing in zip(range(slices), search.index_messages(connection), strict=False):
                pass
        case "delete", int(every):
            with transaction(connection, is_durable=False):
                numbers = ids(connection)[::every]
                search.take_out(connection, numbers)
                connection.executemany("DELETE FROM messages WHERE id = ?", [(number,) for number in numbers])
        case "move", (int(every), at):
            with transaction(connection, is_durable=False):
                numbers = ids(connection)[::every]
                search.take_out(connection, numbers)
                for number in numbers:
                    connection.execute("UPDATE messages SET at = ?, search_key = NULL WHERE id = ?", (at, number))
        case "rebuild", None:
            list(search.rebuild(connection))
        case _:
            raise AssertionError(step)


def store(connection: Connection, messages: list[Any]) -> None:
    with transaction(connection, is_durable=False):
        for openid, agent, kind, text, at, position in messages:
            connection.execute(
                "INSERT INTO messages (customer_id, agent_id, kind, text, at, position) VALUES (?, ?, ?, ?, ?, ?)",
                (customer_key(connection, openid), agent_key(connection, agent), kind, text, at, position),
            )


def ids(connection: Connection) -> list[MessageId]:
    return [number for (number,) in connection.execute("SELECT id FROM messages ORDER BY id")]


def all_messages(connection: Connection) -> list[Message]:
    return [as_message(row) for row in connection.execute(f"SELECT {COLUMNS} FROM lines")]


def expected(messages: list[Message], query: SearchQuery) -> list[Message]:
    """Return what fits, found by looking at everything."""
    words = folded(clean(query.words)).split()
    filters = (query.openid, query.agent, query.kind, query.start_at, query.end_at)
    if not words and all(value is None for value in filters):
        return []
    fitting = [
        message
        for message in messages
        if all(word in folded(message.text) for word in words)
        and query.openid in (None, message.openid)
        and query.agent in (None, message.agent)
        and query.kind in (None, message.kind)
        and (query.start_at is None or message.at >= query.start_at)
        and (query.end_at is None or message.at < query.end_at)
    ]
    return sorted(fitting, key=lambda message: message.place, reverse=True)


def paged(connection: Connection, query: SearchQuery, limit: int) -> Iterator[Message]:
    """Yield what is found page by page."""
    last: Message | None = None
    while True:
        page = search.find(connection, query, last, limit)
        assert len(page.messages) <= limit
        assert page.unsearched == 0
        yield from page.messages
        if not page.has_more:
            return
        assert len(page.messages) == limit
        last = page.messages[-1]


def assert_told(page: SearchPage, fitting: list[Message]) -> None:
    """Look whether nothing wrong is found, and whatever is missing is said to be."""
    assert set(page.messages) <= set(fitting)
    assert len(fitting) - len(page.messages) <= page.unsearched


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=8), st.lists(QUERIES, min_size=1, max_size=8), st.integers(1, 60))
def test_a_search_finds_what_looking_at_everything_finds(
    steps: list[tuple[str, object]], queries: list[SearchQuery], limit: int
) -> None:
    with an_archive() as connection:
        for step, how in steps:
            do(connection, step, how)
        messages = all_messages(connection)
        is_void = connection.execute("SELECT is_index_void FROM origin").fetchone() == (1,)
        for query in queries:
            if is_void:
                assert_told(search.find(connection, query, None, 1_000), expected(messages, query))
            else:
                assert list(paged(connection, query, limit)) == expected(messages, query), query

        for _slice in search.index_messages(connection):
            pass
        sound(connection)
        for query in queries:
            assert list(paged(connection, query, limit)) == expected(messages, query), query
