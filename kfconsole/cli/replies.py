"""`kfconsole replies`: the canned replies, where they are, and what is wrong with their file."""

from pathlib import Path

import click
from msgspec import Struct

from kfconsole import canned, config
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import REFUSED, emit, emit_json, talk
from kfconsole.cli.tables import emit_table
from kfconsole.i18n import _, ngettext


class ReplyRow(Struct, frozen=True):
    """One canned reply."""

    name: str
    folder: str
    """What it belongs to; empty: nothing."""
    key: str
    """The character that picks it at once; empty: none."""
    text: str
    """As it stands in the file: variables such as `{customer}` are not filled in."""
    bytes: int
    """Of UTF-8, as it stands in the file; WeChat takes 2,048 in one message."""
    line: int
    """Where it begins in the file, from 1."""
    unknown_variables: tuple[str, ...]
    """While there are any, it cannot be put into a message."""


class ReplyProblem(Struct, frozen=True):
    """What is wrong in the file."""

    line: int | None
    """From 1; null: the file as a whole."""
    problem: str
    """In the language of the settings."""


class ReplyList(Struct, frozen=True):
    """The canned replies that can be read, and what cannot."""

    file: str
    is_missing: bool
    """Whether there is no such file yet."""
    replies: tuple[ReplyRow, ...]
    """In the order of the file."""
    problems: tuple[ReplyProblem, ...]


@click.group(
    "replies",
    cls=Noun,
    short_help=_("Print and check the canned replies."),
    help=_("Print and check the canned replies, which Ctrl+R offers in the console. They are a file of yours."),
)
def command() -> None:
    """Hold the commands about canned replies."""


@command.command(
    "list", help=_("Print every canned reply: its key, name and text. What cannot be read goes to stderr.")
)
@json_option(ReplyList)
@click.pass_obj
def list_(settings_file: Path | None, as_json: bool) -> None:
    """Print the replies."""
    library = _read(settings_file)
    if as_json:
        emit_json(_as_list(library))
        return
    emit_table((_("key"), _("name"), _("text")), [(row.key or "-", row.path, row.text) for row in library.replies])
    _tell_problems(library)


@command.command("path", help=_("Print where the canned replies are, whether the file exists or not."))
@click.pass_obj
def path(settings_file: Path | None) -> None:
    """Print the path."""
    emit(str(config.load(settings_file).replies_path))


@command.command(
    "check",
    short_help=_("Check the file; exit code 1 when something is wrong."),
    help=_("Check the file of canned replies; each mistake is told with its line. Exit code 1 when there is one."),
)
@click.pass_obj
def check(settings_file: Path | None) -> None:
    """Check the file."""
    library = _read(settings_file)
    _tell_problems(library)
    if library.is_missing or library.problems:
        raise click.exceptions.Exit(REFUSED)
    count = len(library.replies)
    said = ngettext(
        "{count} canned reply, no mistake found in {file}.",
        "{count} canned replies, no mistake found in {file}.",
        count,
    )
    talk(said.format(count=count, file=library.path))


def _read(settings_file: Path | None) -> canned.Library:
    return canned.read(config.load(settings_file).replies_path)


def _tell_problems(library: canned.Library) -> None:
    if library.is_missing:
        talk(_("There is no file of canned replies yet: {file}").format(file=library.path))
        talk(_("hint: {hint}").format(hint=_("Ctrl+R in the console writes one with some replies to begin with.")))
    for problem in library.problems:
        talk(problem.told(library.path))


def _as_list(library: canned.Library) -> ReplyList:
    rows = tuple(
        ReplyRow(
            name=reply.name,
            folder=reply.folder,
            key=reply.key,
            text=reply.text,
            bytes=len(reply.text.encode()),
            line=reply.line,
            unknown_variables=reply.unknown,
        )
        for reply in library.replies
    )
    problems = tuple(ReplyProblem(problem.line or None, problem.message) for problem in library.problems)
    return ReplyList(str(library.path), library.is_missing, rows, problems)
