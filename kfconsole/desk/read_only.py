"""Why a console changes nothing, and how to get one that may: there is no way back within the same run."""

from enum import StrEnum

from kfconsole.errors import NotPossible
from kfconsole.i18n import N_, _


class ReadOnly(StrEnum):
    """What made a console read-only."""

    SETTING = "setting"
    VARIABLE = "variable"
    FLAG = "flag"
    SWITCHED = "switched"
    """Somebody at this console did, while it ran."""


_WAYS_OUT = {
    ReadOnly.SETTING: N_("Set read_only = false under [me] in the settings, and start again."),
    ReadOnly.VARIABLE: N_("Unset KFCONSOLE_READ_ONLY, and start again."),
    ReadOnly.FLAG: N_("Start again without --read-only."),
    ReadOnly.SWITCHED: N_("It was switched on here; leave the console and start it again to write."),
}


def way_out(why: ReadOnly) -> str:
    """Return how to get a console that may change something."""
    return _(_WAYS_OUT[why])


def refusal(why: ReadOnly) -> NotPossible:
    """Return the error of whatever would change something."""
    return NotPossible(_("This console is read-only."), hint=way_out(why))
