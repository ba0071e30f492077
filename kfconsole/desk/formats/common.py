"""What all formats share: who is who, local time, the state of what we sent."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, Literal, Protocol

from msgspec import Struct

from kfconsole.desk import words
from kfconsole.i18n import _, listed
from kfconsole.model import AgentId, CustomerId, Delivery, Message, MessageKind
from kfconsole.text import clean, one_line

Direction = Literal["in", "out", "event"]

LATEST_AT: Final = 253_402_128_000.0  # nearly the year 10000: no calendar goes on, and what claims to be later is wrong
DAY_SECONDS: Final = 86_400
DAYS_REMEMBERED: Final = 1000
NOTES_REMEMBERED: Final = 1000  # many messages have few reasons

_MINUTES: Final = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60))


class People(Struct, frozen=True):
    """What the people of some messages are called."""

    names: Mapping[CustomerId, str]
    """Of the customers who have one."""
    nicks: Mapping[AgentId, str]

    def name(self, openid: CustomerId) -> str:
        """Return what a customer is called; empty: there is no name."""
        return one_line(clean(self.names.get(openid, "")))

    def called(self, openid: CustomerId) -> str:
        """Return what to call a customer."""
        return self.name(openid) or one_line(clean(openid))

    def nick(self, agent: AgentId) -> str:
        """Return an agent's nickname; empty: not known."""
        return one_line(clean(self.nicks.get(agent, "")))


class Writer(Protocol):
    """Writes messages of one file, by customer and time."""

    def head(self) -> str:
        """Return what stands before all messages."""

    def write(self, messages: Sequence[Message], people: People) -> str:
        """Return the next messages; a customer's may go on where the last call ended."""


def direction(message: Message) -> Direction:
    """Return whether a message came from the customer, went to the customer, or neither."""
    kind = message.kind
    return "in" if kind is MessageKind.RECEIVED else "out" if kind is MessageKind.SENT else "event"


class Clock:
    """Writes moments in one time zone.

    The offset of a zone is asked for once a day: asked for every message, it would take a third of the time.
    """

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._offset = lru_cache(DAYS_REMEMBERED)(self._offset_of)
        self._date = lru_cache(DAYS_REMEMBERED)(_date)
        self.day = lru_cache(DAYS_REMEMBERED)(_day)
        """Writes the day of such a moment for people."""

    def moment(self, at: float) -> str:
        """Write a moment as `2026-11-23T10:04:05+08:00`."""
        second = int(at if 0 <= at < LATEST_AT else min(max(0.0, at), LATEST_AT))
        known = self._offset(second // DAY_SECONDS)
        if known is None:
            return self._local(second).isoformat()
        offset_seconds, offset = known
        day, rest = divmod(second + offset_seconds, DAY_SECONDS)
        minute, seconds = divmod(rest, 60)
        return f"{self._date(day)}T{_MINUTES[minute]}:{seconds:02}{offset}"

    def _offset_of(self, day: int) -> tuple[int, str] | None:
        """Return how far local time is ahead on a day of UTC, and how that is written; None: it changes."""
        start, end = self._local(day * DAY_SECONDS), self._local((day + 1) * DAY_SECONDS)
        if (offset := start.utcoffset()) is None or offset != end.utcoffset():
            return None
        return int(offset.total_seconds()), start.isoformat()[19:]

    def _local(self, second: int) -> datetime:
        return datetime.fromtimestamp(second, self._zone) if self._zone else datetime.fromtimestamp(second).astimezone()


def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(day)).isoformat()


def _day(day: str) -> str:
    return words.full_day(date.fromisoformat(day))


class Sayings:
    """What is said of messages beside their texts, in the language in use."""

    def __init__(self) -> None:
        self._states = {delivery: _(word) for delivery, word in words.DELIVERY_WORDS.items()}
        self._events = {kind: _(word) for kind, word in words.EVENT_WORDS.items()}
        self._dismissed = _("dismissed")
        self._ai = _("AI")
        self._remembered_notes = lru_cache(NOTES_REMEMBERED)(self._notes)

    def agent(self, agent: AgentId, people: People) -> str:
        """Name an agent by nickname and account."""
        account = one_line(clean(agent))
        nick = people.nick(agent)
        return f"{nick} ({account})" if nick and account else nick or account

    def event(self, message: Message, agent: str) -> str:
        """Say what happened."""
        said = self._events[message.kind].format(agent=agent)
        return f"{said}: {message.text}" if message.text else said

    def text(self, message: Message) -> str:
        """Return what a message says; of one without words, what it is."""
        return words.words_of(message) if message.text.startswith("[") else message.text

    def state(self, message: Message) -> str:
        """Say how far a message of ours got; empty: it was not sent from a console of ours."""
        return "" if message.delivery is None else self._states[message.delivery]

    def notes(self, message: Message) -> str:
        """Say all that is known of a message of ours, with the reason; empty: nothing."""
        if message.delivery is None and not message.is_ai:
            return ""
        return self._remembered_notes(message.delivery, message.is_dismissed, message.is_ai, message.reason)

    def _notes(self, delivery: Delivery | None, is_dismissed: bool, is_ai: bool, reason: str) -> str:
        said = (
            self._states[delivery] if delivery else "",
            self._dismissed if is_dismissed else "",
            self._ai if is_ai else "",
        )
        notes = listed(note for note in said if note)
        return f"{notes}: {one_line(reason)}" if reason else notes
