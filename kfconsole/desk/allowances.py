"""How many replies WeChat still takes for a customer, and until when, reckoned from what the archive saw. Pure.

Nobody outside WeChat knows how the windows of several acts combine. Here counts never add up: each kind of act keeps
a window of its own, each reply counts against every open one, and what the best of them has left is left.

Two kinds of history may be missing. Where WeChat's records were not read, the customer may have written again: both
count and deadline may be better than known. Where this archive did not see our own sends, the count may only be
worse. Replies sent by other programs are never seen, so every count is an upper bound, and nothing left is certain.
"""

import math
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.model import Allowance, Contact, CustomerAct, CustomerId, Desk, Feed, Window

UNSEEN_SECONDS = 300.0
"""What happened since is not seen once the last look at the records is older."""
UNSEEN_INTERVALS = 2
"""A feed that is slowed on purpose may be older: so many of its intervals."""
SAME_SECOND = 1.0
"""Acts carry whole seconds: what happened within the next one may have been there already."""


class WindowRule(Struct, frozen=True):
    """So many replies, for so long."""

    replies: int | None
    """None: as many as one likes."""
    seconds: float


WINDOW_RULES: Mapping[CustomerAct, WindowRule] = {
    CustomerAct.MESSAGE: WindowRule(replies=5, seconds=48 * 3600.0),
    CustomerAct.MENU: WindowRule(replies=3, seconds=60.0),
    CustomerAct.FOLLOW: WindowRule(replies=3, seconds=60.0),
    CustomerAct.SCAN: WindowRule(replies=3, seconds=60.0),
    CustomerAct.PAY: WindowRule(replies=None, seconds=48 * 3600.0),
}
"""What WeChat lets us reply after each act of a customer."""


def allowance_of(desk: Desk, openid: CustomerId, now: float, mono: float) -> Allowance | None:
    """Return the replies left for a customer of the desk; None when that is not known at all.

    Args:
        desk: With how long ago the records were read.
        openid: Of the customer.
        now: WeChat's time.
        mono: This host's monotonic clock.
    """
    contact = desk.contacts.get(openid)
    if contact is None:
        return None
    if not _is_up_to_date(desk, mono):
        contact = replace(contact, records_seen_since_at=math.inf)
    return allowance(contact, now)


def _is_up_to_date(desk: Desk, mono: float) -> bool:
    seen_mono, budget = desk.seen_mono(Feed.MESSAGES), desk.budgets.get(Feed.MESSAGES)
    if seen_mono is None:
        return False
    slow_seconds = (budget.interval_seconds if budget else None) or desk.health[Feed.MESSAGES].slow_seconds or 0.0
    return mono - seen_mono <= max(UNSEEN_SECONDS, slow_seconds * UNSEEN_INTERVALS)


def allowance(contact: Contact, now: float, rules: Mapping[CustomerAct, WindowRule] = WINDOW_RULES) -> Allowance | None:
    """Return the replies left by what was seen up to now; None when that is not known at all.

    With all windows closed nothing is left, and `until_at` lies in the past.
    """
    if not contact.windows and contact.refused_at is None:
        return None
    ends = {window.act: window.opened_at + rules[window.act].seconds for window in contact.windows}
    opened = [window for window in contact.windows if now < ends[window.act] and not window.is_used_up]
    unlimited = [window for window in opened if rules[window.act].replies is None]
    if unlimited:
        last = max(unlimited, key=lambda window: ends[window.act])
        return Allowance(None, ends[last.act], last.act, is_unlimited=True)
    if _may_have_written_unseen(contact, now, rules):
        if not opened:
            return None
        last = max(opened, key=lambda window: ends[window.act])
        return Allowance(None, ends[last.act], last.act, is_exact=False)
    if not opened:
        return _nothing_left(contact, now, ends)
    best = max(
        opened,
        key=lambda window: (_left(window, rules), _all_sends_seen(window, contact), ends[window.act]),
    )
    left = _left(best, rules)
    is_known = left == 0 or _all_sends_seen(best, contact)
    if _is_disproved(contact, best, rules):
        is_known = False
    return Allowance(left if is_known else None, ends[best.act], best.act)


def _may_have_written_unseen(contact: Contact, now: float, rules: Mapping[CustomerAct, WindowRule]) -> bool:
    """Whether the records may show a message that still lets us reply, had they been read."""
    known = [window.opened_at for window in contact.windows if window.act is CustomerAct.MESSAGE]
    if contact.refused_at is not None:
        known.append(contact.refused_at)  # nothing that came before lets us reply any more
    return contact.records_seen_since_at > max([*known, now - rules[CustomerAct.MESSAGE].seconds])


def _all_sends_seen(window: Window, contact: Contact) -> bool:
    return window.opened_at + SAME_SECOND > contact.sends_seen_since_at


def _is_disproved(contact: Contact, window: Window, rules: Mapping[CustomerAct, WindowRule]) -> bool:
    """Whether WeChat took more replies than the one act we know of allows: there was another, which nobody saw."""
    return len(contact.windows) == 1 and window.sent > (rules[window.act].replies or 0)


def _nothing_left(contact: Contact, now: float, ends: Mapping[CustomerAct, float]) -> Allowance:
    act, until_at = max(
        ends.items(), key=lambda item: item[1], default=(CustomerAct.MESSAGE, contact.refused_at or now)
    )
    return Allowance(0, until_at, act, is_refused=until_at > now or not ends)


def _left(window: Window, rules: Mapping[CustomerAct, WindowRule]) -> int:
    return max(0, (rules[window.act].replies or 0) - window.sent)
