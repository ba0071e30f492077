"""Groups of commands about one thing: `agents list`, `agents add` and so on."""

import click

from kfconsole.i18n import _
from kfconsole.text import fit, width_cells


class Noun(click.Group):
    """A group that shows its commands in the order they were written, each with its whole first sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names in the order of the help."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # likewise
        """Write name and meaning of each command."""
        width = max(map(width_cells, self.commands))
        with formatter.section(_("Commands")):
            formatter.write_dl(
                [(fit(name, width), command.get_short_help_str(200)) for name, command in self.commands.items()]
            )
