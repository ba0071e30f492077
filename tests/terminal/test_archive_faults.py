"""The console on a terminal, with an archive that is damaged, newer, or held by another program."""

import fcntl
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, leave, short, waiting_customer, write
from tests.terminal.program import write_settings
from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import SEND, WechatServer

IMPATIENT = (
    "from kfconsole.archive import Archive; Archive.__init__.__kwdefaults__['busy_seconds'] = 0.3; "
    "from kfconsole.__main__ import main; raise SystemExit(main())"
)
"""The console, which else would wait seconds for each of its writes until it believes that the archive is locked."""
SQLITE_LOCKS = 512, 0x40000000  # length and start of the bytes that connections of a file hold


def archive_of(home: Path, server: WechatServer) -> Path:
    return next(home.rglob(f"{server.account['app_id']}.db"))


def test_on_a_damaged_archive_it_starts_works_and_keeps_the_file_aside(
    open_console: OpenConsole, server: WechatServer, home: Path
) -> None:
    first = open_console()
    first.wait_for("Queue 1")
    assert leave(first) == 0
    path = archive_of(home, server)
    path.write_bytes(b"no archive" * 1000)

    console = open_console()
    console.wait_for("The archive was damaged")
    openid = waiting_customer(server)
    accept(console, openid)
    write(console, "您好")
    console.send(Key.ENTER)
    console.wait_for(lambda _: len(server.requests(SEND)) == 1)

    assert leave(console) == 0
    assert console.is_restored()
    (aside,) = (file for file in path.parent.glob("*.damaged-*") if not file.name.endswith("-head"))
    assert aside.read_bytes() == b"no archive" * 1000
    again = open_console()
    again.wait_for(short(openid))
    again.send("2" + Key.ENTER)
    again.wait_for("您好")


def test_that_a_damaged_archive_was_kept_aside_only_at_the_end_is_said_after_it(
    open_console: OpenConsole, server: WechatServer, home: Path
) -> None:
    first = open_console()
    first.wait_for("Queue 1")
    assert leave(first) == 0
    path = archive_of(home, server)
    path.write_bytes(b"no archive" * 1000)

    with path.open("r+b") as other:
        fcntl.lockf(other, fcntl.LOCK_SH, *SQLITE_LOCKS)  # as a console does that has it open
        console = open_console()
        console.wait_for("could not be moved aside")

    assert leave(console) == 0
    (aside,) = (file for file in path.parent.glob("*.damaged-*") if not file.name.endswith("-head"))
    console.wait_for(r"The archive was damaged: it is kept as")
    assert aside.name in console.text().replace("\n", "")


def test_what_a_newer_versions_archive_cannot_keep_is_said_after_the_end(
    open_console: OpenConsole, server: WechatServer, home: Path
) -> None:
    first = open_console()
    first.wait_for("Queue 1")
    assert leave(first) == 0
    path = archive_of(home, server)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    was = path.read_bytes()

    console = open_console()
    console.wait_for("newer kfconsole")
    openid = waiting_customer(server)
    accept(console, openid)
    write(console, "您好")
    console.send(Key.ENTER)
    console.wait_for(lambda _: len(server.requests(SEND)) == 1)
    console.send("还有一句")
    console.wait_for("还有一句")

    assert leave(console) == 0
    assert console.is_restored()
    console.wait_for("Not kept in the archive: 1 message to a customer")
    console.wait_for(f"Draft for {openid}: 还有一句")
    assert path.read_bytes() == was


def test_a_locked_archive_is_gone_back_to_and_the_reply_is_there(
    open_console: OpenConsole, server: WechatServer, home: Path
) -> None:
    openid = waiting_customer(server)
    write_settings(home, server.account)
    with Session([sys.executable, "-c", IMPATIENT], home=home) as console:
        accept(console, openid)
        with closing(sqlite3.connect(archive_of(home, server), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            console.wait_for("locked by another program")
            write(console, "您好")
            console.send(Key.ENTER + Key.ESCAPE)
            console.wait_for(lambda _: len(server.requests(SEND)) == 1)
        console.wait_for("r reply")
        console.send("R")
        console.wait_for("can be written again")

        assert leave(console) == 0
    again = open_console()
    again.wait_for(short(openid))
    again.send("2" + Key.ENTER)
    again.wait_for("您好")
