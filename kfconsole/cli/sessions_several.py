"""Ending several sessions from the command line: a plan, a question, and what came of each."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, ask_first, require_answer
from kfconsole.cli.arguments import OPENID
from kfconsole.cli.output import OUTCOME_UNKNOWN, REFUSED, complain, emit_json, talk
from kfconsole.errors import NotPossible
from kfconsole.i18n import _, ngettext
from kfconsole.model import CustomerId
from kfconsole.text import clock_span

if TYPE_CHECKING:
    from kfconsole.cli.wiring import Wired
    from kfconsole.desk.supervising import Ending, Planned, Result


class EndedRow(Struct, frozen=True):
    """What became of one session of the plan."""

    openid: str
    agent: str
    """Who served."""
    result: Literal["done", "over", "refused", "unknown"]
    """`over`: the session was over already. `unknown`: the answer was lost."""
    reason: str
    """Why it was not done; empty when it was."""


class EndedSessions(Struct, frozen=True):
    """What became of each session, in the order in which they were named."""

    rows: tuple[EndedRow, ...]


OPENIDS = click.argument("openids", type=OPENID, metavar="OPENID...", nargs=-1, required=True)


def end_several(
    settings_file: Path | None,
    openids: tuple[str, ...],
    is_sure: bool,
    as_json: bool,
    *,
    hands_back: bool,
    note: str = "",
) -> None:
    """Show the plan, ask, and end the sessions one after the other."""
    settings = account_settings(settings_file)
    require_answer(settings, is_sure)
    plan = asyncio.run(_plan(settings, tuple(map(CustomerId, openids))))
    for openid in dict.fromkeys(openids):
        row = next((row for row in plan if row.openid == openid), None)
        if row is None:
            raise NotPossible(_("{openid} has no session; nothing was done.").format(openid=openid))
        said = _("{openid} with {agent}, for {span}")
        talk(said.format(openid=openid, agent=row.agent, span=clock_span(int(row.age_seconds))))
    if hands_back:
        question = ngettext("Hand back this customer?", "Hand back these {count} customers?", len(plan))
    else:
        question = ngettext("Close this session?", "Close these {count} sessions?", len(plan))
    ask_first(question.format(count=len(plan)), is_sure)
    endings = asyncio.run(_end(settings, plan, hands_back=hands_back, note=note))
    rows = tuple(
        EndedRow(row.openid, row.agent, ending.result.value, ending.said)
        for row, ending in zip(plan, endings, strict=True)
    )
    if as_json:
        emit_json(EndedSessions(rows))
    _exit_by([ending.result for ending in endings])


def _exit_by(results: "list[Result]") -> None:
    from kfconsole.desk.supervising import Result

    if Result.UNKNOWN in results:
        raise click.exceptions.Exit(OUTCOME_UNKNOWN)
    if any(result is not Result.DONE for result in results):
        raise click.exceptions.Exit(REFUSED)


async def _plan(settings: config.Settings, openids: tuple[CustomerId, ...]) -> "tuple[Planned, ...]":
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings), is_reading=True) as desk:
        return await _planned(desk, openids)


async def _planned(desk: "Wired", openids: tuple[CustomerId, ...]) -> "tuple[Planned, ...]":
    """Ask WeChat who serves each, and return the sessions as a plan."""
    from kfconsole.cli.retries import patiently
    from kfconsole.desk.supervising import Planned

    found: list[Planned] = []
    for openid in dict.fromkeys(openids):
        holder = await patiently(lambda openid=openid: desk.client.session(openid))  # type: ignore[misc]
        if holder is not None:
            age_seconds = max(0.0, desk.clock.now() - holder.started_at)
            found.append(Planned(openid, holder.agent, holder.started_at, age_seconds))
    return tuple(found)


async def _end(
    settings: config.Settings, plan: "tuple[Planned, ...]", *, hands_back: bool, note: str
) -> "list[Ending]":
    from kfconsole.cli.wiring import opened, wire
    from kfconsole.desk.facts import SessionOpened
    from kfconsole.desk.supervising import Result
    from kfconsole.model import Session

    words = {
        Result.DONE: _("{openid}: done"),
        Result.OVER: _("{openid}: over already, nothing was done"),
        Result.REFUSED: _("{openid}: not done: {reason}"),
        Result.UNKNOWN: _("{openid}: not known: {reason}"),
    }
    endings: list[Ending] = []
    async with opened(wire(settings)) as desk:
        for row in plan:
            # What WeChat said when the plan was made; who has them now, the act asks for itself.
            known = Session(row.openid, row.agent, row.started_at)
            desk.store.apply(SessionOpened(known, desk.clock.monotonic()))
            ending = await desk.actions.end_planned(row, hands_back=hands_back, note=note)
            said = words[ending.result].format(openid=row.openid, reason=ending.said)
            (talk if ending.result is Result.DONE else complain)(said)
            endings.append(ending)
    return endings
