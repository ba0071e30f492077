"""Which files WeChat takes: types told by their first bytes, sizes in bytes. Pure."""

from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from kfconsole.model import MediaKind
from kfconsole.text import clean, one_line

HEAD_BYTES = 16
"""So many first bytes tell the type."""


class FileType(Enum):
    """A type of file; the value is its usual ending and its content type."""

    JPEG = ("jpg", "image/jpeg")
    PNG = ("png", "image/png")
    GIF = ("gif", "image/gif")
    AMR = ("amr", "audio/amr")
    MP3 = ("mp3", "audio/mpeg")
    MP4 = ("mp4", "video/mp4")

    @property
    def ending(self) -> str:
        """The usual ending of such a file's name."""
        return self.value[0]

    @property
    def content_type(self) -> str:
        """The type as HTTP writes it."""
        return self.value[1]


class Limits(NamedTuple):
    """What may be uploaded."""

    types: tuple[FileType, ...]
    largest_bytes: int
    longest_seconds: float | None = None


MEDIA = MappingProxyType(
    {
        MediaKind.IMAGE: Limits((FileType.PNG, FileType.JPEG, FileType.GIF), 10 * 2**20),
        MediaKind.VOICE: Limits((FileType.AMR, FileType.MP3), 2 * 2**20, 60),
        MediaKind.VIDEO: Limits((FileType.MP4,), 10 * 2**20),
        MediaKind.COVER: Limits((FileType.JPEG,), 64 * 2**10),
    }
)
"""The table of the page; its notes say 2 MB for pictures, which is left to WeChat."""
DOUBTFUL_IMAGE_BYTES = 2 * 2**20
"""What those notes say: WeChat may refuse a picture above it."""
AGENT_PICTURE = Limits((FileType.JPEG,), 5 * 2**20)


def type_of(head: bytes) -> FileType | None:
    """Return the type of the file that begins with these bytes, None when WeChat takes no such files."""
    if head.startswith(b"\xff\xd8\xff"):
        return FileType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileType.PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return FileType.GIF
    if head.startswith(b"#!AMR"):
        return FileType.AMR
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return FileType.MP3
    return FileType.MP4 if head[4:8] == b"ftyp" else None


def shown(file: Path) -> str:
    """Return a path as it may stand in a message, whatever bytes its names are made of."""
    return one_line(clean(str(file)))


def size_words(byte_count: int) -> str:
    """Return a size for people; a little above a limit never reads like the limit itself."""
    unit, name = (2**20, "MB") if byte_count >= 2**20 else (2**10, "KB")
    return f"{-(-byte_count * 100 // unit) / 100:g} {name}"


def _is_mp3_frame(head: bytes) -> bool:
    """Whether the first frame follows at once, without a tag: eleven bits of sync, then layer III."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
