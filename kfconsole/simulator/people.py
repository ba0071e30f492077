"""Who lives in the world: agents, customers, the sessions between them, and what happens.

Plain data; the rules are in `world`. Imports only said and windows.
"""

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field

from kfconsole.simulator.said import Value
from kfconsole.simulator.windows import Windows

_OPENID_ALPHABET = string.ascii_letters + string.digits + "-_"
_OPENID_PREFIX = "oLh7e5"  # the followers of one account share the beginning of their openids
_OPENID_LENGTH = 28


@dataclass(slots=True)
class Session:
    """One customer served by one agent."""

    openid: str
    kf_account: str
    created_at: float
    ends_from_at: float
    """The 30 minutes count from here."""


@dataclass(slots=True)
class Agent:
    """One customer-service account."""

    kf_account: str
    nickname: str
    kf_id: int
    is_bound: bool = True
    is_online: bool = True
    wechat_id: str = ""
    invite_wx: str = ""
    invite_expires_at: int = 0
    invite_status: str = ""
    """waiting or rejected; a waiting one may have expired meanwhile."""
    picture: str = ""
    """Names the uploaded picture; empty: the one everybody begins with."""
    sessions: dict[str, Session] = field(default_factory=dict)

    def invitation_state(self, now: float) -> str:
        """Return waiting, rejected or expired; empty when nobody was invited."""
        return "expired" if self.invite_status == "waiting" and now >= self.invite_expires_at else self.invite_status


@dataclass(slots=True)
class Customer:
    """One follower."""

    openid: str
    is_following: bool = False
    followed_at: float = 0.0
    """When they followed the account last."""
    scene: str = "ADD_SCENE_SEARCH"
    """How they found it."""
    qr_scene: int = 0
    qr_scene_text: str = ""
    tag_ids: tuple[int, ...] = ()
    remark: str = ""
    union_id: str = ""
    nickname: str = ""
    """Told only while the switch `user_profile` is `old`."""
    windows: Windows = field(default_factory=Windows)
    typing_until: float = 0.0
    exchanged_at: float = float("-inf")
    """When a message last went either way."""
    blocks_messages: bool = False
    """They turned off "receive messages" for the account."""
    is_blacklisted: bool = False
    """The account put them on its blacklist."""


@dataclass(frozen=True, slots=True)
class WeChatUser:
    """Somebody with a WeChat id, who may be invited to be an agent."""

    exists: bool = True
    accounts_elsewhere: int = 0
    """So many other official accounts they serve."""


@dataclass(slots=True)
class Waiting:
    """One place in the queue."""

    openid: str
    since_at: float
    latest_at: float
    message_count: int = 1


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that custom/send delivered."""

    openid: str
    kf_account: str
    message_type: str
    text: str
    at: float
    is_ai: bool = False
    message: Mapping[str, object] = field(default_factory=dict)
    """The whole object as it was sent; empty for what reached the customer another way."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in the world, for scenarios and tests."""

    at: float
    kind: str
    """said, queued, left, accepted, created, replied, sent, closed, expired, transferred, acted, online, offline,
    out_of_service"""
    openid: str = ""
    kf_account: str = ""
    text: str = ""
    details: Mapping[str, Value] = field(default_factory=dict)
    """What else a push tells: a message's fields, an action's key and ticket, from whom a customer was transferred."""


def new_openid(rng: random.Random) -> str:
    """Return an openid that looks like a real one: 28 characters from the base64url alphabet."""
    tail = rng.choices(_OPENID_ALPHABET, k=_OPENID_LENGTH - len(_OPENID_PREFIX))
    return _OPENID_PREFIX + "".join(tail)
