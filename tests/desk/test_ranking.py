"""Who needs this console's agent most."""

import pytest
from msgspec.structs import replace

from kfconsole.desk import ranking
from kfconsole.desk.ranking import Need, Reason, next_need
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    CustomerAct,
    CustomerId,
    Delivery,
    Desk,
    Feed,
    Health,
    Message,
    MessageId,
    MessageKind,
    Session,
    Waiting,
    Window,
)

ANN, BOB, CAT, DAN = CustomerId("oAnn"), CustomerId("oBob"), CustomerId("oCat"), CustomerId("oDan")
ME, LI = AgentId("me@shop"), AgentId("li@shop")
NOW = 1_000_000.0
MINUTE = 60.0
REPLY_SECONDS = 48 * 3600.0


def message(
    openid: CustomerId,
    ago: float,
    kind: MessageKind = MessageKind.RECEIVED,
    delivery: Delivery | None = None,
) -> Message:
    return Message(MessageId(int(ago) + 1), openid, ME, kind, "…", NOW - ago, delivery)


def contact(
    openid: CustomerId,
    last: Message | None = None,
    *,
    heard_ago: float = 60.0,
    sent: int = 0,
    unread: int = 0,
    undelivered: int = 0,
) -> Contact:
    window = Window(CustomerAct.MESSAGE, NOW - heard_ago, sent=sent)
    return Contact(
        openid,
        last,
        windows=(window,),
        records_seen_since_at=0.0,
        sends_seen_since_at=0.0,
        unread=unread,
        undelivered=undelivered,
    )


def desk(*contacts: Contact, sessions: tuple[Session, ...] = (), queue: tuple[Waiting, ...] = ()) -> Desk:
    return Desk(
        me=ME,
        agents=(Agent(ME, "Me", is_online=True), Agent(LI, "Li", is_online=True)),
        queue=queue,
        sessions=sessions,
        contacts={one.openid: one for one in contacts},
        health={feed: Health(succeeded_mono=0.0) for feed in Feed},
    )


def needs(desk: Desk, *, may_accept: bool = True) -> list[Need]:
    since = ranking.unanswered(desk, ranking.mine(desk), {})
    found = ranking.needs_me(desk, NOW, 0.0, late_after=180, unanswered_since=since, may_accept=may_accept)
    return list(found)


def session(openid: CustomerId, ago: float = 300.0, agent: AgentId = ME) -> Session:
    return Session(openid, agent, int(NOW - ago))


@pytest.mark.parametrize(
    ("known", "held", "expected"),
    [
        (contact(ANN, message(ANN, 200)), session(ANN), Reason.LATE),
        (contact(ANN, message(ANN, 60)), session(ANN), Reason.UNANSWERED),
        (contact(ANN, message(ANN, 60), heard_ago=REPLY_SECONDS - 600), session(ANN), Reason.CLOSING),
        (contact(ANN, message(ANN, 60, MessageKind.SENT)), session(ANN), None),
        (contact(ANN, message(ANN, 60, MessageKind.SENT, Delivery.SENDING)), session(ANN), None),
        (
            contact(ANN, message(ANN, 60, MessageKind.SENT, Delivery.UNKNOWN), undelivered=1),
            session(ANN),
            "undelivered",
        ),
        (contact(ANN, message(ANN, 60, MessageKind.SENT, Delivery.REFUSED), undelivered=1), session(ANN), "late"),
        (contact(ANN, message(ANN, 60, MessageKind.SENT)), session(ANN, 30 * MINUTE - 60), Reason.ENDING),
        (contact(ANN, message(ANN, 60, MessageKind.SENT)), session(ANN, 31 * MINUTE), None),
        (contact(ANN, message(ANN, 60, MessageKind.SENT), unread=1), session(ANN), Reason.UNREAD),
        (contact(ANN, message(ANN, 100, MessageKind.ACCEPTED)), session(ANN, 100), Reason.UNANSWERED),
        (contact(ANN, message(ANN, 500, MessageKind.CLOSED)), session(ANN, 100), Reason.UNANSWERED),
        (contact(ANN, message(ANN, 200)), session(ANN, agent=LI), None),
        (contact(ANN, message(ANN, 200), undelivered=1), session(ANN, agent=LI), None),
    ],
)
def test_why_a_served_customer_needs_us(known: Contact, held: Session, expected: Reason | None) -> None:
    found = needs(desk(known, sessions=(held,)))

    assert [need.reason for need in found] == ([expected] if expected else [])


def test_a_customer_of_whom_nothing_is_known_yet_waits_for_our_first_word() -> None:
    (found,) = needs(desk(sessions=(session(ANN, 20),)))

    assert (found.reason, found.since_at) == (Reason.UNANSWERED, NOW - 20)


def test_what_did_not_arrive_needs_us_after_the_session_too() -> None:
    left = contact(ANN, message(ANN, 60, MessageKind.SENT, Delivery.REFUSED), undelivered=1)

    assert [need.reason for need in needs(desk(left))] == [Reason.UNDELIVERED]


def test_only_late_waits_need_us_and_only_if_we_may_accept() -> None:
    row = Waiting(ANN, int(NOW - 10), NOW - 200, is_exact=False)
    calm = Waiting(BOB, int(NOW - 10), NOW - 100, is_exact=True)

    (found,) = needs(desk(queue=(row, calm)))
    assert (found.openid, found.reason, found.is_waiting, found.is_exact) == (ANN, Reason.LATE, True, False)
    assert needs(desk(queue=(row, calm)), may_accept=False) == []
    assert needs(desk(queue=(row,), sessions=(session(ANN, agent=LI),))) == []


@pytest.mark.parametrize(
    ("agent", "is_read_only", "expected"),
    [(ME, False, True), (ME, True, False), (None, False, True), (AgentId("off@shop"), False, False)],
)
def test_who_can_neither_accept_nor_assign_is_not_sent_to_the_queue(
    agent: AgentId | None, is_read_only: bool, expected: bool
) -> None:
    assert ranking.may_accept(desk(), agent, is_read_only=is_read_only) is expected


def test_late_comes_before_closing_before_longest_unanswered_before_the_rest() -> None:
    found = needs(
        desk(
            contact(ANN, message(ANN, 60)),
            contact(BOB, message(BOB, 90)),
            contact(CAT, message(CAT, 10), heard_ago=REPLY_SECONDS - 60),
            contact(DAN, message(DAN, 10, MessageKind.SENT), unread=1),
            sessions=(session(ANN), session(BOB), session(CAT), session(DAN)),
            queue=(Waiting(CustomerId("oEve"), int(NOW - 181), NOW - 181, is_exact=True),),
        )
    )

    assert [need.openid for need in found] == ["oEve", CAT, BOB, ANN, DAN]
    assert found[1].left_seconds == pytest.approx(60)


def test_the_last_reply_is_told() -> None:
    (found,) = needs(desk(contact(ANN, message(ANN, 60), sent=4), sessions=(session(ANN),)))

    assert found.replies_left == 1


def test_who_writes_again_and_again_waits_since_the_first_message() -> None:
    ours = (session(ANN),)
    before = ranking.unanswered(desk(contact(ANN, message(ANN, 100)), sessions=ours), ours, {})
    after = ranking.unanswered(desk(contact(ANN, message(ANN, 5)), sessions=ours), ours, before)
    answered = ranking.unanswered(desk(contact(ANN, message(ANN, 1, MessageKind.SENT)), sessions=ours), ours, after)

    assert (before, after, answered) == ({ANN: NOW - 100}, {ANN: NOW - 100}, {})


def test_each_press_goes_to_the_next_and_round_again() -> None:
    ann, bob, cat = (
        Need(openid, Reason.UNANSWERED, at, last_message=MessageId(1))
        for openid, at in ((ANN, 1.0), (BOB, 2.0), (CAT, 3.0))
    )
    visited: dict[CustomerId, tuple[object, ...]] = {}
    seen, current = [], None
    for _press in range(7):
        need = next_need((ann, bob, cat), visited, current)
        assert need is not None
        visited.pop(need.openid, None)
        visited[need.openid], current = need.mark, need.openid
        seen.append(need.openid)

    assert seen == [ANN, BOB, CAT, ANN, BOB, CAT, ANN]


def test_what_changed_comes_first_again_and_what_was_just_seen_last() -> None:
    ann = Need(ANN, Reason.UNANSWERED, 1.0, last_message=MessageId(1))
    bob = Need(BOB, Reason.UNANSWERED, 2.0, last_message=MessageId(2))
    visited = {ANN: ann.mark, BOB: bob.mark}

    assert next_need((ann, bob), visited, BOB) == ann
    assert next_need((ann, replace(bob, last_message=MessageId(3))), visited, None) == replace(
        bob, last_message=MessageId(3)
    )
    assert next_need((ann, replace(bob, reason=Reason.LATE)), visited, ANN) == replace(bob, reason=Reason.LATE)
    assert next_need((ann, bob), {}, ANN) == bob
    assert next_need((ann,), {ANN: ann.mark}, ANN) == ann
    assert next_need((), visited, ANN) is None
