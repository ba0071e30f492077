"""The doctor's checks one by one, with hosts and terminals nobody has at hand."""

import asyncio
import re
import sqlite3
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kfconsole import config
from kfconsole.archive import Archive
from kfconsole.archive.schema import MIGRATIONS
from kfconsole.cli.doctor import host, terminal
from kfconsole.cli.doctor.finding import CHECKS, Finding
from kfconsole.cli.doctor.network import network
from kfconsole.cli.doctor.patience import in_time
from kfconsole.model import AgentId, CustomerId, MessageKind, Record


def settings_in(folder: Path, base_url: str = "http://127.0.0.1:9") -> config.Settings:
    account = {"app_id": "wx1", "app_secret": "5f2c0ffee", "base_url": base_url}
    return config.from_values({"account": account}, path=folder / "config.toml", folder=folder)


def seen(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.state for finding in findings}


# Files and disk


@pytest.mark.parametrize(
    ("name", "mode", "state", "fix"),
    [
        ("wx1.db", 0o600, "ok", ""),
        ("wx1.db", 0o640, "warn", "chmod 600 "),
        ("kfconsole.log.1", 0o604, "warn", "chmod 600 "),
        ("token-0011.json", 0o644, "fail", "chmod 600 "),
        ("token-0011.lock", 0o644, "warn", "chmod 600 "),
    ],
)
def test_files_that_others_can_read_are_told(tmp_path: Path, name: str, mode: int, state: str, fix: str) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / name).write_text("")
    (tmp_path / name).chmod(mode)
    [found] = host.files(settings_in(tmp_path))

    assert (found.state, found.hint) == (state, f"{fix}{tmp_path / name}" if fix else "")


@pytest.mark.parametrize(
    ("bound", "environ", "states", "words"),
    [
        ({}, {}, [], ""),
        ({"reply": ("F5",)}, {}, ["ok"], "1 command has keys of yours"),
        ({"reply": ("ctrl+b",)}, {"TMUX": "1"}, ["warn"], "tmux takes Ctrl+B for itself"),
        ({"repl": ("a",), "send": ("s",)}, {}, ["fail", "fail"], "Did you mean reply?"),
    ],
)
def test_keys_of_the_settings_are_looked_at(
    tmp_path: Path, bound: dict[str, tuple[str, ...]], environ: dict[str, str], states: list[str], words: str
) -> None:
    found = host.keys(replace(settings_in(tmp_path), keys=bound), environ)

    assert [finding.state for finding in found] == states
    assert all(finding.check == "keys" for finding in found)
    assert words in " ".join(finding.text for finding in found)


def test_a_folder_that_others_can_read_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    [found] = host.files(settings_in(tmp_path))

    assert (found.state, found.hint) == ("warn", f"chmod 700 {tmp_path}")


def test_a_folder_that_is_not_there_yet_is_well_and_stays_away(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "not" / "yet")

    assert seen(host.data_folder(settings)) == {"data folder": "ok"}
    assert not (tmp_path / "not").exists()


def test_a_file_in_the_folders_place_fails(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    assert seen(host.data_folder(settings_in(tmp_path / "data"))) == {"data folder": "fail"}


async def test_an_archive_nobody_can_use_fails_and_a_missing_one_does_not(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    missing = await in_time(lambda: host.archive(settings), 20)
    archive = Archive(settings.archive_path)
    await archive.open()
    await archive.close()
    good = await in_time(lambda: host.archive(settings), 20)
    with closing(sqlite3.connect(settings.archive_path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    newer = await in_time(lambda: host.archive(settings), 20)
    settings.archive_path.write_bytes(b"no database" * 100)
    damaged = await in_time(lambda: host.archive(settings), 20)

    assert [seen(found)["archive"] for found in (missing, good, newer, damaged)] == ["ok", "ok", "fail", "fail"]
    assert "newer kfconsole" in newer[0].text
    assert "backup" in damaged[0].hint


async def test_how_big_the_archive_is_is_told(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    archive = Archive(settings.archive_path)
    await archive.open()
    empty = await in_time(lambda: host.archive(settings), 20)
    records = [
        Record(CustomerId("oAnn"), AgentId(""), MessageKind.RECEIVED, "退款", 1_750_000_000 + n) for n in range(9)
    ]
    await archive.merge_records(records, 1_750_000_000, 1_750_000_100)
    await archive.index_messages()
    await archive.close()
    with closing(sqlite3.connect(settings.archive_path, isolation_level=None)) as connection:
        connection.execute("UPDATE messages SET search_key = NULL WHERE id = 1")  # as if it had just been stored
    found = await in_time(lambda: host.archive(settings), 20)

    assert re.fullmatch(rf"{settings.archive_path}: \d\.\d MB, no messages yet", empty[0].text)
    assert [finding.check for finding in found] == ["archive"] * 3
    assert re.fullmatch(
        rf"{settings.archive_path}: \d\.\d MB, 9 messages of 1 customer since 2025-06-15", found[0].text
    )
    assert re.fullmatch(r"[\d,]+ bytes a message; \d % of the file is the index that search needs", found[1].text)
    assert found[2].text.startswith("1 message cannot be searched yet")


async def test_room_that_can_be_given_back_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "FREE_WORTH_TELLING_BYTES", 100_000)
    settings = settings_in(tmp_path)
    archive = Archive(settings.archive_path)
    await archive.open()
    records = [Record(CustomerId("oAnn"), AgentId(""), MessageKind.RECEIVED, "x" * 2000, n) for n in range(600)]
    await archive.merge_records(records, 0, 600)
    await archive.purge_older_than(599)
    await archive.close()

    assert "'kfconsole history vacuum' gives 1 MB back to the disk" in [
        finding.text for finding in await in_time(lambda: host.archive(settings), 20)
    ]


async def test_the_archive_of_an_older_version_is_well_and_stays_as_it_is(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with closing(sqlite3.connect(settings.archive_path, isolation_level=None)) as connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
    before = settings.archive_path.read_bytes()
    [found] = await in_time(lambda: host.archive(settings), 20)

    assert (found.state, settings.archive_path.read_bytes()) == ("ok", before)
    assert "brought up to date at the next start" in found.text


@pytest.mark.parametrize(("kind", "state"), [("ext4", "ok"), ("nfs4", "warn"), ("fuse.sshfs", "warn")])
def test_a_disk_of_another_machine_is_told(tmp_path: Path, kind: str, state: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / xfs rw 0 0\nthere:/x {tmp_path} {kind} rw 0 0\n")

    assert seen(host.disk(settings_in(tmp_path), mounts)) == {"disk": state}


@pytest.mark.parametrize(("free", "state"), [(10**10, "ok"), (10**8, "warn"), (10**6, "fail")])
def test_a_disk_that_runs_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: type("Usage", (), {"free": free}))

    assert seen(host.disk(settings_in(tmp_path))) == {"disk": state}


@pytest.mark.parametrize(
    ("environment", "encoding", "state"),
    [
        ({"LANG": "C.UTF-8"}, "utf-8", "ok"),
        ({"LANG": "C.UTF-8"}, "UTF8", "ok"),
        ({"LANG": "C"}, "utf-8", "warn"),
        ({}, "utf-8", "warn"),
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", "warn"),  # what Python sets by itself
        ({"LANG": "C.UTF-8", "LC_ALL": "POSIX"}, "ascii", "fail"),
        ({"LANG": "zh_CN.GBK"}, "gbk", "fail"),
    ],
)
def test_a_locale_that_cannot_show_chinese_is_told(environment: Mapping[str, str], encoding: str, state: str) -> None:
    assert seen(host.locales(environment, encoding)) == {"locale": state}


# Terminal


@pytest.mark.parametrize(
    ("environment", "size", "states"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, (120, 40), ("ok", "ok", "ok")),
        ({"TERM": "xterm-256color"}, (80, 24), ("ok", "ok", "ok")),
        ({"TERM": "xterm"}, (79, 24), ("ok", "warn", "warn")),
        ({"TERM": "xterm", "NO_COLOR": "1"}, (80, 23), ("ok", "ok", "warn")),
    ],
)
def test_a_terminal_is_judged_by_what_it_can_show(
    environment: Mapping[str, str], size: tuple[int, int], states: tuple[str, ...]
) -> None:
    found = terminal.terminal(environment, is_terminal=True, size=size)

    assert tuple(seen(found).values()) == states


@pytest.mark.parametrize("term", ["", "dumb"])
def test_a_terminal_that_cannot_draw_fails(term: str) -> None:
    assert seen(terminal.terminal({"TERM": term}, is_terminal=True, size=(80, 24))) == {"terminal": "fail"}


DEFAULTS = {
    "bell-action": "any",
    "visual-bell": "off",
    "monitor-bell": "on",
    "set-clipboard": "external",
    "allow-passthrough": "off",
    "default-terminal": "tmux-256color",
    "escape-time": "10",
}


@pytest.mark.parametrize(
    ("option", "value", "check"),
    [
        ("bell-action", "none", "tmux bell"),
        ("bell-action", "current", "tmux bell"),
        ("visual-bell", "on", "tmux bell"),
        ("monitor-bell", "off", "tmux bell"),
        ("set-clipboard", "off", "tmux clipboard"),
        ("default-terminal", "screen-256color", "tmux terminal"),
        ("escape-time", "500", "tmux escape-time"),
    ],
)
def test_tmux_options_in_the_way_are_told_with_the_command_that_mends_them(option: str, value: str, check: str) -> None:
    found = terminal.tmux({**DEFAULTS, option: value}.get)

    assert [finding.check for finding in found if finding.state == "warn"] == [check]
    assert next(finding for finding in found if finding.state == "warn").hint.startswith("tmux set -")


def test_a_good_or_silent_tmux_is_no_trouble() -> None:
    assert set(seen(terminal.tmux(DEFAULTS.get)).values()) == {"ok"}
    assert set(seen(terminal.tmux(lambda _option: None)).values()) == {"skipped"}
    assert terminal.multiplexers({}) == []
    assert seen(terminal.multiplexers({"STY": "1.pts"})) == {"screen": "warn"}


@pytest.mark.parametrize(
    ("environment", "wanted", "state", "said"),
    [
        ({"TERM": "xterm-kitty"}, "auto", "ok", "osc99"),
        ({"TERM": "xterm"}, "auto", "ok", "none: this terminal is not known"),
        ({"TERM": "xterm"}, "off", "ok", "none: switched off"),
        ({"TERM": "tmux", "TMUX": "/tmp/x,1,0"}, "osc9", "warn", "none: tmux keeps pop-ups back"),
        ({"TERM": "tmux", "TMUX": "/tmp/x,1,0"}, "auto", "ok", "none: this terminal is not known"),
    ],
)
def test_pop_ups_that_tmux_keeps_back_are_told(environment: dict[str, str], wanted: str, state: str, said: str) -> None:
    (finding,) = terminal.pop_ups(wanted, environment, lambda _command: None, is_terminal=True)

    assert finding.state == state
    assert finding.text.startswith(said)
    assert seen(terminal.pop_ups(wanted, environment, lambda _command: None, is_terminal=False)) == {
        "pop-ups": "skipped"
    }


# Certificates


def certificate_into(folder: Path, days: int) -> Path:
    """Write a certificate of this host that signs itself, with its key; return the file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@asynccontextmanager
async def serving(certificate: Path) -> AsyncIterator[str]:
    """Serve TLS; yield the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "localhost", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(("days", "state"), [(90, "ok"), (3, "warn"), (-1, "fail")])
async def test_a_certificate_is_judged_by_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, state: str
) -> None:
    file = certificate_into(tmp_path, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with serving(file) as address:
        # The address is this host's and never goes through a proxy.
        found = seen(await network(settings_in(tmp_path, address)))

    assert found == {"proxy": "ok", "name": "ok", "connection": "ok", "certificate": state}


async def test_a_certificate_of_nobody_we_trust_fails(tmp_path: Path) -> None:
    async with serving(certificate_into(tmp_path, 90)) as address:
        found = await network(settings_in(tmp_path, address))

    assert found[-1].state == "fail"
    assert "not trusted" in found[-1].text


# Patience


async def test_a_call_that_hangs_is_given_up_and_keeps_nobody_from_ending() -> None:
    released = threading.Event()
    with pytest.raises(TimeoutError):
        await in_time(released.wait, 0.01)

    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "doctor")
    released.set()


async def test_what_a_call_answers_or_raises_comes_through() -> None:
    def fails() -> None:
        raise LookupError("x")

    assert await in_time(lambda: 5, 10) == 5
    with pytest.raises(LookupError):
        await in_time(fails, 10)


def test_every_finding_has_a_name_people_can_read() -> None:
    made: list[Callable[[], list[Finding]]] = [
        host.version,
        host.sqlite,
        lambda: terminal.tmux(DEFAULTS.get),
        lambda: terminal.terminal({"TERM": "xterm"}, is_terminal=True, size=(80, 24)),
    ]

    assert {finding.check for make in made for finding in make()} <= CHECKS.keys()
