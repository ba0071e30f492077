"""Deeds: who did what, when, to whom, and what came of it."""

import os
import pwd
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.archive.audit import _user
from kfconsole.model import Deed
from tests.archive.world import ANN, ME, T
from tests.conftest import HOSTILE


async def test_deeds_are_kept_in_order_with_the_person_the_host_knows(
    archive: Archive, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER"):
        monkeypatch.setenv(name, "somebody else")
    await archive.note_deed(Deed(T, "accept", agent=ME, openid=ANN))
    await archive.note_deed(Deed(T + 1, "clear_quota", details="all", result="Too often. (48006)"))
    await archive.close()
    again = Archive(path)
    await again.open()

    user = pwd.getpwuid(os.getuid()).pw_name
    assert await again.deeds(T, T + 2) == (
        Deed(T, "accept", agent=ME, openid=ANN, user=user),
        Deed(T + 1, "clear_quota", details="all", result="Too often. (48006)", user=user),
    )
    assert [deed.act for deed in await again.deeds(T + 1, T + 2)] == ["clear_quota"]
    await again.close()


async def test_what_comes_from_outside_is_clean(archive: Archive) -> None:
    await archive.note_deed(Deed(T, "upload_media", details=HOSTILE, result=HOSTILE))
    (deed,) = await archive.deeds(T, T + 1)

    assert not {"\x1b", "\x07", "\u202e"} & set(deed.details + deed.result)


def test_a_person_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)

    assert _user() == "4000000001"
