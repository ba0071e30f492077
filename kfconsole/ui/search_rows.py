"""One message that was found, as a row: when, who, and the words around what was looked for. Pure."""

from datetime import date, datetime, tzinfo

from msgspec import Struct
from rich.style import Style

from kfconsole import text
from kfconsole.i18n import _
from kfconsole.model import Delivery, Message, MessageKind
from kfconsole.ui import words
from kfconsole.ui.lines import words_of
from kfconsole.ui.tones import Tones
from kfconsole.ui.widgets.strips import Part
from kfconsole.ui.words import Glyphs

WHEN_CELLS = 11  # "11-20 14:03"
CUSTOMER_CELLS = 8
WIDE_CUSTOMER_CELLS = 18  # nine 汉字, the longest remark
WHO_CELLS = 9
ROOMY_CELLS = 60  # from here on there is room for who spoke
WIDE_CELLS = 110  # from here on for a whole name
_MARKED = Style(bold=True, underline=True)  # told from the rest without colour, too
_NOT_SURE = (Delivery.PREPARED, Delivery.SENDING, Delivery.REFUSED, Delivery.UNKNOWN)


class FoundRow(Struct, frozen=True):
    """One message found."""

    message: Message
    customer: str
    """By name; empty where all rows are of one customer."""
    who: str
    """Who spoke."""
    words: str
    """What was looked for."""

    @property
    def id(self) -> str:
        """The message's id."""
        return str(self.message.id)

    @property
    def said(self) -> str:
        """The message in one line."""
        if self.message.kind in (MessageKind.RECEIVED, MessageKind.SENT):
            return text.one_line(words_of(self.message))
        return _(words.EVENT_WORDS[self.message.kind]).format(agent=self.who)


class FoundLook(Struct, frozen=True):
    """What drawing needs besides the row."""

    tones: Tones
    glyphs: Glyphs
    zone: tzinfo | None
    today: date


def draw(row: FoundRow, width: int, is_current: bool, look: FoundLook) -> list[Part]:
    """`> 11-20 14:03  …f8a1c2  customer  …可以退款吗？我昨天…`; a reply that did not surely arrive says so."""
    tones, message = look.tones, row.message
    is_customers = message.kind is MessageKind.RECEIVED
    parts: list[Part] = [
        (">" if is_current else " ", tones.accent),
        (text.fit(when(message.at, look.zone, look.today), WHEN_CELLS, align_right=True) + "  ", tones.muted),
    ]
    if row.customer:
        cells = WIDE_CUSTOMER_CELLS if width >= WIDE_CELLS else CUSTOMER_CELLS
        parts.append((text.fit(row.customer, cells) + " ", tones.text))
    if width >= ROOMY_CELLS:
        who_tone = tones.accent if is_customers else tones.muted
        parts.append((text.fit(row.who, WHO_CELLS) + " ", who_tone))
    if message.delivery in _NOT_SURE and not message.is_dismissed:
        parts.append((_(words.DELIVERY_WORDS[message.delivery]) + "  ", tones.late))
    elif message.is_dismissed:
        parts.append((_("dismissed") + "  ", tones.muted))
    room = width - sum(text.width_cells(said) for said, _style in parts)
    marked = tones.accent + _MARKED
    for piece, is_found in text.excerpt(row.said, text.found_spans(row.said, row.words), room, look.glyphs.cut):
        parts.append((piece, marked if is_found else tones.text))
    return parts


def when(at: float, zone: tzinfo | None, today: date) -> str:
    """Write the time of a message of today, the day with it if of this year, else the day."""
    moment = datetime.fromtimestamp(at, zone)
    if moment.date() == today:
        return moment.strftime("%H:%M")
    return moment.strftime("%m-%d %H:%M" if moment.year == today.year else "%Y-%m-%d")
