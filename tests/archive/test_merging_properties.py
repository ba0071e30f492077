"""Whatever windows WeChat is asked for, and whenever, the archive ends up with what happened."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kfconsole.archive import Archive
from kfconsole.archive.connection import connect
from kfconsole.archive.merging import merge
from kfconsole.model import CustomerId, Delivery, Record
from tests.archive.world import ANN, BOB, COLLEAGUE, ME, T, received, sent

SECONDS = 40  # less than the reach of a match, so that every record of ours can find its send
WORDS = st.sampled_from(["ok", "?", " ok", "好"])
CUSTOMERS = st.sampled_from([ANN, BOB])


@dataclass(frozen=True)
class Send:
    openid: CustomerId
    text: str
    at: float
    outcome: Delivery | None
    recorded_after: int | None
    """Seconds until WeChat's record; None when it shows none."""

    @property
    def record(self) -> Record | None:
        if self.recorded_after is None:
            return None
        return sent(self.text.strip(), int(self.at) + self.recorded_after, self.openid)


RECORDS = st.lists(
    st.builds(received, WORDS, st.integers(T, T + SECONDS), CUSTOMERS)
    | st.builds(sent, WORDS, st.integers(T, T + SECONDS), CUSTOMERS, st.just(COLLEAGUE)),
    max_size=25,
)
SENDS = st.lists(
    st.builds(
        Send,
        CUSTOMERS,
        WORDS,
        st.floats(T, T + SECONDS - 5),
        st.sampled_from([None, Delivery.SENT, Delivery.UNKNOWN]),
        st.none() | st.integers(0, 5),
    ),
    max_size=6,
)
WINDOWS = st.lists(st.tuples(st.integers(0, SECONDS), st.integers(0, SECONDS)).map(sorted), max_size=6)


@dataclass(frozen=True)
class Glimpse:
    """What is shown of a span before all is there: some records come late, those of a second in any order."""

    start: int
    end: int
    seed: int
    cut_off_after: int | None
    """So many slices are stored before the console is killed; None: all of them."""


GLIMPSES = st.lists(
    st.builds(
        lambda span, seed, cut: Glimpse(min(span), max(span), seed, cut),
        st.tuples(st.integers(0, SECONDS), st.integers(0, SECONDS)),
        st.integers(0, 1000),
        st.none() | st.integers(0, 3),
    ),
    max_size=6,
)


@given(records=RECORDS, glimpses=GLIMPSES)
@settings(max_examples=60)
def test_whatever_was_shown_before_in_the_end_all_is_there_once_and_in_order(
    records: list[Record], glimpses: list[Glimpse]
) -> None:
    world = sorted(records, key=lambda record: record.at)

    async def check(archive: Archive, path: Path) -> None:
        for glimpse in glimpses:
            await _show(archive, path, world, glimpse)
        await _ask(archive, world, [[0, SECONDS]])

        for openid in (ANN, BOB):
            messages = await archive.conversation(openid, limit=1000)
            assert [(m.at, m.agent, m.kind, m.text) for m in messages] == [
                (record.at, record.agent, record.kind, record.text) for record in world if record.openid == openid
            ]

    _with_archive(check)


@given(records=RECORDS, windows=WINDOWS)
@settings(max_examples=40)
def test_any_overlapping_windows_end_in_exactly_what_wechat_has(
    records: list[Record], windows: list[list[int]]
) -> None:
    world = sorted(records, key=lambda record: record.at)

    async def check(archive: Archive, _path: Path) -> None:
        await _ask(archive, world, [*windows, [0, SECONDS]])

        for openid in (ANN, BOB):
            expected = [record for record in world if record.openid == openid]
            messages = await archive.conversation(openid, limit=1000)
            assert expected == [
                Record(message.openid, message.agent, message.kind, message.text, int(message.at))
                for message in messages
            ]
        assert await archive.gaps(T, T + SECONDS) == ()

    _with_archive(check)


@given(records=RECORDS, sends=SENDS, windows=WINDOWS)
@settings(max_examples=40)
def test_each_send_is_one_line_whatever_wechat_shows_of_it(
    records: list[Record], sends: list[Send], windows: list[list[int]]
) -> None:
    shown = [record for send in sends if (record := send.record)]
    world = sorted([*records, *shown], key=lambda record: record.at)

    async def check(archive: Archive, _path: Path) -> None:
        for send in sends:
            message = await archive.begin_send(send.openid, ME, send.text, send.at)
            if send.outcome:
                await archive.settle(message.id, send.outcome)
        await _ask(archive, world, [*windows, [0, SECONDS]])

        messages = [m for openid in (ANN, BOB) for m in await archive.conversation(openid, limit=1000)]
        ours = [m for m in messages if m.delivery is not None]
        assert Counter((s.openid, s.text) for s in sends) == Counter((m.openid, m.text) for m in ours)
        assert len(shown) == sum(m.delivery is Delivery.CONFIRMED for m in ours)
        assert Counter(records) == Counter(
            Record(m.openid, m.agent, m.kind, m.text, int(m.at)) for m in messages if m.delivery is None
        )

    _with_archive(check)


async def _show(archive: Archive, path: Path, world: list[Record], glimpse: Glimpse) -> None:
    start, end = T + glimpse.start, T + glimpse.end
    chance = random.Random(glimpse.seed)
    shown = [record for record in world if start <= record.at <= end and chance.random() < 0.7]
    shown.sort(key=lambda record: (record.at, chance.random()))
    if glimpse.cut_off_after is None:
        await archive.merge_records(shown, start, end)
        return
    with (
        closing(connect(path, 5.0, is_reader=False)) as connection,
        closing(merge(connection, shown, start, end)) as job,
    ):
        for _slice in range(glimpse.cut_off_after):
            next(job, None)


async def _ask(archive: Archive, world: list[Record], windows: list[list[int]]) -> None:
    for start, end in windows:
        shown = [record for record in world if T + start <= record.at <= T + end]
        await archive.merge_records(shown, T + start, T + end)


def _with_archive(check: Callable[[Archive, Path], Awaitable[None]]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "archive.sqlite3"
            archive = Archive(path)
            await archive.open()
            try:
                await check(archive, path)
            finally:
                await archive.close()

    asyncio.run(run())
