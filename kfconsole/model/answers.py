"""What single questions to WeChat answer."""

from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from kfconsole.model.people import CustomerId

WECHAT_TAG = "#"
"""What WeChat's tags begin with where they stand among ours; WeChat tells only their numbers."""


class MediaKind(StrEnum):
    """What a file uploaded for messages is."""

    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    COVER = "thumb"
    """The small picture in front of a video, a piece of music or a mini program."""


class Media(Struct, frozen=True):
    """A file WeChat keeps for us, for 3 days."""

    media_id: str
    kind: MediaKind
    created_at: int


class Download(Struct, frozen=True):
    """A file fetched from WeChat; of a video only the address where it can be fetched."""

    file: Path | None
    """Where it was written; None when there is only an address."""
    url: str
    byte_count: int
    file_name: str
    """What WeChat calls it, for people to read; never a path to write to."""


class User(Struct, frozen=True):
    """What WeChat tells of a customer; names and pictures it keeps to itself."""

    openid: CustomerId
    is_following: bool
    """While False, WeChat tells nothing else."""
    remark: str
    """The account's own note."""
    tag_ids: tuple[int, ...]
    followed_at: int | None
    scene: str
    """How they came to follow, such as `ADD_SCENE_QR_CODE`."""
    union_id: str


def wechat_tag(tag_id: int) -> str:
    """Write a tag of WeChat's beside our own, which are words."""
    return f"{WECHAT_TAG}{tag_id}"


def is_wechat_tag(tag: str) -> bool:
    """Whether a tag is one of WeChat's."""
    return tag.startswith(WECHAT_TAG)


class Quota(Struct, frozen=True):
    """How often one call may be made."""

    daily_limit: int
    used: int
    remaining: int
    burst_calls: int | None
    """So many calls within `burst_seconds`; None when WeChat does not say."""
    burst_seconds: int | None


class RequestInfo(Struct, frozen=True):
    """One call as WeChat saw it, without token and secret."""

    at: int
    cost_milliseconds: int
    url: str
    """The query, as a rule."""
    request: str
    response: str
    client_address: str
