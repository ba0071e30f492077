"""The rows of the three lists: what they hold and how one is drawn at a width. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, takewhile
from types import MappingProxyType

from msgspec import Struct
from rich.style import Style

from kfconsole import finding, text
from kfconsole.desk import ranking, rules
from kfconsole.i18n import _
from kfconsole.model import Agent, AgentId, Contact, CustomerId, Desk, Message, MessageKind, Session, Waiting
from kfconsole.ui import words
from kfconsole.ui.lines import words_of
from kfconsole.ui.tones import Tones
from kfconsole.ui.widgets.strips import Part
from kfconsole.ui.words import Glyphs

TAGS_CELLS = 16
MARK = "v"  # of a row that was marked, as its key
WAIT_CELLS = 8  # "≥1:04:10"
NAME_CELLS = 8  # "…f8a1c2", or four 汉字
OPENID_CELLS = 8  # a blank and the end of an openid, behind a name
ROOMY_CELLS = 60  # from here on a row has room for a second column of facts


class QueueRow(Struct, frozen=True, gc=False):
    """One waiting customer."""

    waiting: Waiting
    contact: Contact | None
    """None while nothing is known of the customer."""

    @property
    def id(self) -> str:
        """The customer."""
        return self.waiting.openid


class SessionRow(Struct, frozen=True, gc=False):
    """One served customer."""

    id: str
    """The customer."""
    session: Session
    agent_name: str
    is_mine: bool
    contact: Contact | None
    """None while nothing is known of the customer."""


class AgentRow(Struct, frozen=True, gc=False):
    """One agent."""

    agent: Agent
    is_me: bool

    @property
    def id(self) -> str:
        """The agent's account."""
        return self.agent.id


NO_ROWS: Mapping[str, SessionRow] = MappingProxyType({})


class Look(Struct, frozen=True):
    """What drawing needs besides the row: the moment, limits, styles and marks."""

    now_at: float
    warn_after_seconds: float
    late_after_seconds: float
    tones: Tones
    glyphs: Glyphs
    marked: Collection[str] = ()
    """The customers whose sessions are marked."""


def queue_rows(desk: Desk) -> list[QueueRow]:
    """The queue, longest wait first."""
    waiting = sorted(desk.queue, key=lambda row: row.since_at)
    return [QueueRow(row, desk.contacts.get(row.openid)) for row in waiting]


def session_rows(desk: Desk, before: Mapping[str, SessionRow] = NO_ROWS) -> list[SessionRow]:
    """The sessions: mine first, then the others, each oldest first.

    Rows that still say the same are taken from `before`: making 20,000 of them holds the screen up.
    """
    return mine_first(list(session_rows_in_parts(desk, before, max(1, len(desk.sessions)))))


def session_rows_in_parts(
    desk: Desk, before: Mapping[str, SessionRow], part_rows: int
) -> Iterator[tuple[list[SessionRow], list[SessionRow]]]:
    """Yield mine and the others of so many sessions at a time, as `session_rows` has them."""
    names = {agent.id: agent.name for agent in desk.agents}
    contacts = desk.contacts
    for start in range(0, len(desk.sessions), part_rows):
        mine: list[SessionRow] = []
        others: list[SessionRow] = []
        for session in desk.sessions[start : start + part_rows]:
            openid, name = session.openid, names.get(session.agent, session.agent)
            row, contact = before.get(openid), contacts.get(openid)
            if row is None or row.session is not session or row.contact is not contact or row.agent_name != name:
                row = SessionRow(openid, session, name, session.agent == desk.me, contact)
            (mine if row.is_mine else others).append(row)
        yield mine, others


def mine_first(parts: Sequence[tuple[list[SessionRow], list[SessionRow]]]) -> list[SessionRow]:
    """Put parts together."""
    mine = chain.from_iterable(part[0] for part in parts)
    return [*mine, *chain.from_iterable(part[1] for part in parts)]


def unread_count(session_rows: Sequence[SessionRow], *, is_anybody: bool) -> int:
    """Return how many customers have written something not looked at: ours, or everybody's for who only watches."""
    ours = session_rows if is_anybody else takewhile(lambda row: row.is_mine, session_rows)
    return sum(row.contact is not None and row.contact.unread > 0 for row in ours)


def agent_rows(desk: Desk) -> list[AgentRow]:
    """The agents: me, then who is online, then the others, each in WeChat's order."""
    rows = [AgentRow(agent, agent.id == desk.me) for agent in desk.agents]
    return sorted(rows, key=lambda row: (not row.is_me, not row.agent.is_online, not row.agent.is_bound))


def sought(row: QueueRow | SessionRow | AgentRow) -> finding.Sought:
    """Return what a row is found by: names also as they are spoken, all else as it is written."""
    match row:
        case SessionRow():
            names, said = _known_of(row.contact)
            return finding.sought(f"{names} {row.agent_name}", f"{row.id} {row.session.agent} {said}")
        case QueueRow():
            names, said = _known_of(row.contact)
            return finding.sought(names, f"{row.id} {said}")
        case AgentRow():
            return finding.sought(row.agent.nick, f"{row.id} {words.agent_state(row.agent)}")


def _known_of(contact: Contact | None) -> tuple[str, str]:
    """Return what a customer is called, and what was said last."""
    if contact is None:
        return "", ""
    said = contact.last_message.text if contact.last_message else ""
    return " ".join((contact.alias, contact.remark, *contact.tags)), said


def matches(row: QueueRow | SessionRow | AgentRow, wanted: Sequence[str]) -> bool:
    """Whether a row holds every word of a filter; the words are those of `finding.words_of`."""
    return sought(row).holds(wanted)


def name_cells(width: int, others: int) -> int:
    """Return how many cells of a row names get, whoever is in it.

    Args:
        width: Of the row.
        others: Cells of it that something else needs.
    """
    roomy = 18 + OPENID_CELLS  # a remark is nine 汉字 at most
    return roomy if width >= ROOMY_CELLS else max(NAME_CELLS, min(width - others, roomy))


def _who(contact: Contact | None, openid: CustomerId, cells: int, style: Style, look: Look) -> Sequence[Part]:
    """Name a customer in so many cells; behind a name the end of the openid, where there is room for both."""
    name = words.name_of(contact, openid, look.glyphs)
    room = cells - OPENID_CELLS
    if contact is None or not contact.name or text.width_cells(name) > room:
        return ((text.fit(name, cells), style),)
    end = words.name_of(None, openid, look.glyphs)
    return ((text.fit(name, room), style), (text.fit(end, OPENID_CELLS, align_right=True), look.tones.muted))


def _tags(contact: Contact | None, width: int, look: Look) -> Sequence[Part]:
    if contact is None or not contact.tags or width < ROOMY_CELLS:
        return ()
    return (("  " + text.clip(text.one_line(" ".join(contact.tags)), TAGS_CELLS), look.tones.muted),)


def draw_queue(row: QueueRow, width: int, is_current: bool, look: Look) -> list[Part]:
    """`> !! ≥12:40  …f8a1c2  ×2`, and from a roomy width on when the last message came."""
    tones, waiting = look.tones, row.waiting
    seconds = rules.wait_seconds(waiting, look.now_at)
    level = rules.urgency(waiting, look.now_at, warn_after=look.warn_after_seconds, late_after=look.late_after_seconds)
    mark, tone = {
        rules.Urgency.CALM: ("  ", tones.text),
        rules.Urgency.WARN: ("! ", tones.warn),
        rules.Urgency.LATE: ("!!", tones.late),
    }[level]
    bound = "" if waiting.is_exact else look.glyphs.at_least
    parts: list[Part] = [
        (">" if is_current else " ", tones.accent),
        (mark + " ", tone),
        (text.fit(bound + text.clock_span(seconds), WAIT_CELLS, align_right=True), tone),
        ("  ", tones.text),
        *_who(row.contact, waiting.openid, name_cells(width, 26), tones.text, look),
    ]
    if waiting.message_count > 1:
        count = f"{look.glyphs.at_least}{look.glyphs.times}{waiting.message_count}"
        parts.append((text.fit(count, 5, align_right=True), tones.muted))
    else:
        parts.append((" " * 5, tones.text))
    if row.contact is not None and row.contact.unread:
        parts.append((" " + _("{count} new").format(count=row.contact.unread), tones.strong))
    if row.contact is not None and row.contact.draft:
        parts.append((" " + _("draft"), tones.accent))
    if width >= ROOMY_CELLS:
        ago = words.age(look.now_at - waiting.last_message_at)
        parts.append(("   " + _("last wrote {age} ago").format(age=ago), tones.muted))
    parts.extend(_tags(row.contact, width, look))
    return parts


def draw_session(row: SessionRow, width: int, is_current: bool, look: Look) -> list[Part]:
    """`> …f8a1c2  me  12:30  2 new`, and as much of the last message as there is room for."""
    tones, contact = look.tones, row.contact or Contact(row.session.openid)
    left_seconds = rules.route_ends_at(row.session) - look.now_at
    is_ending = left_seconds < ranking.ENDING_SECONDS
    needs_help = contact.undelivered > 0
    parts: list[Part] = [
        (">" if is_current else " ", tones.accent),
        _session_mark(row, contact, look, is_urgent=is_ending or needs_help),
        (MARK if row.id in look.marked else " ", tones.strong),
        *_who(
            row.contact,
            row.session.openid,
            name_cells(width, 30),
            tones.strong if row.is_mine else tones.text,
            look,
        ),
        (text.fit(" " + (_("me") if row.is_mine else row.agent_name), 8), tones.accent if row.is_mine else tones.muted),
        (
            text.fit(_age(row.session, look), 6, align_right=True),
            tones.warn if is_ending else tones.muted,
        ),
    ]
    parts.extend(_session_notes(contact, left_seconds if is_ending else None, look))
    parts.extend(_tags(row.contact, width, look))
    if contact.last_message is not None:
        parts.append(("  " + _preview(contact.last_message), tones.muted))
    return parts


def _age(session: Session, look: Look) -> str:
    return text.clock_span(look.now_at - session.started_at) if session.is_dated else "-"


def _session_mark(row: SessionRow, contact: Contact, look: Look, *, is_urgent: bool) -> Part:
    """Mark what is urgent, else who spoke last and has no answer."""
    if is_urgent:
        return "!", look.tones.warn
    return "*" if ranking.has_spoken_last(contact) else " ", look.tones.accent if row.is_mine else look.tones.muted


def _session_notes(contact: Contact, ends_in_seconds: float | None, look: Look) -> Sequence[Part]:
    tones = look.tones
    notes: list[Part] = []
    if contact.unread:
        notes.append((" " + _("{count} new").format(count=contact.unread), tones.strong))
    if contact.undelivered:
        notes.append((" " + _(words.undelivered(contact)), tones.late))
    if contact.draft:
        notes.append((" " + _("draft"), tones.accent))
    if ends_in_seconds is not None:
        word = _("ends soon") if ends_in_seconds > 0 else _("routing ended")
        notes.append((" " + word, tones.warn))
    return notes


def _preview(message: Message) -> str:
    words_said = text.one_line(words_of(message))
    return words_said if message.kind is MessageKind.RECEIVED else _("reply: {text}").format(text=words_said)


def draw_agent(row: AgentRow, width: int, is_current: bool, look: Look) -> list[Part]:
    """`> 晓雯  3  me`; who is offline or not bound says so."""
    tones, agent = look.tones, row.agent
    name_cells = 12 if width >= 30 else 8
    parts: list[Part] = [
        (">" if is_current else " ", tones.accent),
        ("  ", tones.text),
        (text.fit(agent.name, name_cells), tones.text if agent.is_online else tones.muted),
    ]
    if agent.is_online:
        parts.append((text.fit(str(agent.session_count), 4, align_right=True), tones.text))
    else:
        parts.append(("  " + words.agent_state(agent), tones.muted))
    if row.is_me:
        parts.append(("  " + _("me"), tones.accent))
    return parts


def agent_names(desk: Desk) -> list[tuple[AgentId, str]]:
    """Account and name of every agent, in the order of their list."""
    return [(row.agent.id, row.agent.name) for row in agent_rows(desk)]
