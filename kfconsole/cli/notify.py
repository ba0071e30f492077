"""`kfconsole notify`: which signs leave this terminal, and one of each to try."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.acting import load
from kfconsole.cli.doctor.terminal import bell_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import emit_json, talk
from kfconsole.cli.tables import emit_table
from kfconsole.i18n import N_, _
from kfconsole.terminal import popups
from kfconsole.terminal.popups import Route, Way
from kfconsole.terminal.tmux import Run, inside_tmux, run_program, tmux_option

BELL, TITLE = "bell", "title"
CHANNELS = {
    BELL: N_("the bell"),
    TITLE: N_("the number in the window's title"),
    **{way.value: N_("a pop-up") for way in Way},
}
TERMINAL = Path("/dev/tty")
NAME = "kfconsole"


class Channel(Struct, frozen=True):
    """One way of a sign out of this terminal."""

    channel: str
    """`bell`, `title`, or how a pop-up goes: `osc9`, `osc777`, `osc99` or `notify-send`."""
    is_used: bool
    """Whether the console uses it here, by the settings and by what the terminal is known to take."""
    can_leave: bool
    """Whether nothing is known that keeps it back; whether the terminal then shows it, no terminal tells."""
    problem: str
    """What keeps it back; empty: nothing."""
    hint: str
    """How to mend that."""
    was_sent: bool = False
    """Whether one was sent now."""
    has_arrived: bool | None = None
    """What the person said who was asked; null: nobody was."""


class Channels(Struct, frozen=True):
    """All ways of a sign out of this terminal."""

    channels: tuple[Channel, ...]


@click.command(
    "notify",
    short_help=_("Tell which alerts leave this terminal, and try them."),
    help=_(
        "Tell by which ways the console calls somebody who looks elsewhere: the bell, the window's title, and a pop-up "
        "where the terminal is known to show one. With --test one of each is sent, and on a terminal you are asked "
        "which arrived."
    ),
)
@click.option("--test", "is_test", is_flag=True, help=_("Send one of each, and ask which arrived."))
@json_option(Channels)
@click.pass_obj
def command(settings_file: Path | None, is_test: bool, as_json: bool) -> None:
    """Look at the ways, and try them."""
    settings = load(settings_file)
    found = channels(settings, os.environ, run_program)
    if is_test:
        found = _try(found, os.environ, asks=not as_json and sys.stdin.isatty() and sys.stderr.isatty())
    if as_json:
        emit_json(Channels(tuple(found)))
        return
    emit_table(
        (_("way"), _("what"), _("in use"), _("leaves"), *([_("arrived")] if is_test else [])),
        [
            (
                one.channel,
                _(CHANNELS[one.channel]),
                _("yes") if one.is_used else _("no"),
                _("yes") if one.can_leave else _("no"),
                *([_arrival(one)] if is_test else []),
            )
            for one in found
        ],
    )
    for one in found:
        if one.problem and (is_test or one.is_used or one.channel in (BELL, TITLE)):
            talk(_("{channel}: {problem}").format(channel=one.channel, problem=one.problem))
            if one.hint:
                talk(_("hint: {hint}").format(hint=one.hint))
    if not any(one.is_used for one in found if one.channel in tuple(Way)):
        auto = popups.route(settings.alerts.popups, os.environ, run_program)
        talk(_("No pop-ups: {problem}").format(problem=auto.problem))
        if hint := _set_what_arrived(found) or auto.hint:
            talk(_("hint: {hint}").format(hint=hint))


def _set_what_arrived(found: list[Channel]) -> str:
    """Say what to write into the settings for a pop-up that came through, though the console would send none."""
    arrived = next((one.channel for one in found if one.channel in tuple(Way) and one.has_arrived), "")
    said = _('It did by {channel}: write popups = "{channel}" under [alerts] in the settings.')
    return said.format(channel=arrived) if arrived else ""


def channels(settings: config.Settings, environ: Mapping[str, str], run: Run) -> list[Channel]:
    """Return every way, and whether it leads out of here."""
    used = popups.route(settings.alerts.popups, environ, run)
    ways = [(way, used if way is used.way else popups.route(way.value, environ, run)) for way in Way]
    return [
        _bell(environ, run, is_on=settings.alerts.bell),
        _title(environ, run),
        *(Channel(way.value, way is used.way, route.way is not None, route.problem, route.hint) for way, route in ways),
    ]


def _bell(environ: Mapping[str, str], run: Run, *, is_on: bool) -> Channel:
    if not is_on:
        return Channel(BELL, is_used=False, can_leave=True, problem=_("switched off by alerts.bell"), hint="")
    if inside_tmux(environ):
        finding = bell_option(lambda option: tmux_option(run, option))
        if finding.state == "warn":
            return Channel(BELL, is_used=True, can_leave=False, problem=finding.text, hint=finding.hint)
    return Channel(BELL, is_used=True, can_leave=True, problem="", hint="")


def _title(environ: Mapping[str, str], run: Run) -> Channel:
    if not popups.has_title(environ):
        problem = _("TERM={term}: no title").format(term=environ.get("TERM", ""))
        return Channel(TITLE, is_used=False, can_leave=False, problem=problem, hint="")
    problem, hint = "", ""
    if inside_tmux(environ) and tmux_option(run, "set-titles") != "on":
        problem, hint = _("tmux shows it in its own line only"), "tmux set -g set-titles on"
    return Channel(TITLE, is_used=True, can_leave=True, problem=problem, hint=hint)


def _try(found: list[Channel], environ: Mapping[str, str], *, asks: bool) -> list[Channel]:
    """Send one of each that can leave; ask after each, so that nobody has to guess which it was."""
    return [_tried(one, environ, asks=asks) for one in found]


def _tried(one: Channel, environ: Mapping[str, str], *, asks: bool) -> Channel:
    if not one.can_leave:
        return one
    said = _("A test, by {channel}").format(channel=one.channel)
    if one.channel == Way.NOTIFY_SEND:
        was_sent = run_program(popups.command(NAME, said)) is not None
        problem = "" if was_sent else _("notify-send failed")
    else:
        was_sent = _written(_sequence(one.channel, said, environ))
        problem = one.problem if was_sent else _("there is no terminal")
    has_arrived = None
    if was_sent and asks:
        question = _("{channel}: did {what} arrive?").format(channel=one.channel, what=_(CHANNELS[one.channel]))
        has_arrived = click.confirm(question, err=True, default=False)
    if was_sent and one.channel == TITLE:
        _written(popups.restore_title())
    return replace(one, was_sent=was_sent, has_arrived=has_arrived, problem=problem, can_leave=was_sent)


def _sequence(channel: str, said: str, environ: Mapping[str, str]) -> str:
    match channel:
        case "bell":
            return popups.BELL
        case "title":
            return popups.keep_title() + popups.title(f"(1) {NAME}: {said}")
        case _:
            return popups.sequence(Route(Way(channel), is_wrapped=inside_tmux(environ)), NAME, said)


def _written(sequence: str) -> bool:
    # Neither to stdout nor to stderr: both may lead elsewhere.
    try:
        with TERMINAL.open("w", encoding="utf-8") as terminal:
            terminal.write(sequence)
    except OSError:
        return False
    return True


def _arrival(one: Channel) -> str:
    if one.has_arrived is None:
        return _("sent") if one.was_sent else _("not sent")
    return _("yes") if one.has_arrived else _("no")
