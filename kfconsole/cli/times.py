"""Moments as commands print and read them, in the time zone of the settings."""

from datetime import datetime, tzinfo

import click

from kfconsole import dates


def local_time(at: float, zone: tzinfo | None) -> str:
    """Write a moment as `2026-11-23 10:04:05`; None stands for the host's zone."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def local_minute(at: float, zone: tzinfo | None) -> str:
    """Write a moment as `2026-11-23 10:04`."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")


def typed_moment(option: str, words: str, now: datetime) -> datetime:
    """Return the moment somebody typed for an option.

    Raises:
        click.UsageError: It is none.
    """
    try:
        return dates.parse(words, now)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}", click.get_current_context()) from error
