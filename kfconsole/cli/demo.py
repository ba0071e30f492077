"""`kfconsole demo`: the console on a simulator of its own, over real HTTP."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec.structs import replace

from kfconsole import config, i18n
from kfconsole.cli.acting import asked_read_only
from kfconsole.cli.output import DONE, require_terminal
from kfconsole.errors import ConfigError, KfError
from kfconsole.i18n import _

START_SECONDS = 30
"""A simulator that is not ready by then never will be."""


def _size(_context: click.Context, _option: click.Parameter, text: str) -> tuple[int, int]:
    columns, _x, rows = text.partition("x")
    if not (columns.isdecimal() and rows.isdecimal() and 40 <= int(columns) <= 400 and 10 <= int(rows) <= 200):
        raise click.BadParameter(_("must be columns and rows, such as 120x40."))
    return int(columns), int(rows)


def _keys(_context: click.Context, _option: click.Parameter, written: tuple[str, ...]) -> tuple[str, ...]:
    from kfconsole.terminal import keys

    try:
        return tuple(keys.parse(key) for key in written)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(
    "demo",
    short_help=_("Open the console on a simulated shop."),
    help=_("Open the console on a simulated shop; no account is needed and nothing is kept."),
)
@click.option("--seed", type=int, default=1, metavar="N", help=_("The same seed brings the same customers."))
@click.option(
    "--speed",
    type=click.FloatRange(0, 1000, min_open=True),
    default=1.0,
    metavar="X",
    help=_("How fast customers act; times stay true."),
)
@click.option("--language", type=click.Choice(("auto", "zh", "en")), help=_("The language of the console."))
@click.option(
    "--screenshot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help=_("Write a picture of the console (SVG) and end; needs no terminal."),
)
@click.option(
    "--record",
    "record_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=_("Keep what the desk sees in FILE, for 'kfconsole replay'."),
)
@click.option("--mask", "is_masked", is_flag=True, help=_("With --record: nobody can be recognised in the file."))
@click.option("--size", callback=_size, default="120x40", metavar="120x40", help=_("The size of the picture in cells."))
@click.option(
    "--press",
    "keys",
    callback=_keys,
    multiple=True,
    metavar="KEY",
    help=_("A key to press before the picture is taken, such as b; may be given again."),
)
def command(
    seed: int,
    speed: float,
    language: str | None,
    screenshot: Path | None,
    record_file: Path | None,
    is_masked: bool,
    size: tuple[int, int],
    keys: tuple[str, ...],
) -> int:
    """Run the console beside a simulator."""
    if screenshot is None:
        require_terminal()
    language = language or os.environ.get("KFCONSOLE_LANGUAGE", "auto")
    with tempfile.TemporaryDirectory(prefix="kfconsole-demo-") as name, _simulator(Path(name), seed, speed) as child:
        # The simulator starts meanwhile.
        from kfconsole.canned import writing
        from kfconsole.cli.console import open_app, run_app

        settings = _settings(child.answer(), language, Path(name))
        is_chinese = i18n.use(settings.ui.language) == "zh"
        writing.create(settings.replies_path, is_chinese=is_chinese)
        app = open_app(settings, is_demo=True, record_file=record_file, is_masked=is_masked)
        if screenshot is None:
            return run_app(app)
        from kfconsole.ui.screenshot import take

        try:
            asyncio.run(take(app, screenshot, size, keys))
        except OSError as error:
            problem = _("{file} cannot be written: {problem}").format(file=screenshot, problem=error.strerror)
            raise ConfigError(problem) from error
        return DONE


def _settings(answer: Mapping[str, str], language: str, folder: Path) -> config.Settings:
    is_read_only = asked_read_only()
    values: dict[str, dict[str, object]] = {
        "account": {key: answer[key] for key in ("base_url", "app_id", "app_secret")},
        "me": {"kf_account": answer["kf_account"], "read_only": is_read_only},
        "ui": {"language": language},
    }
    settings = config.from_values(values, path=folder / "config.toml", folder=folder)
    origins = {"me.read_only": config.READ_ONLY_FLAG} if is_read_only else {}
    return replace(settings, origins={**settings.origins, **origins})


class _Child:
    """The simulator's process."""

    def __init__(self, process: subprocess.Popen[str], said: Path) -> None:
        self._process = process
        self._said = said

    def answer(self) -> Mapping[str, str]:
        """Wait until it is ready; return where it is and how to get in.

        Raises:
            KfError: It ended instead.
        """
        assert self._process.stdout is not None
        timer = threading.Timer(START_SECONDS, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        if not line:
            reason = self._said.read_text("utf-8", "replace").strip() or _("it said nothing")
            raise KfError(_("The simulator did not start: {reason}").format(reason=reason))
        answer: Mapping[str, str] = json.loads(line)
        return answer


@contextmanager
def _simulator(folder: Path, seed: int, speed: float) -> Iterator[_Child]:
    # -P: what lies in the folder one happens to be in must not be imported.
    command = [sys.executable, "-P", "-m", "kfconsole", "simulate", "--until-stdin-closes"]
    said = folder / "simulator.log"
    with said.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, "--seed", str(seed), "--speed", str(speed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            start_new_session=True,  # Ctrl+C is for the console
        )
    with process:
        try:
            yield _Child(process, said)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
