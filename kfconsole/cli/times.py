"""Moments as commands print and read them, in the time zone of the settings."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any, TypeVar

import click

from kfconsole import dates
from kfconsole.i18n import _

F = TypeVar("F", bound=Callable[..., Any])


def now_in(zone: tzinfo | None) -> datetime:
    """Return now with its zone; None stands for the host's."""
    return datetime.now(zone).astimezone(zone)


def local_time(at: float, zone: tzinfo | None) -> str:
    """Write a moment as `2026-11-23 10:04:05`; None stands for the host's zone."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def local_minute(at: float, zone: tzinfo | None) -> str:
    """Write a moment as `2026-11-23 10:04`."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")


def written(moment: datetime) -> str:
    """Write a moment with its zone, as `2026-11-23 10:04:05 CST`."""
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z")


def when_help() -> str:
    """Return what a command's help ends with: what WHEN stands for."""
    when = _(
        "WHEN is 30m, 2h, 3d, today, yesterday, 'last monday 9:00', 2026-11-20 or '2026-11-20 18:30'; a day means its "
        "midnight."
    )
    return f"\n\n{when}"


def span_options(begins: str = "", ends: str = "", *, also: tuple[str, str] | None = None) -> Callable[[F], F]:
    """Give a command --since and --until, passed on as `since_words` and `until_words`.

    Args:
        begins: What --since says; by default that 24 hours are meant.
        ends: What --until says; by default that it is now.
        also: Older names of both.
    """
    since = ("--since", "since_words") if also is None else ("--since", also[0], "since_words")
    until = ("--until", "until_words") if also is None else ("--until", also[1], "until_words")
    begins = begins or _("Where the span begins; otherwise 24 hours before its end.")
    ends = ends or _("Where the span ends; otherwise now.")

    def decorate(command: F) -> F:
        return click.option(*since, metavar="WHEN", help=begins)(
            click.option(*until, metavar="WHEN", help=ends)(command)
        )

    return decorate


def typed_moment(option: str, words: str, now: datetime) -> datetime:
    """Return the moment somebody typed for an option.

    Raises:
        click.UsageError: It is none.
    """
    try:
        return dates.parse(words, now)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}", click.get_current_context()) from error


def typed_span(
    since: str | None, until: str | None, zone: tzinfo | None, default: timedelta
) -> tuple[datetime, datetime]:
    """Return the span somebody typed for --since and --until; it ends now and has a default length.

    Raises:
        click.UsageError: It is none.
    """
    typed_start, typed_end = typed_bounds(since, until, zone)
    end = typed_end or now_in(zone)
    start = typed_start or end - default
    refuse_empty(start, end)
    return start, end


def typed_bounds(since: str | None, until: str | None, zone: tzinfo | None) -> tuple[datetime | None, datetime | None]:
    """Return what somebody typed for --since and --until, None for what they did not.

    Raises:
        click.UsageError: It is no moment, or no span.
    """
    now = now_in(zone)
    start = None if since is None else typed_moment("--since", since, now)
    end = None if until is None else typed_moment("--until", until, now)
    if start is not None and end is not None:
        refuse_empty(start, end)
    return start, end


def refuse_empty(start: datetime, end: datetime) -> None:
    """Refuse a span without a length.

    Raises:
        click.UsageError: It is one.
    """
    if start >= end:
        problem = _("The span ends before it begins: from {start} to {end}.")
        raise click.UsageError(problem.format(start=written(start), end=written(end)), click.get_current_context())
