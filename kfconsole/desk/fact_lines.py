"""Facts as lines of JSON and back: what a recording of the desk is made of.

    {"recording": 1, …}                                        the header: which form, when, how the desk was set up
    {"kind": "Keyframe", "at": …, "mono": …, "fact": …}        the whole desk, and how many lines of facts belong to it
    {"kind": "QueueSeen", "at": …, "mono": …, "fact": …}       a fact, by the name of its class
    {"kind": "AgentsChanged", …}                               a fact by what differs from the one of its kind before

What differs refers to nothing before the last keyframe, so that whoever begins there needs nothing else. Pure.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from kfconsole import errors
from kfconsole.config.limits import LimitHours
from kfconsole.desk import facts as happened
from kfconsole.desk.facts import Fact
from kfconsole.desk.masked_facts import FactMask, how_it_is_masked
from kfconsole.errors import ConfigError, KfError
from kfconsole.i18n import _
from kfconsole.model import Agent, AgentId, Contact, Message, QueueAnswer, Session
from kfconsole.text import clean

VERSION: Final = 1
FOREVER: Final = 1e17
"""JSON has no infinity; no moment is so late."""

MAX_MONO: Final = 1e11
MAX_AT: Final = 1e11
"""The year 5138: calendars end not long after."""

NOT_KEPT: Final = (
    happened.ConversationOpened,
    happened.OlderLoaded,
    happened.ConversationLeft,
    happened.GapsSeen,
    happened.GapAsked,
)
"""What somebody had on screen: who replays looks at what they want. The messages shown are kept by themselves."""


class Header(Struct, frozen=True, kw_only=True):
    """The first line: which form the lines have, and how the desk was set up."""

    recording: int = VERSION
    program: str = ""
    """The version of kfconsole that wrote it."""
    began_at: float
    """Unix seconds of WeChat's clock, as far as it was known then."""
    began_mono: float
    """The same moment by the recording host's monotonic clock."""
    is_masked: bool = False
    masking: str = ""
    """What has become of names and words, for whoever reads the file."""
    me: AgentId | None = None
    timezone: str = "Asia/Shanghai"
    warn_after: int = 60
    late_after: int = 180
    hours: tuple[LimitHours, ...] = ()
    """Other limits for some hours of the day."""
    intervals: Mapping[str, float] = {}
    """Seconds between two questions of each feed."""


class Moment(Struct, frozen=True):
    """What is read of a line that is only passed by."""

    kind: str
    at: float
    mono: float


class AgentsChanged(Struct, frozen=True):
    """All agents there are, as far as they differ from those seen before."""

    agents: tuple[Agent, ...]
    gone: tuple[AgentId, ...]
    asked_mono: float


class SessionsUnchanged(Struct, frozen=True):
    """An agent served the same customers as before."""

    agent: AgentId
    asked_mono: float


class QueueUnchanged(Struct, frozen=True):
    """The queue stood as before."""

    at: float
    asked_mono: float


class Keyframe(Struct, frozen=True):
    """The whole desk at one moment, with the facts of the `parts` lines behind it."""

    remembered: happened.Remembered
    parts: int


class Damaged(Struct, frozen=True):
    """A line that cannot be read."""


Line = Fact | Keyframe | Damaged
Shortened = AgentsChanged | SessionsUnchanged | QueueUnchanged

_KINDS: Final[dict[str, Any]] = {
    kind.__name__: kind
    for kind in (*get_args(Fact), AgentsChanged, SessionsUnchanged, QueueUnchanged, Keyframe)
    if kind not in NOT_KEPT
}
_ERRORS: Final[dict[str, type[KfError]]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, KfError)
}
_DETAILS: Final = frozenset(
    ("hint", "path", "code", "errmsg", "rid", "is_whole_account", "retry_after_seconds", "may_have_arrived")
)
"""What an error knows beside its message."""
_ESCAPES: Final = (b"\\u", b"\\b", b"\\f", b"\\r")
"""Ways to write a control character into JSON."""


def read_header(line: bytes, path: Path) -> Header:
    """Return what the first line of a file says.

    Raises:
        ConfigError: It is no recording, or a newer version made it.
    """
    try:
        version = msgspec.json.decode(line, type=_Version).recording
        if version > VERSION:
            problem = _("{file} was recorded by a newer kfconsole.").format(file=path)
            raise ConfigError(problem, hint=_("Update kfconsole to replay it."))
        header = msgspec.json.decode(_cleaned(line), type=Header)
        if not _can_be(header.began_at, header.began_mono):
            raise msgspec.ValidationError
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        problem = _("{file} is no recording.").format(file=path)
        raise ConfigError(problem, hint=_("Name a file that was written with --record.")) from error
    return header


def _can_be(at: float, mono: float) -> bool:
    """Whether clocks can tell such a moment: what reckons with others would end the program."""
    return 0 <= at <= MAX_AT and abs(mono) <= MAX_MONO


class _Version(Struct, frozen=True):
    recording: int


def messages_of(fact: object) -> tuple[Message, ...]:
    """Return the messages in a fact."""
    match fact:
        case happened.MessagesSeen(messages=messages):
            return messages
        case happened.ContactsSeen(contacts=contacts):
            return tuple(contact.last_message for contact in contacts.values() if contact.last_message is not None)
    return ()


def _plain_error(error: Any) -> dict[str, Any]:
    if not isinstance(error, KfError):
        raise NotImplementedError(type(error))
    kind = next(kind for kind in type(error).__mro__ if kind.__name__ in _ERRORS)
    details = {name: value for name, value in vars(error).items() if name in _DETAILS}
    return {"error": kind.__name__, "message": error.message, **details}


def _error(_kind: type, fields: Any) -> KfError:
    details = dict(fields)
    kind = _ERRORS[details.pop("error")]
    return kind(details.pop("message"), **details)


class _Written(Struct, frozen=True):
    kind: str
    at: float
    mono: float
    fact: Fact | Shortened | Keyframe


class _Read(Struct, frozen=True):
    kind: str
    at: float
    mono: float
    fact: Raw


class Shortener:
    """Writes facts, each as far as it differs from the one of its kind before."""

    def __init__(self, mask: FactMask | None = None) -> None:
        """Begin a recording.

        Args:
            mask: Hides who is in it; it only has to look at what is written.
        """
        self._mask = mask
        self._encoder = msgspec.json.Encoder(enc_hook=_plain_error)
        self._known = _Known()

    def header(self, header: Header) -> bytes:
        """Return the first line."""
        if self._mask is not None:
            header = replace(self._mask.masked(header), is_masked=True, masking=how_it_is_masked())
        return self._encoder.encode(header) + b"\n"

    def line(self, fact: Fact | Keyframe, at: float, mono: float) -> bytes:
        """Return the line of a fact."""
        if isinstance(fact, Keyframe):
            self._known = _Known()
        short = self._known.shortened(fact)
        if self._mask is not None:
            short = self._mask.masked(short)
        return self._encoder.encode(_Written(type(short).__name__, at, mono, short)) + b"\n"


class Restorer:
    """Reads what a `Shortener` wrote."""

    def __init__(self) -> None:
        self._known = _Known()
        self._line = msgspec.json.Decoder(_Read)
        self._moment = msgspec.json.Decoder(Moment)
        self._facts: dict[str, msgspec.json.Decoder[Any]] = {}

    def moment(self, line: bytes) -> Moment | None:
        """Return when a line is from; None: it cannot be read."""
        try:
            moment = self._moment.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return moment if _can_be(moment.at, moment.mono) else None

    def fact(self, line: bytes) -> tuple[Line, float, float]:
        """Return what stands in a line, and its moments."""
        try:
            read = self._line.decode(_cleaned(line))
            if not _can_be(read.at, read.mono):
                raise LookupError
            short = self._decoder(read.kind).decode(read.fact)
            if isinstance(short, Keyframe):
                self._known = _Known()
            return self._known.restored(short), read.at, read.mono
        except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError):
            return Damaged(), math.nan, math.nan

    def _decoder(self, kind: str) -> msgspec.json.Decoder[Any]:
        if kind not in self._facts:
            self._facts[kind] = msgspec.json.Decoder(_KINDS[kind], dec_hook=_error)
        return self._facts[kind]


class _Known:
    """What the facts since the last keyframe have said last."""

    def __init__(self) -> None:
        self._agents: dict[AgentId, Agent] | None = None
        self._queue: QueueAnswer | None = None
        self._sessions: dict[AgentId, tuple[Session, ...]] = {}

    def shortened(self, fact: Fact | Keyframe) -> Fact | Shortened | Keyframe:
        match fact:
            case happened.ContactsSeen(contacts=contacts):
                return happened.ContactsSeen({openid: _ending(contact) for openid, contact in contacts.items()})
            case happened.AgentsSeen(agents=agents, asked_mono=asked_mono):
                before, now = self._agents, {agent.id: agent for agent in agents}
                self._agents = now
                if before is not None and _is_in_order(before, now):
                    changed = tuple(agent for agent in agents if before.get(agent.id) != agent)
                    return AgentsChanged(changed, tuple(before.keys() - now.keys()), asked_mono)
            case happened.SessionsSeen(agent=agent, sessions=sessions, asked_mono=asked_mono):
                if self._sessions.get(agent) == sessions:
                    return SessionsUnchanged(agent, asked_mono)
                self._sessions[agent] = sessions
            case happened.QueueSeen(answer=answer, at=at, asked_mono=asked_mono):
                if self._queue == answer:
                    return QueueUnchanged(at, asked_mono)
                self._queue = answer
        return fact

    def restored(self, fact: Fact | Shortened | Keyframe) -> Fact | Keyframe:
        match fact:
            case AgentsChanged(agents=agents, gone=gone, asked_mono=asked_mono):
                if self._agents is None:
                    raise LookupError
                now = {**self._agents, **{agent.id: agent for agent in agents}}
                for agent in gone:
                    now.pop(agent, None)
                self._agents = now
                return happened.AgentsSeen(tuple(now.values()), asked_mono)
            case SessionsUnchanged(agent=agent, asked_mono=asked_mono):
                return happened.SessionsSeen(agent, self._sessions[agent], asked_mono)
            case QueueUnchanged(at=at, asked_mono=asked_mono):
                if self._queue is None:
                    raise LookupError
                return happened.QueueSeen(self._queue, at, asked_mono)
            case happened.AgentsSeen(agents=all_agents):
                self._agents = {agent.id: agent for agent in all_agents}
            case happened.SessionsSeen(agent=agent, sessions=sessions):
                self._sessions[agent] = sessions
            case happened.QueueSeen(answer=answer):
                self._queue = answer
            case happened.ContactsSeen(contacts=contacts):
                return happened.ContactsSeen({openid: _endless(contact) for openid, contact in contacts.items()})
        return fact


def _is_in_order(before: Mapping[AgentId, Agent], now: Mapping[AgentId, Agent]) -> bool:
    """Whether those who are new stand behind all others, and nobody has moved."""
    kept = [agent for agent in before if agent in now]
    return kept == list(now)[: len(kept)]


def _ending(contact: Contact) -> Contact:
    if contact.records_seen_since_at < FOREVER and contact.sends_seen_since_at < FOREVER:
        return contact
    return replace(
        contact,
        records_seen_since_at=min(contact.records_seen_since_at, FOREVER),
        sends_seen_since_at=min(contact.sends_seen_since_at, FOREVER),
    )


def _endless(contact: Contact) -> Contact:
    if contact.records_seen_since_at < FOREVER and contact.sends_seen_since_at < FOREVER:
        return contact
    return replace(
        contact,
        records_seen_since_at=math.inf if contact.records_seen_since_at >= FOREVER else contact.records_seen_since_at,
        sends_seen_since_at=math.inf if contact.sends_seen_since_at >= FOREVER else contact.sends_seen_since_at,
    )


def _cleaned(line: bytes) -> bytes:
    """Return a line without characters that a terminal would obey: a file may have passed through many hands."""
    if not any(escape in line for escape in _ESCAPES):
        written = line.decode().rstrip("\n")
        safe = clean(written)
        return line if safe == written else safe.encode()
    return msgspec.json.encode(_cleaned_part(msgspec.json.decode(line)))


def _cleaned_part(part: Any) -> Any:
    if isinstance(part, str):
        return clean(part)
    if isinstance(part, dict):
        return {clean(name): _cleaned_part(value) for name, value in part.items()}
    return [_cleaned_part(value) for value in part] if isinstance(part, list) else part
