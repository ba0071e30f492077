"""`kfconsole replay`: a recording of a desk, played on the same screens."""

import gc
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from click.core import ParameterSource
from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import require_terminal
from kfconsole.cli.watch import Told
from kfconsole.config import checks
from kfconsole.config.settings import AccountSettings, AlertSettings, MeSettings, PollSettings, ReplySettings
from kfconsole.errors import ConfigError
from kfconsole.i18n import _

if TYPE_CHECKING:
    from kfconsole.desk.fact_lines import Header
    from kfconsole.desk.recording_file import RecordingFile
    from kfconsole.ui.replay import ReplayApp
    from kfconsole.wechat import KfClient

DAY_SECONDS = 86_400.0


@click.command(
    "replay",
    short_help=_("Play a recording of the desk."),
    help=_(
        "Play a recording that was made with --record, on the screens of the console. Nothing can be changed, WeChat "
        "is asked nothing, and neither settings nor a network are needed. Keys: P pauses, < and > change the speed, "
        "J jumps to a time. With --plain or --json, what happened is printed line by line, as 'kfconsole watch' does."
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--speed",
    type=click.FloatRange(0.125, 1024),
    default=1.0,
    metavar="X",
    help=_("How fast it is played; 2 is twice as fast."),
)
@click.option("--from", "start", metavar="TIME", help=_("Where to begin: a time such as 10:04, or +30m."))
@click.option("--plain", "is_plain", is_flag=True, help=_("Print what happened, one line each, on no screen."))
@click.option("--text", "with_text", is_flag=True, help=_("With --plain or --json: also what customers write."))
@json_option(Told, _("Print one object of JSON a line; its type says what happened."))
@click.pass_context
def command(
    context: click.Context,
    file: Path,
    speed: float,
    start: str | None,
    *,
    is_plain: bool,
    with_text: bool,
    as_json: bool,
) -> int:
    """Play it until it is left, or print it."""
    from kfconsole.desk.recording_file import RecordingFile

    is_printed = is_plain or as_json
    if is_plain and as_json:
        raise click.UsageError(_("--plain and --json exclude each other."), context)
    if with_text and not is_printed:
        raise click.UsageError(_("--text is for --plain and --json; a screen shows every message."), context)
    if is_printed and context.get_parameter_source("speed") is not ParameterSource.DEFAULT:
        raise click.UsageError(_("--speed is for a screen; what is printed comes as fast as it is read."), context)
    settings = config.load(context.obj)
    recording = RecordingFile(file)
    try:
        if is_printed:
            from kfconsole.cli.replay_lines import print_lines

            settings = _settings(settings, recording.header)
            start_at = _start_at(recording, start, settings)
            return print_lines(settings, recording, start_at, with_text=with_text, as_json=as_json)
        from kfconsole.cli.console import run_app

        require_terminal()
        with tempfile.TemporaryDirectory(prefix="kfconsole-replay-") as folder:
            return run_app(open_replay(settings, recording, Path(folder), speed=speed, start=start))
    finally:
        recording.close()


def open_replay(
    settings: config.Settings, recording: "RecordingFile", folder: Path, *, speed: float = 1.0, start: str | None = None
) -> "ReplayApp":
    """Return the console on a recording, not yet running.

    Args:
        settings: How it looks, and its keys; all else is the recording's.
        recording: What is played.
        folder: Where its messages are while it is played.
        speed: How fast.
        start: Where to begin, as somebody typed it.

    Raises:
        click.UsageError: Nobody can begin there.
    """
    gc.disable()  # as with any console

    from kfconsole.archive.replayed import ReplayedArchive
    from kfconsole.desk import Actions
    from kfconsole.desk.replayed_store import ReplayedStore
    from kfconsole.desk.replaying import NoWeChat, Player, ReplayClock
    from kfconsole.ui.replay import ReplayApp

    header = recording.header
    settings = _settings(settings, header)
    settings = replace(settings, data_dir=folder, replies=ReplySettings(file=str(folder / "replies.toml")))
    clock = ReplayClock(recording.began_at, header.began_mono, speed=speed)
    store = ReplayedStore(header.me)
    archive = ReplayedArchive(
        settings.archive_path,
        wall=clock.now,
        known=lambda: store.desk.contacts,
        from_at=recording.began_at - DAY_SECONDS,
    )
    player = Player(recording, archive, store, clock)
    if start is not None:
        player.start_at = _start_at(recording, start, settings)
    client = cast("KfClient", NoWeChat())
    actions = Actions(client, archive, store, clock, me=header.me, read_only=True)
    return ReplayApp(
        player, settings=settings, archive=archive, client=client, store=store, actions=actions, clock=clock
    )


def _start_at(recording: "RecordingFile", start: str | None, settings: config.Settings) -> float:
    from kfconsole.desk.recorded_time import typed_moment

    if start is None:
        return recording.began_at
    try:
        return typed_moment(start, recording, datetime.fromtimestamp(recording.began_at, settings.ui.zone))
    except ValueError as error:
        raise click.UsageError(f"--from: {error}", click.get_current_context(silent=True)) from error


def _settings(settings: config.Settings, header: "Header") -> config.Settings:
    """Return how somebody wants it to look, with all that the recorded desk decides; nothing of theirs is touched."""
    usual, seconds = PollSettings(), header.intervals
    poll = PollSettings(
        queue=seconds.get("queue", usual.queue),
        agents=seconds.get("agents", usual.agents),
        sessions=seconds.get("sessions", usual.sessions),
        messages=seconds.get("messages", usual.messages),
    )
    return replace(
        settings,
        account=AccountSettings(app_id="replay"),
        me=MeSettings(kf_account=header.me or "", read_only=True),
        poll=poll,
        ui=replace(settings.ui, timezone=_zone(settings, header)),
        alerts=AlertSettings(
            warn_after=header.warn_after, late_after=header.late_after, hours=header.hours, bell=False, popups="off"
        ),
    )


def _zone(settings: config.Settings, header: "Header") -> str:
    """Return the recorded desk's time zone, unless this host does not know it."""
    with suppress(ConfigError):
        return str(checks.checked("ui.timezone", header.timezone, ""))
    return settings.ui.timezone
