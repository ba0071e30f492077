"""The rows of the lists: in which order, and which of them are made anew."""

import pytest
from msgspec.structs import replace

from kfconsole.content import Card, Content, Image, Menu, MenuItem, MiniProgram, News, Video, Voice, shown
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    CustomerId,
    Delivery,
    Desk,
    Message,
    MessageId,
    MessageKind,
    Session,
)
from kfconsole.ui import words
from kfconsole.ui.agent_picker import agent_choices
from kfconsole.ui.lines import words_of
from kfconsole.ui.rows import agent_names, matches, session_rows

ANN, BOB, EVE = CustomerId("oAnn"), CustomerId("oBob"), CustomerId("oEve")
ME, LI = AgentId("me@shop"), AgentId("li@shop")
DESK = Desk(
    me=ME,
    agents=(Agent(ME, "Mei"), Agent(LI, "Li")),
    sessions=(Session(ANN, LI, 1), Session(BOB, ME, 2), Session(EVE, LI, 3)),
    contacts={ANN: Contact(ANN, unread=1)},
)


def test_my_sessions_come_first_and_then_the_oldest() -> None:
    assert [(row.id, row.agent_name) for row in session_rows(DESK)] == [(BOB, "Mei"), (ANN, "Li"), (EVE, "Li")]


def test_a_name_of_an_agent_stays_on_one_line_wherever_it_is_shown() -> None:
    desk = replace(DESK, agents=(Agent(ME, "Mei\n  Ling"), Agent(LI, " \n ")))

    assert [(row.id, row.agent_name) for row in session_rows(desk)] == [(BOB, "Mei Ling"), (ANN, LI), (EVE, LI)]
    assert agent_names(desk) == [(ME, "Mei Ling"), (LI, LI)]
    assert [choice.label for choice in agent_choices(desk)] == ["Mei Ling", LI]


def test_only_rows_that_say_something_else_are_made_anew() -> None:
    before = {row.id: row for row in session_rows(DESK)}

    def renewed(desk: Desk) -> set[str]:
        return {row.id for row in session_rows(desk, before) if row is not before.get(row.id)}

    assert renewed(replace(DESK, agents=(Agent(ME, "Mei", session_count=1), Agent(LI, "Li")))) == set()
    assert renewed(replace(DESK, agents=(Agent(ME, "Mei"), Agent(LI, "Leo")))) == {ANN, EVE}
    assert renewed(replace(DESK, contacts={**DESK.contacts, BOB: Contact(BOB)})) == {BOB}
    assert renewed(replace(DESK, sessions=(Session(ANN, ME, 5), *DESK.sessions[1:]))) == {ANN}


def test_a_filter_finds_words_in_any_order_and_case() -> None:
    row = session_rows(DESK)[1]

    assert matches(row, ("li@", "oann"))
    assert not matches(row, ["oann", "mei"])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (Image("m1"), "[picture]"),
        (Card("c1"), "[coupon]"),
        (Image("m1", "退货单.png"), "[picture] 退货单.png"),
        (Voice("m1"), "[voice message]"),
        (Video("m1", "c1", file_name="box.mp4"), "[video] box.mp4"),
        (Video("m1", "c1", "How to fold", file_name="box.mp4"), "[video] How to fold"),
        (MiniProgram("Orders", "wx1", "pages/orders", "c1"), "[mini program] Orders"),
        (News("Sale [news]", "https://shop.example"), "[web page] Sale [news]\nhttps://shop.example"),
        (Menu((MenuItem("1", "[image]"),), "Happy?"), "Happy?\n· [image]"),
    ],
)
def test_what_was_sent_beside_words_is_named(content: Content, expected: str) -> None:
    sent = Message(MessageId(1), ANN, ME, MessageKind.SENT, shown(content), 5.0, Delivery.SENT, content=content)

    assert words_of(sent) == expected


def test_a_reply_that_only_looks_like_a_picture_stands_as_it_was_written() -> None:
    sent = Message(MessageId(1), ANN, ME, MessageKind.SENT, "[image]", 5.0, Delivery.SENT)

    assert words_of(sent) == "[image]"


@pytest.mark.parametrize(("unknown", "said"), [(2, "sent?"), (1, "not sent"), (0, "not sent")])
def test_not_sent_is_said_only_where_wechat_refused_something(unknown: int, said: str) -> None:
    assert words.undelivered(Contact(ANN, undelivered=2, unknown=unknown)) == said
