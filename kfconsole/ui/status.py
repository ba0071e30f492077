"""What the bars say: freshness, notices, the conversation's title, and the composer's edge. Pure."""

from collections.abc import Mapping

from msgspec import Struct

from kfconsole.desk import pacing, rules
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import Budget, CustomerId, Desk, Feed, Health
from kfconsole.ui import words
from kfconsole.ui.widgets.bar import Piece
from kfconsole.ui.words import Glyphs

STALE_POLLS = 3  # so many missed answers make a feed stale
STALE_GRACE_SECONDS = 5.0
CALM_SECONDS = 20.0
CALM_STEP_SECONDS = 5.0


class Station(Struct, frozen=True):
    """What does not change while the console runs."""

    glyphs: Glyphs
    intervals: Mapping[Feed, float]
    is_demo: bool = False
    is_read_only: bool = False


def is_stale(feed: Feed, desk: Desk, mono: float, station: Station) -> bool:
    """Whether a feed's last answer is older than its interval explains."""
    health, budget = desk.health.get(feed), desk.budgets.get(feed)
    if health is None or health.succeeded_mono is None:
        return True
    if budget is not None and budget.interval_seconds is not None:
        return mono - health.succeeded_mono > budget.interval_seconds + STALE_GRACE_SECONDS
    return mono - health.succeeded_mono > station.intervals[feed] * STALE_POLLS + STALE_GRACE_SECONDS


def status_line(
    desk: Desk, station: Station, now: float, mono: float, *, is_wide: bool
) -> tuple[list[Piece], list[Piece]]:
    """The top line: name and modes, the four numbers, and how fresh each feed is."""
    left: list[Piece] = [(" kfconsole ", "strong")]
    if station.is_demo:
        left.append(_padded(_("demo"), "warn"))
    if station.is_read_only:
        left.append(_padded(_("read-only"), "warn"))
    left.extend(_numbers(desk, station, now))
    return left, _freshness(desk, station, mono, is_wide=is_wide)


def _numbers(desk: Desk, station: Station, now: float) -> list[Piece]:
    longest = rules.longest_waiting(desk)
    online = sum(agent.is_online for agent in desk.agents)
    numbers = [(_("waiting"), str(desk.queue_total))]
    if longest is not None:
        bound = "" if longest.is_exact else station.glyphs.at_least
        numbers.append((_("longest"), bound + words.span(rules.wait_seconds(longest, now))))
    numbers += [(_("in session"), str(len(desk.sessions))), (_("online"), f"{online}/{len(desk.agents)}")]
    return [piece for label, value in numbers for piece in ((f"  {label} ", "muted"), (value, "text"))]


def _padded(said: str, tone: str) -> Piece:
    return f" {said} ", tone


def _freshness(desk: Desk, station: Station, mono: float, *, is_wide: bool) -> list[Piece]:
    ages: dict[Feed, tuple[str, bool]] = {}
    for feed in words.FEED_WORDS:
        health = desk.health.get(feed)
        seen = None if health is None else health.succeeded_mono
        stale = is_stale(feed, desk, mono, station)
        said = _("never") if seen is None else words.age(mono - seen) if stale else _calm_age(mono - seen)
        ages[feed] = said, stale
    shown = list(ages) if is_wide else [feed for feed in ages if ages[feed][1]]
    pieces: list[Piece] = []
    for feed in shown:
        said, stale = ages[feed]
        mark = " " + _("stale") if stale else ""
        pieces.append(_padded(_(words.FEED_WORDS[feed]) + " " + said + mark, "warn" if stale else "muted"))
    if not shown:
        seen_monos = [health.succeeded_mono for health in desk.health.values() if health.succeeded_mono is not None]
        pieces.append((f" {_calm_age(mono - min(seen_monos, default=mono))} ", "muted"))
    return pieces + _quota(desk)


def _quota(desk: Desk) -> list[Piece]:
    """What is left of the scarcest daily limit, once that is little or slows a feed down."""
    shares = [budget.remaining / budget.daily_limit for budget in desk.budgets.values() if _is_tight(budget)]
    return [_padded(_("quota {percent} %").format(percent=int(min(shares) * 100)), "warn")] if shares else []


def _is_tight(budget: Budget) -> bool:
    return budget.interval_seconds is not None or pacing.is_scarce(budget.remaining, budget.daily_limit)


def _calm_age(seconds: float) -> str:
    """Write an age in steps while it is small: what is fresh need not count every second before one's eyes."""
    if seconds >= CALM_SECONDS:
        return words.age(seconds)
    return "<" + words.age((seconds // CALM_STEP_SECONDS + 1) * CALM_STEP_SECONDS)


def notices(desk: Desk, now: float, mono: float) -> list[str]:
    """Lines below the status: what keeps a feed from being fresh, and why this console's agent cannot accept."""
    said = _feed_problems(desk, mono) + _slowness(desk)
    if not said and desk.remembered_at is not None:
        age = words.age(now - desk.remembered_at)
        said.append(_("These lists are from the last run, {age} ago; WeChat is being asked.").format(age=age))
    agents = desk.health.get(Feed.AGENTS)
    if desk.me is not None and agents is not None and agents.succeeded_mono is not None:
        refusal = rules.refusal(desk, desk.me)
        if refusal is not None:
            said.append(f"{refusal.message} {refusal.hint}")
    return said


def _feed_problems(desk: Desk, mono: float) -> list[str]:
    problems: dict[str, list[Feed]] = {}
    for feed in words.FEED_WORDS:
        health = desk.health.get(feed)
        if health is None or health.error is None:
            continue
        problems.setdefault(_problem_words(health.error, health, mono), []).append(feed)
    return [
        said if len(feeds) == len(words.FEED_WORDS) else f"{_list_of(feeds)}: {said}"
        for said, feeds in problems.items()
    ]


def _problem_words(error: KfError, health: Health, mono: float) -> str:
    if pacing.is_day_limit(error):
        return _("WeChat's daily limit is reached: asking once a minute. R asks now.")
    return " ".join(filter(None, (error.message, error.hint, _retry_words(health, mono))))


def _slowness(desk: Desk) -> list[str]:
    return [
        _("{feed}: asking every {age}, so that WeChat's daily limit lasts ({left} of {limit} calls left).").format(
            feed=_(words.FEED_WORDS[feed]),
            age=words.age(budget.interval_seconds),
            left=budget.remaining,
            limit=budget.daily_limit,
        )
        for feed in words.FEED_WORDS
        if (budget := desk.budgets.get(feed)) is not None
        and budget.interval_seconds is not None
        and not _is_at_daily_limit(desk, feed)
    ]


def _is_at_daily_limit(desk: Desk, feed: Feed) -> bool:
    health = desk.health.get(feed)
    return health is not None and pacing.is_day_limit(health.error)


def _retry_words(health: Health, mono: float) -> str:
    if health.retry_mono is None:
        return _("Asking has stopped; R asks again.")
    return _("Trying again in {age}.").format(age=words.age(max(0.0, health.retry_mono - mono)))


def _list_of(feeds: list[Feed]) -> str:
    return ", ".join(_(words.FEED_WORDS[feed]) for feed in feeds)


def conversation_title(desk: Desk, station: Station, now: float) -> str:
    """Who is on screen, who serves them, for how long, and until when WeChat routes their messages."""
    if desk.open is None:
        return ""
    openid = desk.open.openid
    title = [words.short_openid(openid, station.glyphs)]
    session = rules.session_of(desk, openid)
    if session is not None:
        title.append(_("with {agent}").format(agent=rules.agent_name(desk, session.agent)))
        title.append(words.age(rules.session_age(session, now)))
        left_seconds = rules.route_ends_at(session) - now
        title.append(
            _("routed for {age} more").format(age=words.age(left_seconds)) if left_seconds > 0 else _("routing ended")
        )
    elif rules.is_waiting(desk, openid):
        title.append(_("waiting"))
    else:
        title.append(_("no session"))
    return "   ".join(title)


def standing(desk: Desk) -> str:
    """A line above the messages, when they need explaining."""
    if desk.open is None:
        return _("Enter on a customer opens the conversation.")
    openid = desk.open.openid
    if rules.who_serves(desk, openid) is None and rules.is_waiting(desk, openid):
        return _("Waiting: WeChat does not show what is written before somebody accepts the customer.")
    if not desk.open.messages:
        return _("No messages yet. What was written while waiting can only be read on mpkf.weixin.qq.com.")
    return ""


def compose_edge(desk: Desk, station: Station, now: float, text: str, problem: str) -> tuple[list[Piece], list[Piece]]:
    """The composer's edge: replies and time left, bytes, and as whom; or why a reply cannot arrive."""
    if desk.open is None:
        return [], []
    pieces = [_padded(problem, "warn")] if problem else _allowance(desk, desk.open.openid, station, now)
    size = rules.text_bytes(text)
    counted = _("{size}/{limit} bytes").format(size=size, limit=rules.MAX_TEXT_BYTES)
    bytes_used = _padded(counted, "late" if size > rules.MAX_TEXT_BYTES else "muted")
    if station.is_read_only:
        who: Piece = _padded(_("read-only: nothing is sent"), "warn")
    elif desk.me is None:
        who = _padded(_("watching only: no kf_account under [me]"), "muted")
    else:
        who = _padded(_("as {agent}").format(agent=rules.agent_name(desk, desk.me)), "muted")
    return pieces, [bytes_used, who]


def _allowance(desk: Desk, openid: CustomerId, station: Station, now: float) -> list[Piece]:
    contact = desk.contacts.get(openid)
    allowance = rules.allowance(contact, now) if contact else None
    if allowance is None:
        return [_padded(_("replies left ?"), "muted")]
    limit = rules.WINDOWS[rules.CustomerAct.MESSAGE].replies
    bound = station.glyphs.at_most if allowance.left else ""
    left = _("replies left {left}/{limit}").format(left=f"{bound}{allowance.left}", limit=limit)
    until = _("for {time}").format(time=words.hours_left(allowance.until_at - now))
    return [(f" {left} ", "muted" if allowance.left > 1 else "warn"), (f" {until} ", "muted")]
