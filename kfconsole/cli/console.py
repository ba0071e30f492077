"""The console itself, for an account or for the demo."""

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole import config
from kfconsole.cli.output import DONE, complain, require_terminal, talk
from kfconsole.errors import ConfigError
from kfconsole.i18n import _, listed, ngettext, sentences

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.ui.app import KfApp

BROWSER_DRIVER = "kfconsole.ui.browser_driver:BrowserDriver"
"""What `serve` puts in the place of a terminal."""


def run(
    settings_file: Path | None,
    *,
    is_read_only: bool = False,
    record_file: Path | None = None,
    is_masked: bool = False,
) -> int:
    """Open the console; return its exit code."""
    settings = config.load(settings_file, is_read_only=is_read_only)
    settings.require_account()
    if os.environ.get("TEXTUAL_DRIVER") != BROWSER_DRIVER:
        require_terminal()
    return run_app(open_app(settings, is_demo=False, record_file=record_file, is_masked=is_masked))


def open_app(
    settings: config.Settings, *, is_demo: bool, record_file: Path | None = None, is_masked: bool = False
) -> "KfApp":
    """Put the desk together and return the console on it, not yet running.

    Args:
        settings: Whose desk.
        is_demo: Whether it is only shown.
        record_file: Where what the desk sees is kept.
        is_masked: Whether nobody shall be recognised there.

    Raises:
        ConfigError: The recording cannot be made.
    """
    if is_masked and record_file is None:
        raise ConfigError(_("--mask is about a recording."), hint=_("Name its file with --record."))
    gc.disable()  # what is loaded now stays; the app collects again from its first paint on

    from kfconsole.cli.wiring import wire

    recorder = tape = None
    if record_file is not None:
        from kfconsole.cli.recording import recorder_for
        from kfconsole.ui.tape import RecordingTape

        recorder = recorder_for(record_file, is_masked=is_masked)
        tape = RecordingTape(recorder)
    parts = wire(settings, recorder)
    parts.archive.begin()

    from kfconsole.ui.app import KfApp  # takes longest

    return KfApp(settings=settings, parts=parts, is_demo=is_demo, tape=tape)


def _tell_unkept(archive: "Archive") -> None:
    """Say what was lost with an archive in memory; what was being written is said word by word, to be copied."""
    lost = archive.unkept
    what = []
    if lost.sends:
        said = ngettext("{count} message to a customer", "{count} messages to customers", lost.sends)
        what.append(said.format(count=lost.sends))
    if count := len(lost.drafts):
        what.append(ngettext("{count} draft", "{count} drafts", count).format(count=count))
    if not what:
        return
    trouble = archive.trouble
    complain(
        _("Not kept in the archive: {what}. {problem}").format(
            what=listed(what), problem="" if trouble is None else trouble.message
        )
    )
    for openid, text in lost.drafts:
        talk(_("Draft for {openid}: {text}").format(openid=openid, text=text))


def _tell_kept_aside(archive: "Archive") -> None:
    """Say that a damaged archive was kept aside, which may have happened only at the end; unless that was hidden."""
    trouble = archive.trouble
    if trouble is not None and not trouble.is_in_memory:
        talk(sentences(trouble.message, trouble.hint))


def run_app(app: "KfApp") -> int:
    """Run the console until it is left; return its exit code.

    Raises:
        Exception: What ended it unexpectedly, after the terminal was restored.
    """
    from kfconsole.ui import writing_out

    writing_out.mend()
    code = app.run()
    for said in app.last_words:
        talk(said)
    _tell_unkept(app.archive)
    _tell_kept_aside(app.archive)
    if app.crash is not None:
        raise app.crash
    return code or DONE
