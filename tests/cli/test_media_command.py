"""`media`: files there and back."""

import base64
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Shop
from tests.cli.schema import valid

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 60
FILES = {
    "a.jpg": (JPEG, "image"),
    "a.png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "image"),
    "a.gif": (b"GIF89a" + b"\0" * 60, "image"),
    "a.amr": (b"#!AMR\n" + b"\x3c" + b"\0" * 31, "voice"),
    "a.mp3": (b"ID3" + b"\0" * 60, "voice"),
    "a.mp4": (b"\0\0\0\x18ftypmp42" + b"\0" * 60, "video"),
}


def held(shop: Shop, kind: str, data: bytes, media_id: str = "m_1-x") -> str:
    shop.order("media", kind=kind, media_id=media_id, data_base64=base64.b64encode(data).decode())
    return media_id


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_what_a_file_is_is_told_by_its_first_bytes(kf: Command, here: Path, name: str) -> None:
    data, kind = FILES[name]
    (here / "file").write_bytes(data)
    found = valid("media upload", kf("media", "upload", "file", "--json").out)

    assert found["type"] == kind
    assert found["expires_at"] - found["created_at"] == 3 * 24 * 3600


def test_the_id_alone_is_data(kf: Command, here: Path) -> None:
    (here / "a.jpg").write_bytes(JPEG)
    done = kf("media", "upload", "a.jpg", "--type", "thumb")

    assert (done.code, len(done.out.split())) == (0, 1)
    assert done.err.startswith("WeChat keeps it until 20")


@pytest.mark.parametrize("options", [(), ("--type", "image")])
def test_a_file_wechat_does_not_take_is_refused_before_it_leaves(
    kf: Command, here: Path, options: tuple[str, ...]
) -> None:
    (here / "a.txt").write_text("hello", "utf-8")

    assert kf("media", "upload", "a.txt", *options).code == 1
    assert kf("media", "upload", "none.jpg", *options).code == 2


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.amr"])
def test_a_file_is_fetched_under_a_name_of_its_type(kf: Command, one_shop: Shop, here: Path, name: str) -> None:
    data, kind = FILES[name]
    media_id = held(one_shop, kind, data)
    done = kf("media", "get", media_id)
    again = kf("media", "get", media_id)

    assert done.code == 0
    assert [file.name for file in here.iterdir()] == [f"media-{media_id}{Path(name).suffix}"]
    assert Path(done.out.strip()).read_bytes() == data
    assert again.code == 1
    assert "not replaced" in again.err


def test_a_file_is_fetched_where_it_is_wanted_and_replaces_nothing(kf: Command, one_shop: Shop, here: Path) -> None:
    media_id = held(one_shop, "image", JPEG)
    done = kf("media", "get", media_id, "-o", "x.bin", "--json")
    (here / "y.jpg").write_text("mine", "utf-8")
    refused = kf("media", "get", media_id, "-o", "y.jpg")

    assert valid("media get", done.out) == {"media_id": media_id, "file": "x.bin", "url": "", "bytes": len(JPEG)}
    assert refused.code == 1
    assert (here / "y.jpg").read_text("utf-8") == "mine"


def test_of_a_video_the_address_is_printed(kf: Command, one_shop: Shop, here: Path) -> None:
    done = kf("media", "get", held(one_shop, "video", FILES["a.mp4"][0]))

    assert (done.code, list(here.iterdir())) == (0, [])
    assert done.out.startswith("http")


def test_an_id_that_begins_like_an_option_goes_behind_two_dashes(kf: Command, one_shop: Shop, here: Path) -> None:
    held(one_shop, "image", JPEG, "-Yx")
    wrong = kf("media", "get", "-Yx")

    assert wrong.code == 2
    assert kf("media", "get", "--", "-Yx").code == 0
    assert [file.name for file in here.iterdir()] == ["media--Yx.jpg"]


def test_media_that_died_is_refused_with_wechats_code(kf: Command, here: Path) -> None:
    done = kf("media", "get", "none")

    assert (done.code, list(here.iterdir())) == (1, [])
    assert "40007" in done.err


def test_a_path_is_no_media_id(kf: Command) -> None:
    assert kf("media", "get", "../../etc/passwd").code == 2
