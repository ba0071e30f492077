"""`kfconsole simulate`: the simulator alone, for other clients and for the demo."""

import asyncio
import errno
import os
import random
import threading
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import click

from kfconsole.cli.output import DONE, emit_json
from kfconsole.cli.stopping import Stop
from kfconsole.errors import ConfigError
from kfconsole.i18n import _

HIGHEST_PORT = 65_535


def _known_scenario(context: click.Context, _option: click.Parameter, name: str) -> str:
    if context.resilient_parsing:  # a shell completes; nothing will run
        return name
    # Not a click.Choice: the help must not load a web server.
    from kfconsole.simulator import SCENARIOS

    if name not in SCENARIOS:
        raise click.BadParameter(_("choose one of {names}.").format(names=", ".join(SCENARIOS)))
    return name


@click.command(
    "simulate",
    short_help=_("Serve a stand-in for WeChat."),
    help=_(
        "Serve a stand-in for WeChat's customer-service API. Prints one line of JSON when it is ready: "
        "base_url, app_id, app_secret, kf_account."
    ),
)
@click.option(
    "--port", type=click.IntRange(0, HIGHEST_PORT), default=0, metavar="N", help=_("The port; 0 picks a free one.")
)
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help=_("The address to listen on; this host only."))
@click.option(
    "--scenario",
    default="shop",
    metavar="NAME",
    callback=_known_scenario,
    help=_(
        "What happens: 'shop' (customers write and wait), 'rush' (a lunch hour at ten times the speed), 'big' (2,000 "
        "agents, 20,000 sessions, 10,000 waiting), 'quiet' (nothing by itself) or 'storm' (a shop with faults at "
        "random)."
    ),
)
@click.option("--seed", type=int, default=1, metavar="N", help=_("The same seed brings the same customers."))
@click.option(
    "--speed",
    type=click.FloatRange(0, 1000, min_open=True),
    default=1.0,
    metavar="X",
    help=_("How fast customers act; times stay true."),
)
@click.option(
    "--push-url",
    metavar="URL",
    help=_("Push what customers do to this server, as WeChat does; it decides who enters the queue."),
)
@click.option(
    "--push-token",
    metavar="TEXT",
    default="",
    envvar="KFCONSOLE_PUSH_TOKEN",
    help=_("What pushes are signed with; any text that the server knows too."),
)
@click.option(
    "--push-aes-key",
    metavar="KEY",
    default="",
    envvar="KFCONSOLE_PUSH_AES_KEY",
    help=_("What pushes are encrypted with: 43 letters and digits."),
)
@click.option(
    "--push-mode",
    type=click.Choice(("plain", "compatible", "secure")),
    help=_("How pushes look; 'secure' when there is a key, else 'plain'."),
)
@click.option(
    "--log",
    "log_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=_("Add a line of JSON to FILE for everything that customers and agents do: what a report should find."),
)
@click.option("--until-stdin-closes", is_flag=True, help=_("End when the standard input is closed."))
def command(
    port: int,
    host: str,
    scenario: str,
    seed: int,
    speed: float,
    push_url: str | None,
    push_token: str,
    push_aes_key: str,
    push_mode: str | None,
    log_file: Path | None,
    until_stdin_closes: bool,
) -> int:
    """Serve until a signal comes, or stdin ends."""
    from kfconsole.simulator import BadReceiver, DayLog, Faults, Pusher, Receiver, World, prepare, serve

    world, faults = World(rng=random.Random(seed)), Faults()
    log = _opened(log_file) if log_file else None
    if log is not None:
        world.watch(DayLog(log))
    kf_account, play = prepare(scenario, world, seed=seed, speed=speed, faults=faults)

    def announce(base_url: str) -> None:
        emit_json(
            {
                "base_url": base_url,
                "app_id": world.app_id,
                "app_secret": world.app_secret,
                "kf_account": kf_account,
            }
        )

    async def run() -> int:
        stop = Stop()
        if until_stdin_closes:
            loop = asyncio.get_running_loop()
            threading.Thread(target=_await_end_of_stdin, args=(loop, stop), daemon=True).start()
        pusher = Pusher(world)
        if push_url is not None:
            mode = push_mode or ("secure" if push_aes_key else "plain")
            await pusher.point_at(Receiver(push_url, push_token, push_aes_key, mode))
        await serve(
            world,
            on_ready=announce,
            play=play,
            host=host,
            port=port,
            stop=stop.event,
            faults=faults,
            pusher=pusher,
        )
        return stop.exit_code or DONE

    try:
        return asyncio.run(run())
    except BadReceiver as error:
        raise ConfigError(_("Pushes cannot go there: {problem}.").format(problem=error)) from error
    except OSError as error:
        problem = _("The simulator cannot listen on {host}, port {port}: {problem}")
        is_about_port = error.errno in (errno.EADDRINUSE, errno.EACCES)
        raise ConfigError(
            problem.format(host=host, port=port, problem=error.strerror or error),
            hint=_("Choose another port, or leave out --port to get a free one.") if is_about_port else "",
        ) from error
    finally:
        if log is not None:
            log.close()


def _opened(path: Path) -> TextIO:
    """Open a file to add lines to."""
    try:
        return path.open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        problem = _("{file} cannot be written: {problem}").format(file=path, problem=error.strerror)
        raise ConfigError(problem) from error


def _await_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: Stop) -> None:
    # A thread, because files and /dev/null cannot be watched; os.read, because sys.stdin's lock outlives main.
    while os.read(0, 4096):
        pass
    with suppress(RuntimeError):  # the loop is over already
        loop.call_soon_threadsafe(stop.stop, DONE)
