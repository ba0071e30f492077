"""`kfconsole assign`: giving who waits to who has the least to do, by hand or by rules."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, ask_first, require_answer, telling_where_to_look
from kfconsole.cli.arguments import yes_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import emit, emit_json, talk
from kfconsole.cli.sessions import SessionOpened, look_at
from kfconsole.i18n import _, listed, ngettext
from kfconsole.text import clock_span

if TYPE_CHECKING:
    from kfconsole.cli.wiring import Wired
    from kfconsole.config.assigning import AssignRule
    from kfconsole.desk.assign_rules import Verdict
    from kfconsole.desk.supervising import Assignment
    from kfconsole.model import Session


class WhyNot(Struct, frozen=True):
    """Why a rule gives a customer to nobody."""

    rule: str
    reason: str


class DryRow(Struct, frozen=True):
    """What the rules say of one waiting customer."""

    openid: str
    wait_seconds: int
    is_exact: bool
    """False: the wait is at least as long."""
    rule: str
    """The rule that gives them to somebody; empty: none does."""
    agent: str
    """Who would get them; empty: nobody."""
    why_not: tuple[WhyNot, ...]
    """Of the rules before, or of all."""


class DryRun(Struct, frozen=True):
    """What the rules would do now."""

    at: float
    """Unix seconds of WeChat's clock."""
    rows: tuple[DryRow, ...]
    """Everybody who waits, the longest first."""


class RuleRow(Struct, frozen=True):
    """One rule for automatic assignment, as it was read."""

    name: str
    wait_over: int
    """Seconds."""
    tags: tuple[str, ...]
    name_contains: str
    hours: tuple[str, ...]
    """Spans of the day in which it holds, such as `22:00-06:00`; empty: always."""
    agents: tuple[str, ...]
    """Empty: anybody who is online."""
    max_sessions: int | None
    strategy: str


class RuleList(Struct, frozen=True):
    """The rules for automatic assignment, in their order."""

    file: str
    is_on: bool
    """Whether the console assigns by them."""
    rules: tuple[RuleRow, ...]


_RULE_EXAMPLE = """

\b
[[rule]]
name = "VIP"
wait_over = 30
tags = ["VIP"]
name_contains = "公司"
hours = ["09:00-18:00"]
agents = ["kf2001@shop"]
max_sessions = 5
strategy = "least_loaded"    # "round_robin"
"""
"""Every field a rule can have; the same in all languages."""


@click.group(
    "assign",
    cls=Noun,
    short_help=_("Give who waits to who has the least to do, by hand or by rules."),
    help=_("Give who waits longest to who has the least to do, and check the rules for automatic assignment."),
)
def command() -> None:
    """Hold the commands about assigning."""


@command.command(
    "longest",
    help=_(
        "Give the customer who waits longest to the agent who has the least to do, as the key 'L' in the console does; "
        "shows the plan and asks first."
    ),
)
@yes_option
@json_option(SessionOpened)
@click.pass_obj
def longest(settings_file: Path | None, is_sure: bool, as_json: bool) -> None:
    """Assign the longest waiting."""
    settings = account_settings(settings_file)
    require_answer(settings, is_sure)
    plan = asyncio.run(_plan(settings))
    span = clock_span(int(plan.wait_seconds), is_exact=plan.is_exact)
    question = _("Give {openid}, waiting for {span}, to {agent}, who has {count} in session?")
    ask_first(question.format(openid=plan.openid, span=span, agent=plan.agent, count=plan.load), is_sure)
    with telling_where_to_look(look_at(plan.openid)):
        session = asyncio.run(_assign(settings, plan))
    talk(_("{agent} now serves {openid}.").format(agent=session.agent, openid=session.openid))
    if as_json:
        emit_json(SessionOpened(session.openid, session.agent, session.started_at))


@command.command(
    "rules",
    help=_("Check and print the rules for automatic assignment; each mistake is told with its rule and field.")
    + "\n\n"
    + _(
        "The first rule that fits a customer, and has an agent who is free, counts. A rule fits when all its "
        "conditions hold. All but the name can be left out; without agents it is for everybody who is online."
    )
    + _RULE_EXAMPLE,
)
@json_option(RuleList)
@click.pass_obj
def rules(settings_file: Path | None, as_json: bool) -> None:
    """Check the rules."""
    from kfconsole.config.assigning import read_rules

    settings = config.load(settings_file)
    found = read_rules(settings.assign_path)
    if as_json:
        emit_json(RuleList(str(settings.assign_path), settings.assign.automatic, tuple(map(_rule_row, found))))
        return
    for rule in found:
        emit(rule.name)
    count = len(found)
    said = ngettext("{count} rule, no mistake found in {file}.", "{count} rules, no mistake found in {file}.", count)
    talk(said.format(count=count, file=settings.assign_path))
    if not settings.assign.automatic:
        talk(_("They are off: automatic = true under [assign] in the settings turns them on."))


@command.command(
    "dry-run",
    help=_("Print what the rules would do now, and why not for the others. Nothing is done."),
)
@json_option(DryRun)
@click.pass_obj
def dry_run(settings_file: Path | None, as_json: bool) -> None:
    """Print what the rules would do."""
    from kfconsole.config.assigning import read_rules

    settings = account_settings(settings_file)
    at, found = asyncio.run(_verdicts(settings, read_rules(settings.assign_path)))
    if as_json:
        emit_json(DryRun(round(at, 3), tuple(map(_dry_row, found))))
        return
    for verdict in found:
        span = clock_span(int(verdict.wait_seconds), is_exact=verdict.is_exact)
        names = {"openid": verdict.openid, "span": span}
        if verdict.agent is not None:
            emit(
                _("{openid} ({span}) to {agent}, by the rule {rule}").format(
                    agent=verdict.agent, rule=verdict.rule, **names
                )
            )
        else:
            why = listed(_("{rule}: {why}").format(rule=rule, why=said) for rule, said in verdict.why_not)
            emit(_("{openid} ({span}) to nobody: {why}").format(why=why, **names))
    if not found:
        talk(_("Nobody waits."))


async def _see(desk: "Wired") -> None:
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import see_agents, see_queue

    await patiently(lambda: see_agents(desk))
    await patiently(lambda: see_queue(desk))


async def _plan(settings: config.Settings) -> "Assignment":
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings), is_reading=True) as desk:
        await _see(desk)
        return desk.actions.plan_assignment()


async def _assign(settings: config.Settings, plan: "Assignment") -> "Session":
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        await _see(desk)  # while somebody read the question, the customer may have gone
        return await desk.actions.assign_planned(plan)


async def _verdicts(settings: config.Settings, found: "tuple[AssignRule, ...]") -> "tuple[float, tuple[Verdict, ...]]":
    from kfconsole.cli.wiring import opened, wire
    from kfconsole.desk.assign_rules import Moment, verdicts

    async with opened(wire(settings), is_reading=True) as desk:
        await _see(desk)
        await desk.actions.know([row.openid for row in desk.store.desk.queue])
        now = desk.clock.now()
        return now, verdicts(found, Moment(desk.store.desk, now, settings.ui.zone))


def _dry_row(verdict: "Verdict") -> DryRow:
    return DryRow(
        openid=verdict.openid,
        wait_seconds=int(verdict.wait_seconds),
        is_exact=verdict.is_exact,
        rule=verdict.rule,
        agent=verdict.agent or "",
        why_not=tuple(WhyNot(rule, said) for rule, said in verdict.why_not),
    )


def _rule_row(rule: "AssignRule") -> RuleRow:
    return RuleRow(
        name=rule.name,
        wait_over=rule.wait_over,
        tags=rule.tags,
        name_contains=rule.name_contains,
        hours=tuple(map(str, rule.hours)),
        agents=rule.agents,
        max_sessions=rule.max_sessions,
        strategy=rule.strategy,
    )
