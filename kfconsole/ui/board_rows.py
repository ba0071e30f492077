"""The rows of the board: its columns, how much room each gets, and how a customer and an agent are drawn. Pure."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping

from msgspec import Struct
from rich.style import Style

from kfconsole import finding, text
from kfconsole.desk import ranking, rules
from kfconsole.desk.floor import Hand, Order, Reason, Standing
from kfconsole.i18n import N_, _
from kfconsole.model import Contact, CustomerId, Desk, MessageKind
from kfconsole.text import fit
from kfconsole.ui import words
from kfconsole.ui.lines import words_of
from kfconsole.ui.rows import MARK
from kfconsole.ui.tones import Tones
from kfconsole.ui.widgets.bar import Piece
from kfconsole.ui.widgets.strips import Part
from kfconsole.ui.words import Glyphs

LEAD_CELLS = 5  # the cursor, a mark of the user's, "!!", and a blank
REST_CELLS = 12  # less of what was said last says nothing
UNKNOWN = "?"
NONE = "-"

REASON_WORDS = {
    Reason.LATE_WAIT: N_("late wait"),
    Reason.ENDING: N_("ends soon"),
    Reason.CLOSING: N_("closing"),
    Reason.LATE_ANSWER: N_("late reply"),
    Reason.UNANSWERED: N_("unanswered"),
    Reason.UNDELIVERED: N_("not sent"),
    Reason.LONG_WAIT: N_("long wait"),
    Reason.ENDED: N_("not routed"),
    Reason.WAITING: N_("waiting"),
    Reason.CALM: "",
}
"""Why a customer needs attention, in no more than ten cells."""
_MARKS = {
    Reason.LATE_WAIT: ("!!", "late"),
    Reason.ENDING: ("! ", "warn"),
    Reason.CLOSING: ("!!", "late"),
    Reason.LATE_ANSWER: ("!!", "late"),
    Reason.UNANSWERED: ("* ", "accent"),
    Reason.UNDELIVERED: ("! ", "late"),
    Reason.LONG_WAIT: ("! ", "warn"),
    Reason.ENDED: ("! ", "warn"),
    Reason.WAITING: ("  ", "text"),
    Reason.CALM: ("  ", "muted"),
}
ORDER_WORDS = {
    Order.NEED: N_("what needs attention"),
    Order.AGE: N_("the oldest"),
    Order.IDLE: N_("the longest silence"),
    Order.LEFT: N_("the least time to reply"),
    Order.AGENT: N_("the agent"),
    Order.CUSTOMER: N_("the customer's name"),
}


def order_said(order: Order, *, is_reversed: bool) -> str:
    """Say what the customers are sorted by, unless it is what everybody expects."""
    if order is Order.NEED and not is_reversed:
        return ""
    said = _("by {order}, turned round") if is_reversed else _("by {order}")
    return said.format(order=_(ORDER_WORDS[order]))


class BoardLook(Struct, frozen=True):
    """What drawing needs besides the row."""

    desk: Desk
    now_at: float
    mono: float
    tones: Tones
    glyphs: Glyphs
    columns: tuple[str, ...] = ()
    """Their ids, in the order in which they stand."""
    marked: Collection[CustomerId] = ()
    """The customers whose sessions are marked."""


class Column(Struct, frozen=True):
    """One column."""

    title: str
    """In no more cells than the column has."""
    description: str
    """For whoever chooses columns."""
    cells: int
    draw: Callable[[Standing, BoardLook], tuple[str, str]]
    """Returns the words and the name of their tone."""
    is_right: bool = False
    roomy: int = 0
    """How wide it may become where there is room."""


def _need(row: Standing, _look: BoardLook) -> tuple[str, str]:
    return _reason_word(row), _MARKS[row.reason][1]


def _reason_word(row: Standing) -> str:
    if row.reason is Reason.UNDELIVERED and row.contact is not None:
        return _(words.undelivered(row.contact))
    said = REASON_WORDS[row.reason]
    return _(said) if said else ""


def _who(row: Standing, look: BoardLook) -> tuple[str, str]:
    return words.name_of(row.contact, row.id, look.glyphs), "strong" if row.is_mine else "text"


def _agent(row: Standing, _look: BoardLook) -> tuple[str, str]:
    if row.session is None:
        return NONE, "muted"
    return (_("me"), "accent") if row.is_mine else (row.agent_name, "muted")


def _age(row: Standing, look: BoardLook) -> tuple[str, str]:
    if row.session is not None and not row.session.is_dated:
        return NONE, "muted"
    bound = look.glyphs.at_least if row.waiting is not None and not row.waiting.is_exact else ""
    tone = _MARKS[row.reason][1] if row.waiting is not None else "text"
    return bound + text.clock_span(look.now_at - row.began_at), tone


def _idle(row: Standing, look: BoardLook) -> tuple[str, str]:
    at = float(row.waiting.last_message_at) if row.waiting is not None else row.last_at
    return words.age(look.now_at - at), "late" if row.reason is Reason.LATE_ANSWER else "text"


def _last(row: Standing, _look: BoardLook) -> tuple[str, str]:
    last = row.contact.last_message if row.contact is not None else None
    if row.waiting is not None or row.unanswered_since is not None:
        return _("customer"), "text"
    if last is None or (row.session is not None and last.at < row.session.started_at):
        return NONE, "muted"
    if last.kind is MessageKind.RECEIVED:
        return _("customer"), "text"
    return (_("agent"), "muted") if last.kind is MessageKind.SENT else (NONE, "muted")


def _replies(row: Standing, look: BoardLook) -> tuple[str, str]:
    allowance = rules.allowance_of(look.desk, row.id, look.now_at, look.mono)
    if allowance is None:
        return UNKNOWN, "muted"
    if allowance.is_unlimited:
        return _("any"), "text"
    if allowance.left is None:
        return UNKNOWN, "muted"
    if not allowance.left:
        return "0", "warn"
    of = rules.WINDOW_RULES[allowance.act].replies
    return f"{look.glyphs.at_most}{allowance.left}/{of}", "warn" if allowance.left == 1 else "text"


def _left(row: Standing, look: BoardLook) -> tuple[str, str]:
    allowance = rules.allowance_of(look.desk, row.id, look.now_at, look.mono)
    if allowance is None:
        return UNKNOWN, "muted"
    seconds = allowance.until_at - look.now_at
    if seconds <= 0:
        return _("over"), "warn"
    bound = "" if allowance.is_exact else look.glyphs.at_least
    return bound + words.time_left(seconds), "warn" if seconds < ranking.CLOSING_SECONDS else "text"


def _routing(row: Standing, look: BoardLook) -> tuple[str, str]:
    if row.session is None:
        return NONE, "muted"
    seconds = rules.route_ends_at(row.session) - look.now_at
    if seconds <= 0:
        return _("over"), "warn"
    return text.clock_span(seconds), "warn" if seconds < ranking.ENDING_SECONDS else "text"


def _unread(row: Standing, _look: BoardLook) -> tuple[str, str]:
    unread = row.contact.unread if row.contact is not None else 0
    return (str(unread), "strong") if unread else ("", "muted")


def _tags(row: Standing, _look: BoardLook) -> tuple[str, str]:
    return text.one_line(" ".join(row.contact.tags)) if row.contact is not None else "", "muted"


def _said(row: Standing, _look: BoardLook) -> tuple[str, str]:
    last = row.contact.last_message if row.contact is not None else None
    if last is None:
        return "", "muted"
    said = text.one_line(words_of(last))
    return said if last.kind is MessageKind.RECEIVED else _("reply: {text}").format(text=said), "muted"


COLUMNS: Mapping[str, Column] = {
    "need": Column(N_("why"), N_("Why they need attention"), 10, _need),
    "who": Column(N_("who"), N_("Who the customer is"), 8, _who, roomy=18),
    "agent": Column(N_("with"), N_("Who serves them"), 8, _agent, roomy=14),
    "age": Column(N_("for"), N_("How long they have waited or been served"), 8, _age, is_right=True),
    "routing": Column(N_("routed"), N_("How long WeChat still routes what they write"), 6, _routing, is_right=True),
    "idle": Column(N_("silent"), N_("How long nobody has said anything"), 7, _idle, is_right=True),
    "last": Column(N_("spoke"), N_("Who spoke last"), 8, _last),
    "replies": Column(N_("can"), N_("How many replies WeChat still takes"), 5, _replies, is_right=True),
    "left": Column(N_("window"), N_("How long a reply can still reach them"), 6, _left, is_right=True),
    "unread": Column(N_("unread"), N_("How many messages nobody has read"), 6, _unread, is_right=True),
    "tags": Column(N_("tags"), N_("Their tags"), 12, _tags),
    "said": Column(N_("said last"), N_("What was said last"), REST_CELLS, _said),
}
"""All columns there are, in the order in which they stand unless somebody chooses another."""
LAST = "said"  # takes whatever room the others leave
DEFAULT_COLUMNS = ("need", "who", "agent", "age", "routing", "idle", "last", "replies", "left", "said")


def known_columns(chosen: object) -> tuple[str, ...]:
    """Return the columns somebody chose, as far as there are such; those of everybody when that makes no sense."""
    ids = tuple(dict.fromkeys(one for one in chosen if one in COLUMNS)) if isinstance(chosen, list) else ()
    return ids or DEFAULT_COLUMNS


def placed(columns: Iterable[str], width: int) -> list[tuple[str, int]]:
    """Return which columns there is room for, with the cells of each; a blank stands before each but the first."""
    found: list[tuple[str, int]] = []
    room = width - LEAD_CELLS
    for name in columns:
        needed = COLUMNS[name].cells + (1 if found else 0)
        if needed <= room:
            found.append((name, COLUMNS[name].cells))
            room -= needed
    widened: list[tuple[str, int]] = []
    for name, cells in found:
        more = max(0, min(room, COLUMNS[name].roomy - cells))
        widened.append((name, cells + more))
        room -= more
    return [(name, cells + room if name == LAST else cells) for name, cells in widened]


def head(columns: Iterable[str], width: int) -> list[Piece]:
    """Return the titles of the columns, above them."""
    pieces: list[Piece] = [(" " * LEAD_CELLS, "muted")]
    for place, (name, cells) in enumerate(placed(columns, width)):
        column = COLUMNS[name]
        pieces.append(((" " if place else "") + fit(_(column.title), cells, align_right=column.is_right), "muted"))
    return pieces


def draw_standing(row: Standing, width: int, is_current: bool, look: BoardLook) -> list[Part]:
    """`> !! late wait  …f8a1c2  -  ≥12:40`: what is urgent is a mark and a word."""
    tones = look.tones
    mark, tone = _MARKS[row.reason]
    parts: list[Part] = [
        (">" if is_current else " ", tones.accent),
        (MARK if row.id in look.marked else " ", tones.strong),
        (mark + " ", _tone(tones, tone)),
    ]
    for place, (name, cells) in enumerate(placed(look.columns, width)):
        column = COLUMNS[name]
        said, tone = column.draw(row, look)
        said = fit(said, cells, align_right=column.is_right) if text.width_cells(said) <= cells else fit(said, cells)
        parts.append(((" " if place else "") + said, _tone(tones, tone)))
    return parts


def _tone(tones: Tones, name: str) -> Style:
    style: Style = getattr(tones, name)
    return style


HAND_CELLS = (6, 8, 4, 5)  # name, which gets what is left, state, sessions, unanswered


def hands_head(width: int) -> list[Piece]:
    """Return the titles above the agents."""
    name, state, load, open_ = _hand_cells(width)
    titles = (
        " " * 4 + fit(_("agent"), name),
        fit(_("state"), state),
        fit(_("has"), load, align_right=True),
        fit(_("to do"), open_, align_right=True),
    )
    return [(" ".join(titles), "muted")]


def _hand_cells(width: int) -> tuple[int, ...]:
    name, *others = HAND_CELLS
    return max(name, min(20, width - 4 - sum(others) - len(others))), *others


def draw_hand(row: Hand, width: int, is_current: bool, look: BoardLook) -> list[Part]:
    """`> !! 晓雯  online  5  2!`: sessions by WeChat's count, and how many of the customers have no answer."""
    tones, agent, load = look.tones, row.agent, row.load
    name_cells, state_cells, load_cells, open_cells = _hand_cells(width)
    count = rules.load_of(agent, load.sessions)
    is_away = not agent.is_online and count > 0
    mark, tone = ("!!", tones.late) if load.late else ("! ", tones.warn) if is_away else ("  ", tones.text)
    state, state_tone = words.agent_state(agent), tones.warn if is_away else tones.muted
    late = ""
    if load.late and not math.isinf(load.oldest_at):
        late = " " + _("late, {age}").format(age=words.age(look.now_at - load.oldest_at))
    me = " " + _("me") if row.is_me else ""
    if agent.is_online:
        state_tone = tones.text
        used = 4 + sum(_hand_cells(width)) + len(HAND_CELLS) - 1
        if late and used + text.width_cells(me + late) > width:
            late, state, state_tone = "", _("late"), tones.late  # the word matters more than that they are there
    parts: list[Part] = [
        (">" if is_current else " ", tones.accent),
        (mark + " ", tone),
        (fit(agent.name, name_cells), tones.strong if row.is_me else tones.text),
        (" " + fit(state, state_cells), state_tone),
        (" " + fit(str(count), load_cells, align_right=True), tones.text),
        (" " + fit(str(load.unanswered or ""), open_cells, align_right=True), tone if load.late else tones.accent),
    ]
    if me:
        parts.append((me, tones.accent))
    if late:
        parts.append((late, tones.late))
    return parts


def sought_standing(row: Standing) -> finding.Sought:
    """Return what a customer is found by: names also as they are spoken, all else as it is written."""
    contact = row.contact or Contact(row.id)
    names = " ".join((contact.alias, contact.remark, *contact.tags, row.agent_name))
    last = contact.last_message.text if contact.last_message else ""
    account = row.session.agent if row.session is not None else ""
    return finding.sought(names, f"{row.id} {account} {_reason_word(row)} {last}")


def sought_hand(row: Hand) -> finding.Sought:
    """Return what an agent is found by."""
    return finding.sought(row.agent.nick, f"{row.id} {words.agent_state(row.agent)}")
