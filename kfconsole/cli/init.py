"""`kfconsole init`: ask for the settings, try them, write them."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from kfconsole import config, i18n
from kfconsole.cli.output import DONE, complain, failed, talk
from kfconsole.errors import ConfigError, KfError
from kfconsole.i18n import _
from kfconsole.model import Agent
from kfconsole.text import one_line

WECHAT = "https://api.weixin.qq.com"
Values = dict[str, dict[str, Any]]


@click.command(
    "init",
    short_help=_("Ask for the settings and write them."),
    help=_("Ask for the settings, try them against WeChat and write the settings file. It never overwrites one."),
)
@click.option(
    "--base-url",
    envvar="KFCONSOLE_BASE_URL",
    default=WECHAT,
    metavar="URL",
    help=_("Another address than WeChat's, such as a gateway's or the simulator's."),
)
@click.pass_obj
def command(settings_file: Path | None, base_url: str) -> int:
    """Ask, try, write."""
    path = config.settings_path(settings_file)
    if path.exists():
        raise config.already_there(path)
    values: Values = {"account": {}, "me": {}, "ui": {"language": _ask_language(path)}}
    if base_url != WECHAT:
        values["account"]["base_url"] = base_url
    agents = _ask_account(values, path)
    _ask_agent(values, path, agents)
    config.write(path, values)
    talk(_("Written: {file}").format(file=path))
    talk(_("Run 'kfconsole' to open the console."))
    return DONE


def _ask_language(path: Path) -> str:
    language = _ask("语言 / Language", default=i18n.use(config.wanted_language(path)), choices=("zh", "en"))
    i18n.use_for_libraries(i18n.use(language))
    return language


def _ask_account(values: Values, path: Path) -> tuple[Agent, ...] | None:
    """Ask until WeChat takes the account, or the person wants it saved all the same; return the agents."""
    while True:
        talk(_("AppID and AppSecret are on mp.weixin.qq.com under Settings & Development."))
        values["account"]["app_id"] = _ask(_("AppID"))
        _ask_secret(values["account"])
        try:
            agents = asyncio.run(_try(config.from_values(values, path=path, folder=config.data_dir())))
        except ConfigError as error:
            complain(error.message, error.hint)
            continue
        except KfError as error:
            exit_code = failed(error)
            match _ask(_("Ask again, save all the same, or quit?"), default="again", choices=("again", "save", "quit")):
                case "save":
                    return None
                case "quit":
                    raise click.exceptions.Exit(exit_code) from error
        else:
            return agents


def _ask_secret(account: dict[str, Any]) -> None:
    """Ask for the secret, or for the command that makes it needless."""
    for key in ("app_secret", "access_token_command"):
        account.pop(key, None)
    secret = _ask(_("AppSecret (not shown; empty: a command of yours prints access tokens)"), "", is_secret=True)
    if secret:
        account["app_secret"] = secret
        return
    import shlex

    command = _ask(_("The command that prints an access token"))
    try:
        account["access_token_command"] = shlex.split(command)
    except ValueError:  # a quotation mark without its partner
        account["access_token_command"] = command.split()


async def _try(settings: config.Settings) -> tuple[Agent, ...]:
    from kfconsole.wechat import KfClient

    account = settings.account
    talk(_("Asking {address} …").format(address=account.base_url))
    # Without the tokens kept on this host: one of an earlier run would let a wrong secret pass.
    client = KfClient(
        base_url=account.base_url,
        app_id=account.app_id,
        app_secret=account.app_secret,
        access_token=account.access_token if account.access_token_command else None,
        proxy=settings.network.proxy,
    )
    try:
        return await client.agents()
    finally:
        await client.aclose()


def _ask_agent(values: Values, path: Path, agents: tuple[Agent, ...] | None) -> None:
    for agent in agents or ():
        bound = "" if agent.is_bound else _("not bound to a WeChat user")
        talk(f"  {agent.id}  {one_line(agent.nick)}  {bound}".rstrip())
    while True:
        values["me"]["kf_account"] = chosen = _ask(_("The agent you answer as (empty: watch and assign only)"), "")
        try:
            config.from_values(values, path=path, folder=path.parent)
        except ConfigError as error:
            complain(error.message, error.hint)
            continue
        if not chosen or agents is None:
            return
        if found := next((agent for agent in agents if agent.id == chosen), None):
            talk(_("You answer as {nick} ({agent}).").format(nick=found.name, agent=found.id))
            return
        complain(_("There is no agent {agent}.").format(agent=chosen))


def _ask(question: str, default: str | None = None, *, choices: tuple[str, ...] = (), is_secret: bool = False) -> str:
    answer: str = click.prompt(
        question,
        default=default,
        type=click.Choice(choices) if choices else str,
        show_default=bool(default),
        # Without a terminal nothing is shown anyway, and getpass would wait for one.
        hide_input=is_secret and sys.stdin.isatty(),
        err=True,
    )
    return answer.strip()
