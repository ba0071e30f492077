"""The group of all commands; without a command it opens the console."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from kfconsole.cli.help_pages import CellFormatter
from kfconsole.cli.output import DONE, INTERRUPTED, USAGE, complain, talk
from kfconsole.i18n import N_, _, sentences

SECTIONS = (
    (N_("Begin"), ("demo", "init", "config", "doctor")),
    (N_("The desk"), ("status", "queue", "watch", "sessions", "assign", "agents", "report")),
    (N_("Customers"), ("send", "typing", "history", "media", "users", "replies")),
    (N_("Tools"), ("replay", "audit", "quota", "explain", "notify", "serve", "simulate", "completion")),
)
"""The commands by what they are for; each is the module of its name, imported when it is needed."""
COMMANDS = tuple(name for _title, names in SECTIONS for name in names)

# Every command asks its context's class; there is no other place that serves all of them.
click.Context.formatter_class = CellFormatter


class LazyGroup(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # likewise
        """Import the command."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"kfconsole.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest: the library looks only among those that are imported."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from difflib import get_close_matches

            if near := get_close_matches(args[0], COMMANDS, 1):
                problem = _("No such command {name!r}.").format(name=args[0])
                raise click.UsageError(sentences(problem, _("Did you mean {name}?").format(name=near[0])), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands section by section, in one column."""
        width = max(map(len, COMMANDS))
        for title, names in SECTIONS:
            commands = ((name, self.get_command(ctx, name)) for name in names)
            with formatter.section(_(title)):
                formatter.write_dl([(name.ljust(width), c.get_short_help_str(200)) for name, c in commands if c])


def _print_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"kfconsole {version('kfconsole')}")
        context.exit()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    help=_(
        "The console for the people who answer customers of a WeChat service account. "
        "Without a command it opens the console."
    ),
    epilog=_(
        "Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 refused, 2 wrong usage or settings, "
        "3 nothing happened, try again later, 4 outcome unknown, 130 interrupted."
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=_("The settings file to use."),
)
@click.option(
    "--read-only",
    "is_read_only",
    is_flag=True,
    help=_("Change nothing: whatever would send, accept, close or rename is refused."),
)
@click.option(
    "--record",
    "record_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=_("Keep what the desk sees in FILE, for 'kfconsole replay'."),
)
@click.option("--mask", "is_masked", is_flag=True, help=_("With --record: nobody can be recognised in the file."))
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help=_("Show the version and exit."),
)
@click.pass_context
def root(
    context: click.Context,
    /,
    settings_file: Path | None,
    is_read_only: bool,
    record_file: Path | None,
    is_masked: bool,
) -> int:
    """Run the console when no command is named."""
    context.obj = settings_file
    if context.invoked_subcommand:
        if record_file is not None or is_masked:
            problem = _("--record and --mask are for the console itself, or behind 'demo'.")
            raise click.UsageError(problem, context)
        return DONE
    from kfconsole.cli.console import run as run_console

    return run_console(settings_file, is_read_only=is_read_only, record_file=record_file, is_masked=is_masked)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; return the exit code.

    Raises:
        KfError: The command failed in an expected way.
    """
    try:
        code: int | None = root.main(list(arguments), "kfconsole", standalone_mode=False)
        return code or DONE
    except click.UsageError as error:
        if error.ctx and error.message == error.ctx.get_help():  # a group without a command: the help says it all
            talk(error.message)
            return USAGE
        hint = _("Try '{command} --help'.").format(command=error.ctx.command_path) if error.ctx else ""
        if isinstance(error, click.NoSuchOption) and not error.possibilities:
            hint = sentences(hint, _("Words that begin with '-' go behind '--'."))
        complain(_missing(error) or error.format_message(), hint)
        return USAGE
    except click.ClickException as error:
        complain(error.format_message())
        return USAGE
    except click.Abort as abort:
        if isinstance(abort.__context__, EOFError):
            complain(_("The input ended before everything was answered."))
            return USAGE
        return INTERRUPTED


def _missing(error: click.UsageError) -> str:
    """Say in whole sentences of the user's language what is missing; the library ends its own by an English dot."""
    if not isinstance(error, click.MissingParameter) or error.param is None or error.ctx is None:
        return ""
    said = _("Missing option {name}.") if isinstance(error.param, click.Option) else _("Missing argument {name}.")
    return said.format(name=error.param.get_error_hint(error.ctx))
