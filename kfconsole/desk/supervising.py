"""What whoever watches the floor does: assigning the longest waiting, handing back, ending several sessions.

Each is a plan first, which is pure and can be shown, and then an act that looks again whether the plan still holds.
Whom it is about stands in the plan by openid, and with whom, since when: nobody else is ever meant.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk import rules
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.deeds import Deeds
from kfconsole.desk.holders import Holders
from kfconsole.desk.owing import Owing, note_of
from kfconsole.desk.serving import Serving
from kfconsole.desk.store import Store
from kfconsole.desk.undoing import Undoing
from kfconsole.desk.waking import to_the_end
from kfconsole.errors import ArchiveError, KfError, NotPossible, Rejected, Unavailable
from kfconsole.i18n import _
from kfconsole.model import SAME_SESSION_SECONDS, Agent, AgentId, CustomerId, Desk, Feed, Owed, Session, SessionHolder
from kfconsole.wechat.codes import CODE

if TYPE_CHECKING:
    from kfconsole.archive import Archive


class Assignment(Struct, frozen=True):
    """The longest waiting customer, and the agent who has the least to do."""

    openid: CustomerId
    agent: AgentId
    wait_seconds: float
    is_exact: bool
    """False: they have waited at least as long."""
    waiting: int
    """How many wait."""
    load: int
    """How many the agent serves."""
    ready: int
    """How many agents could be given them."""


class Planned(Struct, frozen=True):
    """A session that is to be ended."""

    openid: CustomerId
    agent: AgentId
    started_at: int
    age_seconds: float


class Result(StrEnum):
    """What became of one row of a plan."""

    DONE = "done"
    OVER = "over"
    """The session was over already, or another one had begun: nothing was done."""
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The answer was lost."""


class Ending(Struct, frozen=True):
    """What became of one row of a plan, in words where it was not done."""

    result: Result
    said: str = ""


class Rota:
    """Remembers who was given a customer last: of two with as much to do it is the other one's turn."""

    def __init__(self) -> None:
        self._turns: dict[AgentId, int] = {}
        self._count = 0

    @property
    def turns(self) -> Mapping[AgentId, int]:
        """The turn of each agent who had one; the highest number was last."""
        return self._turns

    def had(self, agent: AgentId) -> None:
        """An agent was given a customer."""
        self._count += 1
        self._turns[agent] = self._count


# Plans


def ready_agents(desk: Desk) -> list[Agent]:
    """Return the agents who can be given a customer."""
    return [agent for agent in desk.agents if agent.is_bound and agent.is_online]


def loads(desk: Desk) -> Mapping[AgentId, int]:
    """Return how many each agent serves."""
    seen = Counter(session.agent for session in desk.sessions)
    return {agent.id: rules.load_of(agent, seen[agent.id]) for agent in desk.agents}


def least_loaded(agents: Iterable[Agent], load: Mapping[AgentId, int], turns: Mapping[AgentId, int]) -> Agent | None:
    """Return who has the least to do; of several who was longest without a turn, then by name."""
    return min(
        agents,
        key=lambda agent: (load.get(agent.id, 0), turns.get(agent.id, 0), agent.name, agent.id),
        default=None,
    )


def assignment(desk: Desk, now: float, turns: Mapping[AgentId, int]) -> Assignment:
    """Plan who gets the customer who waits longest.

    Raises:
        NotPossible: Nobody waits, or nobody can be given anybody.
    """
    waiting = rules.longest_waiting(desk)
    if waiting is None:
        raise rules.nobody_waits(desk)
    load, ready = loads(desk), ready_agents(desk)
    agent = least_loaded(ready, load, turns)
    if agent is None and not desk.is_known(Feed.AGENTS):
        raise NotPossible(
            _("Who is online is not known yet: WeChat has not answered."), hint=_("Try again in a moment.")
        )
    if agent is None:
        raise NotPossible(
            _("No agent is online who could be given a customer."),
            hint=_("Log in as an agent on mpkf.weixin.qq.com; nothing else puts an agent online."),
        )
    return Assignment(
        openid=waiting.openid,
        agent=agent.id,
        wait_seconds=rules.wait_seconds(waiting, now),
        is_exact=waiting.is_exact,
        waiting=max(desk.queue_total, len(desk.queue)),
        load=load[agent.id],
        ready=len(ready),
    )


def plan_of(desk: Desk, openids: Iterable[CustomerId], now: float) -> tuple[Planned, ...]:
    """Return the sessions of these customers, as they are now."""
    found = (rules.session_of(desk, openid) for openid in dict.fromkeys(openids))
    return tuple(
        Planned(session.openid, session.agent, session.started_at, rules.session_age(session, now))
        for session in found
        if session is not None
    )


def is_still(desk: Desk, row: Planned) -> bool:
    """Whether the session that was planned for is still there, and no other of the same customer."""
    session = rules.session_of(desk, row.openid)
    return (
        session is not None
        and session.agent == row.agent
        and abs(session.started_at - row.started_at) <= SAME_SESSION_SECONDS
    )


# Acts


class Supervising:
    """The acts; `Actions` fills in what they stand on."""

    _archive: "Archive"
    _store: Store
    _clock: ServerClock
    _deeds: Deeds
    _serving: Serving
    _undoing: Undoing
    _holders: Holders
    _owing: Owing
    _rota: Rota

    def _check_writable(self) -> None:
        raise NotImplementedError

    async def close(self, openid: CustomerId, agent: AgentId | None = None) -> None:
        """End a customer's session, whoever holds it, or this agent's; see `Serving.close`."""
        raise NotImplementedError

    @property
    def turns(self) -> Mapping[AgentId, int]:
        """Whose turn it was last, for plans."""
        return self._rota.turns

    def plan_assignment(self) -> Assignment:
        """Plan who gets the customer who waits longest; nothing is done.

        Raises:
            NotPossible: This console is read-only, nobody waits, or nobody can be given anybody.
        """
        self._check_writable()
        return assignment(self._store.desk, self._clock.now(), self._rota.turns)

    async def assign_planned(self, plan: Assignment) -> Session:
        """Carry out a plan, unless it does not hold any more.

        Raises:
            NotPossible: The customer waits no longer, or the agent cannot be given them any more; nothing was done.
            ApiError: WeChat refused, or what happened could not be learned.
        """
        self._check_writable()
        work = self._assign(plan)
        session = await self._deeds.noted("assign", work, openid=plan.openid, details=plan.agent)
        self._rota.had(plan.agent)
        return await self._accepted(session)

    async def _accepted(self, session: Session) -> Session:
        """A customer was given to somebody by a person here: let everything know that has to."""
        self._undoing.accepted(session)
        await self._owing.accepted(session)
        return session

    async def _assign(self, plan: Assignment) -> Session:
        desk = self._store.desk
        if not rules.is_waiting(desk, plan.openid) or rules.who_serves(desk, plan.openid) is not None:
            raise NotPossible(
                _("{customer} is not waiting any more; nothing was done.").format(
                    customer=rules.customer_name(desk, plan.openid)
                )
            )
        if problem := rules.refusal(desk, plan.agent):
            raise problem
        return await self._serving.accept(plan.openid, plan.agent)

    async def assign_by_rule(self, openid: CustomerId, agent: AgentId, rule: str) -> Session | None:
        """Give a customer to an agent because a rule says so; None: somebody has them already.

        Raises:
            NotPossible: This console is read-only, or the agent cannot be given anybody.
            ApiError: WeChat refused, or what happened could not be learned.
        """
        self._check_writable()
        if await self._holder(openid) is not None:
            return None
        try:
            work = self._serving.accept(openid, agent)
            session = await self._deeds.noted("auto_assign", work, openid=openid, details=f"{agent} {rule}")
        except Rejected as error:
            if error.code != CODE.SESSION_TAKEN:
                raise
            return None  # of several consoles with rules, another one was faster
        self._rota.had(agent)
        await self._owing.accepted(session)
        return session

    async def hand_back(self, openid: CustomerId, agent: AgentId | None = None, *, note: str = "") -> None:
        """End a customer's session and keep them as owed an answer, until somebody accepts them.

        WeChat has no call that puts anybody back into the queue. The list is written first: whatever happens to this
        program then, nobody is forgotten.

        Args:
            openid: Whom.
            agent: Who must be serving them; whoever does by default.
            note: What whoever comes next should know.

        Raises:
            NotPossible: This console is read-only, the note is too long, or there is no such session (any more).
            ArchiveError: The list cannot be written; nothing was done.
            ApiError: WeChat refused, or what happened could not be learned: then they stay on the list.
        """
        self._check_writable()
        work = to_the_end(self._hand_back(openid, agent, note_of(note)))
        self._undoing.closed(openid, await self._deeds.noted("hand_back", work, openid=openid, details=agent or ""))

    async def _hand_back(self, openid: CustomerId, agent: AgentId | None, note: str) -> AgentId:
        holder = await self._holder(openid)
        if holder is None:
            raise self._holders.not_served(openid)
        if agent is not None and holder.agent != agent:
            raise NotPossible(self._holders.served_by(openid, holder.agent))
        # A session that began later is somebody's answer; WeChat's times have whole seconds.
        at = max(self._clock.now(), holder.started_at + 1.0)
        await self._archive.owe(Owed(openid, at, holder.agent, note=note))
        try:
            await self._serving.close(openid, holder.agent)
        except KfError as error:
            if not (isinstance(error, Unavailable) and error.may_have_arrived):
                with suppress(ArchiveError):  # the list says of them that they are still served
                    await self._archive.forget_owed(openid, at)
            raise
        finally:
            await self._owing.look_again()
        return holder.agent

    async def forget_owed(self, openid: CustomerId) -> bool:
        """Take a customer off the list of those who are owed an answer; False: they were not on it.

        Raises:
            NotPossible: This console is read-only: others rely on the list.
            ArchiveError: It cannot be written.
        """
        self._check_writable()
        work = self._archive.forget_owed(openid)
        was_owed = await self._deeds.noted("forget_owed", work, openid=openid)
        await self._owing.look_again()
        return was_owed

    async def end_planned(self, row: Planned, *, hands_back: bool = False, note: str = "") -> Ending:
        """End one session of a plan, or hand its customer back; what came of it is returned, not raised.

        Raises:
            NotPossible: This console is read-only, or the note is too long.
        """
        self._check_writable()
        note = note_of(note)
        if not is_still(self._store.desk, row):
            return Ending(Result.OVER)
        try:
            await self._holder(row.openid)  # the lists are as old as whoever looked at the plan took
        except KfError as error:
            return Ending(Result.REFUSED, error.message)
        if not is_still(self._store.desk, row):
            return Ending(Result.OVER)
        try:
            if hands_back:
                await self.hand_back(row.openid, row.agent, note=note)
            else:
                await self.close(row.openid, row.agent)
        except NotPossible as error:
            return Ending(Result.OVER, error.message)
        except Unavailable as error:
            return Ending(Result.UNKNOWN if error.may_have_arrived else Result.REFUSED, error.message)
        except KfError as error:
            return Ending(Result.REFUSED, error.message)
        return Ending(Result.DONE)

    async def _holder(self, openid: CustomerId) -> SessionHolder | None:
        try:
            return await self._holders.ask_soon(openid)
        except TimeoutError as error:
            raise Unavailable(
                _("WeChat did not answer in time."), may_have_arrived=False, hint=_("Try again.")
            ) from error


def is_fresh(desk: Desk, feed: Feed, mono: float, within_seconds: float) -> bool:
    """Whether a list was answered lately, and the newest question about it did not fail."""
    seen_mono = desk.seen_mono(feed)
    return seen_mono is not None and desk.health[feed].error is None and mono - seen_mono <= within_seconds
