"""What is told of the desk's changes: each once, with its time, and no end before it is sure."""

import pytest
from msgspec.structs import replace

from kfconsole.desk.changes import (
    Accepted,
    Arrived,
    Change,
    Changes,
    Closed,
    Left,
    Offline,
    Online,
    Overdue,
    Present,
    Recovered,
    Transferred,
    Trouble,
)
from kfconsole.errors import Unavailable
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    CustomerId,
    Desk,
    Feed,
    Health,
    Message,
    MessageId,
    MessageKind,
    Session,
    Waiting,
)
from tests.desk.house import LI, ME, START, WAITING, House, customer

ANN, BEN = customer(1), customer(2)
NOW = 1_000_000.0
CALM = {"warn_after": 60, "late_after": 180}


def agents(**counts: int) -> tuple[Agent, ...]:
    return tuple(
        Agent(AgentId(f"{name}@shop"), name, is_online=True, session_count=count) for name, count in counts.items()
    )


class Told:
    """A desk that a test changes, and what is told of it."""

    def __init__(self, desk: Desk | None = None) -> None:
        self.answers = 0
        healthy = {feed: Health(succeeded_mono=0.0) for feed in Feed}
        self.desk = replace(desk or Desk(agents=agents(me=0, li=0)), health=healthy)
        self.changes = Changes(**CALM)
        self.first = self.changes.between(self.desk, NOW)

    def after(self, *answered: Feed, now: float = NOW + 1, **parts: object) -> tuple[Change, ...]:
        """Return what is told once these feeds were answered, with these parts of the desk changed."""
        self.answers += 1
        health = {**self.desk.health, **{feed: Health(succeeded_mono=float(self.answers)) for feed in answered}}
        self.desk = replace(self.desk, health=health, **parts)
        return self.changes.between(self.desk, now)

    def failing(self, feed: Feed, message: str, now: float) -> tuple[Change, ...]:
        error = Unavailable(message, may_have_arrived=False, hint="look", code=-1)
        health = {**self.desk.health, feed: Health(succeeded_mono=0.0, error=error, retry_mono=9.0)}
        self.desk = replace(self.desk, health=health)
        return self.changes.between(self.desk, now)


def waits(openid: str, since_at: float = NOW - 5, *, is_exact: bool = True) -> Waiting:
    return Waiting(CustomerId(openid), int(since_at), since_at, is_exact)


def settle(told: Told) -> tuple[Change, ...]:
    """Let every list be asked anew, twice."""
    return tuple(change for _ in range(2) for change in told.after(Feed.AGENTS, Feed.SESSIONS, now=NOW + 20))


def test_the_present_comes_first_and_names_who_waits() -> None:
    desk = Desk(agents=agents(me=2, li=0), queue=(waits(ANN, NOW - 50, is_exact=False),), queue_total=3)

    assert Told(desk).first == (
        Present(NOW, 3, 50, longest_wait_is_exact=False, sessions=2, agents_online=2, agents_total=2),
        Arrived(NOW - 50, ANN, is_exact=False),
    )


def test_nothing_is_told_of_a_remembered_desk() -> None:
    changes = Changes(**CALM)
    remembered = Desk(queue=(waits(ANN),), queue_total=1, remembered_at=NOW - 999)
    answered = {feed: Health(succeeded_mono=1.0) for feed in (Feed.QUEUE, Feed.AGENTS)}

    assert changes.between(remembered, NOW) == ()
    assert changes.between(replace(remembered, health=answered), NOW) == ()
    assert changes.began_at is None


def test_the_same_desk_again_tells_nothing() -> None:
    told = Told(Desk(agents=agents(me=0), queue=(waits(ANN),), queue_total=1))

    assert told.changes.between(told.desk, NOW + 1) == ()


def test_a_customer_who_comes_is_told_with_the_time_the_wait_began() -> None:
    assert Told().after(Feed.QUEUE, queue=(waits(ANN, NOW - 2),)) == (Arrived(NOW - 2, ANN, is_exact=True),)


@pytest.mark.parametrize("is_queue_first", [True, False])
def test_an_accepted_customer_is_told_once_whichever_feed_answers_first(is_queue_first: bool) -> None:
    told = Told(Desk(agents=agents(me=0), queue=(waits(ANN, NOW - 30),), queue_total=1))
    sessions = (Session(ANN, ME, int(NOW) + 1),)
    if is_queue_first:
        found = told.after(Feed.QUEUE, queue=()) + told.after(Feed.SESSIONS, sessions=sessions)
    else:
        found = told.after(Feed.SESSIONS, sessions=sessions) + told.after(Feed.QUEUE, queue=())

    assert found + settle(told) == (Accepted(NOW + 1, ANN, ME, 31, wait_is_exact=True),)


def test_a_customer_whom_nobody_took_has_left() -> None:
    told = Told(Desk(agents=agents(me=0), queue=(waits(ANN, NOW - 30),), queue_total=1))

    assert told.after(Feed.QUEUE, queue=(), now=NOW + 2) == ()
    assert told.after(Feed.AGENTS, Feed.SESSIONS) == ()  # perhaps asked before
    assert told.after(Feed.AGENTS) == (Left(NOW + 2, ANN, 32, wait_is_exact=True),)
    assert settle(told) == ()


def test_who_may_have_been_taken_unseen_has_not_left() -> None:
    told = Told(Desk(agents=agents(me=0), queue=(waits(ANN),), queue_total=1))
    told.after(Feed.QUEUE, queue=())
    found = told.after(Feed.AGENTS, agents=agents(me=1)) + told.after(Feed.AGENTS) + told.after(Feed.AGENTS)

    assert found == ()
    assert len(told.after(Feed.SESSIONS, sessions=(Session(ANN, ME, int(NOW) + 1),))) == 1


def test_who_writes_with_an_agent_was_accepted_though_no_list_shows_it_yet() -> None:
    told = Told(Desk(agents=agents(me=0), queue=(waits(ANN, NOW - 30),), queue_total=1))
    told.after(Feed.QUEUE, queue=(), now=NOW + 2)
    said = Message(MessageId(1), ANN, ME, MessageKind.RECEIVED, "hello", NOW + 3)
    contacts = {ANN: Contact(ANN, last_message=said)}
    found = told.after(Feed.AGENTS, contacts=contacts) + told.after(Feed.AGENTS)

    assert found == (Accepted(NOW + 2, ANN, ME, 32, wait_is_exact=True),)
    assert told.after(Feed.SESSIONS, sessions=(Session(ANN, ME, int(NOW) + 1),)) == ()


def test_a_session_too_short_for_any_list_ends_all_the_same() -> None:
    told = Told(Desk(agents=agents(me=0), queue=(waits(ANN),), queue_total=1))
    told.after(Feed.QUEUE, queue=())
    said = Message(MessageId(1), ANN, ME, MessageKind.RECEIVED, "hello", NOW + 1)
    contacts = {ANN: Contact(ANN, last_message=said)}
    found = [change for _ in range(6) for change in told.after(Feed.AGENTS, Feed.SESSIONS, contacts=contacts)]

    assert [type(change) for change in found] == [Accepted, Closed]
    assert found[-1] == Closed(NOW + 1, ANN, ME)


def test_a_count_that_never_matches_hides_nothing_for_ever() -> None:
    told = Told(Desk(agents=agents(me=1), queue=(waits(ANN),), queue_total=1))
    told.after(Feed.QUEUE, queue=())
    found = [change for _ in range(6) for change in told.after(Feed.AGENTS, Feed.SESSIONS)]

    assert [type(change) for change in found] == [Left]


@pytest.mark.parametrize("is_lost_first", [True, False])
def test_a_transfer_is_one_change_though_the_lists_come_one_by_one(is_lost_first: bool) -> None:
    told = Told(Desk(agents=agents(me=1, li=0), sessions=(Session(ANN, ME, 5),)))
    moved = Session(ANN, LI, int(NOW) + 3)
    steps: list[tuple[Session, ...]] = [(), (moved,)] if is_lost_first else [(moved,)]
    found = [change for step in steps for change in told.after(Feed.SESSIONS, sessions=step)]

    assert (*found, *settle(told)) == (Transferred(NOW + 3, ANN, ME, LI),)


def test_a_session_that_is_over_is_told_once_and_one_missing_in_one_answer_is_not() -> None:
    session = Session(ANN, ME, 5)
    told = Told(Desk(agents=agents(me=1), sessions=(session,)))
    told.after(Feed.SESSIONS, sessions=())

    assert told.after(Feed.SESSIONS, sessions=(session,)) + settle(told) == ()
    told.after(Feed.SESSIONS, sessions=(), agents=agents(me=0), now=NOW + 7)
    assert settle(told) == (Closed(NOW + 7, ANN, ME),)


def test_a_customer_who_queues_again_after_a_session_is_told_in_that_order() -> None:
    told = Told(Desk(agents=agents(me=1), sessions=(Session(ANN, ME, 5),)))
    row = waits(ANN, NOW + 1)

    assert told.after(Feed.QUEUE, queue=(row,)) == ()  # the sessions may be the older answer
    assert told.after(Feed.SESSIONS, sessions=(), now=NOW + 3) == (
        Closed(NOW + 3, ANN, ME),
        Arrived(NOW + 1, ANN, is_exact=True),
    )


def test_sessions_from_before_the_watch_that_are_seen_late_are_not_told() -> None:
    assert Told().after(Feed.SESSIONS, sessions=(Session(ANN, ME, int(NOW) - 60),)) == ()


def test_a_second_session_with_the_same_agent_is_an_end_and_a_beginning() -> None:
    told = Told(Desk(agents=agents(me=1), sessions=(Session(ANN, ME, 5),)))

    assert told.after(Feed.SESSIONS, sessions=(Session(ANN, ME, int(NOW) + 4),)) == (
        Closed(NOW + 4, ANN, ME),
        Accepted(NOW + 4, ANN, ME, None, wait_is_exact=True),
    )


def test_agents_go_online_and_offline_also_by_being_added_and_removed() -> None:
    told = Told(Desk(agents=agents(me=0)))

    assert told.after(Feed.AGENTS, agents=agents(me=0, li=0)) == (Online(NOW + 1, LI),)
    assert told.after(Feed.AGENTS, agents=agents(li=0)) == (Offline(NOW + 1, ME),)


def test_a_wait_is_late_at_each_threshold_once() -> None:
    told = Told(Desk(agents=agents(me=0), queue=(waits(ANN, NOW - 10),), queue_total=1))

    assert told.changes.next_late_at(told.desk) == NOW + 50
    assert told.changes.between(told.desk, NOW + 49.9) == ()
    assert told.changes.between(told.desk, NOW + 50) == (Overdue(NOW + 50, ANN, "warn", 60, is_exact=True),)
    assert told.changes.next_late_at(told.desk) == NOW + 170
    assert told.changes.between(told.desk, NOW + 170) == (Overdue(NOW + 170, ANN, "late", 180, is_exact=True),)
    assert told.changes.between(told.desk, NOW + 999) == ()
    assert told.changes.next_late_at(told.desk) is None


def test_a_wait_that_is_late_already_is_told_at_its_worst_only() -> None:
    told = Told(Desk(agents=agents(me=0), queue=(waits(ANN, NOW - 200),), queue_total=1))

    assert [change.level for change in told.first if isinstance(change, Overdue)] == ["late"]


def test_an_old_queue_makes_nobody_late() -> None:
    told = Told(Desk(agents=agents(me=0), queue=(waits(ANN),), queue_total=1))
    told.failing(Feed.QUEUE, "no connection", NOW + 10)

    assert told.changes.next_late_at(told.desk) is None
    assert told.changes.between(told.desk, NOW + 999) == ()


def test_trouble_is_told_once_for_all_feeds_and_its_end_once() -> None:
    told = Told()

    assert told.failing(Feed.QUEUE, "no connection", NOW + 10) == (
        Trouble(NOW + 10, Feed.QUEUE, "no connection", "look", -1),
    )
    assert told.failing(Feed.AGENTS, "no connection", NOW + 12) == ()
    assert len(told.failing(Feed.AGENTS, "another thing", NOW + 14)) == 1
    assert told.after(Feed.AGENTS, now=NOW + 15) == ()
    assert told.after(Feed.QUEUE, now=NOW + 40) == (Recovered(NOW + 40, 30),)
    assert len(told.failing(Feed.QUEUE, "no connection", NOW + 50)) == 1


# On the real desk


@pytest.fixture
async def told(house: House) -> list[Change]:
    """Return what is told of the house, from the start of its polling on."""
    changes, told = Changes(**CALM), list[Change]()
    house.store.subscribe(lambda desk: told.extend(changes.between(desk, house.clock.now())))
    return told


async def test_a_day_at_the_desk_is_told_in_full_and_an_outage_repeats_nothing(
    house: House, told: list[Change]
) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.time.advance(10)
        house.world.say(BEN, "hello")
        await house.time.advance(5)
        house.world.accept(ME, ANN)
        await house.time.advance(15)
        house.wire.unreachable += [WAITING] * 3
        await house.time.advance(30)
        house.world.transfer(ME, LI, ANN)
        await house.time.advance(15)
        house.world.close(LI, ANN)
        house.world.go_online(LI, False)
        await house.time.advance(30)

    kinds = [type(change).__name__ for change in told]
    assert kinds[:2] == ["Present", "Arrived"]
    assert [kind for kind in kinds if kind not in ("Overdue",)] == [
        "Present", "Arrived", "Arrived", "Accepted", "Trouble", "Recovered", "Transferred", "Offline", "Closed",
    ]  # fmt: skip
    accepted = next(change for change in told if isinstance(change, Accepted))
    assert (accepted.openid, accepted.agent, accepted.at) == (ANN, ME, START + 15)
