"""Deeds: who did what, when, to whom, from where, and what came of it."""

import os
import pwd
from pathlib import Path

import pytest
from msgspec.structs import replace

from kfconsole.archive import Archive
from kfconsole.archive.audit import source
from kfconsole.model import Deed
from tests.archive.world import ANN, ME, T
from tests.conftest import HOSTILE

NOBODY_LOGGED_IN = "4294967295"


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSH_CONNECTION", "SSH_CLIENT", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)


async def test_deeds_are_kept_in_order_with_the_person_the_host_knows(
    archive: Archive, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER"):
        monkeypatch.setenv(name, "somebody else")
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.7 50022 10.0.0.1 22")
    await archive.note_deed(Deed(T, "accept", agent=ME, openid=ANN))
    await archive.note_deed(Deed(T + 1, "clear_quota", details="all", result="Too often. (48006)"))
    await archive.close()
    again = Archive(path)
    await again.open()

    user = pwd.getpwuid(os.getuid()).pw_name
    found = await again.deeds(T, T + 2)
    assert tuple(replace(deed, source="") for deed in found) == (
        Deed(T, "accept", agent=ME, openid=ANN, user=user, number=1),
        Deed(T + 1, "clear_quota", details="all", result="Too often. (48006)", user=user, number=2),
    )
    assert {deed.source.partition(",")[0] for deed in found} == {"ssh 10.0.0.7"}
    assert [deed.act for deed in await again.deeds(T + 1, T + 2)] == ["clear_quota"]
    await again.close()


async def test_what_comes_from_outside_is_clean(archive: Archive) -> None:
    await archive.note_deed(Deed(T, "upload_media", details=HOSTILE, result=HOSTILE))
    (deed,) = await archive.deeds(T, T + 1)

    assert not {"\x1b", "\x07", "\u202e"} & set(deed.details + deed.result)


async def test_a_person_without_a_name_is_a_number(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)
    await archive.note_deed(Deed(T, "accept"))

    assert [deed.user for deed in await archive.deeds(T, T + 1)] == ["4000000001"]


@pytest.mark.parametrize(
    ("variables", "logged_in", "expected"),
    [
        ({}, NOBODY_LOGGED_IN, ""),
        ({"SSH_CONNECTION": "10.0.0.7 50022 10.0.0.1 22"}, NOBODY_LOGGED_IN, "ssh 10.0.0.7"),
        ({"SSH_CLIENT": "fe80::1%eth0 50022 22"}, NOBODY_LOGGED_IN, "ssh fe80::1%eth0"),
        ({"SSH_CONNECTION": "\x1b]0;x\x07 1"}, NOBODY_LOGGED_IN, ""),
        ({"SSH_CONNECTION": "a" * 65}, NOBODY_LOGGED_IN, ""),
        ({"SUDO_USER": "li"}, NOBODY_LOGGED_IN, "sudo li"),
        ({"SUDO_USER": "li\nroot"}, NOBODY_LOGGED_IN, ""),
        ({"SUDO_USER": "li"}, "4000000001", "login 4000000001"),
        ({"SUDO_USER": "li"}, str(os.getuid()), "sudo li"),
        ({"SSH_CLIENT": "10.0.0.7", "SUDO_USER": "li"}, "nonsense", "ssh 10.0.0.7, sudo li"),
    ],
)
def test_where_somebody_came_from(tmp_path: Path, variables: dict[str, str], logged_in: str, expected: str) -> None:
    login = tmp_path / "loginuid"
    login.write_text(logged_in)

    assert source(variables, login) == expected
