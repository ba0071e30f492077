"""The composer's edge: what a reply costs and what the customer sees of it, or why it cannot arrive. Pure.

There is one line for it. What does not fit is said in fewer words, or not at all, the least important first; nothing
is cut within a word.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from kfconsole.desk import rules, splitting
from kfconsole.desk.ranking import CLOSING_SECONDS
from kfconsole.desk.read_only import ReadOnly
from kfconsole.errors import NotPossible
from kfconsole.i18n import N_, _, ngettext
from kfconsole.model import Allowance, CustomerId, Desk
from kfconsole.text import clip, width_cells
from kfconsole.ui import words
from kfconsole.ui.status import Station
from kfconsole.ui.widgets.bar import Piece

NAME_CELLS = 16
COUNTED_BYTES = 65_536
"""Of a longer text the messages are not counted with every key."""
_READ_ONLY: Final = {
    ReadOnly.SETTING: N_("read-only: nothing is sent; set read_only = false under [me] to write"),
    ReadOnly.VARIABLE: N_("read-only: nothing is sent; unset KFCONSOLE_READ_ONLY to write"),
    ReadOnly.FLAG: N_("read-only: nothing is sent; start without --read-only to write"),
    ReadOnly.SWITCHED: N_("read-only: nothing is sent; start the console again to write"),
}
"""Why, and the way out."""


class _Said(Struct, frozen=True):
    """One thing said on the edge: in ever fewer words, and where."""

    variants: tuple[str, ...]
    tone: str = "muted"
    is_right: bool = False
    may_go: bool = True
    last_resort: str = ""
    """Of what may not go: what is left of it where nothing else is said any more."""


class Obstacle(Struct, frozen=True):
    """Why a reply cannot arrive, or should not simply be sent, and what to do; in ever fewer words."""

    edge: tuple[str, ...]
    placeholder: tuple[str, ...] = ()
    why: str = ""
    """The reason alone, where there is no room for what to do."""


def compose_edge(
    desk: Desk,
    station: Station,
    now: float,
    mono: float,
    *,
    draft: str,
    width: int,
    is_typing_shown: bool = False,
    before: str = "",
) -> tuple[list[Piece], list[Piece]]:
    """The composer's edge, as much of it as fits: replies and time left, bytes, what the customer sees; obstacles.

    Args:
        desk: With the open conversation.
        station: What does not change while the console runs.
        now: WeChat's time.
        mono: This host's monotonic clock.
        draft: What stands in the composer.
        width: Of the edge, in cells.
        is_typing_shown: Whether the customer sees that somebody is writing.
        before: What stands first, whatever else does.
    """
    if desk.open is None:
        return [], []
    openid = desk.open.openid
    allowance = rules.allowance_of(desk, openid, now, mono)
    said: list[_Said] = []
    if before:
        said.append(_Said((before,), "accent", may_go=False))
    if (obstacle := find_obstacle(desk, station, openid, now, mono)) is not None:
        said.append(_Said(obstacle.edge, "warn", may_go=False, last_resort=obstacle.why))
    size = splitting.text_bytes(draft)
    if size > splitting.MAX_TEXT_BYTES:
        said.append(_cost(draft, size, allowance, station))
    if allowance is None or allowance.left != 0:
        said += _left(allowance, station, now)
    said.append(_counted(size))
    if station.read_only is None:
        said.append(_seen_as(desk))
    if is_typing_shown:
        said.append(_Said((_("typing shown"),), is_right=True))
    return _fitted(said, width)


def find_obstacle(desk: Desk, station: Station, openid: CustomerId, now: float, mono: float) -> Obstacle | None:
    """Return why a reply cannot arrive, or should not simply be sent; None when all is well as far as is known."""
    if station.read_only is not None:
        words = (_(_READ_ONLY[station.read_only]), _("read-only: nothing is sent"))
        return Obstacle(words, why=_("read-only"))
    holder, send = rules.who_serves(desk, openid), station.keymap.key_of("send")
    if holder is not None and holder != desk.me:
        agent = clip(rules.agent_name(desk, holder), NAME_CELLS)
        return Obstacle(
            (
                _("{agent} serves this customer: ask {agent} first").format(agent=agent),
                _("with {agent}: ask first").format(agent=agent),
            ),
            (
                _("{key} asks before it sends: two people would be answering the customer.").format(key=send),
                _("{key} asks before it sends.").format(key=send),
            ),
        )
    if holder is None and rules.is_waiting(desk, openid):
        key = station.keymap.key_of("accept")
        return Obstacle(
            (_("still waiting: accept first ({key})").format(key=key), _("waiting: accept first")),
            (
                _("{key} asks before it sends: a reply alone does not accept the customer.").format(key=send),
                _("{key} asks before it sends.").format(key=send),
            ),
        )
    return _no_reply_left(desk, openid, now, mono)


def _no_reply_left(desk: Desk, openid: CustomerId, now: float, mono: float) -> Obstacle | None:
    allowance = rules.allowance_of(desk, openid, now, mono)
    if allowance is None or allowance.left != 0:
        return None
    rule = rules.WINDOW_RULES[allowance.act]
    until_they_write = _("wait until the customer writes")
    if allowance.is_refused:
        why, long = _("WeChat takes no reply now"), _("WeChat takes no more replies until the customer writes again.")
    elif allowance.until_at <= now:
        why = _("the time to reply is over")
        long = _(words.OVER_WORDS[allowance.act]).format(span=words.whole_span(rule.seconds))
    else:
        why, long = (
            _("all {count} replies are used").format(count=rule.replies),
            _(words.USED_UP_WORDS[allowance.act]),
        )
    both = _("{why}: {fix}").format(why=why, fix=until_they_write)
    return Obstacle((both,), (long, until_they_write), why)


def placeholder(obstacle: Obstacle | None, otherwise: Sequence[str], width: int) -> str:
    """What stands in an empty composer: the obstacle in full, else what to do; the longest that fits."""
    variants = (*obstacle.placeholder, *otherwise) if obstacle is not None else otherwise
    return next((said for said in variants if width_cells(said) <= width), "")


def _cost(draft: str, size: int, allowance: Allowance | None, station: Station) -> _Said:
    """What a text takes that is too long for one message."""
    if size > COUNTED_BYTES:
        count, bound = -(-size // splitting.MAX_TEXT_BYTES), station.glyphs.at_least
    else:
        try:
            count, bound = len(splitting.split(draft)), ""
        except NotPossible:
            return _Said((_("a link is too long for one message"), _("link too long")), "late", may_go=False)
    messages = ngettext("{count} message", "{count} messages", count).format(count=f"{bound}{count}")
    left = None if allowance is None else allowance.left
    if left is not None and count > left:
        said = ngettext("only {left} reply left", "only {left} replies left", left).format(left=left)
        return _Said((_("{why}: {fix}").format(why=messages, fix=said),), "late", may_go=False, last_resort=messages)
    return _Said((_("goes as {messages}").format(messages=messages), messages), "warn", may_go=False)


def _left(allowance: Allowance | None, station: Station, now: float) -> list[_Said]:
    if allowance is None:
        return [_Said((_("replies left ?"),))]
    longer = "" if allowance.is_exact else station.glyphs.at_least
    left_seconds = allowance.until_at - now
    time = longer + words.time_left(left_seconds)
    is_closing = left_seconds < min(CLOSING_SECONDS, rules.WINDOW_RULES[allowance.act].seconds / 4)
    if is_closing and allowance.is_exact:
        until = _Said((_("closes in {time}").format(time=time),), "warn")
    else:
        until = _Said((_("for {time}").format(time=time), time))
    if allowance.is_unlimited:
        return [_Said((_("any number of replies"),)), until]
    limit = rules.WINDOW_RULES[allowance.act].replies
    count = "?" if allowance.left is None else f"{station.glyphs.at_most}{allowance.left}"
    share = f"{count}/{limit}"
    if allowance.left == 1:
        return [_Said((_("last reply {left}/{limit}").format(left=count, limit=limit),), "warn"), until]
    return [_Said((_("replies left {left}/{limit}").format(left=count, limit=limit), share)), until]


def _counted(size: int) -> _Said:
    limit = splitting.MAX_TEXT_BYTES
    counted = _("{size}/{limit} bytes").format(size=size, limit=limit), f"{size}/{limit}"
    return _Said(counted, "late" if size > limit else "muted", is_right=True)


def _seen_as(desk: Desk) -> _Said:
    """From whom the message comes for the customer."""
    if desk.me is None:
        # Without an agent WeChat shows the account itself.
        return _Said((_("the customer sees the account, no agent"), _("as the account")), is_right=True)
    agent = rules.agent_name(desk, desk.me)
    return _Said(
        (
            _("the customer sees {agent}").format(agent=agent),
            _("as {agent}").format(agent=agent),
            _("as {agent}").format(agent=clip(agent, NAME_CELLS)),
        ),
        is_right=True,
    )


def _fitted(said: list[_Said], width: int) -> tuple[list[Piece], list[Piece]]:
    """Say all in as many words as there is room for; what stands last gives way first, and goes only then."""
    chosen = [0] * len(said)

    def worded(index: int) -> str:
        variants = said[index].variants
        words = variants[chosen[index]] if chosen[index] < len(variants) else said[index].last_resort
        return f" {words} " if words else ""

    def cells() -> int:
        return sum(width_cells(worded(index)) for index in range(len(said)))

    def shorten(index: int, most: int) -> None:
        while chosen[index] < most and cells() > width:
            chosen[index] += 1

    backwards = [(index, thing) for index, thing in enumerate(said)][::-1]
    for index, thing in backwards:
        shorten(index, len(thing.variants) - 1)
    for index, thing in backwards:
        shorten(index, len(thing.variants) if thing.may_go else 0)
    for index, thing in backwards:
        shorten(index, len(thing.variants) if thing.last_resort else 0)
    for index in range(len(said)):  # a shorter one may have left room for more words before it
        while chosen[index]:
            chosen[index] -= 1
            if cells() > width:
                chosen[index] += 1
                break
    pieces = [(thing.is_right, (worded(index), thing.tone)) for index, thing in enumerate(said) if worded(index)]
    return [piece for is_right, piece in pieces if not is_right], [piece for is_right, piece in pieces if is_right]
