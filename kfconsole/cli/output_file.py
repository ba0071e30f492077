"""`--format`, `-o` and `--force`: into which file a command writes, and in which form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from kfconsole.i18n import _

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms in which a command writes."""

    of_files: tuple[str, ...]
    on_stdout: str
    """Where neither a form nor a file is named; if it is none of files, it is a table for the terminal."""
    as_json: str
    """What --json stands for."""
    endings: Mapping[str, str]
    """The forms of files by the ends of their names."""

    def options(self, help_of_format: str) -> Callable[[F], F]:
        """Give a command the options, passed on as `form`, `target` and `replaces`."""
        names = dict.fromkeys((self.on_stdout, *self.of_files))
        options = (
            click.option("--format", "form", type=click.Choice([*names]), help=help_of_format),
            click.option(
                "-o",
                "--output",
                "target",
                type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
                metavar="FILE",
                callback=lambda _context, _option, file: None if str(file) == "-" else file,
                help=_("The file to write; it appears when it is whole."),
            ),
            click.option("--force", "replaces", is_flag=True, help=_("Replace FILE if it is there.")),
        )

        def decorate(command: F) -> F:
            for option in reversed(options):
                command = option(command)
            return command

        return decorate

    def chosen(self, form: str | None, target: Path | None, *, as_json: bool) -> str:
        """Return the form that is meant.

        Raises:
            click.UsageError: Two are named, or none fits the file.
        """
        if as_json and form not in (None, self.as_json):
            problem = _("--json is --format {json}, and does not go with --format {format}.")
            raise _refusal(problem.format(json=self.as_json, format=form))
        found = self.as_json if as_json else form
        if target is None:
            return found or self.on_stdout
        formats = "|".join(self.of_files)
        if found is None and (found := self.endings.get(target.suffix.lower())) is None:
            problem = _("{file}: the ending says no format; add --format {formats}.")
            raise _refusal(problem.format(file=target, formats=formats))
        if found not in self.of_files:
            raise _refusal(_("A table is for the terminal; add --format {formats}.").format(formats=formats))
        return found


def _refusal(problem: str) -> click.UsageError:
    return click.UsageError(problem, click.get_current_context())
