"""Uploaded media and what else of the account a message may name: articles, cards, mini programs.

Which code tells of what is not documented; here, of a file that is too large: 40009 for an image, 40006 for a thumb,
45001 for voice and video. Of one in the wrong format: 40137 for an image, 40005 for a thumb, 40113 for voice and video.
Imports only codes, multipart and switches.
"""

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.multipart import FilePart
from kfconsole.simulator.switches import Switches

KEPT_SECONDS = 3 * 24 * 3600.0
LONGEST_VOICE_SECONDS = 60.0

_MEBIBYTE = 1024 * 1024
_ID_ALPHABET = string.ascii_letters + string.digits + "-_"
_ID_LENGTH = 64
_AMR_FRAME_SECONDS = 0.02
# Bytes of a frame behind its own first byte, by the four bits there that name its type.
_AMR_NARROW = (12, 13, 15, 17, 19, 20, 26, 31, 5, 6, 5, 5, 0, 0, 0, 0)
_AMR_WIDE = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0)
_AMR_HEADS = ((b"#!AMR-WB\n", _AMR_WIDE), (b"#!AMR\n", _AMR_NARROW))


@dataclass(frozen=True, slots=True)
class Kind:
    """What WeChat takes as one type of media."""

    formats: tuple[str, ...]
    most_bytes: int
    too_large_code: int
    wrong_format_code: int


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "image": Kind(("png", "jpg", "gif"), 10 * _MEBIBYTE, 40009, 40137),
        "voice": Kind(("amr", "mp3"), 2 * _MEBIBYTE, 45001, 40113),
        "video": Kind(("mp4",), 10 * _MEBIBYTE, 45001, 40113),
        "thumb": Kind(("jpg",), 64 * 1024, 40006, 40005),
    }
)
"""The types of media/upload."""

CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "png": "image/png",
        "jpg": "image/jpeg",
        "gif": "image/gif",
        "amr": "audio/amr",
        "mp3": "audio/mpeg",
        "mp4": "video/mp4",
        "": "application/octet-stream",
    }
)
"""How media/get labels each format; the empty one is a format it does not know."""

NAMED_THINGS = ("article", "card", "mini_program")
"""What a message may name beside media: published articles, cards, and mini programs linked to the account."""


@dataclass(slots=True)
class Medium:
    """One stored file; `news` is permanent material without bytes."""

    media_id: str
    kind: str
    data: bytes
    file_name: str
    created_at: float
    is_permanent: bool
    message_count: int = 0
    """So many messages named it."""

    @property
    def format(self) -> str:
        """The format its first bytes tell, also its file extension; empty when unknown."""
        return format_of(self.data)

    def is_alive(self, now: float) -> bool:
        """Whether the id may still be used: temporary media die after three days."""
        return self.is_permanent or now < self.created_at + KEPT_SECONDS


class MediaStore:
    """The media of one account, by id, and the other things its messages may name."""

    def __init__(self) -> None:
        self._by_id: dict[str, Medium] = {}
        self._rng = random.Random("media ids")
        self.named: dict[str, set[str]] = {thing: set() for thing in NAMED_THINGS}

    def upload(self, kind: str, part: FilePart | None, now: float, switches: Switches) -> Medium:
        """Check and keep what a client uploads.

        Raises:
            Refused: 40004, 41005, 44001, a size or format that does not fit the kind, or 45007.
        """
        rule = KINDS.get(kind)
        if rule is None:
            raise Refused(40004)
        if part is None:
            raise Refused(41005)
        if not part.data:
            raise Refused(44001)
        most_bytes = 2 * _MEBIBYTE if kind == "image" and switches.image_limit_is_2_mb else rule.most_bytes
        if len(part.data) > most_bytes:
            raise Refused(rule.too_large_code)
        if format_of(part.data) not in rule.formats:
            raise Refused(rule.wrong_format_code)
        if kind == "voice" and amr_seconds(part.data) > LONGEST_VOICE_SECONDS:
            raise Refused(45007)
        return self.keep(kind, part.data, now, file_name=part.filename)

    def keep(
        self,
        kind: str,
        data: bytes,
        now: float,
        *,
        file_name: str = "",
        media_id: str = "",
        is_permanent: bool = False,
    ) -> Medium:
        """Keep a file without checking it, as one a customer sent; an id is made up when none is given."""
        self._by_id = {row.media_id: row for row in self.alive(now)}
        medium = Medium(media_id or self._new_id(), kind, data, file_name, now, is_permanent)
        self._by_id[medium.media_id] = medium
        return medium

    def find(self, media_id: object, now: float, *kinds: str) -> Medium:
        """Return living media of one of these kinds, of any when none is named.

        Raises:
            Refused: 41006 without an id, 40007 for one that is unknown or dead, 40121 for another kind.
        """
        if not isinstance(media_id, str) or not media_id:
            raise Refused(41006)
        medium = self._by_id.get(media_id)
        if medium is None or not medium.is_alive(now):
            raise Refused(40007)
        if kinds and medium.kind not in kinds:
            raise Refused(40121)
        return medium

    def alive(self, now: float) -> list[Medium]:
        """Return the media that may still be used, eldest first."""
        return [medium for medium in self._by_id.values() if medium.is_alive(now)]

    def _new_id(self) -> str:
        return "".join(self._rng.choices(_ID_ALPHABET, k=_ID_LENGTH))


def format_of(data: bytes) -> str:
    """Return the format the first bytes tell: png, jpg, gif, amr, mp3 or mp4; empty when it is none of them."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"#!AMR"):
        return "amr"
    if data[4:8] == b"ftyp":
        return "mp4"
    is_mpeg_frame = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06 != 0
    return "mp3" if is_mpeg_frame or data.startswith(b"ID3") else ""


def amr_seconds(data: bytes) -> float:
    """Return how long an AMR voice plays; 0 for every other format."""
    for head, sizes in _AMR_HEADS:
        if data.startswith(head):
            position, frames = len(head), 0
            while position < len(data):
                position += 1 + sizes[data[position] >> 3 & 0x0F]
                frames += 1
            return frames * _AMR_FRAME_SECONDS
    return 0.0
