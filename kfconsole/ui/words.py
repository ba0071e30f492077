"""Words and numbers as the screen writes them: names, spans, days, states, glyphs."""

from datetime import date, datetime, tzinfo

from msgspec import Struct

from kfconsole.desk import rules
from kfconsole.desk.words import DELIVERY_WORDS as DELIVERY_WORDS
from kfconsole.desk.words import EVENT_WORDS as EVENT_WORDS
from kfconsole.desk.words import WEEKDAYS
from kfconsole.desk.words import agent_state as agent_state
from kfconsole.desk.words import full_day as full_day
from kfconsole.i18n import N_, _, ngettext
from kfconsole.model import Contact, CustomerAct, CustomerId, Desk, Feed


class Glyphs(Struct, frozen=True):
    """Marks whose width differs between East Asian terminals, with plain stand-ins."""

    at_least: str = "≥"
    at_most: str = "≤"
    times: str = "×"
    cut: str = "…"
    rule: str = "──"
    to: str = "–"


WIDE_GLYPHS = Glyphs()
ASCII_GLYPHS = Glyphs(at_least=">", at_most="<=", times="x", cut="~", rule="--", to="-")

FEED_WORDS = {
    Feed.QUEUE: N_("queue"),
    Feed.SESSIONS: N_("sessions"),
    Feed.AGENTS: N_("agents"),
    Feed.MESSAGES: N_("records"),
}

OVER_WORDS = {
    CustomerAct.MESSAGE: N_("It is more than {span} since the customer's last message."),
    CustomerAct.MENU: N_("It is more than {span} since the customer tapped the menu."),
    CustomerAct.FOLLOW: N_("It is more than {span} since the customer followed the account."),
    CustomerAct.SCAN: N_("It is more than {span} since the customer scanned the code."),
    CustomerAct.PAY: N_("It is more than {span} since the customer paid."),
}
"""Why no reply is left once the time is over."""

USED_UP_WORDS = {
    CustomerAct.MESSAGE: N_("The replies since the customer's last message are used up."),
    CustomerAct.MENU: N_("The replies since the customer tapped the menu are used up."),
    CustomerAct.FOLLOW: N_("The replies since the customer followed the account are used up."),
    CustomerAct.SCAN: N_("The replies since the customer scanned the code are used up."),
    CustomerAct.PAY: N_("The replies since the customer paid are used up."),
}
"""Why no reply is left while there is time."""

CLOSED = N_("They can queue again only after they write again.")
"""What closing a session means for the customer."""
HANDED_BACK = N_(
    "The session is closed, and they stay on the list of those owed an answer until somebody accepts them. "
    "WeChat has no call that puts a customer back into the queue."
)
"""What handing back is, and is not."""


def customer_name(desk: Desk, openid: CustomerId, glyphs: Glyphs = WIDE_GLYPHS) -> str:
    """Return what a customer is called, as `rules.customer_name`, in glyphs of certain width."""
    return rules.customer_name(desk, openid, cut=glyphs.cut)


def name_of(contact: Contact | None, openid: CustomerId, glyphs: Glyphs = WIDE_GLYPHS) -> str:
    """Return what a customer is called, as `rules.name_of`, in glyphs of certain width."""
    return rules.name_of(contact, openid, cut=glyphs.cut)


def time_left(seconds: float) -> str:
    """Write the rest of a window as `47:12`, hours and minutes; of its last hour as `12 min`, as `0:12` is misread."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole % 3600 // 60:02}" if whole >= 3600 else age(whole)


def whole_span(seconds: float) -> str:
    """Write a span of whole hours or minutes in full: `48 hours`."""
    hours, minutes = int(seconds) // 3600, int(seconds) // 60
    if hours:
        return ngettext("{count} hour", "{count} hours", hours).format(count=hours)
    return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)


def age(seconds: float) -> str:
    """Write how long ago something was, short: `3 s`, `4 min`, `2 h`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return _("{count} s").format(count=whole)
    if whole < 3600:
        return _("{count} min").format(count=whole // 60)
    return _("{count} h").format(count=whole // 3600)


def clock_time(at: float, zone: tzinfo | None) -> str:
    """Write the time of day."""
    return datetime.fromtimestamp(at, zone).strftime("%H:%M")


def day_of(at: float, zone: tzinfo | None) -> date:
    """The calendar day of a moment, where the users live."""
    return datetime.fromtimestamp(at, zone).date()


def day_words(day: date, today: date) -> str:
    """Write a day as people say it: today, yesterday, or month and day; the year only when it differs."""
    if day == today:
        return _("Today")
    if (today - day).days == 1:
        return _("Yesterday")
    return (
        full_day(day)
        if day.year != today.year
        else _("{month}/{day} {weekday}").format(month=day.month, day=day.day, weekday=_(WEEKDAYS[day.weekday()]))
    )


def undelivered(contact: Contact) -> str:
    """Return what a list says of a customer to whom something did not surely arrive; to be translated."""
    return N_("sent?") if contact.unknown >= contact.undelivered else N_("not sent")
