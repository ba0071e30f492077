import pytest

from kfconsole.desk import rules
from kfconsole.errors import NotPossible
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    Conversation,
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

ANN, BOB = CustomerId("oAnn-abcdef"), CustomerId("oBob-123456")
ME = AgentId("me@shop")


def message(at: float, kind: MessageKind = MessageKind.RECEIVED, delivery: Delivery | None = None) -> Message:
    return Message(MessageId(1), ANN, ME, kind, "hi", at, delivery)


@pytest.mark.parametrize("text", ["", "   \n\t"])
def test_a_blank_text_is_refused(text: str) -> None:
    with pytest.raises(NotPossible, match="empty"):
        rules.check_text(text)


def test_a_text_is_measured_in_bytes() -> None:
    rules.check_text("好" * 682 + "ab")

    with pytest.raises(NotPossible, match="2049 bytes") as caught:
        rules.check_text("好" * 683)
    assert "by 1 byte," in caught.value.hint


@pytest.mark.parametrize(
    ("exchanged_at", "shown_mono", "expected"),
    [
        (None, None, False),
        (69.9, None, False),
        (70.0, None, True),
        (100.0, 85.1, False),
        (100.0, 85.0, True),
    ],
)
def test_typing_is_shown_once_in_15_seconds_and_only_after_an_exchange(
    exchanged_at: float | None, shown_mono: float | None, expected: bool
) -> None:
    assert rules.may_show_typing(100.0, exchanged_at=exchanged_at, shown_mono=shown_mono, mono=100.0) is expected


def test_only_messages_that_may_have_arrived_are_an_exchange() -> None:
    refused = message(90, MessageKind.SENT, Delivery.REFUSED)
    event = message(95, MessageKind.CLOSED)
    sent = message(80, MessageKind.SENT, Delivery.SENT)
    desk = Desk(
        contacts={ANN: Contact(ANN, last_message=refused, windows=(Window(CustomerAct.MESSAGE, 50),))},
        open=Conversation(ANN, (sent, event)),
    )

    assert rules.exchanged_at(desk, ANN) == 80
    assert rules.exchanged_at(desk, BOB) is None


def waiting(openid: CustomerId, since_at: float) -> Waiting:
    return Waiting(openid, int(since_at), since_at, is_exact=True)


def test_the_longest_waiting_is_next_but_not_one_already_served() -> None:
    desk = Desk(queue=(waiting(ANN, 10), waiting(BOB, 5)))

    assert rules.longest_waiting(desk) == waiting(BOB, 5)
    assert rules.longest_waiting(desk, frozenset({BOB})) == waiting(ANN, 10)
    served = Desk(queue=desk.queue, sessions=(Session(BOB, ME, 7),))
    assert rules.longest_waiting(served) == waiting(ANN, 10)
    assert rules.longest_waiting(Desk()) is None


def test_who_serves_whom_is_read_off_the_sessions() -> None:
    desk = Desk(queue=(waiting(BOB, 5),), sessions=(Session(ANN, ME, 100),))

    assert rules.who_serves(desk, ANN) == ME
    assert rules.who_serves(desk, BOB) is None
    assert rules.is_waiting(desk, BOB)
    assert not rules.is_waiting(desk, ANN)
    assert rules.session_age(desk.sessions[0], 160) == 60
    assert rules.session_age(desk.sessions[0], 90) == 0
    assert rules.route_ends_at(desk.sessions[0]) == 100 + 1800


@pytest.mark.parametrize(
    ("agent", "state", "words"),
    [
        (Agent(ME, "Me", is_online=True), rules.AgentState.READY, None),
        (Agent(ME, "Me"), rules.AgentState.OFFLINE, "mpkf.weixin.qq.com"),
        (Agent(ME, "Me", is_bound=False), rules.AgentState.UNBOUND, "kfconsole agents invite"),
        (Agent(AgentId("other@shop"), "Other"), rules.AgentState.UNKNOWN, "Check kf_account"),
    ],
)
def test_a_refusal_names_the_fix(agent: Agent, state: rules.AgentState, words: str | None) -> None:
    desk = Desk(agents=(agent,))
    problem = rules.refusal(desk, ME)

    assert rules.agent_state(desk, ME) is state
    if words is None:
        assert problem is None
    else:
        assert problem is not None
        assert words in problem.hint


def test_without_an_agent_of_its_own_a_console_is_told_to_choose() -> None:
    problem = rules.refusal(Desk(), None)

    assert problem is not None
    assert "[me]" in problem.hint


def test_people_without_names_are_recognisable() -> None:
    assert rules.customer_name(Desk(), ANN) == "…abcdef"
    assert rules.agent_name(Desk(agents=(Agent(ME, "Mei"),)), ME) == "Mei"
    assert rules.agent_name(Desk(), ME) == ME
