"""Who needs attention on the whole floor, in which order, and what is not looked at twice."""

import math
from collections.abc import Generator

import pytest
from msgspec.structs import replace

from kfconsole.desk import floor
from kfconsole.desk.floor import Floor, Order, Reason
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    CustomerAct,
    CustomerId,
    Delivery,
    Desk,
    Message,
    MessageId,
    MessageKind,
    Session,
    Waiting,
    Window,
)

NOW = 1_000_000.0
WARN, LATE = 60.0, 180.0
ANN, TOM = AgentId("ann@shop"), AgentId("tom@shop")
HOUR = 3600.0


def assessed(desk: Desk, before: Floor = floor.EMPTY, now: float = NOW, late: float = LATE) -> Floor:
    """The floor, in one go."""
    found: list[Floor] = []

    def whole() -> Generator[None, None, None]:
        found.append((yield from floor.assess(desk, before, now, warn_after=WARN, late_after=late)))

    for _slice in whole():
        pass
    return found[0]


def said(openid: str, seconds_ago: float, kind: MessageKind = MessageKind.RECEIVED, undelivered: int = 0) -> Contact:
    """A customer whose last message was so long ago, by either side."""
    at = NOW - seconds_ago
    delivery = Delivery.SENT if kind is MessageKind.SENT else None
    last = Message(MessageId(1), CustomerId(openid), ANN, kind, "hello", at, delivery=delivery)
    received_at = at if kind is MessageKind.RECEIVED else at - 1
    return Contact(
        CustomerId(openid), last, (Window(CustomerAct.MESSAGE, received_at),), 0.0, 0.0, undelivered=undelivered
    )


def session(openid: str, seconds: float, agent: AgentId = ANN) -> Session:
    """A session that began so long ago."""
    return Session(CustomerId(openid), agent, int(NOW - seconds))


def wait(openid: str, seconds: float) -> Waiting:
    """A wait that began so long ago."""
    return Waiting(CustomerId(openid), int(NOW - seconds), NOW - seconds, is_exact=True)


def the_floor() -> Desk:
    """One customer in each state."""
    sent = MessageKind.SENT
    contacts = [
        said("calm", 5, sent),
        said("unanswered", 20),
        said("forgotten", 400),
        said("closing", 47.5 * HOUR),
        said("ending", 5, sent),
        said("failed", 30, sent, undelivered=1),
        said("ended", 5, sent),
    ]
    return Desk(
        agents=(Agent(ANN, "Ann", is_online=True), Agent(TOM, "Tom"), Agent(AgentId("mei@shop"), "Mei")),
        queue=(wait("fresh", 10), wait("warned", 100), wait("late", 300), wait("later", 200)),
        queue_total=4,
        sessions=(
            session("closing", 47.6 * HOUR),
            session("ended", 1900),
            session("ending", 1700, TOM),
            session("forgotten", 500, TOM),
            session("failed", 300),
            session("calm", 100),
            session("unanswered", 90),
        ),
        contacts={contact.openid: contact for contact in contacts},
    )


def test_who_cannot_wait_stands_first_each_with_the_reason() -> None:
    found = floor.ordered(assessed(the_floor()).standings, Order.NEED)

    assert [(one.id, one.reason) for one in found] == [
        ("late", Reason.LATE_WAIT),
        ("later", Reason.LATE_WAIT),
        ("ending", Reason.ENDING),
        ("closing", Reason.CLOSING),
        ("forgotten", Reason.LATE_ANSWER),
        ("unanswered", Reason.UNANSWERED),
        ("failed", Reason.UNDELIVERED),
        ("warned", Reason.LONG_WAIT),
        ("ended", Reason.ENDED),
        ("fresh", Reason.WAITING),
        ("calm", Reason.CALM),
    ]
    assert assessed(the_floor()).urgent_count == 5


@pytest.mark.parametrize(
    ("order", "first", "turned"),
    [
        (Order.AGE, "closing", "fresh"),
        (Order.IDLE, "closing", "ending"),
        (Order.LEFT, "closing", "late"),
        (Order.AGENT, "late", "ending"),
    ],
)
def test_the_floor_is_sorted_by_what_somebody_chose_and_the_other_way_round(
    order: Order, first: str, turned: str
) -> None:
    standings = assessed(the_floor()).standings

    assert floor.ordered(standings, order)[0].id == first
    assert floor.ordered(standings, order, is_reversed=True)[0].id == turned


def test_time_alone_makes_another_reason_at_the_moment_that_was_told() -> None:
    desk = the_floor()
    before = assessed(desk)
    unanswered = before.by_id["unanswered"]

    assert unanswered.until_at == NOW - 20 + LATE
    assert before.next_change_at == min(one.until_at for one in before.standings)
    after = assessed(desk, before, unanswered.until_at)
    assert after.by_id["unanswered"].reason is Reason.LATE_ANSWER
    assert after.by_id["calm"] is before.by_id["calm"]
    assert after.next_change_at > unanswered.until_at


def test_who_has_not_changed_is_taken_as_they_are_and_others_anew() -> None:
    desk = the_floor()
    before = assessed(desk)
    other = said("calm", 0)
    after = assessed(replace(desk, contacts={**desk.contacts, other.openid: other}), before)

    assert after.by_id["calm"].reason is Reason.UNANSWERED
    assert all(after.by_id[name] is one for name, one in before.by_id.items() if name != "calm")
    assert assessed(desk, before, late=500.0).by_id["late"].reason is Reason.LONG_WAIT


def test_who_writes_again_and_again_waits_since_the_first_time() -> None:
    desk = the_floor()
    before = assessed(desk)
    again = said("unanswered", 0)
    after = assessed(replace(desk, contacts={**desk.contacts, again.openid: again}), before)

    assert after.by_id["unanswered"].unanswered_since == NOW - 20


def test_agents_stand_by_what_their_customers_need() -> None:
    hands = assessed(the_floor()).hands

    assert [hand.agent.nick for hand in hands] == ["Tom", "Ann", "Mei"], (
        "who went offline with customers cannot answer them"
    )
    tom, ann, mei = hands
    assert (ann.load.sessions, ann.load.unanswered, ann.load.late) == (5, 2, 1)
    assert (tom.load.sessions, tom.load.unanswered, tom.load.late) == (2, 1, 1)
    assert mei.load.oldest_at == math.inf


def test_a_name_of_an_agent_stays_on_one_line() -> None:
    desk = the_floor()
    desk = replace(desk, agents=tuple(replace(agent, nick=f"{agent.nick}\n老板") for agent in desk.agents))
    names = {row.agent_name for row in assessed(desk).standings}

    assert any(name.endswith(" 老板") for name in names)
    assert not any("\n" in name for name in names)


def test_a_customer_who_is_served_already_waits_for_nobody() -> None:
    desk = the_floor()
    served = replace(desk, queue=(*desk.queue, wait("calm", 900)))

    assert assessed(served).by_id["calm"].reason is Reason.CALM


def test_the_work_is_done_in_slices() -> None:
    sessions = tuple(session(f"c{number}", 60) for number in range(floor.SLICE_ROWS * 3))
    agents = tuple(Agent(id=AgentId(f"kf{number}@lehuo"), nick="") for number in range(floor.SLICE_ROWS * 2))
    steps = floor.assess(Desk(agents=agents, sessions=sessions), floor.EMPTY, NOW, warn_after=WARN, late_after=LATE)

    assert len(list(steps)) == 3 + 1 + 2 + 1
