"""What commands that change something share: whose name, a question first, and where to look afterwards."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole import config
from kfconsole.cli.output import INTERRUPTED, talk
from kfconsole.errors import ConfigError, Unavailable
from kfconsole.i18n import _
from kfconsole.model import AgentId

if TYPE_CHECKING:
    from kfconsole.desk.read_only import ReadOnly


def account_settings(settings_file: Path | None) -> config.Settings:
    """Load the settings, with an account in them.

    Raises:
        ConfigError: They are wrong, or there is none.
    """
    settings = load(settings_file)
    settings.require_account()
    return settings


def load(settings_file: Path | None) -> config.Settings:
    """Load the settings for a command, which the option before it may make read-only.

    Raises:
        ConfigError: They are wrong.
    """
    return config.load(settings_file, is_read_only=asked_read_only())


def asked_read_only() -> bool:
    """Whether the command line says that nothing shall be changed."""
    import click  # the console asks nobody, and starts without it

    context = click.get_current_context(silent=True)
    return context is not None and bool(context.find_root().params.get("is_read_only"))


def read_only_by(settings: config.Settings) -> "ReadOnly":
    """Return what makes a console with these settings read-only, if it is."""
    from kfconsole.desk.read_only import ReadOnly  # the desk is more than every command needs

    found = {config.READ_ONLY_FLAG: ReadOnly.FLAG, config.READ_ONLY_VARIABLE: ReadOnly.VARIABLE}
    return found.get(settings.origins.get("me.read_only", ""), ReadOnly.SETTING)


def own_agent(settings: config.Settings) -> AgentId | None:
    """Return the agent as whom this console answers, if there is one."""
    return AgentId(settings.me.kf_account) if settings.me.kf_account else None


def acting_agent(settings: config.Settings, agent: str | None) -> AgentId:
    """Return the agent named, or the settings' own.

    Raises:
        ConfigError: Neither names one.
    """
    if chosen := agent or settings.me.kf_account:
        return AgentId(chosen)
    raise ConfigError(_("No agent is named."), hint=_("Add --agent KF, or set kf_account under [me] in the settings."))


def require_writable(settings: config.Settings) -> None:
    """Refuse at once what a read-only console would refuse, where something else is looked at before the act.

    Raises:
        NotPossible: It is one.
    """
    if settings.me.read_only:
        from kfconsole.desk.read_only import refusal

        raise refusal(read_only_by(settings))


def require_answer(settings: config.Settings, is_sure: bool) -> None:
    """Refuse what is asked about first where the answer is known or nobody can give it, before WeChat hears of it.

    Raises:
        NotPossible: The console is read-only; whatever is answered, it would be refused.
        ConfigError: Nobody is sure, and stdin or stderr is not a terminal.
    """
    require_writable(settings)
    if not is_sure and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            _("This asks first, and there is no terminal to ask on; nothing was done."),
            hint=_("Add --yes to do it without being asked."),
        )


def ask_first(question: str, is_sure: bool) -> None:
    """Ask on stderr; anything but yes ends the command."""
    import click

    try:
        is_yes = is_sure or click.confirm(question, err=True)
    except click.Abort:
        talk("")  # the terminal's cursor still stands behind the question
        raise
    if not is_yes:
        talk(_("Nothing was done."))
        raise click.exceptions.Exit(INTERRUPTED)


@contextmanager
def telling_where_to_look(hint: str) -> Iterator[None]:
    """Add to an unknown outcome how to learn it."""
    try:
        yield
    except Unavailable as error:
        if error.may_have_arrived:
            error.hint = hint
        raise
