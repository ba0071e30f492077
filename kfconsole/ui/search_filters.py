"""What is looked for in a search, and how that is said. Pure."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from kfconsole import dates, text
from kfconsole.i18n import N_, _, listed
from kfconsole.model import AgentId, CustomerId, MessageKind, SearchQuery
from kfconsole.ui import words
from kfconsole.ui.keymap import Keymap
from kfconsole.ui.widgets.bar import Piece

AGENT_CELLS = 10
_BETWEEN_DAYS = re.compile(r"\s*(?:\.\.+|[~～—–]|到|至)\s*|\s+to\b\s*")

DIRECTIONS: tuple[MessageKind | None, ...] = (None, MessageKind.RECEIVED, MessageKind.SENT)
DIRECTION_WORDS = {
    None: N_("both sides"),
    MessageKind.RECEIVED: N_("from customers"),
    MessageKind.SENT: N_("from agents"),
}


class Days(Struct, frozen=True):
    """Some days in a row."""

    first: date
    last: date | None
    """Included; None: until now."""


class Wanted(Struct, frozen=True):
    """What somebody looks for."""

    words: str = ""
    openid: CustomerId | None = None
    """Whose messages; None: everybody's."""
    kind: MessageKind | None = None
    agent: AgentId | None = None
    days: Days | None = None

    @property
    def is_anything(self) -> bool:
        """Whether something is looked for: all messages of a customer, or of everybody, would be no answer."""
        return bool(self.words.strip()) or self.has_filter

    @property
    def has_filter(self) -> bool:
        """Whether anything but the words and whose they are narrows the search."""
        return (self.kind, self.agent, self.days) != (None, None, None)

    def query(self, zone: tzinfo | None) -> SearchQuery:
        """Put it as the archive is asked."""
        start_at, end_at = (None, None) if self.days is None else span_of(self.days, zone)
        return SearchQuery(text.clean(self.words), self.openid, self.agent, self.kind, start_at, end_at)


def span_of(days: Days, zone: tzinfo | None) -> tuple[float, float | None]:
    """Return when the days begin, and when they end if they do."""
    start_at = datetime.combine(days.first, time.min, zone).timestamp()
    if days.last is None:
        return start_at, None
    return start_at, datetime.combine(days.last + timedelta(days=1), time.min, zone).timestamp()


def day_choices(today: date) -> dict[str, tuple[str, Days | None]]:
    """Spans people ask for most, by name: how they are called, and which days they are."""
    return {
        "all": (_("all days"), None),
        "today": (_("today"), Days(today, today)),
        "yesterday": (_("yesterday"), Days(today - timedelta(days=1), today - timedelta(days=1))),
        "week": (_("the last 7 days"), Days(today - timedelta(days=6), None)),
        "month": (_("the last 30 days"), Days(today - timedelta(days=29), None)),
    }


def parse_days(typed: str, now: datetime) -> Days:
    """Read `yesterday`, `11-18 to 11-20`, `11月18日到昨天` or, until now, `3 days ago to`.

    Raises:
        ValueError: It is not understood, or nothing can have been said then; the text says what is wrong.
    """
    first, *rest = _BETWEEN_DAYS.split(typed.strip(), maxsplit=1)
    start = _day(first, now)
    if not rest:
        return Days(start, start)
    end = _day(rest[0], now) if rest[0].strip() else None
    if end is not None and end < start:
        raise ValueError(_("The last day lies before the first."))
    return Days(start, end)


def _day(typed: str, now: datetime) -> date:
    day = dates.parse(typed, now).date()
    if day > now.date():
        raise ValueError(_("That day is still to come."))
    return day


def days_echo(days: Days) -> str:
    """Say with their years which days are meant."""
    first = words.full_day(days.first)
    if days.last is None:
        return _("{day} until now").format(day=first)
    return first if days.last == days.first else f"{first} .. {words.full_day(days.last)}"


def days_words(days: Days | None, today: date) -> str:
    """Say in a few cells which days are meant."""
    if days is None:
        return _("all days")
    if days.last is None:
        return _("since {day}").format(day=_short(days.first, today))
    if days.first != days.last:
        return f"{_short(days.first, today)}..{_short(days.last, today)}"
    return {today: _("today"), today - timedelta(days=1): _("yesterday")}.get(days.first, _short(days.first, today))


def _short(day: date, today: date) -> str:
    return day.strftime("%m-%d") if day.year == today.year else day.isoformat()


def scope_words(customer: str) -> str:
    """Say whose messages are searched; an empty name: everybody's."""
    return _("only {customer}").format(customer=customer) if customer else _("all customers")


def filter_pieces(keymap: Keymap, wanted: Wanted, customer: str, agent: str, today: date) -> list[Piece]:
    """Each filter as it is set, behind the key that changes it; those that narrow the search stand out.

    Args:
        keymap: Which keys change them.
        wanted: What is looked for.
        customer: Whose messages, by name; empty for everybody's.
        agent: Whose customers, by name.
        today: For days said in few words.
    """
    said = {
        "search_customer": (scope_words(customer), bool(customer)),
        "search_direction": (_(DIRECTION_WORDS[wanted.kind]), wanted.kind is not None),
        "search_agent": (text.clip(agent, AGENT_CELLS) or _("all agents"), bool(agent)),
        "search_days": (days_words(wanted.days, today), wanted.days is not None),
    }
    pieces: list[Piece] = []
    for name, (label, is_on) in said.items():
        pieces += [(f" {keymap.prefix(name).strip()}", "accent"), (f" {label} ", "strong" if is_on else "muted")]
    if wanted.has_filter:
        for key, label in keymap.hints(("search_clear",)):
            pieces += [(f" {key}", "accent"), (f" {label} ", "muted")]
    return pieces


def looked_for(wanted: Wanted, customer: str, agent: str, today: date) -> str:
    """Say all that was looked for in one row."""
    said: Sequence[str] = (
        _("“{words}”").format(words=text.clip(text.one_line(wanted.words), 40)) if wanted.words.strip() else "",
        scope_words(customer),
        _(DIRECTION_WORDS[wanted.kind]) if wanted.kind is not None else "",
        agent,
        days_words(wanted.days, today),
    )
    return listed(filter(None, said))
