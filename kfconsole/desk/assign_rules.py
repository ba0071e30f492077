"""Which rule gives which waiting customer to whom, and why the others stay: pure, so that a dry run tells the same."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from msgspec import Struct

from kfconsole.config.assigning import AssignRule
from kfconsole.desk import rules as desk_rules
from kfconsole.desk.supervising import least_loaded, loads, ready_agents
from kfconsole.i18n import N_, _
from kfconsole.model import Agent, AgentId, Contact, CustomerId, Desk, Waiting
from kfconsole.text import folded

RESTING = N_("refused a moment ago; tried again later")
NOT_YET = N_("waits for less than {seconds} s")
NO_TAG = N_("has none of the tags")
OTHER_NAME = N_("is called something else")
OTHER_HOURS = N_("not at this time of the day")
NOBODY_ONLINE = N_("none of the agents is online")
ALL_FULL = N_("each of the agents has {count} or more in session")


class Verdict(Struct, frozen=True):
    """What the rules say of one waiting customer."""

    openid: CustomerId
    wait_seconds: float
    is_exact: bool
    """False: they have waited at least as long."""
    rule: str = ""
    """The rule that gives them to somebody; empty: none does."""
    agent: AgentId | None = None
    why_not: tuple[tuple[str, str], ...] = ()
    """Of each rule that does not: its name, and why; a name that is empty: all of them."""


class Moment(Struct, frozen=True):
    """What the rules look at besides themselves."""

    desk: Desk
    now: float
    zone: tzinfo | None
    """For the hours of the day; None: the host's."""
    turns: Mapping[AgentId, int] = {}
    resting: frozenset[CustomerId] = frozenset()
    """Who was refused a moment ago."""


def verdicts(assign_rules: Sequence[AssignRule], moment: Moment) -> tuple[Verdict, ...]:
    """Return what the rules say of everybody who waits, the longest waiting first.

    Each counts on those before: who is given to an agent makes them busier for the next.
    """
    desk = moment.desk
    load, turns = dict(loads(desk)), dict(moment.turns)
    turn = max(turns.values(), default=0)
    served = desk.session_by_customer
    found: list[Verdict] = []
    for row in sorted(desk.queue, key=lambda row: row.since_at):
        if row.openid in served:
            continue
        verdict = _verdict(assign_rules, row, moment, load, turns)
        if verdict.agent is not None:
            turn += 1
            load[verdict.agent] = load.get(verdict.agent, 0) + 1
            turns[verdict.agent] = turn
        found.append(verdict)
    return tuple(found)


def _verdict(
    assign_rules: Sequence[AssignRule],
    row: Waiting,
    moment: Moment,
    load: Mapping[AgentId, int],
    turns: Mapping[AgentId, int],
) -> Verdict:
    seconds = desk_rules.wait_seconds(row, moment.now)
    if row.openid in moment.resting:
        return Verdict(row.openid, seconds, row.is_exact, why_not=(("", _(RESTING)),))
    contact = moment.desk.contacts.get(row.openid)
    why_not: list[tuple[str, str]] = []
    for rule in assign_rules:
        if not (why := _obstacle(rule, seconds, contact, moment)):
            agent, why = _chosen(rule, moment.desk, load, turns)
            if agent is not None:
                return Verdict(row.openid, seconds, row.is_exact, rule.name, agent.id, tuple(why_not))
        why_not.append((rule.name, why))
    return Verdict(row.openid, seconds, row.is_exact, why_not=tuple(why_not))


def _obstacle(rule: AssignRule, wait_seconds: float, contact: Contact | None, moment: Moment) -> str:
    """Say which condition does not hold; empty: all do. Waits that are bounds are at least as long, which is enough."""
    if rule.wait_over and wait_seconds <= rule.wait_over:
        return _(NOT_YET).format(seconds=rule.wait_over)
    if rule.tags and not _has_tag(rule, contact):
        return _(NO_TAG)
    if rule.name_contains and not _is_called(rule, contact):
        return _(OTHER_NAME)
    if rule.hours and not any(span.holds(moment.now, moment.zone) for span in rule.hours):
        return _(OTHER_HOURS)
    return ""


def _has_tag(rule: AssignRule, contact: Contact | None) -> bool:
    wanted = {folded(tag) for tag in rule.tags}
    return contact is not None and any(folded(tag) in wanted for tag in contact.tags)


def _is_called(rule: AssignRule, contact: Contact | None) -> bool:
    wanted = folded(rule.name_contains)
    return contact is not None and any(wanted in folded(name) for name in (contact.alias, contact.remark))


def _chosen(
    rule: AssignRule, desk: Desk, load: Mapping[AgentId, int], turns: Mapping[AgentId, int]
) -> tuple[Agent | None, str]:
    """Return who gets a customer by a rule, or why nobody does."""
    ready = [agent for agent in ready_agents(desk) if not rule.agents or agent.id in rule.agents]
    if not ready:
        return None, _(NOBODY_ONLINE)
    limit = rule.max_sessions
    free = [agent for agent in ready if limit is None or load.get(agent.id, 0) < limit]
    if not free:
        return None, _(ALL_FULL).format(count=limit)
    is_by_turn = rule.strategy == "round_robin"
    return least_loaded(free, {} if is_by_turn else load, turns), ""
