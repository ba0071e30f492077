"""What the bars say: freshness, notices, the conversation's title, and the composer's edge. Pure."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from kfconsole import text
from kfconsole.desk import pacing, rules
from kfconsole.desk.owing import unanswered
from kfconsole.desk.read_only import ReadOnly
from kfconsole.errors import KfError, RateLimited, Unavailable
from kfconsole.i18n import _, listed, sentences
from kfconsole.model import ArchiveTrouble, Budget, CustomerId, Desk, Feed, Health
from kfconsole.ui import keymap as keymaps
from kfconsole.ui import words
from kfconsole.ui.keymap import Keymap
from kfconsole.ui.tape import Tape
from kfconsole.ui.widgets.bar import Piece
from kfconsole.ui.words import Glyphs

STALE_POLLS = 3  # so many missed answers make a feed stale
STALE_GRACE_SECONDS = 5.0
CALM_SECONDS = 20.0
CALM_STEP_SECONDS = 5.0
PASSING_SECONDS = 5.0
NUMBER_PIECES = 2  # label and value
NOT_READ = "-"
"""Stands for a number nobody has read yet."""


class Station(Struct, frozen=True):
    """What does not change while the console runs."""

    glyphs: Glyphs
    intervals: Mapping[str, float]
    """Seconds between two questions of each feed."""
    is_demo: bool = False
    read_only: ReadOnly | None = None
    """What made this console read-only."""
    is_automatic: bool = False
    """This console assigns by the rules."""
    keymap: Keymap = keymaps.DEFAULT
    tape: Tape | None = None
    """What the desk is recorded on, or played from."""


def is_stale(feed: Feed, desk: Desk, mono: float, station: Station) -> bool:
    """Whether a feed's last answer is older than its interval explains."""
    seen_mono, budget = desk.seen_mono(feed), desk.budgets.get(feed)
    if seen_mono is None:
        return True
    if budget is not None and budget.interval_seconds is not None:
        return mono - seen_mono > budget.interval_seconds + STALE_GRACE_SECONDS
    usual_seconds = max(station.intervals[feed] * STALE_POLLS, desk.health[feed].slow_seconds or 0.0)
    return mono - seen_mono > usual_seconds + STALE_GRACE_SECONDS


def status_line(
    desk: Desk, station: Station, now: float, mono: float, *, width: int
) -> tuple[list[Piece], list[Piece]]:
    """The top line: name and modes, the four numbers, and how fresh each feed is.

    Where all of it does not fit, what is stale is said in fewer words, then the name goes, then the last numbers.
    """
    name: list[Piece] = [(" kfconsole ", "strong")]
    modes: list[Piece] = []
    if station.is_demo:
        modes.append(_padded(_("demo"), "warn"))
    if station.read_only is not None:
        modes.append(_padded(_("read-only"), "warn"))
    if station.is_automatic and station.read_only is None:
        modes.append(_padded(_("auto-assign"), "warn"))
    if station.tape is not None:
        modes.append(_padded(station.tape.mode(), "warn"))
    numbers, quota = _numbers(desk, station, now), _quota(desk)
    for freshness in _freshness(desk, station, mono):
        if _cells(name, modes, numbers, freshness, quota) <= width:
            return name + modes + numbers, freshness + quota
    while len(numbers) > NUMBER_PIECES and _cells(modes, numbers, freshness) > width:
        del numbers[-NUMBER_PIECES:]
    return modes + numbers, freshness + quota


def _cells(*parts: list[Piece]) -> int:
    return sum(text.width_cells(said) for pieces in parts for said, _tone in pieces)


def _numbers(desk: Desk, station: Station, now: float) -> list[Piece]:
    longest = rules.longest_waiting(desk)
    online = sum(agent.is_online for agent in desk.agents)
    numbers = [(_("waiting"), counted(desk, Feed.QUEUE, desk.queue_total))]
    if longest is not None:
        bound = "" if longest.is_exact else station.glyphs.at_least
        numbers.append((_("longest"), bound + text.clock_span(rules.wait_seconds(longest, now))))
    if owed := unanswered(desk):
        numbers.append((_("owed"), str(len(owed))))
    numbers += [
        (_("in session"), counted(desk, Feed.SESSIONS, len(desk.sessions))),
        (_("online"), counted(desk, Feed.AGENTS, len(desk.agents), online=online)),
    ]
    return [piece for label, value in numbers for piece in ((f"  {label} ", "muted"), (value, "text"))]


def counted(desk: Desk, feed: Feed, count: int, *, online: int | None = None) -> str:
    """Write how many a feed told of; none only if it has told of any, or is known to have answered."""
    if not count and not desk.is_known(feed):
        return NOT_READ
    return str(count) if online is None else f"{online}/{count}"


def _padded(said: str, tone: str) -> Piece:
    return f" {said} ", tone


def _freshness(desk: Desk, station: Station, mono: float) -> Iterator[list[Piece]]:
    """Say it in ever fewer words: of every feed; of those that are stale; of all in one."""
    stale_word = _("stale")
    stale: list[Piece] = []
    every: list[Piece] = []
    seen_monos: list[float] = []
    for feed in words.FEED_WORDS:
        seen_mono = desk.seen_mono(feed)
        if seen_mono is not None:
            seen_monos.append(seen_mono)
        if is_stale(feed, desk, mono, station):
            told = _("not read yet") if seen_mono is None else f"{words.age(mono - seen_mono)} {stale_word}"
            every.append(_padded(f"{_(words.FEED_WORDS[feed])} {told}", "warn"))
            stale.append(every[-1])
        else:
            age = _calm_age(0.0 if seen_mono is None else mono - seen_mono)
            every.append(_padded(f"{_(words.FEED_WORDS[feed])} {age}", "muted"))
    yield every
    oldest_seconds = mono - min(seen_monos, default=mono)
    if not stale:
        age = _calm_age(oldest_seconds)
        yield [_padded(_("updated {age} ago").format(age=age), "muted")]
        yield [_padded(age, "muted")]
        return
    yield stale
    yield [_padded(f"{words.age(oldest_seconds)} {stale_word}" if seen_monos else stale_word, "warn")]


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


def notices(desk: Desk, station: Station, now: float, mono: float) -> list[str]:
    """Lines below the status: what keeps a feed from being fresh, and why this console's agent cannot accept."""
    keymap = station.keymap
    said = _feed_problems(desk, keymap, mono) + _slowness(desk)
    if desk.archive_trouble is not None:
        said.insert(0, _trouble_words(desk.archive_trouble, keymap))
    if not said and desk.remembered_at is not None:
        age = words.age(now - desk.remembered_at)
        if station.tape is not None and station.tape.is_played:
            said.append(_("These lists are from the run before the recorded one, {age} earlier.").format(age=age))
        else:
            said.append(_("These lists are from the last run, {age} ago; WeChat is being asked.").format(age=age))
    if desk.me is not None and desk.is_known(Feed.AGENTS):
        refusal = rules.refusal(desk, desk.me)
        if refusal is not None:
            said.append(sentences(refusal.message, refusal.hint))
    return said if station.tape is None else [*station.tape.notices(), *said]


def _trouble_words(trouble: ArchiveTrouble, keymap: Keymap) -> str:
    said = [trouble.message]
    if trouble.is_in_memory:
        said.append(_("What is new is in memory only: until that is mended, ending the console loses it."))
    if trouble.is_older_missing:
        said.append(_("What was stored before is missing here."))
    said.append(trouble.hint)
    if not trouble.is_in_memory:
        said.append(_("{key} hides this.").format(key=keymap.key_of("refresh")))
    return sentences(*said)


def _feed_problems(desk: Desk, keymap: Keymap, mono: float) -> list[str]:
    problems: dict[tuple[str, bool], list[Feed]] = {}
    for feed in words.FEED_WORDS:
        health = desk.health.get(feed)
        if health is not None and health.error is not None and not _may_pass(health, health.error, mono):
            kind = health.error.message, health.retry_mono is None
            problems.setdefault(kind, []).append(feed)
    return [_problem_words(desk, feeds, keymap, mono) for feeds in problems.values()]


def _may_pass(health: Health, error: KfError, mono: float) -> bool:
    """Whether a failure is too young to move the whole screen for it: the next question may be answered."""
    failing_seconds = mono - (mono if health.failing_since_mono is None else health.failing_since_mono)
    is_known = health.succeeded_mono is not None and health.retry_mono is not None
    return is_known and isinstance(error, Unavailable) and failing_seconds < PASSING_SECONDS


def _problem_words(desk: Desk, feeds: list[Feed], keymap: Keymap, mono: float) -> str:
    error = desk.health[feeds[0]].error
    retries = [desk.health[feed].retry_mono for feed in feeds]
    key = keymap.key_of("refresh")
    next_mono = min((at for at in retries if at is not None), default=None)
    if error is None:
        return ""
    if pacing.is_day_limit(error):
        said = _("WeChat's daily limit is reached: asking once a minute. {key} asks now.").format(key=key)
    elif next_mono is None:
        said = sentences(error.message, _("Asking has stopped; {key} asks again.").format(key=key), error.hint)
    else:
        # Of what WeChat itself answers, the hint only says when to try again.
        hint = "" if isinstance(error, RateLimited | Unavailable) and error.code is not None else error.hint
        said = sentences(error.message, hint, _retry_words(next_mono - mono))
    if len(feeds) == len(words.FEED_WORDS):
        return said
    return _("{feeds}: {problem}").format(feeds=listed(_(words.FEED_WORDS[feed]) for feed in feeds), problem=said)


def _slowness(desk: Desk) -> list[str]:
    """One line however many feeds are slowed: the lists need the room."""
    slowed = [
        _("{feed} every {age} ({left} of {limit} calls left)").format(
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
    return (
        [_("Asking more rarely, so that WeChat's daily limits last: {feeds}.").format(feeds=listed(slowed))]
        if slowed
        else []
    )


def _is_at_daily_limit(desk: Desk, feed: Feed) -> bool:
    health = desk.health.get(feed)
    return health is not None and pacing.is_day_limit(health.error)


def _retry_words(seconds: float) -> str:
    return _("Trying again in {age}.").format(age=words.age(seconds)) if seconds >= 1 else _("Asking again now.")


def conversation_title(desk: Desk, station: Station, now: float) -> str:
    """Who is on screen, who serves them, for how long, and until when WeChat routes their messages."""
    return "" if desk.open is None else customer_title(desk, desk.open.openid, station, now)


def customer_title(desk: Desk, openid: CustomerId, station: Station, now: float) -> str:
    """Say of one customer who it is, who serves them, for how long, and until when WeChat routes their messages."""
    contact = desk.contacts.get(openid)
    name, end = words.name_of(contact, openid, station.glyphs), words.name_of(None, openid, station.glyphs)
    title = [name if name == end else f"{name}  {end}"]
    session = rules.session_of(desk, openid)
    if session is not None:
        title.append(_("with {agent}").format(agent=rules.agent_name(desk, session.agent)))
        left_seconds = rules.route_ends_at(session) - now
        ending = _("routing ends in {age}").format(age=words.age(left_seconds)) if left_seconds > 0 else None
        if session.is_dated:
            title += [words.age(rules.session_age(session, now)), ending or _("routing ended")]
    elif rules.is_waiting(desk, openid):
        title.append(_("waiting"))
    else:
        title.append(_("no session"))
    if contact is not None and contact.tags:
        title.append(text.one_line(" ".join(contact.tags)))
    return "   ".join(title)


def standing(desk: Desk, keymap: Keymap) -> str:
    """A line above the messages, when they need explaining."""
    if desk.open is None:
        return _("{key} on a customer opens the conversation.").format(key=keymap.key_of("open"))
    openid = desk.open.openid
    if rules.who_serves(desk, openid) is None and rules.is_waiting(desk, openid):
        return _("Waiting: WeChat does not show what is written before somebody accepts the customer.")
    if not desk.open.messages:
        return _("No messages yet. What was written while waiting can only be read on mpkf.weixin.qq.com.")
    return ""
