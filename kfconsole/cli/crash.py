"""A crash: one line for the person, the traceback for the log."""

import logging
import traceback

from kfconsole import config
from kfconsole.cli.log import Log, scrubbed
from kfconsole.cli.output import REFUSED, complain
from kfconsole.i18n import _


def report(error: Exception) -> int:
    """Tell the crash, keep its traceback in the log, return the exit code."""
    path = config.data_dir() / "kfconsole.log"
    log = Log(path)
    log.write(logging.CRITICAL, "".join(traceback.format_exception(error)).rstrip())
    log.close()
    what = scrubbed(f"{type(error).__name__}: {error}").partition("\n")[0]
    complain(
        _("This is a mistake in kfconsole: {what}").format(what=what),
        _("Please report it with the details at the end of {file}.").format(file=path),
    )
    return REFUSED
