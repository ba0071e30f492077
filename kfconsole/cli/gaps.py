"""What to do about parts of the past that were never fetched from WeChat."""

import shlex

from kfconsole.i18n import _


def sync_hint(start: str) -> str:
    """Return the words that name the command which fetches from a moment on."""
    command = f"kfconsole history sync --since {shlex.quote(start)}"
    return _("hint: {hint}").format(hint=command)
