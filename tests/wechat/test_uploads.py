"""Files on their way to WeChat: checked first, whole or not at all."""

import asyncio
import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.errors import NotPossible, Rejected, Unavailable
from kfconsole.model import AgentId, Media, MediaKind
from kfconsole.wechat import KfClient
from kfconsole.wechat.filetypes import FileType, type_of
from kfconsole.wechat.voices import voice_seconds
from tests.wechat.files import HEADS, JPEG, MP4, PNG, a_file
from tests.wechat.wire import AGENT, OPENID, PICTURE_PATH, TOKEN_PATH, UPLOAD_PATH, Wire

TAKEN = {"type": "TYPE", "media_id": "M1", "created_at": 123456789}
PART = re.compile(
    rb"--(?P<boundary>[0-9a-f]{32})\r\n"
    rb'Content-Disposition: form-data; name="media"; filename="(?P<name>[^"]*)"\r\n'
    rb"Content-Type: (?P<type>[^\r]*)\r\n\r\n(?P<data>.*)\r\n--(?P=boundary)--\r\n",
    re.DOTALL,
)


def part_of(request: httpx.Request) -> dict[str, bytes]:
    found = PART.fullmatch(request.content)
    assert found is not None
    assert request.headers["content-type"] == f"multipart/form-data; boundary={found['boundary'].decode()}"
    assert request.headers["content-length"] == str(len(request.content))
    assert "transfer-encoding" not in request.headers
    return found.groupdict()


@pytest.mark.parametrize(
    ("kind", "file_type"),
    [
        (MediaKind.IMAGE, FileType.JPEG),
        (MediaKind.IMAGE, FileType.PNG),
        (MediaKind.IMAGE, FileType.GIF),
        (MediaKind.VOICE, FileType.AMR),
        (MediaKind.VOICE, FileType.MP3),
        (MediaKind.VIDEO, FileType.MP4),
        (MediaKind.COVER, FileType.JPEG),
    ],
)
async def test_a_file_goes_as_one_part_of_known_length(
    wire: Wire, tmp_path: Path, kind: MediaKind, file_type: FileType
) -> None:
    data = HEADS[file_type] + os.urandom(1000) + b"\r\n--"
    wire.reply(UPLOAD_PATH, TAKEN)
    media = await wire.client().upload_media(kind, a_file(tmp_path, data))

    assert media == Media("M1", kind, 123456789)
    (asked,) = wire.asked(UPLOAD_PATH)
    assert dict(asked.url.params) == {"access_token": wire.token, "type": kind.value}
    part = part_of(asked)
    assert (part["data"], part["type"].decode()) == (data, file_type.content_type)
    assert part["name"].decode() == f"media.{file_type.ending}", "what a file is called here is nobody's business"


@pytest.mark.parametrize(("byte_count", "steps"), [(100, 1), (64 * 1024, 1), (64 * 1024 + 1, 2), (200_000, 4)])
async def test_how_much_of_a_file_has_left_is_told_as_it_leaves(
    wire: Wire, tmp_path: Path, byte_count: int, steps: int
) -> None:
    told: list[tuple[int, int]] = []
    wire.reply(UPLOAD_PATH, TAKEN)
    file = a_file(tmp_path, JPEG.ljust(byte_count))
    await wire.client().upload_media(MediaKind.IMAGE, file, lambda sent, total: told.append((sent, total)))

    assert told == [(min(step * 64 * 1024, byte_count), byte_count) for step in range(steps + 1)]


async def test_a_second_try_is_told_from_its_beginning(wire: Wire, tmp_path: Path) -> None:
    told: list[int] = []
    wire.reply(UPLOAD_PATH, {"errcode": 42001, "errmsg": "access_token expired"}, TAKEN)
    await wire.client().upload_media(MediaKind.IMAGE, a_file(tmp_path, JPEG), lambda sent, _total: told.append(sent))

    assert told == [0, len(JPEG), 0, len(JPEG)]


AMR_SECOND = b"\x3c".ljust(32, b"\0") * 50


def amr(seconds: float) -> bytes:
    return b"#!AMR\n" + AMR_SECOND * int(seconds)


def mp3(seconds: float, *, tag: bool = False) -> bytes:
    """Frames of MPEG 1 layer III, 64 kbit/s, 48,000 samples a second: 192 bytes and 24 ms each."""
    frames = bytes.fromhex("fffb5400").ljust(192, b"\0") * round(seconds / 0.024)
    return (b"ID3\4\0\0\0\0\0\x0a" + bytes(10) if tag else b"") + frames


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (amr(12), 12.0),
        (b"#!AMR-WB\n" + b"\x44".ljust(61, b"\0") * 100, 2.0),
        (mp3(59.952), 59.952),
        (mp3(12, tag=True), 12.0),
        (mp3(12) + b"TAG" + bytes(125), 12.0),
        (b"ID3", None),
        (mp3(12) + b"something else", None),
        (b"\xff\xfb\x54\x00", None),
        (b"", None),
    ],
    ids=["amr", "amr-wb", "mp3", "with a tag", "with an old tag", "a tag alone", "half", "one frame", "empty"],
)
def test_how_long_a_recording_plays_is_told_by_its_frames(data: bytes, seconds: float | None) -> None:
    assert voice_seconds(data) == (seconds if seconds is None else pytest.approx(seconds))


@given(st.binary(max_size=200), st.sampled_from([b"", b"#!AMR\n", b"#!AMR-WB\n", b"ID3\4\0\0", b"\xff\xfb\x54\x00"]))
def test_no_bytes_upset_the_count_of_seconds(data: bytes, head: bytes) -> None:
    assert (voice_seconds(head + data) or 0.0) >= 0.0


@pytest.mark.parametrize("voice", [amr(62), mp3(62.1)], ids=["amr", "mp3"])
async def test_a_recording_over_a_minute_is_not_sent(wire: Wire, tmp_path: Path, voice: bytes) -> None:
    file = a_file(tmp_path, voice)
    with pytest.raises(NotPossible) as caught:
        await wire.client().upload_media(MediaKind.VOICE, file)

    assert caught.value.message == f"{file} is too long: 62 s, and WeChat takes at most 60 s."
    assert wire.requests == []


@pytest.mark.parametrize("extra", [0, 1, 64 * 1024, 64 * 1024 + 1, 3 * 64 * 1024])
async def test_files_of_every_length_arrive_whole(wire: Wire, tmp_path: Path, extra: int) -> None:
    data = (PNG + os.urandom(extra))[: extra or None]
    data = data if data.startswith(PNG) else PNG
    wire.reply(UPLOAD_PATH, TAKEN)
    await wire.client().upload_media(MediaKind.IMAGE, a_file(tmp_path, data))

    assert part_of(wire.asked(UPLOAD_PATH)[0])["data"] == data


@pytest.mark.parametrize(
    ("answer", "media_id"),
    [
        ({"type": "thumb", "thumb_media_id": "T1", "created_at": "5"}, "T1"),
        ({"media_id": 77, "created_at": 5.0, "thumb_media_id": []}, "77"),
    ],
)
async def test_an_upload_is_answered_in_either_form(
    wire: Wire, tmp_path: Path, answer: dict[str, Any], media_id: str
) -> None:
    wire.reply(UPLOAD_PATH, answer)

    assert await wire.client().upload_media(MediaKind.COVER, a_file(tmp_path, JPEG)) == Media(
        media_id, MediaKind.COVER, 5
    )


@pytest.mark.parametrize(
    ("answer", "field"),
    [({}, "media_id"), ({"media_id": "", "created_at": 1}, "media_id"), ({"media_id": "M"}, "created_at")],
)
async def test_an_upload_answered_without_an_id_is_in_doubt(
    wire: Wire, tmp_path: Path, answer: dict[str, Any], field: str
) -> None:
    wire.reply(UPLOAD_PATH, answer)
    with pytest.raises(Unavailable) as caught:
        await wire.client().upload_media(MediaKind.IMAGE, a_file(tmp_path, JPEG))

    assert caught.value.message == f"WeChat's answer could not be read: field {field}."
    assert caught.value.may_have_arrived


async def test_an_agents_picture_names_the_agent_in_the_query(wire: Wire, tmp_path: Path) -> None:
    await wire.client().set_agent_picture(AGENT, a_file(tmp_path, JPEG))

    (asked,) = wire.asked(PICTURE_PATH)
    assert dict(asked.url.params) == {"access_token": wire.token, "kf_account": AGENT}
    assert part_of(asked)["data"] == JPEG


async def test_the_answer_of_2015_that_is_no_json_is_an_error_of_the_tree(wire: Wire, tmp_path: Path) -> None:
    wire.reply(PICTURE_PATH, b'{"errcode":invalid kf_account}')
    with pytest.raises(Unavailable):
        await wire.client().set_agent_picture(AGENT, a_file(tmp_path, JPEG))


async def test_a_dead_token_is_renewed_and_the_whole_file_sent_once_more(wire: Wire, tmp_path: Path) -> None:
    data = JPEG + os.urandom(100_000)
    wire.reply(UPLOAD_PATH, {"errcode": 42001, "errmsg": "access_token expired"}, TAKEN)
    await wire.client().upload_media(MediaKind.IMAGE, a_file(tmp_path, data))

    first, second = wire.asked(UPLOAD_PATH)
    assert part_of(first)["data"] == part_of(second)["data"] == data
    assert len(wire.asked(TOKEN_PATH)) == 2


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (MediaKind.IMAGE, b"", "{file} is empty."),
        (MediaKind.IMAGE, MP4, "{file} is of a type WeChat does not take here."),
        (MediaKind.IMAGE, b"BM", "{file} is of a type WeChat does not take here."),
        (MediaKind.VOICE, JPEG, "{file} is of a type WeChat does not take here."),
        (MediaKind.VIDEO, b"\x1a\x45\xdf\xa3", "{file} is of a type WeChat does not take here."),
        (MediaKind.COVER, PNG, "{file} is of a type WeChat does not take here."),
    ],
)
async def test_a_file_wechat_would_refuse_is_not_sent(
    wire: Wire, tmp_path: Path, kind: MediaKind, data: bytes, message: str
) -> None:
    file = a_file(tmp_path, data)
    with pytest.raises(NotPossible) as caught:
        await wire.client().upload_media(kind, file)

    assert caught.value.message == message.format(file=file)
    assert wire.requests == []


@pytest.mark.parametrize(
    ("kind", "head", "most_bytes", "message"),
    [
        (MediaKind.COVER, JPEG, 64 * 1024, "64.01 KB, and WeChat takes at most 64 KB."),
        (MediaKind.VOICE, b"ID3", 2 * 2**20, "2.01 MB, and WeChat takes at most 2 MB."),
        (MediaKind.IMAGE, PNG, 10 * 2**20, "10.01 MB, and WeChat takes at most 10 MB."),
        (MediaKind.VIDEO, MP4, 10 * 2**20, "10.01 MB, and WeChat takes at most 10 MB."),
    ],
)
async def test_the_largest_file_is_sent_and_one_byte_more_is_not(
    wire: Wire, tmp_path: Path, kind: MediaKind, head: bytes, most_bytes: int, message: str
) -> None:
    wire.reply(UPLOAD_PATH, TAKEN)
    await wire.client().upload_media(kind, a_file(tmp_path, head.ljust(most_bytes)))
    file = a_file(tmp_path, head.ljust(most_bytes + 1))
    with pytest.raises(NotPossible) as caught:
        await wire.client().upload_media(kind, file)

    assert caught.value.message == f"{file} is too large: {message}"
    assert len(wire.asked(UPLOAD_PATH)) == 1


async def test_an_agents_picture_is_a_jpg_of_at_most_5_mb(wire: Wire, tmp_path: Path) -> None:
    for data in (PNG, JPEG.ljust(5 * 2**20 + 1)):
        with pytest.raises(NotPossible) as caught:
            await wire.client().set_agent_picture(AGENT, a_file(tmp_path, data))
        assert caught.value.hint
    with pytest.raises(NotPossible):
        await wire.client().set_agent_picture(AgentId("nobody"), a_file(tmp_path, JPEG))
    assert wire.requests == []


async def test_what_is_no_readable_file_is_said_so(wire: Wire, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, message in [
        (tmp_path / "gone", "gone cannot be read: No such file or directory"),
        (tmp_path / "\x1b]0;t\udcff", "/␛]0;t␦ cannot be read: No such file or directory"),
        (tmp_path, "is not a file."),
        (pipe, "pipe is not a file."),
    ]:
        with pytest.raises(NotPossible) as caught:
            await wire.client().upload_media(MediaKind.IMAGE, path)
        assert message in caught.value.message
    assert wire.requests == []


def replaced(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    other.replace(file)


CHANGES = {
    "grown": lambda file: file.write_bytes(file.read_bytes() + b"x"),
    "shrunk": lambda file: file.write_bytes(JPEG),
    "replaced": replaced,
}


def changing(file: Path, change: Any) -> Any:
    """Return an answer to the first try that makes a second one necessary, after the file changed."""

    def answer(_request: httpx.Request) -> dict[str, Any]:
        change(file)
        return {"errcode": 42001, "errmsg": "access_token expired"}

    return answer


@pytest.mark.parametrize("change", CHANGES)
async def test_a_file_that_changed_since_it_was_checked_is_not_sent(wire: Wire, tmp_path: Path, change: str) -> None:
    file = a_file(tmp_path, JPEG + bytes(100_000))
    wire.reply(UPLOAD_PATH, changing(file, CHANGES[change]), TAKEN)
    with pytest.raises(NotPossible) as caught:
        await wire.client().upload_media(MediaKind.IMAGE, file)

    assert caught.value.message == f"{file} changed while it was being sent, so nothing was sent."
    assert len(wire.asked(UPLOAD_PATH)) == 1
    assert "changed while" in wire.entries[-1].error


async def test_a_file_that_vanished_since_it_was_checked_is_not_sent(wire: Wire, tmp_path: Path) -> None:
    file = a_file(tmp_path, JPEG)
    wire.reply(UPLOAD_PATH, changing(file, Path.unlink), TAKEN)
    with pytest.raises(NotPossible) as caught:
        await wire.client().upload_media(MediaKind.IMAGE, file)

    assert caught.value.message == f"{file} cannot be read: No such file or directory"


async def test_a_file_that_grows_while_it_is_sent_never_arrives_whole(tmp_path: Path) -> None:
    file = a_file(tmp_path, JPEG + bytes(1_000_000))
    got = bytearray()
    tried = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if TOKEN_PATH.encode() in head:
            body = b'{"access_token":"t","expires_in":7200}'
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        else:
            while piece := await reader.read(4096):
                if not got:
                    file.write_bytes(file.read_bytes() + b"x")
                got.extend(piece)
            tried.set()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    client = KfClient(base_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", app_id="a", app_secret="s")
    with pytest.raises(NotPossible):
        await client.upload_media(MediaKind.IMAGE, file)
    await client.aclose()
    await tried.wait()
    server.close()

    assert not got.endswith(b"--\r\n")


@pytest.mark.parametrize("reply", [httpx.ReadTimeout(""), httpx.WriteError(""), b"", httpx.Response(502)])
async def test_a_lost_answer_leaves_an_upload_in_doubt(wire: Wire, tmp_path: Path, reply: Any) -> None:
    wire.reply(UPLOAD_PATH, reply)
    with pytest.raises(Unavailable) as caught:
        await wire.client().upload_media(MediaKind.IMAGE, a_file(tmp_path, JPEG))

    assert caught.value.may_have_arrived
    assert len(wire.asked(UPLOAD_PATH)) == 1


async def test_a_file_may_take_longer_than_a_question_but_not_for_ever(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    wire.reply(UPLOAD_PATH, TAKEN, never)
    client = wire.client()
    await client.typing(OPENID)
    monkeypatch.setattr("kfconsole.wechat.transport.WHOLE_CALL_SECONDS", 0.0)
    await client.upload_media(MediaKind.IMAGE, a_file(tmp_path, JPEG))
    monkeypatch.setattr("kfconsole.wechat.transport.WHOLE_TRANSFER_SECONDS", 0.01)
    with pytest.raises(Unavailable) as caught:
        await client.upload_media(MediaKind.IMAGE, a_file(tmp_path, JPEG))

    assert (caught.value.message, caught.value.may_have_arrived) == ("wechat.test did not answer in time.", True)


async def test_a_refused_file_shows_no_token(wire: Wire, tmp_path: Path) -> None:
    def echo(request: httpx.Request) -> dict[str, Any]:
        return {"errcode": 40005, "errmsg": f"bad {request.url} {request.url.params['access_token']}"}

    wire.reply(UPLOAD_PATH, echo)
    with pytest.raises(Rejected) as caught:
        await wire.client().upload_media(MediaKind.IMAGE, a_file(tmp_path, JPEG))

    assert wire.token not in repr(vars(caught.value)) + str(caught.value) + repr(wire.entries)


@given(st.binary(max_size=20))
def test_types_are_told_by_the_first_bytes_alone(tail: bytes) -> None:
    for file_type, head in HEADS.items():
        assert type_of(head + tail) is file_type
    assert type_of(b"\xff\xfb\x90" + tail) is FileType.MP3
    assert type_of(b"\xff\xf3\x90" + tail) is FileType.MP3
    assert type_of(b"RIFF\x00\x00\x00\x00" + tail) is None
    assert type_of(b"<html>\r\n" + tail) is None


def test_nothing_is_of_no_type() -> None:
    assert type_of(b"") is None
    assert type_of(b"\xff") is None
