"""The command-line library's own words, for the catalogues; nothing imports this.

The library looks them up by Python's gettext when it speaks.
"""

from kfconsole.i18n import N_, ngettext

WORDS = (
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
    N_("file"),
    N_("default: {default}"),
    N_("Couldn't detect Bash version, shell completion is not supported."),
    N_("Missing command."),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is not readable."),
    N_("Shell completion is not supported for Bash versions older than 4.4."),
    N_("Option {name!r} does not take a value."),
    N_("Error: {message}"),
    N_("Error: invalid input"),
    ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)", 1),
    ngettext("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})", 1),
    ngettext("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments.", 1),
    ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}.", 1),
)
