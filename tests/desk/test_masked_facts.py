"""A masked recording: nobody and no word of anybody is in it, whatever fields facts have, and it looks as it did."""

import math
import types
from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import count, cycle
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import pytest
from msgspec import Struct, json

from kfconsole import errors
from kfconsole.content import News, Text
from kfconsole.desk import facts as happened
from kfconsole.desk.fact_lines import (
    NOT_KEPT,
    AgentsChanged,
    Header,
    Keyframe,
    QueueUnchanged,
    Restorer,
    SessionsUnchanged,
    Shortener,
)
from kfconsole.desk.facts import Fact
from kfconsole.desk.masked_facts import FactMask
from kfconsole.errors import KfError, RateLimited
from kfconsole.model import Agent, AgentId, Contact, CustomerId, Feed, Message, MessageId, MessageKind, Owed, Session
from kfconsole.text import width_cells

NEEDLES = ("aoueia", "针眼", "4711")
"""No key, no word of ours and no stand-in holds any of these."""
KEPT = {"Header.program": "1.0", "Header.timezone": "Asia/Shanghai", "Header.intervals": {"queue": 2.0}}
"""What a file tells without being asked; whoever adds to it says why nobody can be recognised by it."""
ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, KfError)]
OPENID = CustomerId("oTEST-" + "a" * 22)
OTHER = CustomerId("oTEST-" + "b" * 22)
TOM = AgentId("tom@shop")
WEN = AgentId("wen@shop")
numbers = count(1)


def needle() -> str:
    return f"{NEEDLES[0]} {NEEDLES[1]} {NEEDLES[2]} {next(numbers)}"


def examples(hint: Any) -> list[Any]:
    """Return values of a type with a needle in every text; of a union, one of each."""
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, NewType):
        return examples(hint.__supertype__)
    if origin in (Union, types.UnionType):
        return [value for part in inner for value in examples(part) if value is not None]
    if origin is tuple:
        return [tuple(examples(inner[0]))]
    if origin is not None and issubclass(origin, Mapping):
        return [dict(zip((examples(inner[0])[0] for _value in examples(inner[1])), examples(inner[1]), strict=True))]
    if hint is str:
        return [needle()]
    if issubclass(hint, Enum):
        return list(hint)[:1]
    if issubclass(hint, int | float):
        return [hint(1)]
    if issubclass(hint, KfError):
        return [error_with_needles(kind) for kind in ERRORS]
    return structs(hint) if issubclass(hint, Struct) else [None]


def structs(kind: type[Struct]) -> list[Struct]:
    hints = get_type_hints(kind)
    fields = {
        name: [KEPT[place]] if (place := f"{kind.__name__}.{name}") in KEPT else examples(hints[name])
        for name in kind.__struct_fields__
        if name != "hours"
    }
    most = max(map(len, fields.values()), default=1)
    each = {name: cycle(values) for name, values in fields.items()}
    return [kind(**{name: next(values) for name, values in each.items()}) for _number in range(most)]


def error_with_needles(kind: type[KfError]) -> KfError:
    needed: dict[str, Any] = {"RateLimited": {"retry_after_seconds": 3.0}, "Unavailable": {"may_have_arrived": True}}
    error = kind(needle(), hint=needle(), **needed.get(kind.__name__, {}))
    for name in ("path", "errmsg", "rid"):
        if hasattr(error, name):
            setattr(error, name, needle())
    return error


KINDS = sorted(
    {*get_args(Fact), Keyframe, AgentsChanged, SessionsUnchanged, QueueUnchanged} - {*NOT_KEPT},
    key=lambda kind: str(kind),
)


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_of_any_fact_tells_anything(kind: type[Struct]) -> None:
    facts = structs(kind)
    plain, masked = Shortener(), Shortener(FactMask(b"k" * 32))
    for fact in facts:
        before, line = plain.line(fact, 1.0, 1.0).decode(), masked.line(fact, 1.0, 1.0).decode()  # type: ignore[arg-type]
        assert not [needle for needle in NEEDLES if needle in line], line
        assert shape(json.decode(before)) == shape(json.decode(line))


def shape(part: Any) -> Any:
    """Return what is left when words and the names of customers are left out."""
    if isinstance(part, dict):
        return {
            ("*" if any(word in name for word in NEEDLES) or len(name) == 28 else name): shape(value)
            for name, value in part.items()
            if name not in ("path", "errmsg", "rid", "hint")
        }
    if isinstance(part, list):
        return [shape(value) for value in part]
    return "*" if isinstance(part, str) else part


def test_the_walk_finds_every_text_of_a_fact() -> None:
    for kind in KINDS:
        texts = list(texts_in(json.decode(Shortener().line(structs(kind)[0], 1.0, 1.0))["fact"]))  # type: ignore[arg-type]
        own = [word for word in texts if NEEDLES[0] in word]
        assert own or kind in (happened.RecordsSeen, happened.FeedSucceeded, happened.BudgetSeen, QueueUnchanged)


def texts_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        part = [*part, *part.values()]
    if isinstance(part, list):
        for value in part:
            yield from texts_in(value)
    elif isinstance(part, str):
        yield part


def test_the_head_of_a_file_says_how_it_was_masked_and_not_whose_it_is() -> None:
    (header,) = structs(Header)
    line = Shortener(FactMask(b"k" * 32)).header(header)  # type: ignore[arg-type]
    found = json.decode(line, type=Header)
    assert not [needle for needle in NEEDLES if needle in line.decode()]
    assert (found.me, found.program, found.is_masked) == ("kf1@masked", "1.0", True)
    assert "某" in found.masking


def test_everybody_keeps_one_stand_in_within_a_file_and_has_another_in_the_next() -> None:
    masks = FactMask(b"k" * 32), FactMask(b"l" * 32)
    contact = Contact(OPENID, tags=("VIP", "#2", "#李"), alias="Mr Li", remark="李先生")
    known, other = (mask.masked(contact) for mask in masks)
    again = masks[0].masked(happened.SessionClosed(OPENID, WEN, 1.0))
    assert known.openid == again.openid == masks[0].customer(OPENID)
    assert len(known.openid) == len(OPENID)
    assert known.openid not in (OPENID, other.openid, masks[0].customer(OTHER))
    assert (known.alias, known.remark) == ("", "")
    assert known.tags[1] == "#2"
    assert len({*known.tags, *other.tags}) == 5  # WeChat's number is the same

    agents = (Agent(TOM, "Tom", kf_id="1001", wechat_id="tom_wx"), Agent(WEN, "小美", invited_wechat_id="tom_wx"))
    tom, wen = masks[0].masked(happened.AgentsSeen(agents, 1.0)).agents
    assert (tom.id, tom.nick, tom.kf_id, tom.wechat_id) == ("kf2@masked", "agent 2", "2", "wx1")
    assert (wen.id, wen.nick, wen.kf_id, wen.invited_wechat_id) == ("kf1@masked", "agent 1", "", "wx1")
    owed = masks[0].masked(happened.OwedSeen((Owed(OPENID, 1.0, TOM, "root", "ask 李"),))).owed[0]
    assert (owed.openid, owed.agent, owed.note) == (known.openid, tom.id, "xxx 某")
    assert "root" not in owed.user


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "四川省成都市武侯区科华北路 12 号\n收件人 林女士，Mr. O'Neil!",
            "某某某某某某某某某某某某某 00 某\n某某某 某某某，xx. x'xxxx!",
        ),
        ("[image]", "[image]"),
        ("[news] 春节放假", "[news] 某某某某"),
        ("li@example.com ￥99.50 １３８ 〇", "xx@xxxxxxx.xxx ￥00.00 ０００ 某"),
        ("안녕 カナ жук 👍🏽 1️⃣", "某某 某某 xxx 👍🏽 0️⃣"),
        ("ⓛⓘ ⠇⠊ 🇨🇳 𝐋𝐢 é", None),
        ("L\U000e0069i\u200b", "xx"),
    ],
)
def test_a_text_keeps_its_length_and_its_layout_and_no_word(text: str, masked: str | None) -> None:
    found = FactMask(b"k" * 32).text(text)
    assert masked in (None, found)
    assert width_cells(found) == width_cells(text)
    assert not set(found.removeprefix("[image]").removeprefix("[news]")) & set("ⓛⓘ⠇⠊🇨🇳𝐋𝐢éliLI李")


def test_what_is_sent_is_masked_in_every_part_and_stays_what_it_is() -> None:
    content = News("Come, Li", "https://shop/li?o=1", picture_url="https://shop/li.png")
    said = Message(MessageId(7), OPENID, TOM, MessageKind.SENT, "[news] Come, Li", 1.5, reason="Li?", content=content)
    masked = FactMask(b"k" * 32).masked(said)
    assert masked.content == News("xxxx, xx", "xxxxx://xxxx/xx?x=0", picture_url="xxxxx://xxxx/xx.xxx")
    assert (masked.text, masked.reason, masked.id, masked.at) == ("[news] xxxx, xx", "xx?", 7, 1.5)


def test_a_masked_fact_can_be_read_again() -> None:
    writing, reading = Shortener(FactMask(b"k" * 32)), Restorer()
    said = Message(MessageId(1), OPENID, WEN, MessageKind.SENT, "hi", 1.0, content=Text("hi"))
    facts: tuple[Fact, ...] = (
        happened.MessagesSeen((said,)),
        happened.ContactsSeen({OPENID: Contact(OPENID, last_message=said, draft="李")}),
        happened.SessionsSeen(WEN, (Session(OPENID, WEN, 1),), 1.0),
        happened.SessionsSeen(WEN, (Session(OPENID, WEN, 1),), 2.0),
        happened.FeedFailed(Feed.QUEUE, RateLimited("Li", retry_after_seconds=3.0, errmsg="Li", code=45009), 1.0, None),
    )
    found = [reading.fact(writing.line(fact, 1.0, 1.0))[0] for fact in facts]
    contacts, failed = found[1], found[4]
    assert isinstance(contacts, happened.ContactsSeen)
    (contact,) = contacts.contacts.values()
    assert (contact.draft, contact.records_seen_since_at) == ("某", math.inf)
    assert isinstance(found[3], happened.SessionsSeen)
    assert found[3].sessions == (Session(contact.openid, AgentId("kf1@masked"), 1),)
    assert isinstance(failed, happened.FeedFailed)
    assert isinstance(failed.error, RateLimited)
    assert (failed.error.code, failed.error.retry_after_seconds, failed.error.errmsg) == (45009, 3.0, "")
    assert "45009" in failed.error.message
