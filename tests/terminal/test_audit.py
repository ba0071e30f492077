"""Consoles that are killed, and made read-only, in a real terminal; and what is found of them afterwards."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, waiting_customer
from tests.terminal.program import KFCONSOLE
from tests.terminal.session import Key
from tests.terminal.wechat_server import WechatServer

CREATE = "/customservice/kfsession/create"
CTRL_P = "\x10"


def kfconsole(home: Path, *words: str) -> Mapping[str, Any]:
    """Run a command and return what it prints as JSON."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run((KFCONSOLE, *words, "--json"), env=environment, capture_output=True, timeout=30, check=False)
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def acts(home: Path) -> list[str]:
    (path,) = home.rglob("*.db")
    with closing(sqlite3.connect(path)) as connection:
        return [act for (act,) in connection.execute("SELECT act FROM audit ORDER BY id")]


def test_what_was_done_is_proof_also_after_kill_9(open_console: OpenConsole, server: WechatServer, home: Path) -> None:
    first = waiting_customer(server)
    console = open_console(size=(80, 24))
    accept(console, first)
    console.wait_for(lambda _console: acts(home)[-1:] == ["accept"])
    console.signal(signal.SIGKILL)
    console.wait_for_exit()
    created = len(server.requests(CREATE))

    server.new_customer("hello?")
    again = open_console(size=(80, 24))
    again.wait_for(r"1 Queue 1\b")
    again.send(CTRL_P)
    again.wait_for("What do you want to do")
    again.send("change nothing")
    again.wait_for("Change nothing any more from this console")
    again.send(Key.ENTER)
    again.wait_for("Drafts stay")
    again.send("y")
    again.wait_for("^ ?read-only|kfconsole +read-only")
    again.send("n")
    again.wait_for("This console is read-only")
    again.send("q")
    assert again.wait_for_exit() == 0
    assert again.is_restored()

    noted = [deed["act"] for deed in kfconsole(home, "audit")["deeds"]]
    assert noted == ["start", "accept", "start", "read_only", "end"]
    assert kfconsole(home, "audit", "verify")["is_sound"] is True
    assert len(server.requests(CREATE)) == created
    (path,) = home.rglob("*.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TRIGGER audit_stays; DELETE FROM audit WHERE act = 'accept'")
    found = kfconsole(home, "audit", "verify")
    assert (found["fault"], found["at_number"]) == ("missing", 3)
