"""`kfconsole sessions`: who is served by whom; opening and closing sessions."""

import asyncio
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from msgspec import Struct
from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.acting import account_settings, acting_agent, ask_first, require_answer, telling_where_to_look
from kfconsole.cli.arguments import AGENT, OPENID, agent_option, yes_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import (
    OUTCOME_UNKNOWN,
    REFUSED,
    RETRY_LATER,
    complain,
    emit,
    emit_json,
    talk,
    with_code,
)
from kfconsole.cli.tables import emit_table
from kfconsole.cli.times import local_time
from kfconsole.errors import KfError, RateLimited, Rejected, Unavailable
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId
from kfconsole.text import clock_span, one_line

if TYPE_CHECKING:
    from kfconsole.cli.wiring import Wired
    from kfconsole.desk.transferring import Transfer
    from kfconsole.model import Session


class SessionRow(Struct, frozen=True):
    """One customer being served."""

    openid: str
    agent: str
    """Who serves."""
    nick: str
    """Of the agent; empty: not known."""
    started_at: int
    """Unix seconds of WeChat's clock; 0: WeChat does not tell."""
    age_seconds: int
    name: str
    """What the customer is called: our alias, else WeChat's remark; empty: neither is known."""


class SessionList(Struct, frozen=True):
    """Who is served by whom."""

    at: float
    """Unix seconds of WeChat's clock."""
    sessions: tuple[SessionRow, ...]
    """The oldest first."""
    not_asked: tuple[str, ...] = ()
    """Agents whose sessions WeChat did not tell: there may be more."""


class CustomerState(Struct, frozen=True):
    """How one customer stands."""

    at: float
    """Unix seconds of WeChat's clock."""
    openid: str
    state: Literal["served", "waiting", "none", "unknown"]
    """`unknown`: nobody serves them; whether they wait WeChat does not tell, for it names only the first 100."""
    agent: str
    """Who serves; empty: nobody."""
    nick: str
    """Of the agent; empty: not known."""
    since_at: int | None
    """When the session or the wait began, in Unix seconds; null: neither."""
    is_exact: bool
    """False: they have waited at least as long."""
    name: str = ""
    """What the customer is called: our alias, else WeChat's remark; empty: neither is known."""


class SessionOpened(Struct, frozen=True):
    """A session that is open now."""

    openid: str
    agent: str
    """Who serves."""
    started_at: int
    """Unix seconds of WeChat's clock."""


class SessionClosed(Struct, frozen=True):
    """A session that is over now."""

    openid: str
    agent: str
    """Who served."""


class SessionTransferred(Struct, frozen=True):
    """How a transfer ended."""

    openid: str
    from_agent: str
    """Who served before."""
    to_agent: str
    """Who should serve now."""
    outcome: Literal["transferred", "given_back", "taken", "nobody", "unknown"]
    """`given_back`: whoever served before does so again. `taken`: a third agent accepted them meanwhile."""
    agent: str
    """Who serves now; empty: nobody, or nobody knows."""


@click.group(
    "sessions",
    cls=Noun,
    modules=("take-over", "hand-back", "close-several", "owed"),
    short_help=_("List sessions; open, transfer and close them."),
    help=_("Print who is served by whom; give customers to agents, and end sessions."),
)
def command() -> None:
    """Hold the commands about sessions."""


@command.command("list", help=_("Print the sessions of all agents, or of one, the oldest first."))
@click.option("--agent", type=AGENT, metavar="KF", help=_("This agent's sessions only."))
@json_option(SessionList)
@click.pass_obj
def list_sessions(settings_file: Path | None, agent: str | None, as_json: bool) -> None:
    """Print the sessions."""
    settings = account_settings(settings_file)
    found, refusals = asyncio.run(_list(settings, AgentId(agent) if agent else None))
    if as_json:
        emit_json(found)
    else:
        _print(found, settings)
    for name, error in refusals.items():
        said = _("The sessions of {agent} are missing: {problem}")
        complain(said.format(agent=name, problem=with_code(error)), error.hint)
    if refusals:
        raise click.exceptions.Exit(REFUSED)


def _print(found: SessionList, settings: config.Settings) -> None:
    zone = settings.ui.zone
    emit_table(
        (_("customer"), _("agent"), _("nickname"), _("since"), _("duration"), _("name")),
        [(row.openid, row.agent, row.nick, *_since(row, zone), row.name) for row in found.sessions],
        right=(4,),
    )
    if not found.sessions and not found.not_asked:
        talk(_("Nobody is being served."))


@command.command("show", help=_("Print who serves a customer and since when, or whether the customer waits."))
@click.argument("openid", type=OPENID, metavar="OPENID")
@json_option(CustomerState)
@click.pass_obj
def show(settings_file: Path | None, openid: str, as_json: bool) -> None:
    """Print who serves a customer."""
    settings = account_settings(settings_file)
    found = asyncio.run(_state(settings, CustomerId(openid)))
    if as_json:
        emit_json(found)
        return
    if found.since_at is None:
        emit(
            _("nobody serves this customer, and they do not wait")
            if found.state == "none"
            else _("nobody serves this customer")
        )
        if found.state == "unknown":
            talk(_("They may be waiting: WeChat names only the first 100 in the queue."))
        return
    since = local_time(found.since_at, settings.ui.zone)
    span = clock_span(max(0, int(found.at) - found.since_at), is_exact=found.is_exact)
    if found.state == "waiting":
        emit(_("waiting {span}, since {time}").format(span=span, time=since))
    else:
        who = f"{one_line(found.nick)} ({found.agent})" if found.nick else found.agent
        emit(_("served by {agent} for {span}, since {time}").format(agent=who, span=span, time=since))


@command.command("open", help=_("Give a customer to an agent, as the key 'a' in the console does."))
@click.argument("openid", type=OPENID, metavar="OPENID")
@agent_option
@json_option(SessionOpened)
@click.pass_obj
def open_session(settings_file: Path | None, openid: str, agent: str | None, as_json: bool) -> None:
    """Give a customer to an agent."""
    settings = account_settings(settings_file)
    chosen = acting_agent(settings, agent)
    with telling_where_to_look(look_at(openid)):
        session = asyncio.run(_open(settings, CustomerId(openid), chosen))
    talk(_("{agent} now serves {openid}.").format(agent=session.agent, openid=openid))
    if as_json:
        emit_json(SessionOpened(session.openid, session.agent, session.started_at))


@command.command(
    "close", help=_("End an agent's session with a customer, as the key 'x' in the console does; asks first.")
)
@click.argument("openid", type=OPENID, metavar="OPENID")
@agent_option
@yes_option
@json_option(SessionClosed)
@click.pass_obj
def close_session(settings_file: Path | None, openid: str, agent: str | None, is_sure: bool, as_json: bool) -> None:
    """End a session."""
    settings = account_settings(settings_file)
    chosen = acting_agent(settings, agent)
    require_answer(settings, is_sure)
    ask_first(_("Close the session of {openid} with {agent}?").format(openid=openid, agent=chosen), is_sure)
    with telling_where_to_look(look_at(openid)):
        asyncio.run(_close(settings, CustomerId(openid), chosen))
    talk(_("The session of {openid} with {agent} is closed.").format(openid=openid, agent=chosen))
    if as_json:
        emit_json(SessionClosed(openid, chosen))


@command.command(
    "transfer",
    help=_(
        "Hand a customer from the agent who serves them to another, as the key 't' in the console does: WeChat closes "
        "one session and begins another. If that fails half-way, the customer is given back; who has them is told."
    ),
)
@click.argument("openid", type=OPENID, metavar="OPENID")
@click.option("--to", "target", type=AGENT, metavar="KF", required=True, help=_("Who gets the customer."))
@click.option(
    "--from", "giver", type=AGENT, metavar="KF", help=_("Only if this agent serves them; otherwise whoever does.")
)
@json_option(SessionTransferred)
@click.pass_obj
def transfer_session(settings_file: Path | None, openid: str, target: str, giver: str | None, as_json: bool) -> None:
    """Hand a customer over."""
    settings = account_settings(settings_file)
    with telling_where_to_look(look_at(openid)):
        done = asyncio.run(transfer(settings, CustomerId(openid), AgentId(target), AgentId(giver) if giver else None))
    end_transfer(done, openid, as_json=as_json)


def end_transfer(done: "Transfer", openid: str, *, as_json: bool) -> None:
    """Tell how a transfer ended, and end the command by it."""
    from kfconsole.desk.transferring import Outcome

    if as_json:
        emit_json(SessionTransferred(openid, done.giver, done.target, done.outcome.value, done.agent or ""))
    if done.outcome is Outcome.TRANSFERRED:
        talk(done.said)
        return
    if done.outcome is Outcome.NOBODY:
        hint = _("'kfconsole sessions open {openid} --agent KF' gives them to an agent.").format(openid=openid)
    else:
        hint = look_at(openid) if done.outcome is Outcome.UNKNOWN else ""
    complain(done.said, hint)
    raise click.exceptions.Exit(_exit_code(done))


def _since(row: SessionRow, zone: tzinfo | None) -> tuple[str, str]:
    return (local_time(row.started_at, zone), clock_span(row.age_seconds)) if row.started_at else ("-", "-")


async def _list(settings: config.Settings, agent: AgentId | None) -> tuple[SessionList, dict[AgentId, Rejected]]:
    """Return the sessions, and why those of some agents could not be had."""
    from kfconsole.cli.wiring import opened, wire
    from kfconsole.desk.rules import session_age

    async with opened(wire(settings), is_reading=True) as desk:
        refusals: dict[AgentId, Rejected] = {}
        sessions = await (_of_all(desk, refusals) if agent is None else _sessions_of(desk, agent))
        now = desk.clock.now()
        names = await desk.archive.names([session.openid for session in sessions])
        rows = (
            SessionRow(
                openid=session.openid,
                agent=session.agent,
                nick=_nick(desk, session.agent),
                started_at=session.started_at,
                age_seconds=int(session_age(session, now)),
                name=names.get(session.openid, ""),
            )
            for session in sorted(sessions, key=lambda session: session.started_at)
        )
        return SessionList(round(now, 3), tuple(rows), tuple(refusals)), refusals


async def _of_all(desk: "Wired", refusals: dict[AgentId, Rejected]) -> "Sequence[Session]":
    """Ask for the sessions of all who may have some: how many an agent has who is offline no list tells."""
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import see_agents
    from kfconsole.desk.feeds.sessions import MAX_IN_FLIGHT, NO_SUCH_AGENT_CODES

    seen = await patiently(lambda: see_agents(desk))
    may_serve = [known.id for known in seen.agents if known.session_count or (known.is_bound and not known.is_online)]
    turns = asyncio.Semaphore(MAX_IN_FLIGHT)

    async def ask(agent: AgentId) -> "tuple[Session, ...]":
        async with turns:
            try:
                return await _sessions_of(desk, agent)
            except Rejected as error:
                if error.code not in NO_SUCH_AGENT_CODES:  # else removed a moment ago
                    refusals[agent] = error
                return ()

    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(ask(agent)) for agent in may_serve]
    except ExceptionGroup as failed:  # the first of them stopped the others
        raise failed.exceptions[0] from None
    return [session for task in asked for session in task.result()]


async def _sessions_of(desk: "Wired", agent: AgentId) -> "tuple[Session, ...]":
    from kfconsole.cli.retries import patiently

    return await patiently(lambda: desk.client.sessions(agent))


async def _state(settings: config.Settings, openid: CustomerId) -> CustomerState:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings), is_reading=True) as desk:
        found = await _ask_state(desk, openid)
        return replace(found, name=(await desk.archive.names([openid])).get(openid, ""))


async def _ask_state(desk: "Wired", openid: CustomerId) -> CustomerState:
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import see_queue

    holder = await patiently(lambda: desk.client.session(openid))
    if holder is not None:
        at = round(desk.clock.now(), 3)
        nick = _nick(desk, holder.agent)
        return CustomerState(at, openid, "served", holder.agent, nick, holder.started_at, is_exact=True)
    queue = await patiently(lambda: see_queue(desk))
    at = round(desk.clock.now(), 3)
    waiting = next((row for row in queue.queue if row.openid == openid), None)
    if waiting is not None:
        since_at = int(waiting.since_at)
        return CustomerState(at, openid, "waiting", "", "", since_at, is_exact=waiting.is_exact)
    state: Literal["none", "unknown"] = "none" if queue.queue_total <= len(queue.queue) else "unknown"
    return CustomerState(at, openid, state, "", "", None, is_exact=True)


async def _open(settings: config.Settings, openid: CustomerId, agent: AgentId) -> "Session":
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        return await desk.actions.accept(openid, agent)


async def transfer(settings: config.Settings, openid: CustomerId, target: AgentId, giver: AgentId | None) -> "Transfer":
    """Hand a customer over; whoever interrupts it hears how it ended."""
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        act = asyncio.ensure_future(desk.actions.transfer(openid, target, giver=giver))
        try:
            return await asyncio.shield(act)
        except asyncio.CancelledError:
            talk(_("The transfer is ended first, as nobody may have the customer now."))
            await asyncio.wait((act,))
            if isinstance(error := act.exception(), KfError):
                complain(with_code(error), error.hint)
            elif error is None:
                talk(act.result().said)
            raise


def _exit_code(done: "Transfer") -> int:
    """Tell a script how a transfer ended that was not done."""
    from kfconsole.desk.transferring import Outcome

    if done.outcome is Outcome.UNKNOWN:
        return OUTCOME_UNKNOWN
    if isinstance(done.error, RateLimited | Unavailable):
        if done.outcome is Outcome.GIVEN_BACK:
            return RETRY_LATER
        if done.outcome is Outcome.NOBODY:  # WeChat refused nothing, but the same again would find no session
            return OUTCOME_UNKNOWN
    return REFUSED


async def _close(settings: config.Settings, openid: CustomerId, agent: AgentId) -> None:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        await desk.actions.close(openid, agent)


def _nick(desk: "Wired", agent: AgentId) -> str:
    """Return what the agent is called, as far as this host has seen; empty: not at all."""
    return next((known.nick for known in desk.store.desk.agents if known.id == agent), "")


def look_at(openid: str) -> str:
    """Say how to learn what became of a session."""
    return _("'kfconsole sessions show {openid}' tells what became of it.").format(openid=openid)
