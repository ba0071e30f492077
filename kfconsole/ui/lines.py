"""The lines of a conversation: days, senders, texts and the state of what we sent. Pure."""

from datetime import date, tzinfo

from msgspec import Struct
from rich.style import Style

from kfconsole import text
from kfconsole.desk.words import words_of as words_of
from kfconsole.i18n import _, sentences
from kfconsole.model import Delivery, GapFetch, Message, MessageKind
from kfconsole.ui import words
from kfconsole.ui.keymap import DEFAULT, Keymap
from kfconsole.ui.tones import Tones
from kfconsole.ui.widgets.strips import Part
from kfconsole.ui.words import Glyphs

TIME_CELLS = 7
SENDER_CELLS = 10
LINE = tuple[Part, ...]


class Line(Struct, frozen=True):
    """One line of the transcript: a message with the name of its sender, as the screen knows it."""

    message: Message
    sender: str

    @property
    def id(self) -> str:
        """The message's id."""
        return str(self.message.id)


class GapLine(Struct, frozen=True):
    """A line that stands for what was never fetched, with all gaps between the same two messages."""

    id: str
    start_at: float
    end_at: float
    before_at: float | None
    """When the message before it was written; None: there is none."""
    is_top: bool = False
    """Whether nothing older is on screen, or in the archive."""
    is_partial: bool = False
    """Whether some of its time was fetched, and held nothing."""
    fetch: GapFetch | None = None


class Page(Struct, frozen=True):
    """What drawing lines needs besides the line."""

    tones: Tones
    glyphs: Glyphs
    zone: tzinfo | None
    today: date
    keymap: Keymap = DEFAULT
    is_replay: bool = False
    """Whether there is no WeChat to ask for what is missing."""


def draw(line: Line, previous: Line | GapLine | None, width: int, page: Page) -> list[LINE]:
    """Draw one message: a day line when the day changes, time and sender when they do, text, state."""
    message = line.message
    day = words.day_of(message.at, page.zone)
    lines: list[LINE] = []
    before_at = previous.before_at if isinstance(previous, GapLine) else previous.message.at if previous else None
    is_new_day = before_at is None or words.day_of(before_at, page.zone) != day
    if is_new_day:
        lines.append(_day_line(words.day_words(day, page.today), width, page.tones))
    if message.kind not in (MessageKind.RECEIVED, MessageKind.SENT):
        return [*lines, _event_line(line, page)]
    head = _head(line, previous if isinstance(previous, Line) and not is_new_day else None, page)
    lines.extend(_body(line, head, width, page))
    return lines


def _day_line(words_said: str, width: int, tones: Tones) -> LINE:
    pad = max(0, width - text.width_cells(words_said)) // 2
    return ((" " * pad, tones.muted), (words_said, tones.muted))


def _event_line(line: Line, page: Page) -> LINE:
    said = _(words.EVENT_WORDS[line.message.kind]).format(agent=line.sender)
    return (
        (text.fit(words.clock_time(line.message.at, page.zone), TIME_CELLS), page.tones.muted),
        (said, page.tones.muted),
    )


def _head(line: Line, previous: Line | None, page: Page) -> LINE:
    message, tones = line.message, page.tones
    time = words.clock_time(message.at, page.zone)
    is_same_minute = previous is not None and words.clock_time(previous.message.at, page.zone) == time
    is_same_sender = (
        is_same_minute
        and previous is not None
        and (previous.message.kind, previous.sender) == (message.kind, line.sender)
    )
    sender_tone = tones.accent if message.kind is MessageKind.RECEIVED else tones.muted
    return (
        (text.fit("" if is_same_minute else time, TIME_CELLS), tones.muted),
        (text.fit("" if is_same_sender else line.sender, SENDER_CELLS), sender_tone),
    )


def _body(line: Line, head: LINE, width: int, page: Page) -> list[LINE]:
    message, tones = line.message, page.tones
    state, state_tone = _state(message, tones)
    indent = TIME_CELLS + SENDER_CELLS
    room = max(8, width - indent - (text.width_cells(state) + 2 if state else 0))
    said, tone = _said(message, tones)
    wrapped = text.wrap(said, room)
    lines: list[LINE] = []
    for number, piece in enumerate(wrapped):
        lead = head if number == 0 else ((" " * indent, tones.text),)
        if number == 0 and state:
            lines.append((*lead, (text.fit(piece, room), tone), ("  " + state, state_tone)))
        else:
            lines.append((*lead, (piece, tone)))
    if message.delivery in (Delivery.REFUSED, Delivery.UNKNOWN):
        lines.extend(_why(message, indent, width, page))
    return lines


def _said(message: Message, tones: Tones) -> tuple[str, Style]:
    if not message.is_media:
        return words_of(message), tones.text
    return _("{what} to be seen on mpkf.weixin.qq.com").format(what=words_of(message)), tones.muted


def _state(message: Message, tones: Tones) -> tuple[str, Style]:
    if message.delivery is None:
        return "", tones.text
    if message.is_dismissed:
        return _("dismissed"), tones.muted
    word = _(words.DELIVERY_WORDS[message.delivery])
    return word, tones.late if message.needs_decision else tones.muted


def _why(message: Message, indent: int, width: int, page: Page) -> list[LINE]:
    tone = page.tones.muted if message.is_dismissed else page.tones.warn
    room = max(8, width - indent)
    doubt = _("The customer may have got it.") if message.delivery is Delivery.UNKNOWN else ""
    reason = sentences(message.reason, "" if message.is_dismissed else doubt)
    said = text.wrap(reason, room) if reason else []
    # Never broken between a key and what it does.
    hints = "  ".join(f"{key} {label}" for key, label in page.keymap.hints(("resend", "dismiss_message")))
    if hints and not message.is_dismissed:
        if said and text.width_cells(said[-1]) + 2 + text.width_cells(hints) <= room:
            said[-1] += "  " + hints
        else:
            said.append(hints)
    return [((" " * indent, page.tones.text), (piece, tone)) for piece in said]
