"""Groups of commands about one thing: `agents list`, `agents add` and so on."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from kfconsole.i18n import _
from kfconsole.text import fit, width_cells


class Noun(click.Group):
    """A group that shows its commands in the order they were written, each with its whole first sentence.

    Those named in `modules` come last; each is the `command` of a module of its own, such as cli/history_search.py,
    imported when none of the others is meant.
    """

    def __init__(self, *args: Any, modules: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names in the order of the help."""
        return [*self.commands, *(name for name in self._modules if name not in self.commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command; for one not known yet all are imported, as a wrong name is answered with the nearest."""
        if cmd_name not in self.commands:
            for name in self._modules:
                self.add_command(import_module(f"kfconsole.cli.{self.name}_{name}".replace("-", "_")).command)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write name and meaning of each command."""
        names = self.list_commands(ctx)
        width = max(map(width_cells, names))
        commands = ((name, self.get_command(ctx, name)) for name in names)
        with formatter.section(_("Commands")):
            formatter.write_dl([(fit(name, width), c.get_short_help_str(200)) for name, c in commands if c])
