"""Files as WeChat takes them, and what a folder holds."""

import stat
from pathlib import Path

from kfconsole.wechat.filetypes import FileType

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
MP4 = b"\x00\x00\x00\x20ftypisom"
HEADS = {
    FileType.JPEG: JPEG,
    FileType.PNG: PNG,
    FileType.GIF: b"GIF89a\x01\x00",
    FileType.AMR: b"#!AMR\n\x3c",
    FileType.MP3: b"ID3\x04\x00",
    FileType.MP4: MP4,
}


def a_file(folder: Path, data: bytes) -> Path:
    """Write a file whose name is hard to carry in a header."""
    file = folder / '我的 picture".jpg'
    file.write_bytes(data)
    return file


def held(file: Path) -> bytes:
    """Return what a file holds."""
    return file.read_bytes()


def mode(file: Path) -> int:
    """Return who may do what with a file."""
    return stat.S_IMODE(file.stat().st_mode)


def left_in(folder: Path) -> list[str]:
    """Return the names of all that lies in a folder, hidden or not."""
    return sorted(entry.name for entry in folder.iterdir())
