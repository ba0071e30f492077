import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kfconsole.desk import Store
from kfconsole.desk import facts as happened
from kfconsole.errors import Unavailable
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    Conversation,
    CustomerId,
    Desk,
    Feed,
    Message,
    MessageId,
    MessageKind,
    QueueAnswer,
    Session,
    Waiting,
    WaitingRow,
)

ANN, BOB, EVE = CustomerId("ann"), CustomerId("bob"), CustomerId("eve")
ME, LI = AgentId("me@shop"), AgentId("li@shop")


@pytest.fixture
def store() -> Store:
    return Store(ME)


def queue(*openids: CustomerId, asked_mono: float = 10.0, at: float = 1_000.0, total: int = 0) -> happened.QueueSeen:
    rows = tuple(WaitingRow(openid, 990) for openid in openids)
    return happened.QueueSeen(QueueAnswer(total=total or len(rows), rows=rows), at, asked_mono)


def serves(agent: AgentId, *sessions: tuple[CustomerId, int], asked_mono: float = 10.0) -> happened.SessionsSeen:
    return happened.SessionsSeen(agent, tuple(Session(who, agent, at) for who, at in sessions), asked_mono)


def message(number: int, at: float, openid: CustomerId = ANN, text: str = "hi") -> Message:
    return Message(MessageId(number), openid, ME, MessageKind.RECEIVED, text, at)


def served(store: Store) -> list[Session]:
    return list(store.desk.sessions)


def changes(store: Store, *facts: happened.Fact) -> int:
    """How often subscribers are told of these facts, each applied by itself."""
    told: list[Desk] = []
    stop = store.subscribe(told.append)
    for fact in facts:
        store.apply(fact)
    stop()
    return len(told)


REPEATABLE = [
    queue(ANN, BOB),
    happened.AgentsSeen((Agent(ME, "Me"), Agent(LI, "Li")), 10.0),
    serves(ME, (ANN, 100)),
    happened.ContactsSeen({ANN: Contact(ANN, unread=2)}),
    happened.ConversationOpened(Conversation(ANN, (message(1, 5),))),
    happened.MessagesSeen((message(1, 5),)),
    happened.ConversationLeft(),
    happened.FeedSucceeded(Feed.QUEUE, 7.0),
    happened.SessionOpened(Session(ANN, ME, 100), 10.0),
    happened.SessionClosed(ANN, ME, 10.0),
    happened.Remembered(Desk(sessions=(Session(ANN, ME, 100),), remembered_at=900.0)),
]


@pytest.mark.parametrize("fact", REPEATABLE, ids=lambda fact: type(fact).__name__)
def test_equal_state_tells_nobody_and_stays_the_same_object(store: Store, fact: happened.Fact) -> None:
    store.apply(fact)
    before = store.desk

    assert changes(store, fact) == 0
    assert store.desk is before


def test_several_facts_at_once_are_told_once(store: Store) -> None:
    told: list[Desk] = []
    store.subscribe(told.append)
    store.apply(queue(ANN), happened.FeedSucceeded(Feed.QUEUE, 7.0))

    assert told == [store.desk]


def test_whoever_unsubscribed_hears_nothing(store: Store) -> None:
    told: list[Desk] = []
    store.subscribe(told.append)()
    store.apply(queue(ANN))

    assert told == []


def test_what_did_not_change_keeps_its_identity(store: Store) -> None:
    agents = (Agent(ME, "Me"), Agent(LI, "Li"))
    store.apply(happened.AgentsSeen(agents, 1.0), queue(ANN, BOB), serves(LI, (EVE, 5)))
    before = store.desk

    store.apply(
        happened.AgentsSeen((Agent(ME, "Me"), Agent(LI, "Li", session_count=1)), 2.0),
        queue(ANN, BOB, at=1_002.0),
        serves(LI, (EVE, 5)),
        happened.FeedSucceeded(Feed.QUEUE, 7.0),
    )

    assert store.desk.agents[0] is before.agents[0]
    assert store.desk.queue is before.queue
    assert store.desk.sessions is before.sessions
    assert store.desk.contacts is before.contacts


def test_an_older_queue_answer_does_not_bring_back_whom_we_accepted(store: Store) -> None:
    store.apply(queue(ANN, BOB, asked_mono=10))
    store.apply(happened.SessionOpened(Session(ANN, ME, 100), mono=12))
    assert [row.openid for row in store.desk.queue] == [BOB]
    assert store.desk.queue_total == 1

    store.apply(queue(ANN, BOB, asked_mono=11))
    assert [row.openid for row in store.desk.queue] == [BOB]
    assert store.desk.queue_total == 1

    store.apply(queue(ANN, BOB, asked_mono=13))
    assert [row.openid for row in store.desk.queue] == [ANN, BOB]


def test_an_older_list_does_not_bring_back_a_session_we_closed(store: Store) -> None:
    store.apply(serves(ME, (ANN, 100)))
    store.apply(happened.SessionClosed(ANN, ME, mono=12))

    store.apply(serves(ME, (ANN, 100), asked_mono=11))
    assert served(store) == []

    store.apply(serves(ME, (ANN, 130), asked_mono=13))
    assert served(store) == [Session(ANN, ME, 130)]


def test_an_older_list_does_not_take_away_a_session_we_opened(store: Store) -> None:
    store.apply(serves(LI, (ANN, 90)))
    store.apply(happened.SessionOpened(Session(ANN, ME, 100), mono=12))

    store.apply(serves(ME, asked_mono=11), serves(LI, (ANN, 90), asked_mono=11))
    assert served(store) == [Session(ANN, ME, 100)]

    store.apply(serves(ME, asked_mono=13))
    assert served(store) == []


def test_an_answer_about_one_customer_that_was_overtaken_changes_nothing(store: Store) -> None:
    store.apply(happened.SessionOpened(Session(ANN, ME, 100), 20.0), serves(LI, (BOB, 50), asked_mono=20.0))

    assert changes(store, happened.SessionClosed(ANN, ME, 10.0)) == 0
    assert changes(store, happened.SessionOpened(Session(BOB, ME, 40), 10.0)) == 0
    assert served(store) == [Session(BOB, LI, 50), Session(ANN, ME, 100)]

    store.apply(happened.SessionClosed(ANN, ME, 30.0))
    assert changes(store, happened.SessionOpened(Session(ANN, ME, 100), 25.0)) == 0
    assert served(store) == [Session(BOB, LI, 50)]


def test_of_two_agents_who_claim_a_customer_the_later_session_counts(store: Store) -> None:
    store.apply(serves(ME, (ANN, 100)), serves(LI, (ANN, 200), (BOB, 50)))
    assert store.desk.sessions == (Session(BOB, LI, 50), Session(ANN, LI, 200))

    store.apply(serves(LI, (BOB, 50)))
    assert store.desk.sessions == (Session(BOB, LI, 50), Session(ANN, ME, 100))


def test_the_sessions_of_a_deleted_agent_are_gone(store: Store) -> None:
    store.apply(happened.AgentsSeen((Agent(ME, "Me"), Agent(LI, "Li")), 1.0), serves(LI, (ANN, 5)))

    store.apply(happened.AgentsSeen((Agent(ME, "Me"),), 2.0))

    assert store.desk.sessions == ()


CLAIMS = st.dictionaries(st.sampled_from([CustomerId(name) for name in "abcdef"]), st.integers(0, 9))


@given(st.lists(st.tuples(st.sampled_from([ME, LI, AgentId("x@shop")]), CLAIMS), max_size=25))
def test_sessions_are_those_of_the_newest_lists_by_age(lists: list[tuple[AgentId, dict[CustomerId, int]]]) -> None:
    store = Store(ME)
    newest: dict[AgentId, dict[CustomerId, int]] = {}
    for agent, claims in lists:
        store.apply(serves(agent, *claims.items()))
        newest[agent] = claims

    latest: dict[CustomerId, int] = {}
    for claims in newest.values():
        for openid, started_at in claims.items():
            latest[openid] = max(started_at, latest.get(openid, 0))
    shown = [(session.started_at, session.openid) for session in store.desk.sessions]
    assert shown == sorted((started_at, openid) for openid, started_at in latest.items())
    assert all(newest[session.agent][session.openid] == session.started_at for session in store.desk.sessions)


def test_new_messages_join_the_open_conversation_only(store: Store) -> None:
    store.apply(happened.ConversationOpened(Conversation(ANN, (message(1, 10), message(3, 30)))))

    store.apply(happened.MessagesSeen((message(4, 20), message(5, 40, BOB), message(3, 30, text="changed"))))

    assert store.desk.open is not None
    assert [(line.id, line.text) for line in store.desk.open.messages] == [(1, "hi"), (4, "hi"), (3, "changed")]


def test_a_message_older_than_the_loaded_part_waits_for_that_part(store: Store) -> None:
    store.apply(happened.ConversationOpened(Conversation(ANN, (message(5, 50),), has_older=True)))
    store.apply(happened.MessagesSeen((message(1, 10),)))
    assert store.desk.open == Conversation(ANN, (message(5, 50),), has_older=True)

    store.apply(happened.OlderLoaded(ANN, (message(1, 10), message(4, 40)), has_older=False))
    assert store.desk.open == Conversation(ANN, (message(1, 10), message(4, 40), message(5, 50)))


def test_older_messages_of_a_conversation_already_left_are_ignored(store: Store) -> None:
    store.apply(happened.ConversationOpened(Conversation(BOB)))
    store.apply(happened.OlderLoaded(ANN, (message(1, 10),), has_older=False))

    assert store.desk.open == Conversation(BOB)


def test_a_conversation_opened_again_keeps_the_older_part_on_screen(store: Store) -> None:
    store.apply(happened.ConversationOpened(Conversation(ANN, (message(1, 10), message(2, 20)))))
    store.apply(happened.ConversationOpened(Conversation(ANN, (message(2, 20), message(3, 30)), has_older=True)))

    assert store.desk.open == Conversation(ANN, (message(1, 10), message(2, 20), message(3, 30)))


def test_health_tells_since_when_a_feed_fails(store: Store) -> None:
    error = Unavailable("no", may_have_arrived=False)
    store.apply(happened.FeedSucceeded(Feed.QUEUE, 1.0))
    store.apply(happened.FeedFailed(Feed.QUEUE, error, 3.0, 5.0))
    store.apply(happened.FeedFailed(Feed.QUEUE, error, 5.0, 9.0))

    health = store.desk.health[Feed.QUEUE]
    assert (health.succeeded_mono, health.failing_since_mono, health.retry_mono) == (1.0, 3.0, 9.0)
    assert health.error is error

    store.apply(happened.FeedSucceeded(Feed.QUEUE, 9.0))
    assert store.desk.health[Feed.QUEUE].error is None
    assert store.desk.health[Feed.QUEUE].failing_since_mono is None


def test_lists_count_as_remembered_until_all_of_them_came_from_wechat(store: Store) -> None:
    waiting = Waiting(ANN, 900, 890.0, is_exact=True)
    remembered = Desk(agents=(Agent(LI, "Li"),), queue=(waiting,), queue_total=1, remembered_at=950.0)
    store.apply(happened.Remembered(remembered, queue_is_complete=True, queue_at=950.0))
    assert store.desk == replace(remembered, me=ME)

    store.apply(queue(ANN, at=960.0), happened.FeedSucceeded(Feed.QUEUE, 1.0), happened.FeedSucceeded(Feed.AGENTS, 1.0))
    assert store.desk.remembered_at == 950.0

    store.apply(happened.FeedSucceeded(Feed.SESSIONS, 1.0))
    assert store.desk.remembered_at is None


def test_a_remembered_exact_wait_stays_exact(store: Store) -> None:
    waiting = Waiting(ANN, 990, 890.0, is_exact=True)
    store.apply(happened.Remembered(Desk(queue=(waiting,)), queue_is_complete=True, queue_at=950.0))
    store.apply(queue(ANN, at=5_000.0))

    assert store.desk.queue == (waiting,)


def test_a_customers_session_is_found_as_the_lists_have_it(store: Store) -> None:
    store.apply(serves(ME, (ANN, 100)))
    known = store.desk.session_by_customer
    assert known == {ANN: Session(ANN, ME, 100)}

    store.apply(queue(BOB))
    assert store.desk.session_by_customer is known

    store.apply(serves(ME, (EVE, 120)))
    assert store.desk.session_by_customer == {EVE: Session(EVE, ME, 120)}
