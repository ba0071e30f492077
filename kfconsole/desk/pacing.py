"""How rarely to ask, so that WeChat goes on answering: its minute limit, its daily limit, and what is left. Pure.

Other consoles of the account use the same quota. Each multiplies its intervals by what the whole account uses too
fast, so that together they come down to what is left, whoever they are.
"""

from msgspec import Struct

from kfconsole.errors import KfError, RateLimited

MINUTE_SECONDS = 60.0
DAY_SECONDS = 24 * 3600.0
BEIJING_SECONDS = 8 * 3600.0
"""WeChat's days begin at midnight in Beijing."""
PROBE_SECONDS = 60.0
"""How often a call is tried whose daily limit is reached."""
JITTER_SECONDS = 5.0
"""Consoles that were refused together must not come back together."""
RESERVE = 0.1
"""The share of the daily limit that polling leaves to what people do."""
QUEUE_RESERVE = 0.02
"""The same of calls that only polling makes: a look at the queue costs nothing else."""
MOST_RESERVED = 0.75
"""Once little is left, no more than this share of it is held back."""
SCARCE = 0.1
"""With less of the daily limit left than this, people are told."""
LONGEST_SECONDS = 600.0
"""However little is left, a feed is asked so often."""
SETTLED_SECONDS = 600.0
"""Soon after midnight, the average of the day says nothing yet."""
NO_LIMIT = 2**31 - 1
"""What is named where there is no limit: the largest number some programs can count to."""


class Reading(Struct, frozen=True):
    """What WeChat said of one call's daily limit."""

    at: float
    daily_limit: int
    used: int
    """By everybody: other consoles and programs of the account, too."""
    remaining: int


def is_day_limit(error: KfError | None) -> bool:
    """Whether the call will not be answered again today."""
    if not isinstance(error, RateLimited):
        return False
    from kfconsole.wechat.codes import CODE  # a hundred of them, which the first paint does not need

    return error.code == CODE.DAY_LIMIT


def limit_rest_seconds(error: RateLimited, now: float, chance: float) -> float:
    """Return how long to leave a call alone whose limit is reached.

    Args:
        error: Which limit.
        now: WeChat's time; its minutes are counted by its clock.
        chance: Anything from 0 to 1.
    """
    from kfconsole.wechat.codes import CODE

    jitter_seconds = JITTER_SECONDS * chance
    if error.code == CODE.MINUTE_LIMIT:
        return MINUTE_SECONDS - now % MINUTE_SECONDS + jitter_seconds
    return max(PROBE_SECONDS, error.retry_after_seconds) + jitter_seconds


def day_of(at: float) -> int:
    """Return the number of WeChat's day."""
    return int((at + BEIJING_SECONDS) // DAY_SECONDS)


def seconds_to_midnight(at: float) -> float:
    """Return how long WeChat's day still lasts; never 0."""
    return DAY_SECONDS - (at + BEIJING_SECONDS) % DAY_SECONDS


def allowed_rate(reading: Reading, *, reserve: float = RESERVE, seconds: float | None = None) -> float:
    """Return how many calls a second last until midnight and leave a reserve.

    Args:
        reading: What is left.
        reserve: The share of the daily limit to leave.
        seconds: How long the calls have to last at full pace; until midnight, unless some of it is slower anyway.
    """
    kept = min(reserve * reading.daily_limit, MOST_RESERVED * reading.remaining)
    return (reading.remaining - kept) / (seconds_to_midnight(reading.at) if seconds is None else seconds)


def runs_out_at(reading: Reading, rate: float) -> float | None:
    """Return when nothing is left at so many calls a second; None: not before midnight."""
    if reading.remaining <= 0:
        return reading.at
    seconds = reading.remaining / rate if rate > 0 else DAY_SECONDS
    return reading.at + seconds if seconds < seconds_to_midnight(reading.at) else None


def used_rate(reading: Reading, before: Reading | None, own_rate: float) -> float:
    """Return how many calls a second the account makes.

    Args:
        reading: The newest.
        before: The one before, None for the first; one of another day does not count.
        own_rate: What this console makes by itself, at least.
    """
    if before is not None and day_of(before.at) == day_of(reading.at) and before.at < reading.at:
        used = reading.used - before.used
        if used >= 0:  # else somebody had the counter cleared
            return used / (reading.at - before.at)
    passed_seconds = max(SETTLED_SECONDS, DAY_SECONDS - seconds_to_midnight(reading.at))
    return max(own_rate, reading.used / passed_seconds)


def stretch(rate: float, allowed: float, *, current: float, most: float) -> float:
    """Return by what to multiply an interval; 1 when all lasts.

    With others who use o and do not slow down, and n of our own at full speed, this settles at n / (allowed - o).

    Args:
        rate: Calls a second the account makes while our intervals are multiplied by `current`.
        allowed: Calls a second that last until midnight.
        current: What the interval is multiplied by now.
        most: The largest sensible answer.
    """
    if rate * current <= allowed:
        return 1.0
    return most if allowed <= 0 else min(most, max(1.0, rate * current / allowed))


def shared_out(stretch: float, idle_share: float, *, most_idle: float) -> tuple[float, float]:
    """Return by what to multiply the interval of calls for idle agents, and that of the others, to save the same.

    All is saved with those who are idle, as far as that goes; only then are the others asked more rarely, too.

    Args:
        stretch: What all intervals would have to be multiplied by.
        idle_share: The share of the calls that are for idle agents, at full pace.
        most_idle: How much more rarely these may be asked.
    """
    if stretch <= 1.0:
        return 1.0, 1.0
    wanted, others_share = 1.0 / stretch, 1.0 - idle_share
    least = idle_share / most_idle
    if (left := wanted - others_share) > least:
        return idle_share / left, 1.0
    return most_idle, max(1.0, others_share / (wanted - least)) if wanted > least else stretch * most_idle


def is_scarce(remaining: int, daily_limit: int) -> bool:
    """Whether so little of a daily limit is left that people should know."""
    return remaining < SCARCE * daily_limit
