"""What lines of a conversation are called, on screen, by commands and in files."""

from datetime import date

from kfconsole.content import Image, News, Video, Voice
from kfconsole.desk import rules
from kfconsole.i18n import N_, _
from kfconsole.model import Agent, Delivery, Message, MessageKind
from kfconsole.text import folded

DELIVERY_WORDS = {
    Delivery.PREPARED: N_("waiting to go"),
    Delivery.SENDING: N_("sending"),
    Delivery.SENT: N_("sent"),
    Delivery.CONFIRMED: N_("confirmed"),
    Delivery.REFUSED: N_("refused"),
    Delivery.UNKNOWN: N_("outcome unknown"),
}

KIND_WORDS = {
    "image": N_("picture"),
    "voice": N_("voice message"),
    "video": N_("video"),
    "music": N_("music"),
    "news": N_("web page"),
    "mpnews": N_("article"),
    "mpnewsarticle": N_("article"),
    "wxcard": N_("coupon"),
    "miniprogrampage": N_("mini program"),
}
"""What is sent beside words, by WeChat's name for it."""

EVENT_WORDS = {
    MessageKind.QUEUED: N_("joined the queue"),
    MessageKind.ACCEPTED: N_("accepted by {agent}"),
    MessageKind.STARTED: N_("session started by {agent}"),
    MessageKind.TRANSFERRED: N_("transferred to {agent}"),
    MessageKind.CLOSED: N_("closed by {agent}"),
    MessageKind.TAKEN_OVER: N_("taken over by {agent}"),
    MessageKind.OTHER: N_("{agent}: an entry this version does not know"),
}

INVITATION_WORDS = {
    rules.INVITATION_OPEN: N_("invited"),
    "rejected": N_("declined"),
    "expired": N_("invitation expired"),
}
"""What became of an agent's invitation, by WeChat's name for it."""
_NOT_BOUND = N_("not bound")

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def agent_state(agent: Agent) -> str:
    """Say in a word whether an agent can serve."""
    if agent.is_bound:
        return _("online") if agent.is_online else _("offline")
    return _(INVITATION_WORDS.get(agent.invite_status, _NOT_BOUND))


def full_day(day: date) -> str:
    """Write a day with its year and weekday."""
    return _("{year}-{month:02}-{day:02} {weekday}").format(
        year=day.year, month=day.month, day=day.day, weekday=_(WEEKDAYS[day.weekday()])
    )


def stored_words(typed: str) -> str:
    """Write words that are looked for as the archive has them: who types 图片 means what stands there as `[image]`."""
    tags = {folded(_(name)): f"[{tag}]" for tag, name in reversed(KIND_WORDS.items())}
    whole = folded(typed).strip().strip("[]")
    if whole in tags:  # a name may have blanks in it
        return tags[whole]
    return " ".join(tags.get(folded(word).strip("[]"), word) for word in typed.split())


def words_of(message: Message) -> str:
    """What a message says; of one without words, what it is and what tells it from others."""
    content = message.content
    tag = message.text[1:-1] if message.is_media else content.__struct_config__.tag if content else ""
    name = KIND_WORDS.get(str(tag))
    if name is None:
        return message.text
    said = message.text.replace(f"[{tag}]", f"[{_(name)}]", 1)
    match content:
        case Image() | Voice():
            return f"{said} {content.file_name}".rstrip()
        case Video():
            return f"{said} {content.title or content.file_name}".rstrip()
        case News():
            return f"{said}\n{content.url}"
        case _:
            return said
