"""`kfconsole agents`: who may answer, and the care of their accounts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, ask_first, require_answer, require_writable, telling_where_to_look
from kfconsole.cli.arguments import AGENT, WORDS, yes_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import emit_json, talk
from kfconsole.cli.tables import emit_table
from kfconsole.cli.times import local_minute
from kfconsole.errors import KfError, NotPossible
from kfconsole.i18n import _
from kfconsole.model import Agent, AgentId

if TYPE_CHECKING:
    from kfconsole.desk import Actions


class AgentRow(Struct, frozen=True):
    """One agent."""

    agent: str
    """The account, such as `kf2001@shop`."""
    nick: str
    kf_id: str
    """WeChat's number of the agent."""
    is_bound: bool
    """Whether a WeChat user has taken over the agent; only bound agents can serve."""
    wechat_id: str
    """The WeChat user bound; empty: nobody."""
    invited_wechat_id: str
    """The WeChat user invited last; empty: nobody."""
    invite_status: str
    """`waiting`, `rejected`, `expired` or empty."""
    invite_expires_at: int | None
    """Unix seconds; null: not invited."""
    is_online: bool
    sessions: int
    """Customers being served, by WeChat's count."""
    picture_url: str
    """Where the picture is; empty: none."""


class AgentList(Struct, frozen=True):
    """Who may answer."""

    at: float
    """Unix seconds of WeChat's clock."""
    agents: tuple[AgentRow, ...]
    """In WeChat's order."""


class OnlineAgent(Struct, frozen=True):
    """One agent who is online."""

    agent: str
    nick: str
    sessions: int
    """Customers being served, by WeChat's count."""


class OnlineAgents(Struct, frozen=True):
    """Who is online."""

    at: float
    """Unix seconds of WeChat's clock."""
    agents: tuple[OnlineAgent, ...]
    """In WeChat's order."""


class AgentNamed(Struct, frozen=True):
    """An agent that was added or renamed."""

    agent: str
    nick: str


class AgentRemoved(Struct, frozen=True):
    """An agent that was removed."""

    agent: str
    nick: str
    sessions: int
    """Customers the agent was serving when WeChat was asked, right before."""


class AgentInvited(Struct, frozen=True):
    """An invitation that was sent."""

    agent: str
    wechat_id: str
    """Of the WeChat user invited."""


class AvatarSet(Struct, frozen=True):
    """A picture that was set."""

    agent: str
    file: str


@click.group(
    "agents",
    cls=Noun,
    short_help=_("List, add, rename, remove and invite agents."),
    help=_("List agents, who is online and how many each serves; add, rename, remove and invite them."),
)
def command() -> None:
    """List agents, who is online and how many each serves; add, rename, remove and invite them."""


@command.command("list", help=_("Print all agents: whether somebody has taken them over, who is online, their load."))
@json_option(AgentList)
@click.pass_obj
def list_agents(settings_file: Path | None, as_json: bool) -> None:
    """Print all agents."""
    settings = account_settings(settings_file)
    at, agents = asyncio.run(_seen(settings))
    if as_json:
        emit_json(AgentList(at, tuple(map(_row, agents))))
        return
    zone = settings.ui.zone
    emit_table(
        (_("agent"), _("nickname"), _("state"), _("sessions"), _("WeChat user")),
        [
            (agent.id, agent.nick, _state(agent), str(agent.session_count), _wechat_user(agent, zone))
            for agent in agents
        ],
        right=(3,),
    )
    if not agents:
        talk(_("There are no agents yet; 'kfconsole agents add' makes one."))


@command.command("online", help=_("Print who is online, and how many customers each serves."))
@json_option(OnlineAgents)
@click.pass_obj
def online(settings_file: Path | None, as_json: bool) -> None:
    """Print who is online."""
    at, agents = asyncio.run(_seen(account_settings(settings_file)))
    rows = tuple(OnlineAgent(agent.id, agent.nick, agent.session_count) for agent in agents if agent.is_online)
    if as_json:
        emit_json(OnlineAgents(at, rows))
        return
    emit_table(
        (_("agent"), _("nickname"), _("sessions")),
        [(row.agent, row.nick, str(row.sessions)) for row in rows],
        right=(2,),
    )
    if not rows:
        talk(_("Nobody is online."))


@command.command("add", help=_("Make an agent; then 'kfconsole agents invite' a WeChat user to take it over."))
@click.argument("agent", type=AGENT, metavar="KF")
@click.argument("nick", type=WORDS, metavar="NICK")
@json_option(AgentNamed)
@click.pass_obj
def add(settings_file: Path | None, agent: str, nick: str, as_json: bool) -> None:
    """Make an agent."""
    _act(settings_file, lambda actions: actions.add_agent(AgentId(agent), nick))
    talk(_("Added {agent} ({nick}).").format(agent=agent, nick=nick))
    if as_json:
        emit_json(AgentNamed(agent, nick))


@command.command("rename", help=_("Give an agent another nickname; customers see it."))
@click.argument("agent", type=AGENT, metavar="KF")
@click.argument("nick", type=WORDS, metavar="NICK")
@json_option(AgentNamed)
@click.pass_obj
def rename(settings_file: Path | None, agent: str, nick: str, as_json: bool) -> None:
    """Give an agent another nickname."""
    _act(settings_file, lambda actions: actions.rename_agent(AgentId(agent), nick))
    talk(_("{agent} is now called {nick}.").format(agent=agent, nick=nick))
    if as_json:
        emit_json(AgentNamed(agent, nick))


@command.command("remove", help=_("Remove an agent, for good; asks first."))
@click.argument("agent", type=AGENT, metavar="KF")
@yes_option
@json_option(AgentRemoved)
@click.pass_obj
def remove(settings_file: Path | None, agent: str, is_sure: bool, as_json: bool) -> None:
    """Remove an agent."""
    settings = account_settings(settings_file)
    require_answer(settings, is_sure)
    found, said, sessions = asyncio.run(_before_removal(settings, AgentId(agent)))
    if not is_sure:
        for line in said:
            talk(line)
    ask_first(_("Remove {agent} ({nick})?").format(agent=found.id, nick=found.name), is_sure)
    _act(settings_file, lambda actions: actions.remove_agent(found.id))
    talk(_("Removed {agent} ({nick}).").format(agent=agent, nick=found.name))
    if as_json:
        emit_json(AgentRemoved(agent, found.nick, sessions))


@command.command("invite", help=_("Invite a WeChat user to take over an agent; they answer in WeChat."))
@click.argument("agent", type=AGENT, metavar="KF")
@click.argument("wechat_id", type=WORDS, metavar="WECHAT_ID")
@json_option(AgentInvited)
@click.pass_obj
def invite(settings_file: Path | None, agent: str, wechat_id: str, as_json: bool) -> None:
    """Invite a WeChat user."""
    _act(settings_file, lambda actions: actions.invite_agent(AgentId(agent), wechat_id))
    talk(_("Invited {wechat_id} to take over {agent}.").format(wechat_id=wechat_id, agent=agent))
    if as_json:
        emit_json(AgentInvited(agent, wechat_id))


@command.command("avatar", help=_("Set an agent's picture: a JPG of at most 5 MB, 640×640 at best."))
@click.argument("agent", type=AGENT, metavar="KF")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@json_option(AvatarSet)
@click.pass_obj
def avatar(settings_file: Path | None, agent: str, file: Path, as_json: bool) -> None:
    """Set an agent's picture."""
    from kfconsole.desk import agent_checks

    require_writable(account_settings(settings_file))
    picture = agent_checks.picture_of(file)
    _act(settings_file, lambda actions: actions.set_agent_picture(AgentId(agent), file))
    talk(_("{agent} has a new picture.").format(agent=agent))
    if caution := agent_checks.picture_caution(picture):
        talk(caution)
    if as_json:
        emit_json(AvatarSet(agent, str(file)))


async def _seen(settings: config.Settings) -> tuple[float, tuple[Agent, ...]]:
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import opened, see_agents, wire

    async with opened(wire(settings), is_reading=True) as desk:
        seen = await patiently(lambda: see_agents(desk))
        return round(desk.clock.now(), 3), seen.agents


def _act(settings_file: Path | None, do: "Callable[[Actions], Awaitable[object]]") -> None:
    from kfconsole.cli.wiring import opened, wire

    settings = account_settings(settings_file)

    async def act() -> None:
        async with opened(wire(settings)) as desk:
            await do(desk.actions)

    with telling_where_to_look(_("See with 'kfconsole agents list' before you try again.")):
        asyncio.run(act())


async def _before_removal(settings: config.Settings, agent: AgentId) -> tuple[Agent, list[str], int]:
    """Return who it is, what removing them means, and how many customers they serve, by WeChat's word of now."""
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import opened, see_agents, wire
    from kfconsole.desk import agent_checks, rules

    async with opened(wire(settings), is_reading=True) as desk:
        found = rules.find_agent(await patiently(lambda: see_agents(desk)), agent)
        if found is None:
            raise NotPossible(
                _("There is no agent {agent}.").format(agent=agent), hint=_("'kfconsole agents list' prints all.")
            )
        is_me = agent == settings.me.kf_account
        try:
            served = await patiently(lambda: desk.actions.served_by(agent))
        except KfError as error:
            said = agent_checks.removal_words(found, None, problem=error.message, is_me=is_me)
            return found, said, found.session_count
        known = await desk.archive.names(served)
        names = [known.get(openid) or openid for openid in served]
        return found, agent_checks.removal_words(found, names, is_me=is_me), len(served)


def _state(agent: Agent) -> str:
    from kfconsole.desk.words import agent_state

    return agent_state(agent)


def _wechat_user(agent: Agent, zone: tzinfo | None) -> str:
    if agent.is_bound or not agent.invited_wechat_id:
        return agent.wechat_id
    if agent.invite_status != "waiting" or agent.invite_expires_at is None:
        return agent.invited_wechat_id
    until = local_minute(agent.invite_expires_at, zone)
    return _("{wechat_id}, until {time}").format(wechat_id=agent.invited_wechat_id, time=until)


def _row(agent: Agent) -> AgentRow:
    return AgentRow(
        agent=agent.id,
        nick=agent.nick,
        kf_id=agent.kf_id,
        is_bound=agent.is_bound,
        wechat_id=agent.wechat_id,
        invited_wechat_id=agent.invited_wechat_id,
        invite_status=agent.invite_status,
        invite_expires_at=agent.invite_expires_at,
        is_online=agent.is_online,
        sessions=agent.session_count,
        picture_url=agent.picture_url,
    )
