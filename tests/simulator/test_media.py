"""Uploading media, how long they live, and how they come back."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from kfconsole.simulator import SimClock, World
from tests.simulator.conftest import NOON, Wire

UPLOAD = "/cgi-bin/media/upload"
DOWNLOAD = "/cgi-bin/media/get"
VOICE_DOWNLOAD = "/cgi-bin/media/get/jssdk"
DAY = 24 * 3600

PNG = b"\x89PNG\r\n\x1a\n picture"
JPG = b"\xff\xd8\xff\xe0 picture"
GIF = b"GIF89a picture"
MP4 = b"\0\0\0\x18ftypmp42"
MP3 = b"\xff\xfb\x90\x00 sound"
MP3_TAGGED = b"ID3\x03 sound"
AMR_FRAME = bytes([0x3C]) + bytes(31)
AMR = b"#!AMR\n" + AMR_FRAME * 50
AMR_WIDE_FRAME = bytes([0x44]) + bytes(60)
WEBP = b"RIFF\0\0\0\0WEBPVP8 "
MEBIBYTE = 1024 * 1024


async def upload(wire: Wire, kind: str, data: bytes, name: str = "file.bin") -> dict[str, Any]:
    response = await wire.http.post(
        UPLOAD, params={"access_token": wire.token, "type": kind}, files={"media": (name, data, "image/jpeg")}
    )
    answer: dict[str, Any] = response.json()
    return answer


async def uploaded(wire: Wire, kind: str, data: bytes) -> str:
    return str((await upload(wire, kind, data))["media_id"])


async def code_of(wire: Wire, path: str, media_id: str) -> int:
    return int((await wire.get(path, media_id=media_id))["errcode"])


async def test_an_upload_answers_type_id_and_time_without_errcode(wire: Wire) -> None:
    answer = await upload(wire, "image", PNG)

    assert list(answer) == ["type", "media_id", "created_at"]
    assert (answer["type"], answer["created_at"]) == ("image", int(NOON))
    assert len(answer["media_id"]) == 64
    assert answer["media_id"] != (await upload(wire, "image", PNG))["media_id"]


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("image", PNG, 0),
        ("image", JPG, 0),
        ("image", GIF, 0),
        ("image", WEBP, 40137),
        ("image", MP4, 40137),
        ("voice", AMR, 0),
        ("voice", MP3, 0),
        ("voice", MP3_TAGGED, 0),
        ("voice", PNG, 40113),
        ("voice", b"\xff", 40113),
        ("video", MP4, 0),
        ("video", GIF, 40113),
        ("thumb", JPG, 0),
        ("thumb", PNG, 40005),
        ("image", b"", 44001),
        ("file", PNG, 40004),
        ("", PNG, 40004),
    ],
)
async def test_a_file_is_held_to_size_format_and_length_of_its_kind(
    wire: Wire, kind: str, data: bytes, code: int
) -> None:
    assert (await upload(wire, kind, data)).get("errcode", 0) == code


@pytest.mark.parametrize(
    ("kind", "head", "most_bytes", "code"),
    [
        ("image", PNG, 10 * MEBIBYTE, 40009),
        ("voice", MP3, 2 * MEBIBYTE, 45001),
        ("video", MP4, 10 * MEBIBYTE, 45001),
        ("thumb", JPG, 64 * 1024, 40006),
    ],
)
async def test_a_file_may_have_the_bytes_of_its_kind_and_not_one_more(
    wire: Wire, kind: str, head: bytes, most_bytes: int, code: int
) -> None:
    assert "media_id" in await upload(wire, kind, head.ljust(most_bytes, b"x"))
    assert (await upload(wire, kind, head.ljust(most_bytes + 1, b"x")))["errcode"] == code


@pytest.mark.parametrize(("head", "frame"), [(b"#!AMR\n", AMR_FRAME), (b"#!AMR-WB\n", AMR_WIDE_FRAME)])
async def test_a_voice_may_last_a_minute_and_no_frame_longer(wire: Wire, head: bytes, frame: bytes) -> None:
    assert "media_id" in await upload(wire, "voice", head + frame * 3000)
    assert (await upload(wire, "voice", head + frame * 3001))["errcode"] == 45007


async def test_a_body_without_the_part_answers_41005(wire: Wire) -> None:
    query = {"access_token": wire.token, "type": "image"}
    other = await wire.http.post(UPLOAD, params=query, files={"picture": ("a.png", PNG)})
    raw = await wire.http.post(UPLOAD, params=query, content=PNG)

    assert (other.json()["errcode"], raw.json()["errcode"]) == (41005, 41005)


async def test_the_two_open_points_of_the_page_are_switches(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, image_limit_is_2_mb=True, thumb_media_id_key=True)

    assert "media_id" in await upload(wire, "image", PNG.ljust(2 * MEBIBYTE, b"x"))
    assert (await upload(wire, "image", PNG.ljust(2 * MEBIBYTE + 1, b"x")))["errcode"] == 40009
    assert list(await upload(wire, "thumb", JPG)) == ["type", "thumb_media_id", "created_at"]


@pytest.mark.parametrize(
    ("kind", "data", "content_type", "extension"),
    [
        ("image", PNG, "image/png", ".png"),
        ("thumb", JPG, "image/jpeg", ".jpg"),
        ("voice", AMR, "audio/amr", ".amr"),
        ("voice", MP3, "audio/mpeg", ".mp3"),
    ],
)
async def test_a_file_comes_back_byte_for_byte(
    wire: Wire, kind: str, data: bytes, content_type: str, extension: str
) -> None:
    media_id = await uploaded(wire, kind, data)
    response = await wire.http.get(DOWNLOAD, params={"access_token": wire.token, "media_id": media_id})

    assert (response.status_code, response.content) == (200, data)
    assert response.headers["content-type"] == content_type
    assert response.headers["content-disposition"] == f'attachment; filename="{media_id}{extension}"'


async def test_a_video_answers_a_link_that_serves_its_bytes(wire: Wire, clock: SimClock) -> None:
    media_id = await uploaded(wire, "video", MP4)
    answer = await wire.get(DOWNLOAD, media_id=media_id)
    assert list(answer) == ["video_url"]
    assert answer["video_url"].startswith("http://simulator/_sim/media/")
    served = await wire.http.get(answer["video_url"])
    assert (served.content, served.headers["content-type"]) == (MP4, "video/mp4")
    clock.advance(3 * DAY)

    assert (await wire.http.get(answer["video_url"])).status_code == 404


async def test_a_voice_has_a_second_download_and_nothing_else_has(wire: Wire) -> None:
    voice = await uploaded(wire, "voice", AMR)
    response = await wire.http.get(VOICE_DOWNLOAD, params={"access_token": wire.token, "media_id": voice})

    assert (response.content, response.headers["content-type"]) == (AMR, "voice/speex")
    assert await code_of(wire, VOICE_DOWNLOAD, await uploaded(wire, "image", PNG)) == 40121


async def test_media_die_after_three_days(wire: Wire, clock: SimClock) -> None:
    media_id = await uploaded(wire, "image", PNG)
    clock.advance(3 * DAY - 1)
    response = await wire.http.get(DOWNLOAD, params={"access_token": wire.token, "media_id": media_id})
    assert response.content == PNG
    clock.advance(1)

    assert await code_of(wire, DOWNLOAD, media_id) == 40007


async def test_unknown_and_missing_ids_are_refused(wire: Wire) -> None:
    assert await code_of(wire, DOWNLOAD, "unknown") == 40007
    assert await code_of(wire, DOWNLOAD, "") == 41006


async def test_permanent_material_outlives_the_three_days(wire: Wire, clock: SimClock) -> None:
    order = {"kind": "image", "data_base64": base64.b64encode(PNG).decode(), "permanent": True, "media_id": "mine"}
    assert (await wire.control("media", order)).json()["media_id"] == "mine"
    await wire.control("media", {"kind": "news", "media_id": "some-news"})
    clock.advance(30 * DAY)
    response = await wire.http.get(DOWNLOAD, params={"access_token": wire.token, "media_id": "mine"})

    assert response.content == PNG
    assert await code_of(wire, DOWNLOAD, "some-news") == 40007


async def test_stored_media_are_listed_with_their_fingerprint(wire: Wire, clock: SimClock) -> None:
    gone = await uploaded(wire, "image", GIF)
    clock.advance(DAY)
    media_id = str((await upload(wire, "image", PNG, "小熊.png"))["media_id"])
    clock.advance(2 * DAY)
    unknown = (await wire.control("media", {"kind": "image", "data_base64": "AAAA"})).json()["media_id"]
    listed = (await wire.http.get("/_sim/media")).json()["media"]

    assert gone not in [row["media_id"] for row in listed]
    assert listed[0] == {
        "media_id": media_id,
        "kind": "image",
        "format": "png",
        "byte_count": len(PNG),
        "sha256": hashlib.sha256(PNG).hexdigest(),
        "file_name": "小熊.png",
        "created_at": NOON + DAY,
        "is_permanent": False,
        "message_count": 0,
    }
    response = await wire.http.get(DOWNLOAD, params={"access_token": wire.token, "media_id": unknown})
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == f'attachment; filename="{unknown}"'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "file"}, "image, voice, video, thumb, news"),
        ({"kind": "image", "data_base64": "?"}, "no base64"),
        ({"kind": "image", "data": "x"}, "unknown field 'data'"),
    ],
)
async def test_a_bad_order_for_media_is_told_what_is_wrong(wire: Wire, body: object, words: str) -> None:
    response = await wire.control("media", body)

    assert (response.status_code, words in response.json()["error"]) == (400, True)


async def test_uploads_are_in_the_request_log_byte_for_byte_and_bounded(wire: Wire) -> None:
    await upload(wire, "image", PNG)
    kept = (await wire.http.get("/_sim/requests", params={"path": UPLOAD})).json()
    assert PNG in base64.b64decode(kept[0]["body_base64"])
    for _ in range(8):
        await upload(wire, "video", MP4.ljust(10 * MEBIBYTE, b"x"))
    kept = (await wire.http.get("/_sim/requests", params={"path": UPLOAD})).json()

    assert len(kept) == 6
    assert (await wire.http.get("/_sim/state")).json()["calls"][UPLOAD] == 9
