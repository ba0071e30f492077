"""`audit`: what was done from this host, by whom, and whether anybody changed what was noted."""

import asyncio
import csv
import io
import json
import os
import pwd
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from kfconsole import config
from kfconsole.__main__ import main
from kfconsole.archive import Archive
from kfconsole.cli.audit import Audit, AuditVerified
from kfconsole.cli.deed_words import ACTS, RESULTS
from kfconsole.desk.transfer_ends import BEGUN, FOUND
from kfconsole.desk.transferring import Outcome
from kfconsole.model import AgentId, CustomerId, Deed
from tests.cli.conftest import Done, Shop

ANN, BOB = CustomerId("oLh7e5Ann"), CustomerId("oLh7e5Bob")
ME, LI = AgentId("kf2001@shop"), AgentId("kf2002@shop")
Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account whose WeChat nobody can reach, and somebody who came by ssh."""
    for name, value in {
        "KFCONSOLE_APP_ID": "wxdemo",
        "KFCONSOLE_APP_SECRET": "0123456789abcdef0123456789abcdef",
        "KFCONSOLE_BASE_URL": "http://127.0.0.1:9",
        "SSH_CONNECTION": "10.0.0.7 50022 10.0.0.1 22",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def path(home: Path) -> Path:  # noqa: ARG001  # it is where the folders are
    """An archive in which three things were done, one of them long ago."""
    path = config.data_dir() / "wxdemo.db"
    now = time.time()

    async def fill() -> None:
        archive = Archive(path)
        await archive.open()
        await archive.note_deed(Deed(now - 3 * 86_400, "remove_agent", ME, details="kf2003@shop"))
        await archive.note_deed(Deed(now - 60, "accept", ME, ANN))
        await archive.note_deed(Deed(now - 30, "close", LI, BOB, result='=HYPERLINK("http://x")'))
        await archive.close()

    asyncio.run(fill())
    return path


@pytest.fixture
def kf(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def run_here(*arguments: str) -> Done:
        capsys.readouterr()
        code = main(arguments)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run_here


def numbers(done: Done) -> list[int]:
    return [deed.number for deed in msgspec.json.decode(done.out, type=Audit).deeds]


def edit(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept;" + statements)


def test_what_was_done_by_a_clock_ahead_of_this_hosts_is_not_hidden(kf: Run, path: Path) -> None:
    async def add() -> None:
        archive = Archive(path)
        await archive.open()
        await archive.note_deed(Deed(time.time() + 400, "send", ME, ANN))
        await archive.close()

    asyncio.run(add())
    audit = msgspec.json.decode(kf("audit", "--json").out, type=Audit)

    assert [deed.act for deed in audit.deeds] == ["accept", "close", "send"]
    assert audit.deeds[-1].at < audit.to_at < time.time() + 410
    assert numbers(kf("audit", "--since", "1h", "--until", "1m", "--json")) == numbers(kf("audit", "--json"))[:1]


def test_it_says_who_did_what_to_whom_and_from_where(kf: Run) -> None:
    done = kf("audit")
    head, accepted, closed = done.out.splitlines()

    assert done.code == 0
    assert head.split()[:4] == ["no.", "when", "user", "from"]
    user = pwd.getpwuid(os.getuid()).pw_name
    assert all(word in accepted for word in (user, "ssh 10.0.0.7", ME, "accept", ANN, "done"))
    assert all(word in closed for word in (LI, "close", BOB))
    assert "2 deeds from" in done.err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [2, 3]),
        (("--since", "4d"), [1, 2, 3]),
        (("--since", "4d", "--until", "1d"), [1]),
        (("--agent", LI), [3]),
        (("--act", "accept"), [2]),
        (("--act", "accept", "--act", "close"), [2, 3]),
        (("--customer", BOB), [3]),
        (("--user", "nobody-of-this-name"), []),
    ],
)
def test_it_is_asked_for_some(kf: Run, options: tuple[str, ...], expected: list[int]) -> None:
    assert numbers(kf("audit", "--json", *options)) == expected


def test_people_read_words_of_their_language_and_programs_names(kf: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"accept": "接入", "done": "完成", "user": "用户"}
    for module in ("audit", "deed_words"):
        monkeypatch.setattr(f"kfconsole.cli.{module}._", lambda said: words.get(said, said))
    head, accepted, _closed = kf("audit").out.splitlines()

    assert head.split().count("customer") == 1
    assert head.split()[2] == "用户"
    assert accepted.split()[-3:] == ["接入", ANN, "完成"]
    assert numbers(kf("audit", "--json", "--act", "接入")) == numbers(kf("audit", "--json", "--act", "accept")) == [2]
    assert kf("audit", "--csv").out.splitlines()[1].endswith(f'"accept","{ANN}","","done"')


def test_every_act_that_is_noted_has_a_word() -> None:
    source = "".join(file.read_text("utf-8") for file in Path(config.__file__).parents[1].glob("[!ul]*/**/*.py"))
    noted = set(re.findall(r'(?:noted|noted_of_one|note|note_now|Deed)\(\s*(?:at, |now, )?"([a-z_]+)"', source))

    assert {"accept", "send", "export", "start"} <= ACTS
    assert len(noted) > 10
    assert noted <= ACTS
    assert set(Outcome) | {BEGUN, FOUND, "done"} <= RESULTS


def test_in_a_spreadsheet_nothing_is_a_formula(kf: Run) -> None:
    rows = list(csv.reader(io.StringIO(kf("audit", "--csv").out.removeprefix("\ufeff"))))

    assert [len(row) for row in rows] == [9, 9, 9]
    assert rows[2][-1].startswith("'=")


def test_csv_and_json_are_one_too_many(kf: Run) -> None:
    assert kf("audit", "--csv", "--json").code == 2


def test_what_was_noted_is_found_so(kf: Run) -> None:
    done = kf("audit", "verify")

    assert done.code == 0
    assert done.out.splitlines()[0] == "3 deeds are what was noted."
    assert done.out.splitlines()[1].startswith("Chain up to deed 3: ")


@pytest.mark.parametrize(
    ("statements", "fault", "number"),
    [
        ("UPDATE audit SET user = 'wang' WHERE id = 2", "changed", 2),
        ("DELETE FROM audit WHERE id = 2", "missing", 3),
        ("DELETE FROM audit WHERE id = 3", "cut", 3),
    ],
)
def test_a_file_that_was_edited_is_found_out(kf: Run, path: Path, statements: str, fault: str, number: int) -> None:
    edit(path, statements)
    told = kf("audit", "verify")
    found = msgspec.json.decode(kf("audit", "verify", "--json").out, type=AuditVerified)
    examined = kf("doctor", "--json")
    (finding,) = [one for one in json.loads(examined.out)["checks"] if one["check"] == "audit"]

    assert told.code == examined.code == 1
    assert (found.is_sound, found.fault, found.at_number) == (False, fault, number)
    assert found.said == told.out.strip() == finding["text"]
    assert str(number) in found.said
    assert "hint: " in told.err
    assert (finding["state"], bool(finding["hint"])) == ("fail", True)


@pytest.mark.parametrize(("statements", "code"), [("DROP TABLE audit", 2), ("ALTER TABLE audit DROP COLUMN chain", 0)])
def test_a_table_that_was_taken_away_is_told(kf: Run, path: Path, statements: str, code: int) -> None:
    edit(path, statements)
    told = kf("audit", "verify")
    found = msgspec.json.decode(kf("audit", "verify", "--json").out, type=AuditVerified)
    examined = kf("doctor", "--json")
    (finding,) = [one for one in json.loads(examined.out)["checks"] if one["check"] == "audit"]

    assert told.code == examined.code == 1
    assert (found.is_sound, found.fault, found.at_number) == (False, "gone", None)
    assert found.said == told.out.strip() == finding["text"]
    assert "hint: Somebody took it out" in told.err
    listed = kf("audit")
    assert (listed.code, "is missing" in listed.err) == (code, code == 2)


def test_a_purge_is_noted_and_what_it_erased_is_accounted_for(kf: Run, path: Path) -> None:
    assert kf("history", "purge", ANN, "--yes").code == 0
    deeds = msgspec.json.decode(kf("audit", "--json").out, type=Audit).deeds

    assert [(deed.act, deed.details, deed.result) for deed in deeds][-2:] == [
        ("erase_deeds", "customer 2 details 2", "done"),
        ("purge", "customer, 0 messages", "done"),
    ]
    found = kf("audit", "verify")
    assert found.code == 0
    assert "From 1 of them" in found.out
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "UPDATE audit SET result = '…', result_digest = substr(result_digest, -32) WHERE id = 3"
        )
    told = kf("audit", "verify")
    assert told.code == 1
    assert told.out.startswith("Words of deed 3 were erased")


def test_doctor_looks_and_changes_nothing(kf: Run, path: Path) -> None:
    before = path.read_bytes()
    done = kf("doctor", "--json")

    assert [one["state"] for one in json.loads(done.out)["checks"] if one["check"] == "audit"] == ["ok"]
    assert path.read_bytes() == before


def test_what_commands_do_is_in_it(one_shop: Shop) -> None:
    ann = one_shop.customer("hi")
    one_shop.run("sessions", "open", ann)
    one_shop.run("send", ann, "my secret words")
    one_shop.run("sessions", "close", "oNobody", "--yes")
    done = one_shop.run("audit", "--json")
    deeds = msgspec.json.decode(done.out, type=Audit).deeds

    assert [(deed.act, deed.openid, deed.result == "done") for deed in deeds] == [
        ("accept", ann, True),
        ("send", ann, True),
        ("close", "oNobody", False),
    ]
    assert "secret" not in done.out
