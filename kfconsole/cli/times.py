"""Moments as commands print and read them, in the time zone of the settings."""

from datetime import datetime, timedelta, tzinfo

import click

from kfconsole import dates
from kfconsole.i18n import _


def local_time(at: float, zone: tzinfo | None) -> str:
    """Write a moment as `2026-11-23 10:04:05`; None stands for the host's zone."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def local_minute(at: float, zone: tzinfo | None) -> str:
    """Write a moment as `2026-11-23 10:04`."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")


def written(moment: datetime) -> str:
    """Write a moment with its zone, as `2026-11-23 10:04:05 CST`."""
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z")


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
    now = datetime.now(zone).astimezone(zone)
    end = now if until is None else typed_moment("--until", until, now)
    start = end - default if since is None else typed_moment("--since", since, now)
    if start >= end:
        problem = _("The span ends before it begins: from {start} to {end}.")
        raise click.UsageError(problem.format(start=written(start), end=written(end)), click.get_current_context())
    return start, end
