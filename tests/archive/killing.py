"""Consoles that can be killed, and what must be true of the archive they leave behind."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kfconsole.archive import Archive, search
from tests.archive.child import customer, text_of, told
from tests.archive.world import T

ROOT = Path(__file__).parents[2]
SECONDS = 60  # far beyond what any answer takes, also on a busy machine


class Console:
    """One console in a process of its own."""

    def __init__(self, nursery: "Nursery", number: int, lines: "asyncio.Queue[str]") -> None:
        self._nursery = nursery
        self._number = number
        self._lines = lines

    async def line(self) -> str:
        """Wait for what it says next."""
        async with asyncio.timeout(SECONDS):
            line = await self._lines.get()
        assert not line.startswith("failed"), line.replace("\\n", "\n")
        return line

    async def rest(self) -> list[str]:
        """Wait until it has ended by itself; return what it still said."""
        await self._nursery.order(over=self._number)
        said = []
        while (line := await self.line()) != "over":
            said.append(line)
        return said

    async def kill(self) -> list[str]:
        """Kill it; return what it had said and nobody had heard yet."""
        os.kill(self._number, signal.SIGKILL)  # its number is nobody else's until it is told to be over
        return await self.rest()


class Nursery:
    """A process that forks consoles, so that each lives from the first millisecond."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: defaultdict[int, asyncio.Queue[str]] = defaultdict(asyncio.Queue)
        self._born: asyncio.Queue[int] = asyncio.Queue()

    async def begin(self, life: str, path: Path, **order: Any) -> Console:
        """Begin a console."""
        await self.order(life=life, path=str(path), **order)
        async with asyncio.timeout(SECONDS):
            number = await self._born.get()
        return Console(self, number, self._lines[number])

    async def order(self, **order: Any) -> None:
        """Hand over an order."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()

    async def listen(self) -> None:
        """Sort what is said by who says it."""
        assert self._process.stdout is not None
        while line := (await self._process.stdout.readline()).decode():
            number, _blank, said = line.rstrip("\n").partition(" ")
            if said == "born":
                self._born.put_nowait(int(number))
            else:
                self._lines[int(number)].put_nowait(said)
            if said == "over":
                del self._lines[int(number)]  # the number may be given again


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """Open a nursery; whatever still lives in it at the end is killed."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tests.archive.child")
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT, limit=1 << 20)
    assert process.stdin is not None
    opened = Nursery(process)
    listening = asyncio.create_task(opened.listen())
    try:
        yield opened
    finally:
        process.stdin.close()
        async with asyncio.timeout(SECONDS):
            await process.wait()
            await listening


@dataclass
class Ledger:
    """What consoles said that the archive had acknowledged, and whether it is so."""

    sends: dict[int, str] = field(default_factory=dict)
    """The last state of each send."""
    ids: dict[int, int] = field(default_factory=dict)
    drafts: dict[int, int] = field(default_factory=dict)
    merged: set[int] = field(default_factory=set)
    last: int = 0
    """No record from this number on was merged."""
    low: int = 0
    """Records before this number may be deleted."""
    gone: int = 0
    """Records before this number are."""
    waits: dict[int, bool] = field(default_factory=dict)
    """Whether each is known to be over."""
    deeds: set[int] = field(default_factory=set)
    acts: dict[int, bool] = field(default_factory=dict)
    """Whether each is known to have ended before its console did."""
    erasing: set[int] = field(default_factory=set)
    """Customers not known to be deleted yet."""
    erased: set[int] = field(default_factory=set)
    count: int = 0

    def hear(self, said: list[str]) -> None:
        """Write down what a console said."""
        for line in said:
            assert not line.startswith("failed"), line.replace("\\n", "\n")
            what, *values = line.split(" ")
            number = int(values[0]) if values else 0
            match what:
                case "begun":
                    self.sends[number], self.ids[number] = "sending", int(values[1])
                case "settled":
                    self.sends[number] = values[1]
                case "dismissed" | "confirmed":
                    self.sends[number] = what
                case "draft":
                    self.drafts[number] = max(int(values[1]), self.drafts.get(number, 0))
                case "merged":
                    self.merged.update(range(number, int(values[1])))
                case "purging":
                    self.low = max(self.low, number)
                case "purged":
                    self.gone = max(self.gone, number)
                case "waits":
                    self.waits[number] = False
                case "left":
                    self.waits[number] = True
                case "deed":
                    self.deeds.add(number)
                case "begun_act" | "ended_act":
                    self.acts[number] = what == "ended_act"
                case "erasing":
                    self.erasing.add(number)
                case "erased":
                    self.erasing.remove(number)
                    self.erased.add(number)
            self.count += 1

    async def check(self, path: Path) -> None:
        """Start a console after all others are dead, let it catch up, and look at everything."""
        archive = Archive(path)
        await archive.open()
        await archive.index_messages()
        for number in self.erasing:
            await archive.purge_customer(customer("erase", number))
        self.erased |= self.erasing
        self.erasing.clear()
        assert (await archive.check_deeds()).fault is None
        missing = await archive.gaps(T + self.low // 2, T + 1_000_000)
        await archive.close()
        self._check_file(path)
        with closing(sqlite3.connect(path)) as connection:
            sound(connection)
            self._check_sends(connection)
            self._check_records(connection, missing)
            self._check_what_else(connection)

    def _check_file(self, path: Path) -> None:
        assert [
            file.name
            for file in path.parent.iterdir()
            if file.name.startswith(path.name) and not file.name.endswith("-head")
        ] == [path.name]
        whole = path.read_bytes()
        assert [number for number in self.erased if customer("erase", number).encode() in whole] == []

    def _check_sends(self, connection: sqlite3.Connection) -> None:
        query = "SELECT text, id, delivery, is_dismissed FROM lines WHERE text LIKE 'send%'"
        found = connection.execute(query).fetchall()
        by_text = {text: (message_id, state, bool(is_dismissed)) for text, message_id, state, is_dismissed in found}
        assert len(by_text) == len(found)
        for number, acknowledged in self.sends.items():
            message_id, state, is_dismissed = by_text[text_of("send", number)]
            assert message_id == self.ids[number]
            assert (state, is_dismissed) in possible(acknowledged), f"{number}: {acknowledged}, not {state}"
        assert "sending" not in {state for _id, state, _is_dismissed in by_text.values()}

    def _check_records(self, connection: sqlite3.Connection, missing: tuple[tuple[float, float], ...]) -> None:
        query = "SELECT openid, text, at FROM lines WHERE text LIKE 'told%'"
        found = Counter(connection.execute(query).fetchall())
        told_all = Counter((record.openid, record.text, record.at) for record in told(0, self.last))
        assert found <= told_all
        assert [row for row in found if row[2] < T + self.gone // 2] == []

        kept = {T + number // 2 for number in self.merged if number >= self.low}
        assert [at for at in kept if any(start < at < end for start, end in missing)] == []
        span = range(T + self.low // 2, T + self.last // 2)
        seen = {at for at in span if not any(start <= at <= end for start, end in missing)} | kept
        lacking = {row: count for row, count in told_all.items() if row[2] in seen and found[row] != count}
        assert lacking == {}

    def _check_what_else(self, connection: sqlite3.Connection) -> None:
        drafts = dict(
            connection.execute("SELECT openid, text FROM drafts JOIN customers ON customers.id = customer_id")
        )
        for to, number in self.drafts.items():
            newest = drafts[customer("draft", to)]
            assert int(newest.split()[0].removeprefix("draft")) >= number
        waits: defaultdict[str, list[str | None]] = defaultdict(list)
        for openid, outcome in connection.execute(
            "SELECT openid, outcome FROM waits w JOIN customers ON w.customer_id = customers.id"
        ):
            waits[openid].append(outcome)
        for number, is_over in self.waits.items():
            assert waits[customer("wait", number)] in ([["left"]] if is_over else [[None], ["left"]])
        results = dict(connection.execute("SELECT details, result FROM audit WHERE details LIKE 'act %'"))
        assert {f"act {number}" for number in self.acts} <= results.keys()
        assert {results[f"act {number}"] for number, has_ended in self.acts.items() if has_ended} <= {"done"}
        assert connection.execute("SELECT count(*) FROM acts_under_way").fetchone() == (0,)
        deeds = Counter(details for (details,) in connection.execute("SELECT details FROM audit WHERE details <> ''"))
        assert {f"deed {number}" for number in self.deeds} <= deeds.keys()
        assert set(deeds.values()) <= {1}


def possible(acknowledged: str) -> set[tuple[str, bool]]:
    """Return the states, and whether dismissed, a send may have that was last heard of in one; the next may be done."""
    undecided = {(state, is_dismissed) for state in ("refused", "unknown") for is_dismissed in (False, True)}
    return {
        "sending": {("unknown", False), ("sent", False), ("refused", False)},
        "sent": {("sent", False), ("confirmed", False)},
        "refused": {row for row in undecided if row[0] == "refused"},
        "unknown": {row for row in undecided if row[0] == "unknown"} | {("confirmed", False)},
        "dismissed": {row for row in undecided if row[1]},
        "confirmed": {("confirmed", False)},
    }[acknowledged]


def sound(connection: sqlite3.Connection) -> None:
    """Look whether file, references and index are as they should be."""
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    connection.execute("CREATE VIRTUAL TABLE temp.entries USING fts5vocab(main, words, instance)")
    rows = connection.execute("SELECT search_key, text, kind, agent_id, customer_id FROM messages").fetchall()
    wanted = {(entry, key) for key, *said in rows for entry in search.entries(*said).split()}
    assert set(connection.execute("SELECT term, doc FROM temp.entries")) == wanted
