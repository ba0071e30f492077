"""What one check found."""

from typing import Literal

from msgspec import Struct

from kfconsole.i18n import N_, _

State = Literal["ok", "warn", "fail", "skipped"]
STATES: dict[State, tuple[str, str]] = {
    "ok": ("✓", N_("ok")),
    "warn": ("!", N_("warning")),
    "fail": ("✗", N_("failed")),
    "skipped": ("-", N_("skipped")),
}
"""A mark and a word each: never colour alone."""
CHECKS = {
    "version": N_("version"),
    "settings": N_("settings"),
    "keys": N_("keys"),
    "account": N_("account"),
    "files": N_("files"),
    "data folder": N_("data folder"),
    "disk": N_("disk"),
    "archive": N_("archive"),
    "audit": N_("what was done"),
    "sqlite": N_("SQLite"),
    "locale": N_("locale"),
    "terminal": N_("terminal"),
    "colours": N_("colours"),
    "size": N_("size"),
    "tmux bell": N_("tmux bell"),
    "tmux clipboard": N_("tmux clipboard"),
    "tmux terminal": N_("tmux terminal"),
    "tmux escape-time": N_("tmux escape-time"),
    "screen": N_("screen"),
    "pop-ups": N_("pop-ups"),
    "proxy": N_("proxy"),
    "name": N_("name lookup"),
    "connection": N_("connection"),
    "certificate": N_("certificate"),
    "token": N_("token"),
    "clock": N_("clock"),
    "customer service": N_("customer service"),
    "agents": N_("agents"),
    "me": N_("me"),
    "quota": N_("quota"),
}
"""Every check by its name in JSON, with what people read."""


class Finding(Struct, frozen=True):
    """What one check found."""

    check: str
    """Its name, the same in every language."""
    state: State
    text: str
    """In the language in use."""
    hint: str = ""
    """How to mend it."""


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", text)


def warn(check: str, text: str, hint: str = "") -> Finding:
    """It works, but not well or not for ever."""
    return Finding(check, "warn", text, hint)


def fail(check: str, text: str, hint: str = "") -> Finding:
    """It does not work."""
    return Finding(check, "fail", text, hint)


def skipped(check: str, text: str) -> Finding:
    """It was not looked at, and why."""
    return Finding(check, "skipped", text)


def not_reached(because: str, *checks: str) -> list[Finding]:
    """Return the checks that make no sense after another one failed."""
    return [skipped(check, _("after '{check}' failed").format(check=_(CHECKS[because]))) for check in checks]
