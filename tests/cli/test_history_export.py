"""`history export`: whole files or none, no word to WeChat, nothing from outside that steers a terminal."""

import asyncio
import csv
import json
import os
import pty
import resource
import signal
import sqlite3
import stat
import subprocess
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from kfconsole.__main__ import main
from kfconsole.archive import Archive
from kfconsole.model import Agent, AgentId, CustomerId, Deed, Delivery, Desk, MessageKind, Record
from tests.cli.conftest import PROGRAM, SECONDS, Done
from tests.conftest import HOSTILE

T = TypeVar("T")

ANN = CustomerId("oLh7e5AnnAnnAnnAnnAnnAnnAnn0")
BOB = CustomerId("oLh7e5BobBobBobBobBobBobBob0")
ME = AgentId("kf2001@shop")
MANY = 40_000
"""More than fits a pipe, and more than is written before anybody can press a key."""


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account whose WeChat nobody can reach."""
    monkeypatch.setenv("KFCONSOLE_APP_ID", "wxdemo")
    monkeypatch.setenv("KFCONSOLE_APP_SECRET", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("KFCONSOLE_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("KFCONSOLE_KF_ACCOUNT", ME)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture
def path(home: Path) -> Path:
    return home / "data" / "wxdemo.db"


def at(path: Path, job: Callable[[Archive], Coroutine[Any, Any, T]]) -> T:
    """Do something with the archive, as a console would."""

    async def do() -> T:
        archive = Archive(path)
        await archive.open()
        try:
            return await job(archive)
        finally:
            await archive.close()

    return asyncio.run(do())


@pytest.fixture
def now() -> int:
    return int(time.time())


@pytest.fixture
def kept(path: Path, now: int) -> Path:
    """An archive with two customers, a name for one, and all that was said in the last hour fetched."""

    async def fill(archive: Archive) -> None:
        records = [
            Record(ANN, ME, MessageKind.RECEIVED, "在吗\n我的电话13812345678", now - 3000),
            Record(ANN, ME, MessageKind.ACCEPTED, "", now - 2900),
            Record(BOB, ME, MessageKind.RECEIVED, "=1+1", now - 2000),
        ]
        await archive.merge_records(records, now - 200 * 86400, now)
        await archive.describe(ANN, alias="王小姐")
        begun = await archive.begin_send(ANN, ME, "您好", now - 2800)
        await archive.settle(begun.id, Delivery.REFUSED, "超过 48 小时")
        await archive.dismiss(begun.id)
        await archive.save_desk(Desk(agents=(Agent(ME, "小李"),)), now)

    at(path, fill)
    return path


@pytest.fixture
def many(path: Path, now: int) -> Path:
    """An archive that takes a while to export."""
    at(path, lambda archive: archive.merge_records([], now - 200 * 86400, now))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO customers (id, openid) VALUES (1, ?)", (ANN,))
        connection.execute("INSERT INTO agents (id, account) VALUES (100, ?)", (ME,))
        connection.executemany(
            "INSERT INTO messages (customer_id, agent_id, kind, text, at, position) VALUES (1, 100, 'sent', ?, ?, 0)",
            [(f"第 {number} 句：请问我的订单什么时候发货", now - 86400 + number) for number in range(MANY)],
        )
        connection.commit()
    return path


Run = Callable[..., Done]


@pytest.fixture
def export(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process."""

    def run_here(*arguments: str) -> Done:
        capsys.readouterr()
        code = main(("history", "export", *arguments))
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run_here


def begin(*arguments: str, **streams: Any) -> "subprocess.Popen[bytes]":
    """Start the command in a process of its own."""
    return subprocess.Popen([*PROGRAM, "history", "export", *arguments], **{"stdin": subprocess.DEVNULL, **streams})


def deeds(path: Path) -> list[Deed]:
    return list(at(path, lambda archive: archive.deeds(0, time.time() + 60)))


def left(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# What comes out


@pytest.mark.usefixtures("kept")
def test_a_conversation_is_printed_without_asking_wechat(export: Run) -> None:
    done = export(ANN)

    assert done.code == 0
    assert f"王小姐 ({ANN})" in done.out
    assert "< 王小姐: 在吗\n          我的电话13812345678\n" in done.out
    assert "- accepted by 小李 (kf2001@shop)\n" in done.out
    assert "> 小李 (kf2001@shop) [refused, dismissed: 超过 48 小时]: 您好\n" in done.out
    assert BOB not in done.out
    assert done.err.startswith("3 messages of 1 customer, from 20")
    assert len(done.err.splitlines()) == 1


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.txt", "王小姐 ("),
        ("a.md", "# 王小姐"),
        ("a.MARKDOWN", "# 王小姐"),
        ("a.csv", '\ufeff"time"'),
        ("a.jsonl", '{"openid":'),
        ("a.ndjson", '{"openid":'),
    ],
)
def test_the_ending_says_the_format(export: Run, tmp_path: Path, name: str, begins: str) -> None:
    file = tmp_path / name
    done = export("-o", str(file))

    assert (done.code, done.out) == (0, "")
    assert file.read_text("utf-8").startswith(begins)
    assert done.err.startswith(f"{file}: 4 messages of 2 customers, from 20")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.usefixtures("kept")
def test_a_spreadsheet_reads_it(export: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    export("-o", str(file))
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))

    assert [row["customer"] for row in rows] == ["王小姐"] * 3 + [BOB]
    assert [row["text"] for row in rows] == [
        "在吗\n我的电话13812345678",
        "accepted by 小李 (kf2001@shop)",
        "您好",
        "'=1+1",
    ]
    assert (rows[2]["delivery"], rows[2]["dismissed"]) == ("refused", "yes")


@pytest.mark.usefixtures("kept")
def test_json_is_the_format_of_lines(export: Run) -> None:
    lines, same = export("--format", "jsonl").out, export("--json").out

    assert lines == same
    assert [json.loads(line)["openid"] for line in lines.splitlines()] == [ANN] * 3 + [BOB]
    assert json.loads(lines.splitlines()[2])["is_dismissed"] is True


@pytest.mark.usefixtures("kept")
def test_a_span_leaves_out_what_is_before_and_after(export: Run) -> None:
    assert [json.loads(line)["openid"] for line in export("--json", "--since", "40m").out.splitlines()] == [BOB]
    assert len(export("--json", "--until", "40m").out.splitlines()) == 3
    assert export("--json", "--since", "2h", "--until", "90m").err == "The archive has no such messages.\n"


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("form", ["txt", "md", "csv", "jsonl"])
def test_a_mask_hides_who_it_was(export: Run, form: str) -> None:
    done = export("--mask", "--format", form)

    assert done.code == 0
    assert "138****5678" in done.out.replace("\\*", "*")
    for telling in (ANN, BOB, "王小姐", "13812345678"):
        assert telling not in done.out
        assert telling not in done.err


def test_half_of_the_world_is_in_a_file_as_it_was(export: Run, path: Path, now: int, tmp_path: Path) -> None:
    said = ["👨‍👩‍👧🇨🇳❤️", "مرحبا שלום", "字" * 200_000, "\u2028", '"\\']
    records = [Record(ANN, ME, MessageKind.RECEIVED, text, now) for text in said]
    at(path, lambda archive: archive.merge_records(records, now - 10, now))
    file = tmp_path / "a.jsonl"
    export("-o", str(file))

    assert [json.loads(line)["text"] for line in file.read_text("utf-8").split("\n")[:-1]] == said


# Where it goes


@pytest.mark.usefixtures("kept")
def test_a_file_that_is_there_is_replaced_only_when_told_to(export: Run, tmp_path: Path) -> None:
    file = tmp_path / "out" / "a.txt"
    file.parent.mkdir()
    file.write_text("mine")
    refused, mine = export("-o", str(file)), file.read_text()
    done = export("-o", str(file), "--force")

    assert (refused.code, mine) == (2, "mine")
    assert "is there already" in refused.err
    assert "--force" in refused.err
    assert done.code == 0
    assert file.read_text("utf-8").startswith("王小姐")
    assert left(file.parent) == ["a.txt"]


@pytest.mark.usefixtures("kept")
def test_a_link_stays_one_and_a_pipe_is_not_replaced(export: Run, tmp_path: Path) -> None:
    file, link, pipe = tmp_path / "a.txt", tmp_path / "link.txt", tmp_path / "pipe.txt"
    file.write_text("mine")
    link.symlink_to(file)
    os.mkfifo(pipe)
    done, refused = export("-o", str(link), "--force"), export("-o", str(pipe), "--force")

    assert done.code == 0
    assert link.is_symlink()
    assert file.read_text("utf-8").startswith("王小姐")
    assert refused.code == 2
    assert pipe.is_fifo()


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("-o", "no/where/a.txt"), "There is no folder no/where."),
        (("-o", "a.foo"), "--format txt|md|csv|jsonl"),
        (("-o", "a"), "--format txt|md|csv|jsonl"),
        (("-o", "/proc/a.txt"), "/proc/a.txt cannot be written"),
        (("--json", "--format", "csv"), "--format csv"),
        (("--format", "xml"), "xml"),
        (("--since", "soonish"), "--since"),
        (("--since", "today", "--until", "yesterday"), "ends before it begins"),
    ],
)
def test_what_cannot_be_is_said_with_the_fix(
    export: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], problem: str
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    done = export(*arguments)

    assert (done.code, done.out) == (2, "")
    assert problem in done.err
    assert left(folder) == []


@pytest.mark.usefixtures("kept")
def test_a_minus_is_stdout(export: Run) -> None:
    assert export("-o", "-").out == export().out


@pytest.mark.usefixtures("many")
def test_a_full_disk_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    file = folder / "a.jsonl"
    room = 2 * 2**20  # enough for the archive's own notes

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    with begin("-o", str(file), stderr=subprocess.PIPE, preexec_fn=limit) as process:
        _out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 2
    assert f"{file} cannot be written".encode() in err
    assert b"hint: Free some space" in err
    assert left(folder) == []


@pytest.mark.usefixtures("many")
def test_a_full_disk_behind_stdout_is_told() -> None:
    with open("/dev/full", "wb") as full, begin(stdout=full, stderr=subprocess.PIPE) as process:  # noqa: PTH123  # a device
        _out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 2
    assert b"The output cannot be written" in err


# How it ends


def wait_for_part(folder: Path) -> Path:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for part in folder.glob(".kfconsole-*.part"):
            if part.stat().st_size:
                return part
    raise AssertionError("nothing was written")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)]
)
def test_whatever_ends_it_no_half_file_is_there(many: Path, tmp_path: Path, number: int, code: int) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    file = folder / "a.txt"
    file.write_text("mine")
    with begin("-o", str(file), "--force", stderr=subprocess.PIPE) as process:
        wait_for_part(folder)
        process.send_signal(number)
        _out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == code
    assert file.read_text() == "mine"
    assert b"Traceback" not in err
    if number != signal.SIGKILL:
        assert left(folder) == ["a.txt"]
        assert f"Interrupted; {file} was not written." in err.decode()
        assert [deed.result for deed in deeds(many)] == ["interrupted"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_told_twice_to_end_it_ends_as_quietly(many: Path, tmp_path: Path, number: int, code: int) -> None:
    with begin("-o", str(tmp_path / "a.txt"), stderr=subprocess.PIPE) as process:
        wait_for_part(tmp_path)
        for _time in range(2):  # `timeout` tells a command, and then its whole group
            process.send_signal(number)
            time.sleep(0.002)
        _out, err = process.communicate(timeout=SECONDS)

    assert process.returncode in (code, -number)  # the second may come when all is done
    assert b"Traceback" not in err
    assert [deed.result for deed in deeds(many)] == ["interrupted"]


def test_a_reader_that_goes_away_ends_it_quietly(many: Path) -> None:
    with begin(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert (process.wait(SECONDS), err) == (0, b"")
    assert first.decode().strip() == ANN
    assert [deed.result for deed in deeds(many)] == ["broken off"]


@pytest.mark.usefixtures("many")
def test_ctrl_c_while_nobody_reads_ends_it() -> None:
    with begin(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 130
    assert b"Traceback" not in err


# What is said


@pytest.mark.usefixtures("many")
def test_how_much_is_shown_on_a_terminal_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    ours, theirs = pty.openpty()
    with begin("-o", str(file), stderr=theirs) as process:
        os.close(theirs)
        said = read_all(ours)

    assert process.returncode == 0
    assert "Exporting" in said
    assert "100%" in said
    assert said.splitlines()[-1].startswith(f"{file}: {MANY:,} messages of 1 customer, from 20")
    assert "Exporting" not in file.read_text("utf-8")


@pytest.mark.parametrize("form", ["txt", "md", "csv", "jsonl"])
def test_nothing_from_outside_steers_a_terminal(kept: Path, form: str) -> None:
    with closing(sqlite3.connect(kept)) as connection:  # as no console of ours stores it
        connection.execute("UPDATE customers SET alias = ?", (HOSTILE,))
        connection.execute("UPDATE messages SET text = ?", (HOSTILE,))
        connection.commit()
    ours, theirs = pty.openpty()
    with begin("--format", form, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = read_all(ours)

    assert process.returncode == 0
    assert "你好" in said
    assert "Exporting" not in said
    for steering in ("\x1b", "\x07", "\u202e", "\x9b"):
        assert steering not in said


def read_all(terminal: int) -> str:
    said = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            part = b""
        if not part:
            os.close(terminal)
            return said.decode()
        said += part


def test_what_was_never_fetched_is_told_with_the_command_that_fetches_it(export: Run, path: Path, now: int) -> None:
    at(path, lambda archive: archive.merge_records([], now - 40 * 86400, now - 30 * 86400))
    done = export("--since", "20 days ago")
    told = export("--since", "35 days ago", "--until", "32 days ago")

    assert done.code == 0
    assert "never fetched from WeChat: from 20" in done.err
    assert " to now." in done.err
    assert "hint: kfconsole history sync --since '20" in done.err
    assert "never fetched" not in told.err


def test_what_was_exported_is_noted(export: Run, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    export(ANN, "--mask", "-o", str(file))
    export()
    one, everybody = deeds(kept)

    assert (one.act, one.agent, one.openid, one.result) == ("export", ME, ANN, "done")
    assert one.details == f"csv, masked, 3 messages, 1 customers, {file}"
    assert (everybody.openid, everybody.details) == (None, "txt, 4 messages, 2 customers, stdout")


@pytest.mark.usefixtures("kept")
def test_nobody_becomes_a_customer_by_being_asked_for(export: Run, path: Path) -> None:
    done = export("oStranger")
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM customers").fetchone()

    assert (done.code, done.out, done.err) == (0, "", "The archive has no such messages.\n")
    assert count == 2


@pytest.mark.usefixtures("kept")
def test_the_heads_of_a_table_are_in_the_language_of_the_user(export: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFCONSOLE_LANGUAGE", "zh")

    assert export("--format", "csv").out.startswith('\ufeff"时间"')
