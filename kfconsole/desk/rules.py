"""The rules of the desk: who may be accepted by whom, how many replies are left, when typing may be shown. Pure.

Waits and allowances have their own modules, `waits` and `allowances`; their names are offered here too.
"""

import math
from enum import StrEnum

from kfconsole.desk.allowances import WINDOW_RULES, allowance, allowance_of
from kfconsole.desk.waits import Urgency, urgency, wait_seconds
from kfconsole.errors import NotPossible
from kfconsole.i18n import _, ngettext
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    CustomerId,
    Delivery,
    Desk,
    Feed,
    MessageKind,
    Session,
    Waiting,
)
from kfconsole.text import clip

__all__ = [
    "INVITATION_OPEN",
    "MAX_TEXT_BYTES",
    "ROUTE_SECONDS",
    "TYPING_GAP_SECONDS",
    "TYPING_WINDOW_SECONDS",
    "WINDOW_RULES",
    "AgentState",
    "Urgency",
    "agent_name",
    "agent_state",
    "allowance",
    "allowance_of",
    "check_text",
    "customer_name",
    "exchanged_at",
    "find_agent",
    "is_waiting",
    "longest_waiting",
    "may_show_typing",
    "name_of",
    "no_agent",
    "nobody_waits",
    "refusal",
    "route_ends_at",
    "session_age",
    "session_of",
    "text_bytes",
    "urgency",
    "wait_seconds",
    "who_serves",
]

MAX_TEXT_BYTES = 2048
"""WeChat's limit for one text, in bytes of UTF-8 (45002 above it)."""
ROUTE_SECONDS = 30 * 60.0
"""WeChat stops routing a customer's messages to the agent so long after a session began."""
INVITATION_OPEN = "waiting"
"""The `invite_status` of an invitation that nobody has answered yet."""
SHORT_OPENID = 6
"""Nicknames are gone: the end of an openid tells customers without a name apart."""
MAX_NAME_CELLS = 40
"""WeChat takes 16 characters; a question must fit the screen whatever its answer says."""
TYPING_GAP_SECONDS = 15.0
"""How long a typing state lasts; a second one within it is refused (45081)."""
TYPING_WINDOW_SECONDS = 30.0
"""Typing is refused when no message passed in this time, in either direction (45080)."""


def text_bytes(text: str) -> int:
    """Return the length of a text in WeChat's unit, bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def check_text(text: str) -> None:
    """Refuse a text that WeChat would refuse.

    Raises:
        NotPossible: It is blank or too long.
    """
    if not text.strip():
        raise NotPossible(_("The message is empty."), hint=_("Write something first."))
    if (size := text_bytes(text)) > MAX_TEXT_BYTES:
        excess = size - MAX_TEXT_BYTES
        hint = ngettext(
            "Shorten it by {count} byte, or send it in parts.",
            "Shorten it by {count} bytes, or send it in parts.",
            excess,
        )
        raise NotPossible(
            _("The message has {size} bytes; WeChat takes {limit}.").format(size=size, limit=MAX_TEXT_BYTES),
            hint=hint.format(count=excess),
        )


def may_show_typing(now: float, *, exchanged_at: float | None, shown_mono: float | None, mono: float) -> bool:
    """Whether WeChat would take a typing state now.

    Args:
        now: WeChat's time.
        exchanged_at: When the last message passed, in either direction.
        shown_mono: When typing was last asked for.
        mono: This host's monotonic clock.
    """
    if exchanged_at is None or now - exchanged_at > TYPING_WINDOW_SECONDS:
        return False
    return shown_mono is None or mono - shown_mono >= TYPING_GAP_SECONDS


def exchanged_at(desk: Desk, openid: CustomerId) -> float | None:
    """Return when the last message passed between a customer and us, as far as the desk knows."""
    times: list[float] = []
    if contact := desk.contacts.get(openid):
        candidates = [contact.last_message] if contact.last_message else []
        times += [contact.last_received_at] if contact.last_received_at is not None else []
    else:
        candidates = []
    if desk.open is not None and desk.open.openid == openid:
        candidates += desk.open.messages[-10:]
    times += [
        message.at
        for message in candidates
        if message.kind in (MessageKind.RECEIVED, MessageKind.SENT)
        and message.delivery not in (Delivery.PREPARED, Delivery.REFUSED)
    ]
    return max(times, default=None)


def longest_waiting(desk: Desk, passed_over: frozenset[CustomerId] = frozenset()) -> Waiting | None:
    """Return who waits longest of those nobody serves; of equal waits the one who arrived first."""
    served = desk.session_by_customer
    candidates = (row for row in desk.queue if row.openid not in served and row.openid not in passed_over)
    return min(candidates, key=lambda row: row.since_at, default=None)


def nobody_waits(desk: Desk) -> NotPossible:
    """Return that there is nobody to be given to anybody, or that WeChat has not told yet."""
    if desk.is_known(Feed.QUEUE):
        return NotPossible(_("Nobody is waiting."))
    return NotPossible(_("Who is waiting is not known yet: WeChat has not answered."), hint=_("Try again in a moment."))


def is_waiting(desk: Desk, openid: CustomerId) -> bool:
    """Whether a customer is in the queue, as far as it is seen."""
    return any(row.openid == openid for row in desk.queue)


def session_of(desk: Desk, openid: CustomerId) -> Session | None:
    """Return a customer's session, as far as the desk knows."""
    return desk.session_by_customer.get(openid)


def who_serves(desk: Desk, openid: CustomerId) -> AgentId | None:
    """Return the agent who serves a customer, as far as the desk knows."""
    session = session_of(desk, openid)
    return session.agent if session else None


def session_age(session: Session, now: float) -> float:
    """Return how long a session has lasted, at least; never negative."""
    return max(0.0, now - session.started_at) if session.is_dated else 0.0


def route_ends_at(session: Session) -> float:
    """Return when WeChat stops routing the customer's messages to the agent; inf: nobody knows."""
    return session.started_at + ROUTE_SECONDS if session.is_dated else math.inf


class AgentState(StrEnum):
    """Whether an agent can be given a customer, and if not, why."""

    READY = "ready"
    OFFLINE = "offline"
    UNBOUND = "unbound"
    UNKNOWN = "unknown"
    """WeChat's list does not have the account."""
    UNSET = "unset"
    """This console answers as nobody."""


def agent_state(desk: Desk, agent: AgentId | None) -> AgentState:
    """Return whether an agent can be given a customer."""
    if agent is None:
        return AgentState.UNSET
    found = find_agent(desk, agent)
    if found is None:
        return AgentState.UNKNOWN
    if not found.is_bound:
        return AgentState.UNBOUND
    return AgentState.READY if found.is_online else AgentState.OFFLINE


def refusal(desk: Desk, agent: AgentId | None) -> NotPossible | None:
    """Return why WeChat would not give this agent a customer, in words and with the fix; None when it would."""
    name = agent_name(desk, agent) if agent is not None else ""
    match agent_state(desk, agent):
        case AgentState.READY:
            return None
        case AgentState.UNSET:
            return no_agent()
        case AgentState.UNKNOWN:
            return NotPossible(
                _("There is no agent {agent}.").format(agent=agent),
                hint=_("Check kf_account; the list of agents has the right names."),
            )
        case AgentState.UNBOUND:
            return NotPossible(
                _("{agent} is not bound to a WeChat user yet.").format(agent=name),
                hint=_("Invite one with 'kfconsole agents invite' and have the invitation accepted."),
            )
        case AgentState.OFFLINE:
            return NotPossible(
                _("{agent} is offline.").format(agent=name),
                hint=_("Log in as this agent on mpkf.weixin.qq.com; nothing else puts an agent online."),
            )


def no_agent() -> NotPossible:
    """Return why nothing can be done in nobody's name."""
    return NotPossible(
        _("This console answers as nobody."),
        hint=_("Choose an agent, or set kf_account under [me] in the settings."),
    )


def find_agent(desk: Desk, agent: AgentId) -> Agent | None:
    """Return an agent by its account."""
    return next((known for known in desk.agents if known.id == agent), None)


def load_of(agent: Agent, seen_count: int) -> int:
    """Return how many an agent serves: by WeChat's count, or by the sessions seen where these are more."""
    return max(agent.session_count, seen_count)


def agent_name(desk: Desk, agent: AgentId) -> str:
    """Return what an agent is called: the nick, else the account."""
    known = find_agent(desk, agent)
    return clip(known.name, MAX_NAME_CELLS) if known is not None else agent


def customer_name(desk: Desk, openid: CustomerId, *, cut: str = "…") -> str:
    """Return what a customer is called: by alias or remark, else by the end of the openid."""
    return name_of(desk.contacts.get(openid), openid, cut=cut)


def name_of(contact: Contact | None, openid: CustomerId, *, cut: str = "…") -> str:
    """Return what a customer is called who may not be known at all."""
    return clip(contact.name, MAX_NAME_CELLS) if contact is not None and contact.name else cut + openid[-SHORT_OPENID:]
