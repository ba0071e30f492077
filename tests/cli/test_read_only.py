"""A read-only console: every command that changes something is refused, and WeChat never hears of it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command, Shop, put
from tools.schemas import commands

WRITES = (
    ("agents", "add", "kf2009@lehuo", "x"),
    ("agents", "rename", "kf2001@lehuo", "x"),
    ("agents", "remove", "kf2001@lehuo", "--yes"),
    ("agents", "invite", "kf2004@lehuo", "x"),
    ("agents", "avatar", "kf2001@lehuo", "FILE"),
    ("sessions", "open", "OPENID"),
    ("sessions", "close", "OPENID", "--yes"),
    ("sessions", "close", "OPENID"),
    ("sessions", "transfer", "OPENID", "--to", "kf2002@lehuo"),
    ("sessions", "take-over", "OPENID", "--yes"),
    ("sessions", "hand-back", "OPENID", "--yes"),
    ("sessions", "close-several", "OPENID", "--yes"),
    ("assign", "longest", "--yes"),
    ("agents", "remove", "kf2001@lehuo"),
    ("quota", "clear"),
    ("send", "OPENID", "x"),
    ("send", "OPENID", "--image", "FILE"),
    ("typing", "OPENID"),
    ("typing", "OPENID", "--cancel"),
    ("media", "upload", "FILE"),
    ("users", "remark", "OPENID", "x"),
    ("users", "alias", "OPENID", "x"),
    ("users", "tag", "OPENID", "x"),
    ("quota", "clear", "--yes"),
    ("history", "purge", "OPENID", "--yes"),
    ("history", "purge", "--older-than", "3d"),
    ("history", "vacuum"),
)
READING = {
    "agents list",
    "agents online",
    "assign dry-run",
    "assign rules",
    "audit list",
    "audit verify",
    "completion",
    "config check",
    "config keys",
    "config path",
    "config show",
    "doctor",
    "explain",
    "history export",
    "history search",
    "history show",
    "history sync",
    "history waits",
    "media get",
    "notify",
    "queue",
    "quota show",
    "replies check",
    "replies list",
    "replies path",
    "report",
    "sessions list",
    "sessions owed",
    "sessions show",
    "status",
    "users show",
    "watch",
}
"""Ask WeChat, or this host's files, and change nothing of them but what the archive knows."""
ELSEWHERE = {"demo", "init", "replay", "serve", "simulate"}
"""Concern no account, or begin a console that has rules of its own."""
READS = {"/cgi-bin/stable_token", "/cgi-bin/customservice/getkflist", "/cgi-bin/customservice/getonlinekflist"}


def test_every_command_is_known_to_read_or_to_be_refused() -> None:
    told = {" ".join(path) for path, _command in commands()}
    refused = {
        name
        for name in told
        if any(" ".join(words).startswith(f"{name} ") or words == tuple(name.split()) for words in WRITES)
    }

    assert told - refused - READING - ELSEWHERE == set()
    assert refused & READING == set()


@pytest.mark.parametrize(
    ("name", "way_out"),
    [("--read-only", "Start again without --read-only."), ("KFCONSOLE_READ_ONLY", "Unset KFCONSOLE_READ_ONLY")],
)
def test_the_command_line_and_the_environment_say_so_too(
    kf: Command, one_shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str, way_out: str
) -> None:
    ann = one_shop.customer("hi")
    if name.startswith("KF"):
        monkeypatch.setenv(name, "1")
    option = ("--read-only",) if name.startswith("--") else ()
    before = one_shop.state()["calls"]
    done = kf(*option, "sessions", "open", ann)
    shown = kf(*option, "config", "show")

    assert (done.code, done.out) == (1, "")
    assert way_out in done.err
    assert f"me.read_only = true  # {name}" in shown.out.splitlines()
    assert one_shop.state()["calls"] == before


def test_a_variable_says_yes_or_no(kf: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFCONSOLE_READ_ONLY", "perhaps")
    done = kf("config", "show")

    assert done.code == 2
    assert "KFCONSOLE_READ_ONLY: must be true or false" in done.err


@pytest.mark.parametrize("words", WRITES, ids=" ".join)
def test_nothing_is_changed(
    kf: Command, one_shop: Shop, settings_file: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    put(settings_file, "[me]\nread_only = true\n")
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 60)
    given = {"OPENID": one_shop.customer("hi"), "FILE": str(tmp_path / "a.jpg")}
    before = one_shop.state()["calls"]
    done = kf(*(given.get(word, word) for word in words))
    after = one_shop.state()["calls"]

    assert (done.code, done.out) == (1, "")
    assert "read-only" in done.err
    assert {path for path in after if after[path] != before.get(path)} <= READS
