"""Facts as lines: what goes in comes out, with nothing a terminal would obey, and masked with nobody in it."""

import math
from pathlib import Path
from typing import get_args

import pytest
from msgspec import json

from kfconsole.content import Text
from kfconsole.desk import facts as happened
from kfconsole.desk.fact_lines import NOT_KEPT, VERSION, Damaged, Header, Keyframe, Restorer, Shortener, read_header
from kfconsole.desk.facts import Fact
from kfconsole.errors import AuthError, ConfigError, RateLimited, Unavailable
from kfconsole.model import (
    Agent,
    AgentId,
    Budget,
    Contact,
    CustomerId,
    Delivery,
    Desk,
    Feed,
    Health,
    Message,
    MessageId,
    MessageKind,
    QueueAnswer,
    Session,
    Waiting,
    WaitingRow,
)

OPENID = CustomerId("oTEST-" + "a" * 22)
OTHER = CustomerId("oTEST-" + "b" * 22)
TOM = AgentId("tom@shop")
WEN = AgentId("wen@shop")
SAID = Message(
    MessageId(7),
    OPENID,
    TOM,
    MessageKind.SENT,
    f"Mr Li, call 13812345678 or {OTHER}",
    1.5,
    Delivery.SENT,
    content=Text("hi"),
)
KNOWN = Contact(OPENID, last_message=SAID, alias="Mr Li", remark="李先生", tags=("VIP", "#2"), draft="13812345678")
SESSION = Session(OPENID, TOM, 100)
DESK = Desk(
    me=TOM,
    agents=(Agent(TOM, "Tom", wechat_id="tom_wx", picture_url="http://x/tom"),),
    queue=(Waiting(OTHER, 90, 90.0, True),),
    queue_total=1,
    sessions=(SESSION,),
    health={Feed.QUEUE: Health(1.0), Feed.AGENTS: Health(None, AuthError("no", hint="mend", code=40001), 2.0, None)},
    budgets={Feed.QUEUE: Budget(100, 7)},
)
FACTS: tuple[Fact | Keyframe, ...] = (
    Keyframe(happened.Remembered(DESK, True, 5.0, (Waiting(OPENID, 1, 2.0, False),)), 0),
    happened.QueueSeen(QueueAnswer(2, (WaitingRow(OPENID, 90), WaitingRow(OTHER, 91))), 95.0, 4.0),
    happened.QueueSeen(QueueAnswer(2, (WaitingRow(OPENID, 90), WaitingRow(OTHER, 91))), 97.0, 6.0),
    happened.AgentsSeen((Agent(TOM, "Tom"), Agent(WEN, "Wen")), 4.0),
    happened.AgentsSeen((Agent(TOM, "Tom"), Agent(WEN, "Wen", is_online=True)), 5.0),
    happened.AgentsSeen((Agent(WEN, "Wen", is_online=True), Agent(AgentId("new@shop"), "New")), 6.0),
    happened.AgentsSeen((Agent(AgentId("new@shop"), "New"), Agent(WEN, "Wen")), 7.0),
    happened.SessionsSeen(TOM, (SESSION,), 4.0),
    happened.SessionsSeen(TOM, (SESSION,), 5.0),
    happened.SessionsSeen(TOM, (), 6.0),
    happened.SessionOpened(SESSION, 7.0),
    happened.SessionClosed(OPENID, TOM, 8.0),
    happened.ContactsSeen({OPENID: KNOWN, OTHER: Contact(OTHER, records_seen_since_at=3.0)}),
    happened.MessagesSeen((SAID,)),
    happened.RecordsSeen(9.0),
    happened.FeedSucceeded(Feed.MESSAGES, 9.0),
    happened.FeedFailed(Feed.QUEUE, RateLimited("slow", retry_after_seconds=3.0, path="/x", code=45009), 1.0, None),
    happened.FeedFailed(Feed.QUEUE, Unavailable("gone", may_have_arrived=False), 1.0, 2.0),
    happened.BudgetSeen(Feed.QUEUE, None),
    happened.ArchiveSeen(None),
)


def told(fact: object) -> str:
    """Errors are equal only to themselves; their words and details are compared."""
    return repr(fact) if not isinstance(fact, happened.FeedFailed) else repr((fact, vars(fact.error)))


def test_every_fact_comes_back_as_it_went() -> None:
    writing, reading = Shortener(), Restorer()
    for number, fact in enumerate(FACTS):
        found, at, mono = reading.fact(writing.line(fact, 100.0 + number, float(number)))
        assert told(found) == told(fact)
        assert (at, mono) == (100.0 + number, number)


@pytest.mark.parametrize("kind", sorted(set(get_args(Fact)) - set(NOT_KEPT), key=str))
def test_every_kind_of_fact_can_be_kept(kind: type) -> None:
    json.Decoder(kind, dec_hook=lambda _kind, _value: None)  # refuses what JSON has no form for


def test_what_did_not_change_takes_a_short_line() -> None:
    writing = Shortener()
    agents = tuple(Agent(AgentId(f"kf{number}@shop"), f"Agent {number}") for number in range(2000))
    assert len(writing.line(happened.AgentsSeen(agents, 1.0), 1.0, 1.0)) > 200_000
    assert len(writing.line(happened.AgentsSeen(agents, 2.0), 2.0, 2.0)) < 200
    changed = (*agents[:5], Agent(agents[5].id, "Another"), *agents[6:])
    assert len(writing.line(happened.AgentsSeen(changed, 3.0), 3.0, 3.0)) < 500


def test_what_differs_from_nothing_known_is_no_fact() -> None:
    writing = Shortener()
    lines = [writing.line(happened.SessionsSeen(TOM, (SESSION,), float(n)), 1.0, 1.0) for n in range(2)]
    assert isinstance(Restorer().fact(lines[1])[0], Damaged)


@pytest.mark.parametrize("line", [b"", b"{}\n", b"\xff\n", b'{"kind":"Nothing","at":1,"mono":1,"fact":{}}\n', b"[1]\n"])
def test_a_line_that_is_none_is_damaged(line: bytes) -> None:
    assert isinstance(Restorer().fact(line)[0], Damaged)


def test_no_line_brings_a_control_character() -> None:
    line = Shortener().line(happened.MessagesSeen((SAID,)), 1.0, 1.0)
    for bad in (b"\\u001b[2J", b"\\u202e", b"\\r", "\u202e".encode(), b"\xc2\x9b"):
        found, _at, _mono = Restorer().fact(line.replace(b"Mr Li", bad))
        assert isinstance(found, happened.MessagesSeen)
        assert not set(found.messages[0].text) & set("\x1b\u202e\x9b\r")


@pytest.mark.parametrize("moment", ['"at":1e308,"mono":1.0', '"at":1.0,"mono":-1e308', '"at":-1e15,"mono":1.0'])
def test_a_moment_that_no_clock_tells_is_damage(tmp_path: Path, moment: str) -> None:
    line = f'{{"kind":"GapsSeen",{moment},"fact":{{}}}}'.encode()
    assert Restorer().moment(line) is None
    assert isinstance(Restorer().fact(line.replace(b"GapsSeen", b"MessagesSeen"))[0], Damaged)

    began = moment.replace("at", "began_at").replace("mono", "began_mono")
    with pytest.raises(ConfigError, match="is no recording"):
        read_header(f'{{"recording":1,{began}}}'.encode(), tmp_path)


def test_an_endless_span_comes_back_endless() -> None:
    found, _at, _mono = Restorer().fact(Shortener().line(happened.ContactsSeen({OTHER: Contact(OTHER)}), 1.0, 1.0))
    assert isinstance(found, happened.ContactsSeen)
    assert found.contacts[OTHER].records_seen_since_at == math.inf


def test_a_file_that_is_no_recording_or_a_newer_one_is_refused(tmp_path: Path) -> None:
    for line in (b"", b"PK\x03\x04", b"{}\n", b'{"recording": 1}\n'):
        with pytest.raises(ConfigError, match="no recording"):
            read_header(line, tmp_path)
    newer = Shortener().header(Header(recording=VERSION + 1, began_at=1.0, began_mono=1.0))
    with pytest.raises(ConfigError, match="newer"):
        read_header(newer, tmp_path)
