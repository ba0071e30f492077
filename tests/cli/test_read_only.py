"""A read-only console: every command that changes something is refused, and WeChat never hears of it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command, Shop, put

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
    ("agents", "remove", "kf2001@lehuo"),
    ("quota", "clear"),
    ("send", "OPENID", "x"),
    ("send", "OPENID", "--image", "FILE"),
    ("typing", "OPENID"),
    ("typing", "OPENID", "--cancel"),
    ("media", "upload", "FILE"),
    ("users", "remark", "OPENID", "x"),
    ("quota", "clear", "--yes"),
    ("history", "purge", "OPENID", "--yes"),
    ("history", "purge", "--older-than", "3d"),
    ("history", "vacuum"),
)
READS = {"/cgi-bin/stable_token", "/cgi-bin/customservice/getkflist", "/cgi-bin/customservice/getonlinekflist"}


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
