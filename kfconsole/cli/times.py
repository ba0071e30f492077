"""Moments as commands print them, in the time zone of the settings."""

from datetime import datetime, tzinfo


def local_time(at: float, zone: tzinfo | None) -> str:
    """Write a moment as `2026-11-23 10:04:05`; None stands for the host's zone."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def local_minute(at: float, zone: tzinfo | None) -> str:
    """Write a moment as `2026-11-23 10:04`."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")
