"""The console itself, for an account or for the demo."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole import config
from kfconsole.cli.output import DONE, require_terminal

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp


def run(settings_file: Path | None) -> int:
    """Open the console; return its exit code."""
    settings = config.load(settings_file)
    settings.require_account()
    require_terminal()
    return run_app(open_app(settings, is_demo=False))


def open_app(settings: config.Settings, *, is_demo: bool) -> "KfApp":
    """Put the desk together and return the console on it, not yet running."""
    gc.disable()  # what is loaded now stays; the app collects again from its first paint on

    from kfconsole.cli.wiring import wire
    from kfconsole.ui.app import KfApp

    desk = wire(settings)
    return KfApp(
        settings=settings,
        archive=desk.archive,
        client=desk.client,
        store=desk.store,
        poller=desk.poller,
        actions=desk.actions,
        clock=desk.clock,
        is_demo=is_demo,
    )


def run_app(app: "KfApp") -> int:
    """Run the console until it is left; return its exit code.

    Raises:
        Exception: What ended it unexpectedly, after the terminal was restored.
    """
    code = app.run()
    if app.crash is not None:
        raise app.crash
    return code or DONE
