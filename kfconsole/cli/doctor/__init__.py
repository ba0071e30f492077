"""`kfconsole doctor`: what is wrong and how to mend it, one line a check."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.doctor import deeds, host, terminal
from kfconsole.cli.doctor.finding import CHECKS, STATES, Finding, fail, not_reached, ok
from kfconsole.cli.doctor.patience import in_time
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import DONE, REFUSED, emit, emit_json, talk
from kfconsole.errors import ConfigError
from kfconsole.i18n import _, ngettext
from kfconsole.terminal import popups
from kfconsole.text import clean, fit, one_line, width_cells, wrap

SECONDS = 10.0
"""For a check of this host: a disk that is gone keeps silent for ever."""
NARROWEST_CELLS = 20
COMMANDS = ("chmod ", "chown ", "tmux ")
"""How a hint begins that is copied, so that it must not be broken."""
OF_SETTINGS = ("account", "files", "data folder", "disk", "archive", "audit")
ON_THE_WAY = ("proxy", "name", "connection", "certificate")
AT_WECHAT = ("token", "clock", "customer service", "agents", "me", "quota")


class Diagnosis(Struct, frozen=True):
    """What all checks found."""

    is_healthy: bool
    """Whether nothing failed; warnings do not count."""
    checks: tuple[Finding, ...]
    """In the order they were made; a check may find several things."""


@click.command(
    "doctor",
    short_help=_("Look what is wrong, and say how to mend it."),
    help=_(
        "Look at settings, files, terminal, network and account, one line a check, and say how to mend what is wrong. "
        "Nothing is changed; a token that was fetched is kept for later. Exit code 1 when a check failed."
    ),
)
@json_option(Diagnosis)
@click.pass_obj
def command(settings_file: Path | None, as_json: bool) -> int:
    """Look at everything."""
    if as_json:
        found = asyncio.run(_diagnose(settings_file, lambda _finding: None))
        emit_json(Diagnosis(not _failed(found), tuple(found)))
    else:
        found = asyncio.run(_diagnose(settings_file, _print))
        talk(_summary(found))
    return REFUSED if _failed(found) else DONE


async def _diagnose(settings_file: Path | None, tell: Callable[[Finding], None]) -> list[Finding]:
    found: list[Finding] = []

    def take(findings: list[Finding]) -> None:
        for finding in findings:
            clear = Finding(finding.check, finding.state, one_line(clean(finding.text)), one_line(clean(finding.hint)))
            found.append(clear)
            tell(clear)

    async def look(check: str, ask: Callable[[], list[Finding]]) -> None:
        try:
            take(await in_time(ask, SECONDS))
        except TimeoutError:
            take([fail(check, _("no answer in time: the disk or network drive may be gone"))])

    await look("version", host.version)
    settings = await _settings(settings_file, take)
    if settings is not None:
        take(host.keys(settings, os.environ))
        await look("files", lambda: host.files(settings))
        await look("data folder", lambda: host.data_folder(settings))
        await look("disk", lambda: host.disk(settings))
        await look("archive", lambda: host.archive(settings))
        await look("audit", lambda: deeds.audit(settings))
    await look("sqlite", host.sqlite)
    await look("locale", lambda: host.locales(os.environ, sys.stdout.encoding))
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    size = shutil.get_terminal_size()
    take(terminal.terminal(os.environ, is_terminal=is_terminal, size=(size.columns, size.lines)))
    await look("tmux bell", lambda: terminal.multiplexers(os.environ))
    wanted = settings.alerts.popups if settings is not None else popups.AUTO
    await look("pop-ups", lambda: terminal.pop_ups(wanted, os.environ, is_terminal=is_terminal))
    if settings is None or any(finding.check == "account" and finding.state == "fail" for finding in found):
        take(not_reached("settings" if settings is None else "account", *ON_THE_WAY, *AT_WECHAT))
        return found
    from kfconsole.cli.doctor.network import network

    take(way := await network(settings))
    if broken := next((finding.check for finding in way if finding.state == "fail"), None):
        take(not_reached(broken, *AT_WECHAT))
        return found
    from kfconsole.cli.doctor.wechat import wechat

    take(await wechat(settings))
    return found


async def _settings(settings_file: Path | None, take: Callable[[list[Finding]], None]) -> config.Settings | None:
    try:
        settings = await in_time(lambda: config.load(settings_file), SECONDS)
    except ConfigError as error:
        take([fail("settings", error.message, error.hint), *not_reached("settings", *OF_SETTINGS)])
        return None
    except TimeoutError:
        take([fail("settings", _("no answer in time: the disk or network drive may be gone"))])
        take(not_reached("settings", *OF_SETTINGS))
        return None
    take([host.settings_origins(settings)])
    try:
        settings.require_account()
    except ConfigError as error:
        take([fail("account", error.message, error.hint)])
    else:
        take(
            [
                ok(
                    "account",
                    _("{app_id} at {url}").format(app_id=settings.account.app_id, url=settings.account.base_url),
                )
            ]
        )
    return settings


def _print(finding: Finding) -> None:
    mark, word = STATES[finding.state]
    words = max(width_cells(_(word)) for _mark, word in STATES.values())
    names = max(width_cells(_(name)) for name in CHECKS.values())
    head = f"{mark} {fit(_(word), words)}  {fit(_(CHECKS[finding.check]), names)}  "
    indent = " " * width_cells(head)
    for number, line in enumerate(_lines(finding.text, len(indent))):
        emit((indent if number else head) + line)
    if finding.hint.startswith(COMMANDS):
        emit(f"{indent}→ {finding.hint}")
    elif finding.hint:
        for number, line in enumerate(_lines(finding.hint, len(indent) + 2)):
            emit(indent + ("  " if number else "→ ") + line)


def _lines(text: str, indent_cells: int) -> list[str]:
    """Break a text for a person's terminal; elsewhere it stays one line, for grep."""
    room = shutil.get_terminal_size().columns - indent_cells if sys.stdout.isatty() else 0
    return wrap(text, room) if room >= NARROWEST_CELLS else [text]


def _failed(found: list[Finding]) -> int:
    return sum(finding.state == "fail" for finding in found)


def _summary(found: list[Finding]) -> str:
    failures, warnings = _failed(found), sum(finding.state == "warn" for finding in found)
    if not failures and not warnings:
        return _("All is well.")
    failed = ngettext("{count} check failed", "{count} checks failed", failures).format(count=failures)
    warned = ngettext("{count} warning", "{count} warnings", warnings).format(count=warnings)
    if not failures or not warnings:
        return failed if failures else warned
    return _("{failed}, {warned}").format(failed=failed, warned=warned)
