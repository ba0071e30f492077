"""The one writer of the desk: facts go in, a frozen `Desk` comes out.

Parts that did not change keep their identity, so that a screen can compare with `is` at 20,000 sessions; a fact
that changes nothing tells nobody. It knows no screen, no socket and no file.
"""

import math
from bisect import insort
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.desk import facts as happened
from kfconsole.desk.facts import Fact
from kfconsole.desk.session_index import SessionIndex
from kfconsole.desk.waits import QueueMemory, merge_queue, without_customer
from kfconsole.model import (
    Agent,
    AgentId,
    Budget,
    Contact,
    Conversation,
    CustomerId,
    Desk,
    Feed,
    Health,
    Message,
    QueueAnswer,
    Session,
)

LONGEST_QUESTION_SECONDS = 120.0
"""No question is under way for longer; older acts need no defence against older answers."""
_LISTS = frozenset({Feed.QUEUE, Feed.AGENTS, Feed.SESSIONS})


class _Act(Struct, frozen=True):
    """A change of one customer's session that a question asked before it cannot know of."""

    agent: AgentId
    session: Session | None
    mono: float


class Store:
    """Holds the desk and tells its subscribers of every change."""

    def __init__(self, me: AgentId | None) -> None:
        self._desk = Desk(me=me)
        self._queue = QueueMemory()
        self._queue_asked_mono: float | None = None
        self._records_asked_mono: float | None = None
        self._sessions_asked_mono: dict[AgentId, float] = {}
        self._sessions = SessionIndex()
        self._acts: dict[CustomerId, _Act] = {}
        self._subscribers: dict[int, Callable[[Desk], None]] = {}
        self._next_key = 0

    @property
    def desk(self) -> Desk:
        """The desk as it is now."""
        return self._desk

    @property
    def queue_memory(self) -> QueueMemory:
        """What is known of the queue beyond the rows shown, for the archive."""
        return self._queue

    @property
    def queue_asked_mono(self) -> float | None:
        """When the queue was asked for that this run saw last: whoever is in it still waited then."""
        return self._queue_asked_mono

    @property
    def records_asked_mono(self) -> float | None:
        """When the newest messages were asked for that this run saw: who had written by then is known."""
        return self._records_asked_mono

    def session_asked_mono(self, openid: CustomerId) -> float | None:
        """Return the moment for which it is known who serves a customer; None: nobody asked lately."""
        act, session = self._acts.get(openid), self._desk.session_by_customer.get(openid)
        seen = [act.mono] if act else []
        if session is not None and session.agent in self._sessions_asked_mono:
            seen.append(self._sessions_asked_mono[session.agent])
        return max(seen, default=None)

    def serves_anybody(self, agent: AgentId) -> bool:
        """Whether an agent has a session, without looking through all of them."""
        return bool(self._sessions.of_agent(agent))

    def subscribe(self, callback: Callable[[Desk], None]) -> Callable[[], None]:
        """Call back with every changed desk; the returned function ends it."""
        key = self._next_key
        self._next_key += 1
        self._subscribers[key] = callback

        def unsubscribe() -> None:
            self._subscribers.pop(key, None)

        return unsubscribe

    def apply(self, *facts: Fact) -> None:
        """Take in facts and, if anything changed, tell the subscribers once."""
        desk = self._desk
        for fact in facts:
            desk = self._after(desk, fact)
        desk = self._with_sessions(desk)
        if desk is self._desk:
            return
        self._desk = desk
        for callback in tuple(self._subscribers.values()):
            callback(desk)

    def _after(self, desk: Desk, fact: Fact) -> Desk:
        match fact:
            case happened.QueueSeen():
                return self._after_queue(desk, fact)
            case happened.AgentsSeen(agents=agents):
                return self._after_agents(desk, agents)
            case happened.SessionsSeen():
                self._take_sessions(fact)
                return desk  # what many answers at once change among 20,000 is put together only then
            case happened.SessionOpened(session=session, mono=mono):
                return self._after_opening(desk, session, mono)
            case happened.SessionClosed():
                return self._after_closing(desk, fact)
            case happened.ContactsSeen(contacts=contacts):
                return _with(desk, contacts=_merged(desk.contacts, contacts))
            case happened.ConversationOpened(conversation=conversation):
                return _with(desk, open=_opened(desk.open, conversation))
            case happened.OlderLoaded():
                return _with(desk, open=_with_older(desk.open, fact))
            case happened.ConversationLeft():
                return _with(desk, open=None)
            case happened.GapsSeen(gaps=gaps):
                return _with(desk, open=_with_open(desk.open, gaps=gaps))
            case happened.GapAsked(openid=openid, fetch=fetch):
                is_open = desk.open is not None and desk.open.openid == openid
                return _with(desk, open=_with_open(desk.open, fetch=fetch)) if is_open else desk
            case happened.MessagesSeen(messages=messages):
                return _with(desk, open=_with_messages(desk.open, messages))
            case happened.RecordsSeen(asked_mono=asked_mono):
                self._records_asked_mono = max(asked_mono, self._records_asked_mono or asked_mono)
                return desk
            case happened.FeedFailed():
                return _after_failure(desk, fact)
            case happened.FeedSucceeded():
                return _after_success(desk, fact)
            case happened.BudgetSeen(feed=feed, budget=budget):
                return _after_budget(desk, feed, budget)
            case happened.ArchiveSeen(trouble=trouble):
                return _with(desk, archive_trouble=trouble)
            case happened.OwedSeen(owed=owed):
                return _with(desk, owed=owed)
            case happened.Remembered():
                return self._after_remembering(desk, fact)

    def _after_queue(self, desk: Desk, fact: happened.QueueSeen) -> Desk:
        self._forget_acts_before(fact.asked_mono - LONGEST_QUESTION_SECONDS)
        taken = {openid for openid, act in self._acts.items() if act.session and act.mono > fact.asked_mono}
        rows = tuple(row for row in fact.answer.rows if row.openid not in taken)
        total = max(len(rows), fact.answer.total - (len(fact.answer.rows) - len(rows)))
        self._queue = merge_queue(self._queue, QueueAnswer(total=total, rows=rows), fact.at)
        self._queue_asked_mono = fact.asked_mono
        return _with(desk, queue=self._queue.rows, queue_total=total)

    def _after_agents(self, desk: Desk, agents: tuple[Agent, ...]) -> Desk:
        before = {agent.id: agent for agent in desk.agents}
        same_or_new = tuple(before[agent.id] if before.get(agent.id) == agent else agent for agent in agents)
        for gone in self._sessions.agents - {agent.id for agent in agents}:
            self._sessions.replace(gone, ())
        return self._with_sessions(desk, agents=desk.agents if same_or_new == desk.agents else same_or_new)

    def _take_sessions(self, fact: happened.SessionsSeen) -> None:
        seen = {session.openid: session for session in fact.sessions}
        for openid, act in self._acts.items():
            if act.mono <= fact.asked_mono:
                continue
            if act.session is not None and act.agent == fact.agent:
                seen.setdefault(openid, act.session)
            elif act.session is not None or act.agent == fact.agent:
                seen.pop(openid, None)
        self._sessions.replace(fact.agent, tuple(seen.values()))
        self._sessions_asked_mono[fact.agent] = fact.asked_mono

    def _is_overtaken(self, openid: CustomerId, mono: float) -> bool:
        """Whether it is known for a later moment who serves a customer: an act came while WeChat was being asked."""
        known_mono = self.session_asked_mono(openid)
        return known_mono is not None and known_mono > mono

    def _after_opening(self, desk: Desk, session: Session, mono: float) -> Desk:
        if self._is_overtaken(session.openid, mono):
            return desk
        self._sessions.put(session)
        self._acts[session.openid] = _Act(session.agent, session, mono)
        was_waiting = any(row.openid == session.openid for row in self._queue.rows)
        self._queue = without_customer(self._queue, session.openid)
        return self._with_sessions(
            desk,
            queue=self._queue.rows,
            queue_total=max(desk.queue_total - was_waiting, len(self._queue.rows)),
        )

    def _after_closing(self, desk: Desk, fact: happened.SessionClosed) -> Desk:
        if self._is_overtaken(fact.openid, fact.mono):
            return desk
        kept = tuple(session for session in self._sessions.of_agent(fact.agent) if session.openid != fact.openid)
        self._sessions.replace(fact.agent, kept)
        self._acts[fact.openid] = _Act(fact.agent, None, fact.mono)
        return self._with_sessions(desk)

    def _after_remembering(self, desk: Desk, fact: happened.Remembered) -> Desk:
        elsewhere = {row.openid: row for row in fact.waiting_elsewhere}
        self._queue = QueueMemory(fact.desk.queue, fact.queue_is_complete, fact.queue_at, elsewhere)
        by_agent: dict[AgentId, list[Session]] = {}
        for session in fact.desk.sessions:
            by_agent.setdefault(session.agent, []).append(session)
        for agent, sessions in by_agent.items():
            self._sessions.replace(agent, tuple(sessions))
        return self._with_sessions(
            desk,
            agents=fact.desk.agents,
            queue=fact.desk.queue,
            queue_total=fact.desk.queue_total,
            contacts=_merged(desk.contacts, fact.desk.contacts),
            remembered_at=fact.desk.remembered_at,
        )

    def _with_sessions(self, desk: Desk, **changes: object) -> Desk:
        """Return the desk with the sessions as they are now, and with other parts."""
        after = _with(desk, sessions=self._sessions.ordered, **changes)
        if after.sessions is not desk.sessions:
            vars(after)["session_by_customer"] = self._sessions.by_customer
        return after

    def _forget_acts_before(self, mono: float) -> None:
        if any(act.mono < mono for act in self._acts.values()):
            self._acts = {openid: act for openid, act in self._acts.items() if act.mono >= mono}


def _with(desk: Desk, **changes: object) -> Desk:
    """Return the desk with other parts; equal parts, and so perhaps the whole desk, stay the same objects."""
    changed = {name: value for name, value in changes.items() if _differ(getattr(desk, name), value)}
    if not changed:
        return desk
    after = replace(desk, **changed)
    if after.sessions is desk.sessions:
        vars(after).update(vars(desk))  # what was reckoned from the sessions holds for them still
    return after


def _differ(before: object, after: object) -> bool:
    return before is not after and before != after


def _merged(known: Mapping[CustomerId, Contact], seen: Mapping[CustomerId, Contact]) -> Mapping[CustomerId, Contact]:
    changed = {key: value for key, value in seen.items() if known.get(key) != value}
    return {**known, **changed} if changed else known


def _after_failure(desk: Desk, fact: happened.FeedFailed) -> Desk:
    before = desk.health.get(fact.feed, Health())
    health = Health(
        succeeded_mono=before.succeeded_mono,
        error=fact.error,
        failing_since_mono=fact.mono if before.failing_since_mono is None else before.failing_since_mono,
        retry_mono=fact.retry_mono,
    )
    return _with(desk, health={**desk.health, fact.feed: health})


def _after_success(desk: Desk, fact: happened.FeedSucceeded) -> Desk:
    health = {**desk.health, fact.feed: Health(succeeded_mono=fact.mono, slow_seconds=fact.slow_seconds)}
    after = _with(desk, health=health)
    return _with(after, remembered_at=None) if after.is_known(*_LISTS) else after


def _after_budget(desk: Desk, feed: Feed, budget: Budget | None) -> Desk:
    budgets = {known: left for known, left in desk.budgets.items() if known is not feed}
    return _with(desk, budgets=budgets if budget is None else {**budgets, feed: budget})


def _opened(before: Conversation | None, conversation: Conversation) -> Conversation:
    """Keep what is on screen when the same conversation is opened again."""
    if before is None or before.openid != conversation.openid or not before.messages:
        return conversation
    # Both reach up to now: what one has loaded to its very beginning has no more before it.
    return replace(
        before,
        messages=_joined(before.messages, conversation.messages),
        has_older=before.has_older and conversation.has_older,
        gaps=conversation.gaps,
    )


def _with_open(before: Conversation | None, **changes: object) -> Conversation | None:
    return None if before is None else replace(before, **changes)


def _with_older(before: Conversation | None, fact: happened.OlderLoaded) -> Conversation | None:
    if before is None or before.openid != fact.openid:
        return before
    loaded = {message.id for message in before.messages}
    older = tuple(message for message in fact.messages if message.id not in loaded)
    return replace(before, messages=older + before.messages, has_older=fact.has_older)


def _with_messages(before: Conversation | None, messages: tuple[Message, ...]) -> Conversation | None:
    if before is None:
        return None
    own = {message.id: message for message in messages if message.openid == before.openid}
    loaded = {message.id for message in before.messages if message.id in own}
    oldest = before.messages[0].place if before.messages and before.has_older else (-math.inf, 0, 0)
    # What is older than the part loaded would leave a hole: it comes when that part is asked for.
    seen = (message for message in own.values() if message.id in loaded or message.place >= oldest)
    joined = _joined(before.messages, seen)
    return before if joined is before.messages else replace(before, messages=joined)


def _joined(known: tuple[Message, ...], seen: Iterable[Message]) -> tuple[Message, ...]:
    """Return the messages in the archive's order, each once, as last seen; quick where few of thousands changed."""
    by_id = {message.id: message for message in seen}
    before = {message.id: message for message in known if message.id in by_id}
    changed = {message_id: message for message_id, message in by_id.items() if before.get(message_id) != message}
    if not changed:
        return known
    joined = [message for message in known if message.id not in changed]
    for message in changed.values():
        insort(joined, message, key=_place)
    return tuple(joined)


def _place(message: Message) -> tuple[float, int, int]:
    return message.place
