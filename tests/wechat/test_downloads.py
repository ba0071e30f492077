"""Files on their way from WeChat: told apart from answers, and never a surprise on the disk."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.errors import ApiError, NotPossible, Rejected, Unavailable
from kfconsole.model import Download
from kfconsole.wechat.download import name_in
from tests.wechat.files import JPEG, PNG, held, left_in, mode
from tests.wechat.wire import DOWNLOAD_PATH, TOKEN_PATH, Wire

BINARY = {"Content-Type": "image/jpeg", "Content-Disposition": 'attachment; filename="M1.jpg"'}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder / "picture.jpg"


async def test_a_file_comes_whole_and_readable_by_its_owner_alone(wire: Wire, target: Path) -> None:
    data = JPEG + os.urandom(700_000)
    wire.reply(DOWNLOAD_PATH, httpx.Response(200, content=data, headers=BINARY))
    download = await wire.client().download_media("M1", target)

    assert download == Download(target, "", len(data), "M1.jpg")
    assert held(target) == data
    assert mode(target) == 0o600
    assert left_in(target.parent) == ["picture.jpg"]
    (asked,) = wire.asked(DOWNLOAD_PATH)
    assert (asked.method, asked.headers["accept"]) == ("GET", "*/*")
    assert dict(asked.url.params) == {"access_token": wire.token, "media_id": "M1"}
    assert (wire.entries[-1].path, wire.entries[-1].code) == (DOWNLOAD_PATH, 0)


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (JPEG, "application/json; encoding=utf-8"),
        (PNG, "text/plain"),
        (JPEG, ""),
        (b"\x00speex", "voice/speex"),
        (b"\x00", "image/jpeg"),
        (b"plain", "application/octet-stream"),
    ],
)
async def test_a_file_is_known_by_what_it_holds_and_by_its_label(
    wire: Wire, target: Path, data: bytes, label: str
) -> None:
    wire.reply(DOWNLOAD_PATH, httpx.Response(200, content=data, headers={"Content-Type": label}))
    download = await wire.client().download_media("M1", target)

    assert (download.byte_count, download.file_name) == (len(data), "")
    assert held(target) == data


@pytest.mark.parametrize("label", ["application/json; encoding=utf-8", "text/plain", "image/jpeg", "video/mp4", ""])
async def test_of_a_video_only_the_address_comes(wire: Wire, target: Path, label: str) -> None:
    body = b'\n {"video_url":" http://v.test/1?a=1&b=2"}'
    wire.reply(DOWNLOAD_PATH, httpx.Response(200, content=body, headers={"Content-Type": label}))

    assert await wire.client().download_media("M1", target) == Download(None, "http://v.test/1?a=1&b=2", 0, "")
    assert left_in(target.parent) == []


@pytest.mark.parametrize("label", ["application/json", "text/plain", "image/jpeg", ""])
async def test_a_refusal_is_no_file_whatever_its_label(wire: Wire, target: Path, label: str) -> None:
    body = b'{"errcode":40007,"errmsg":"invalid media_id rid: 617682e0-09059ac5-34a8e2ea"}'
    wire.reply(DOWNLOAD_PATH, httpx.Response(200, content=body, headers={"Content-Type": label}))
    with pytest.raises(Rejected) as caught:
        await wire.client().download_media("M1", target)

    assert (caught.value.code, caught.value.rid) == (40007, "617682e0-09059ac5-34a8e2ea")
    assert left_in(target.parent) == []


@pytest.mark.parametrize(
    ("body", "label", "message"),
    [
        (b"", "image/jpeg", "WeChat sent an empty answer."),
        (b" \n", "image/jpeg", "WeChat sent an empty answer."),
        (b"<html>login</html>", "text/html", "A web page came instead of WeChat's answer."),
        (b"<!DOCTYPE html>", "image/jpeg", "A web page came instead of WeChat's answer."),
        (b"oops", "text/plain", "WeChat's answer could not be read: it is not a JSON object."),
        (b'{"errcode":0,"err', "application/json", "WeChat's answer could not be read: it is not a JSON object."),
        (b"{}", "application/json", "WeChat's answer could not be read: field video_url."),
        (b'{"video_url":""}', "application/json", "WeChat's answer could not be read: field video_url."),
        (b'{"video_url":["x"]}', "application/json", "WeChat's answer could not be read: field video_url."),
    ],
)
async def test_what_is_neither_file_nor_answer_leaves_nothing_on_the_disk(
    wire: Wire, target: Path, body: bytes, label: str, message: str
) -> None:
    wire.reply(DOWNLOAD_PATH, httpx.Response(200, content=body, headers={"Content-Type": label}))
    with pytest.raises(Unavailable) as caught:
        await wire.client().download_media("M1", target)

    assert (caught.value.message, caught.value.may_have_arrived) == (message, False)
    assert left_in(target.parent) == []


class Endless(httpx.AsyncByteStream):
    """A body without an end, behind a given beginning."""

    def __init__(self, head: bytes) -> None:
        self._head = head

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head
        while True:
            yield b" " * 2**20


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (JPEG, "The file is too large to be WeChat's."),
        (b'{"a":"', "The answer is too large to be WeChat's."),
        (b" ", "The answer is too large to be WeChat's."),
    ],
    ids=["file", "json", "blanks"],
)
async def test_what_never_ends_is_given_up(wire: Wire, target: Path, head: bytes, message: str) -> None:
    wire.reply(DOWNLOAD_PATH, lambda _request: httpx.Response(200, stream=Endless(head), headers=BINARY))
    with pytest.raises(Unavailable) as caught:
        await wire.client().download_media("M1", target)

    assert caught.value.message == message
    assert left_in(target.parent) == []


class Cut(httpx.AsyncByteStream):
    """A body that ends in a failure."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield JPEG
        yield os.urandom(300_000)
        raise self._error


@pytest.mark.parametrize("error", [httpx.ReadError(""), ConnectionResetError(), httpx.ReadTimeout("")])
async def test_a_file_cut_on_its_way_leaves_nothing_on_the_disk(wire: Wire, target: Path, error: Exception) -> None:
    wire.reply(DOWNLOAD_PATH, lambda _request: httpx.Response(200, stream=Cut(error), headers=BINARY))
    with pytest.raises(Unavailable):
        await wire.client().download_media("M1", target)

    assert left_in(target.parent) == []


async def test_a_download_given_up_leaves_nothing_on_the_disk(wire: Wire, target: Path) -> None:
    halfway = asyncio.Event()

    class Stalled(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield JPEG.ljust(300_000)
            halfway.set()
            await asyncio.Event().wait()

    wire.reply(DOWNLOAD_PATH, lambda _request: httpx.Response(200, stream=Stalled(), headers=BINARY))
    task = asyncio.create_task(wire.client().download_media("M1", target))
    await halfway.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert left_in(target.parent) == []
    assert wire.entries[-1].error == "cancelled"


async def test_a_dead_token_is_renewed_before_the_file_comes(wire: Wire, target: Path) -> None:
    dead = {"errcode": 40001, "errmsg": "invalid credential"}
    wire.reply(DOWNLOAD_PATH, dead, httpx.Response(200, content=JPEG, headers=BINARY))

    assert (await wire.client().download_media("M1", target)).file == target
    assert len(wire.asked(TOKEN_PATH)) == 2


TAKERS: dict[str, Callable[[Path], object]] = {
    "file": lambda target: target.write_bytes(b"mine"),
    "folder": lambda target: target.mkdir(),
    "dangling link": lambda target: target.symlink_to("nowhere"),
}


@pytest.mark.parametrize("kind", TAKERS)
async def test_what_is_there_already_is_never_replaced(wire: Wire, target: Path, kind: str) -> None:
    TAKERS[kind](target)
    with pytest.raises(NotPossible) as caught:
        await wire.client().download_media("M1", target)

    assert caught.value.message == f"{target} is there already and is not replaced."
    assert wire.requests == []


@pytest.mark.parametrize("has_links", [True, False])
async def test_what_came_there_meanwhile_is_not_replaced_either(
    wire: Wire, target: Path, has_links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", no_links)

    def answer(_request: httpx.Request) -> httpx.Response:
        target.write_bytes(b"mine")
        return httpx.Response(200, content=JPEG, headers=BINARY)

    wire.reply(DOWNLOAD_PATH, answer)
    with pytest.raises(NotPossible):
        await wire.client().download_media("M1", target)

    assert held(target) == b"mine"
    assert left_in(target.parent) == ["picture.jpg"]


def no_links(*_paths: object) -> None:
    raise PermissionError(1, "Operation not permitted")


async def test_a_disk_without_hard_links_keeps_files_too(
    wire: Wire, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_links)
    wire.reply(DOWNLOAD_PATH, httpx.Response(200, content=JPEG, headers=BINARY))
    await wire.client().download_media("M1", target)

    assert held(target) == JPEG
    assert left_in(target.parent) == ["picture.jpg"]


async def test_a_folder_that_is_missing_is_said_before_anything_is_asked(wire: Wire, tmp_path: Path) -> None:
    with pytest.raises(NotPossible) as caught:
        await wire.client().download_media("M1", tmp_path / "none" / "x.jpg")

    assert caught.value.message == f"There is no folder {tmp_path / 'none'}."
    with pytest.raises(NotPossible):
        await wire.client().download_media("", tmp_path / "x.jpg")
    assert wire.requests == []


@pytest.mark.parametrize("failing", ["os.open", "os.fsync"])
async def test_a_disk_that_fails_is_told_from_a_network_that_fails(
    wire: Wire, target: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    def answer(_request: httpx.Request) -> httpx.Response:
        monkeypatch.setattr(failing, full)
        return httpx.Response(200, content=JPEG, headers=BINARY)

    wire.reply(DOWNLOAD_PATH, answer)
    client = wire.client()
    with pytest.raises(NotPossible) as caught:
        await client.download_media("M1", target)
    monkeypatch.undo()

    assert caught.value.message == f"{target} cannot be written: No space left on device"
    assert left_in(target.parent) == []
    assert wire.entries[-1].error == caught.value.message


NAMES: list[tuple[str, str]] = [
    ("", ""),
    ("attachment", ""),
    ('attachment; filename="M1.jpg"', "M1.jpg"),
    ("attachment; filename=M1.jpg", "M1.jpg"),
    ("attachment; FileName = 'M1.jpg'", "'M1.jpg'"),
    ('attachment; filename="客服 1.jpg"', "客服 1.jpg"),
    ("attachment; filename=\"x\"; filename*=UTF-8''%E5%AE%A2%20.jpg", "客 .jpg"),
    ("attachment; filename*=''a%ffb", "a\ufffdb"),
    ('attachment; filename="../../etc/passwd"', "passwd"),
    ('attachment; filename="C:\\\\x\\\\evil.exe"', "evil.exe"),
    ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
    ('attachment; filename=".bashrc"', "bashrc"),
    ('attachment; filename=".."', ""),
    ('attachment; filename="a\x1b]0;t\x07\u202eb"', "a␛]0;t␇␦b"),
    ('attachment; filename="' + "x" * 500 + '"', "x" * 120),
    ('attachment; filename="', ""),
]


@pytest.mark.parametrize(("disposition", "name"), NAMES)
def test_wechats_name_for_a_file_is_clean_and_no_path(disposition: str, name: str) -> None:
    assert name_in(disposition) == name


@given(st.text() | st.text().map(lambda name: f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"))
def test_any_disposition_has_a_name_that_is_no_path(disposition: str) -> None:
    name = name_in(disposition)

    assert "/" not in name
    assert "\\" not in name
    assert not name.startswith(".")
    assert name == name.strip()
    assert len(name) <= 120


def chunks(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    at = 0
    for cut in sorted(cuts):
        yield data[at : max(at, cut)]
        at = max(at, cut)
    yield data[at:]


@given(
    body=st.binary(max_size=64) | st.sampled_from([JPEG, PNG, b'{"errcode":40001}', b'{"video_url":"x"}']),
    label=st.sampled_from(["", "image/jpeg", "application/json", "text/html", "\x00;;="]),
    cuts=st.lists(st.integers(0, 64), max_size=4),
)
async def test_any_body_cut_anywhere_is_a_file_an_address_or_an_error_of_the_tree(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, label: str, cuts: list[int]
) -> None:
    target = tmp_path_factory.mktemp("any") / "file"

    class Pieces(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in chunks(body, cuts):
                yield chunk

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Pieces(), headers=[(b"Content-Type", label.encode())])

    wire = Wire().reply(DOWNLOAD_PATH, answer)
    try:
        download = await wire.client().download_media("M1", target)
    except ApiError:
        assert left_in(target.parent) == []
    else:
        assert held(target) == body if download.file else download.url
