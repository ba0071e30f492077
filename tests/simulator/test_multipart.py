"""Bodies with a file in them, as clients in several languages write them."""

import random

import httpx
import pytest

from kfconsole.simulator.multipart import FilePart, file_part

BOUNDARY = "--------------------------f00"


def body(*parts: str, boundary: str = BOUNDARY) -> bytes:
    opened = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"{opened}--{boundary}--\r\n".encode()


def named(disposition: str, *, headers: str = "", data: str = "DATA") -> str:
    return f"Content-Disposition: {disposition}\r\n{headers}\r\n{data}"


def read(*parts: str, name: str = "media") -> FilePart | None:
    return file_part(body(*parts), f"multipart/form-data; boundary={BOUNDARY}", name)


CURL = named('form-data; name="media"; filename="a.jpg"', headers="Content-Type: image/jpeg\r\n")
GO = named('form-data; name="media"; filename="a.jpg"', headers="Content-Type: application/octet-stream\r\n")
JAVA = named(
    'form-data; name="media"; filename="a.jpg"',
    headers="Content-Type: image/jpeg\r\nContent-Transfer-Encoding: binary\r\n",
)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (CURL, FilePart("a.jpg", "image/jpeg", b"DATA")),
        (GO, FilePart("a.jpg", "application/octet-stream", b"DATA")),
        (JAVA, FilePart("a.jpg", "image/jpeg", b"DATA")),
        (named('form-data; name="media"'), FilePart("", "", b"DATA")),
        (named("form-data; name=media; filename=a.jpg"), FilePart("a.jpg", "", b"DATA")),
        (named('form-data; filename="a.jpg"; name="media"'), FilePart("a.jpg", "", b"DATA")),
        (named('form-data; name="media"; filename="小熊.jpg"'), FilePart("小熊.jpg", "", b"DATA")),
        (named("form-data; name=\"media\"; filename*=utf-8''%E5%B0%8F.jpg"), FilePart("小.jpg", "", b"DATA")),
        (
            named("form-data; name=\"media\"; filename*0*=utf-8''%E5%B0%8F; filename*1=.jpg"),
            FilePart("小.jpg", "", b"DATA"),
        ),
        (named("form-data; name=\"media\"; filename*=nonsense''a.jpg"), FilePart("a.jpg", "", b"DATA")),
        (named('form-data; name="media"; filename="../../etc/a;b.jpg"'), FilePart("a;b.jpg", "", b"DATA")),
        (named('form-data; name="media"; filename="C:\\\\pictures\\\\a.jpg"'), FilePart("a.jpg", "", b"DATA")),
        (named('form-data; name="media"; filename="a.jpg"', data=""), FilePart("a.jpg", "", b"")),
        (
            named('form-data; name="media"', data=f"\r\n--{BOUNDARY[:-1]}\r\n\0"),
            FilePart("", "", f"\r\n--{BOUNDARY[:-1]}\r\n\0".encode()),
        ),
    ],
)
def test_a_file_is_read_as_its_client_wrote_it(part: str, expected: FilePart) -> None:
    assert read(part) == expected


def test_only_the_named_part_counts_and_the_first_of_them() -> None:
    note = named('form-data; name="note"', data="x")
    second = named('form-data; name="media"', data="second")

    assert read(note, CURL, second) == FilePart("a.jpg", "image/jpeg", b"DATA")
    assert read(note, CURL, name="note") == FilePart("", "", b"x")
    assert read(note) is None


@pytest.mark.parametrize(
    "content_type",
    [
        f"multipart/form-data; boundary={BOUNDARY}",
        f'multipart/form-data; boundary="{BOUNDARY}"',
        f"Multipart/Form-Data; charset=utf-8; BOUNDARY={BOUNDARY}",
    ],
)
def test_the_boundary_may_be_quoted_and_stand_anywhere(content_type: str) -> None:
    assert file_part(body(CURL), content_type) is not None


@pytest.mark.parametrize("name", ["a.jpg", "小熊.jpg", 'say "hi".jpg'])
def test_httpx_is_understood(name: str) -> None:
    request = httpx.Request("POST", "http://x", files={"media": (name, b"\0\r\n--", "image/jpeg")}, data={"k": "v"})
    part = file_part(request.read(), request.headers["content-type"])

    assert part is not None
    assert (part.content_type, part.data) == ("image/jpeg", b"\0\r\n--")
    assert part.filename == name.replace('"', "%22")


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"", ""),
        (b"", f"multipart/form-data; boundary={BOUNDARY}"),
        (body(CURL), ""),
        (body(CURL), "application/json"),
        (body(CURL), "multipart/form-data"),
        (body(CURL), "multipart/form-data; boundary="),
        (body(CURL), "multipart/form-data; boundary=other"),
        (body(CURL), "multipart/form-data; boundary=边界"),
        (body(CURL)[:-40], f"multipart/form-data; boundary={BOUNDARY}"),
        (f"--{BOUNDARY}\r\nno header\r\n\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"),
        (body("A: b\r\n" * 99 + "\r\nx"), f"multipart/form-data; boundary={BOUNDARY}"),
    ],
)
def test_what_cannot_be_read_is_no_file(raw: bytes, content_type: str) -> None:
    assert file_part(raw, content_type) is None


def test_garbage_never_raises() -> None:
    rng, good = random.Random(1), body(CURL)
    for _ in range(2000):
        harmed = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            harmed[rng.randrange(len(harmed))] = rng.randrange(256)
        content_type = "".join(
            chr(rng.randrange(256)) if rng.random() < 0.05 else letter
            for letter in f"multipart/form-data; boundary={BOUNDARY}"
        )

        file_part(bytes(harmed), f"multipart/form-data; boundary={BOUNDARY}")
        file_part(good, content_type)
