"""`kfconsole serve`: the console in a browser."""

import asyncio
import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import click
from msgspec import Struct

from kfconsole import i18n
from kfconsole.cli.acting import account_settings
from kfconsole.cli.console import BROWSER_DRIVER
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import DONE, emit, emit_json, talk
from kfconsole.cli.stopping import Stop
from kfconsole.errors import ConfigError
from kfconsole.i18n import _

HIGHEST_PORT = 65_535
MOST_SESSIONS = 10
EVERYWHERE = ("0.0.0.0", "::", "")
"""Addresses to listen on that are no addresses to go to."""


class Served(Struct, frozen=True):
    """Where browsers find the console."""

    url: str
    """With the token: who has it gets in. It holds for this run."""
    host: str
    port: int
    may_write: bool
    """Whether browsers may do more than look."""
    sessions: int
    """How many consoles there may be at a time."""


@click.command(
    "serve",
    short_help=_("Show the console in a browser."),
    help=_(
        "Show the console in a browser of this host, read-only. It prints an address with a token in it, which changes "
        "with every start: whoever has it sees what you see. Each page is a console of its own, and asks WeChat for "
        "itself. From elsewhere: ssh -L 8000:127.0.0.1:8000 HOST."
    ),
)
@click.option(
    "--port",
    type=click.IntRange(0, HIGHEST_PORT),
    default=8000,
    show_default=True,
    metavar="N",
    help=_("The port; 0 picks a free one."),
)
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help=_("The address to listen on; this host only."))
@click.option("--title", default="kfconsole", metavar="TEXT", help=_("The title of the page."))
@click.option("--allow-writes", "may_write", is_flag=True, help=_("Let who opens the address also act, in your name."))
@click.option(
    "--allow-remote",
    "is_remote",
    is_flag=True,
    help=_("Take a --host that other hosts reach. Nothing is encrypted: put a proxy with TLS before it."),
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    help=_("A name under which browsers come, such as that of a proxy; may be repeated."),
)
@click.option(
    "--sessions",
    type=click.IntRange(1, 100),
    default=MOST_SESSIONS,
    show_default=True,
    metavar="N",
    help=_("How many consoles may be open at a time."),
)
@json_option(Served)
@click.pass_obj
def command(
    settings_file: Path | None,
    port: int,
    host: str,
    title: str,
    may_write: bool,
    is_remote: bool,
    names: tuple[str, ...],
    sessions: int,
    as_json: bool,
) -> int:
    """Serve until a signal comes."""
    settings = account_settings(settings_file)
    _require_library()
    from kfconsole.web.door import Door, is_loopback

    if not (is_remote or is_loopback(host)):
        raise ConfigError(
            _("--host {host} is reached from other hosts, and nothing on the way would be encrypted.").format(
                host=host
            ),
            hint=_("Leave out --host and put a proxy with TLS before it, or add --allow-remote."),
        )
    may_write = may_write and not settings.me.read_only
    door = Door((*names, socket.gethostname(), host) if is_remote else names, is_remote=is_remote)

    def announce(port: int) -> None:
        seen_as = socket.gethostname() if host in EVERYWHERE else host
        place = f"[{seen_as}]" if ":" in seen_as else seen_as
        url = f"http://{place}:{port}/t/{door.token}"
        if as_json:
            emit_json(Served(url, host, port, may_write, sessions))
        else:
            emit(url)
        _tell_who_may(may_write=may_write, is_remote=not is_loopback(host))

    from kfconsole.web.server import BrowserServer

    server = BrowserServer(
        _console(settings_file, may_write=may_write),
        os.environ,
        driver=BROWSER_DRIVER,
        door=door,
        title=title,
        language=i18n.use(settings.ui.language),
        most_sessions=sessions,
        say=talk,
    )

    async def run() -> int:
        stop = Stop()
        await server.run(host, port, on_ready=announce, stop=stop.event)
        return stop.exit_code or DONE

    try:
        return asyncio.run(run())
    except OSError as error:
        problem = _("Port {port} of {host} cannot be listened on: {problem}")
        raise ConfigError(
            problem.format(host=host, port=port, problem=error.strerror or error),
            hint=_("Choose another port; --port 0 picks a free one."),
        ) from error


def _console(settings_file: Path | None, *, may_write: bool) -> list[str]:
    # -P: what lies in the folder one happens to be in must not be imported.
    command = [sys.executable, "-P", "-m", "kfconsole"]
    if settings_file is not None:
        command += ["--config", str(settings_file)]
    return command if may_write else [*command, "--read-only"]


def _tell_who_may(*, may_write: bool, is_remote: bool) -> None:
    from getpass import getuser

    if may_write:
        said = _(
            "Everybody with this address may ACT: accept, send and close in the name of {user}, without a password."
        )
        talk(said.format(user=getuser()))
    else:
        talk(_("Everybody with this address sees customers and conversations; nobody can change anything."))
    if is_remote:
        talk(_("Nothing is encrypted: whoever is on the way reads all of it, also the token."))
    talk(_("Ctrl+C ends it, and every console with it."))


def _require_library() -> None:
    if find_spec("textual_serve") is None:
        raise ConfigError(
            _("The part for browsers is not installed."), hint=_("Install it: pip install 'kfconsole[serve]'")
        )
