"""`report`: how long customers waited and were served, in every format, without a word to WeChat."""

import asyncio
import csv
import json
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from kfconsole.__main__ import main
from kfconsole.archive import Archive
from kfconsole.cli.report import Reported
from kfconsole.model import Agent, AgentId, CustomerId, Desk, Feed, MessageKind, Record, Session, Waiting, WaitOutcome
from tests.cli.conftest import Done

ANN, BOB, CAT = (CustomerId(f"oLh7e5{name}") for name in ("Ann", "Bob", "Cat"))
ME, LI = AgentId("kf2001@shop"), AgentId("kf2002@shop")
HOSTILE = "=cmd|' /C calc'!A0<script>alert(1)</script>"
Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account whose WeChat nobody can reach."""
    for name, value in {
        "KFCONSOLE_APP_ID": "wxdemo",
        "KFCONSOLE_APP_SECRET": "0123456789abcdef0123456789abcdef",
        "KFCONSOLE_BASE_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process."""

    def run_here(*arguments: str) -> Done:
        capsys.readouterr()
        code = main(("report", *arguments))
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run_here


@pytest.fixture
def kept(home: Path) -> None:
    """An archive with a wait that was served, one abandoned and one that began unseen."""
    begin = int(time.time()) // 3600 * 3600 - 7200

    def row(openid: CustomerId, at: int, *, is_exact: bool = True) -> Waiting:
        return Waiting(openid, at, at, is_exact)

    async def fill() -> None:
        archive = Archive(home / "data" / "wxdemo.db")
        await archive.open()
        await archive.note_watched(Feed.QUEUE, begin, begin + 1800)
        await archive.note_watched(Feed.SESSIONS, begin, begin + 1800)
        await archive.note_waits([row(ANN, begin + 60)], begin + 89)
        await archive.note_waits([row(BOB, begin + 60, is_exact=False)], begin + 80)
        await archive.note_waits([row(CAT, begin + 60)], begin + 100)
        await archive.end_wait(row(CAT, begin + 60), begin + 101, WaitOutcome.LEFT)
        ann, bob = Session(ANN, ME, begin + 90), Session(BOB, LI, begin + 90)
        await archive.note_sessions([ann, bob], begin + 91)
        await archive.end_session(ann, begin + 390)
        said = [
            (MessageKind.SENT, 100),
            (MessageKind.RECEIVED, 120),
            (MessageKind.RECEIVED, 130),
            (MessageKind.SENT, 150),
        ]
        records = [Record(ANN, ME, kind, "…", begin + seconds) for kind, seconds in said]
        await archive.merge_records(records, begin - 90_000, begin + 12_000)
        await archive.save_desk(Desk(agents=(Agent(ME, HOSTILE),)), begin)
        await archive.close()

    asyncio.run(fill())


SINCE = ("--since", "3h")


@pytest.mark.usefixtures("kept")
def test_the_numbers_are_those_of_what_was_seen(report: Run) -> None:
    done = report(*SINCE, "--json")
    found = msgspec.json.decode(done.out, type=Reported)
    rows = {row.key: row for row in found.rows}

    assert done.code == 0
    assert (found.total.customers, found.total.sessions, found.total.abandoned) == (3, 2, 1)
    assert (found.total.waits.count, found.total.waits.p50_seconds) == (1, 30)
    assert (found.total.handling.count, rows[ME].handling.p90_seconds) == (1, 300)
    assert (rows[ME].first_response.p50_seconds, rows[ME].response.p50_seconds) == (10, 30)
    assert rows[LI].excluded == {"wait_began_unseen": 1, "session_ended_unseen": 1, "not_answered": 1}
    assert found.total.unwatched_seconds > 1800
    assert any("nearest rank" in line for line in found.definitions)


def test_what_was_seen_by_a_clock_ahead_of_this_hosts_is_in_it(report: Run, home: Path) -> None:
    ahead = int(time.time()) + 400

    async def add() -> None:
        archive = Archive(home / "data" / "wxdemo.db")
        await archive.open()
        await archive.note_watched(Feed.QUEUE, ahead - 300, ahead)
        await archive.close()

    asyncio.run(add())
    found = msgspec.json.decode(report("--json").out, type=Reported)
    now = msgspec.json.decode(report("--since", "1h", "--until", "30m", "--json").out, type=Reported)

    assert found.to_at == ahead
    assert now.to_at < ahead - 400


@pytest.mark.usefixtures("kept")
def test_the_table_says_what_each_number_means_and_what_is_in_none(report: Run) -> None:
    done = report(*SINCE)

    assert "Excluded: 1 wait (began unseen)" in done.out
    assert "first response: From the beginning of a session" in done.out
    assert "nearest rank" in done.out


@pytest.mark.parametrize("by", ["hour", "day"])
@pytest.mark.usefixtures("kept")
def test_rows_are_hours_and_days_of_the_settings_zone(report: Run, by: str) -> None:
    found = msgspec.json.decode(report(*SINCE, "--by", by, "--json").out, type=Reported)

    assert sum(row.waits.count for row in found.rows) == 1
    assert abs(sum(row.unwatched_seconds for row in found.rows) - found.total.unwatched_seconds) <= len(found.rows)


@pytest.mark.usefixtures("kept")
def test_csv_is_a_table_in_which_no_name_is_a_formula(report: Run) -> None:
    done = report(*SINCE, "--format", "csv")
    heads, total, *rows = csv.reader(done.out.removeprefix("\ufeff").splitlines())

    assert len({len(heads), len(total), *map(len, rows)}) == 1
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


@pytest.mark.usefixtures("kept")
def test_html_appears_whole_and_loads_nothing(report: Run, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    done = report(*SINCE, "-o", str(file))
    text = file.read_text("utf-8")

    assert done.code == 0
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert not any(word in text for word in ("http:", "https:", "src=", "url(http", "@import", "<link"))
    assert "&lt;script&gt;" in text
    assert report(*SINCE, "-o", str(file)).code == 2
    assert report(*SINCE, "-o", str(file), "--force").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "1h", "--until", "2h"), "ends before it begins"),
        (("--format", "csv", "--json"), "does not go with"),
        (("-o", "report.txt"), "the ending says no format"),
        (("-o", "report.csv", "--format", "table"), "A table is for the terminal"),
    ],
)
@pytest.mark.usefixtures("home")
def test_what_cannot_be_is_said_clearly(report: Run, arguments: tuple[str, ...], said: str) -> None:
    done = report(*arguments)

    assert (done.code, said in done.err) == (2, True), done.err


@pytest.mark.usefixtures("home")
def test_an_empty_span_says_that_nothing_was_seen(report: Run) -> None:
    done = report("--since", "1h")

    assert (done.code, done.out) == (0, "")
    assert "Nothing was seen" in done.err
    assert json.loads(report("--since", "1h", "--json").out)["total"]["waits"]["p50_seconds"] is None
