"""The formats of an export: everything is in, and no text passes for anything else than a text."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kfconsole.cli.history import HistoryMessage
from kfconsole.content import Content, Image, Menu, MenuItem, News
from kfconsole.desk.formats import ExportedMessage, Format, People, writer
from kfconsole.desk.formats.common import Clock
from kfconsole.model import AgentId, CustomerId, Delivery, Message, MessageId, MessageKind
from kfconsole.text import clean
from tests.conftest import HOSTILE

SHANGHAI = ZoneInfo("Asia/Shanghai")
ANN = CustomerId("oLh7e5AnnAnnAnnAnnAnnAnnAnn0")
BOB = CustomerId("oLh7e5BobBobBobBobBobBobBob0")
ME = AgentId("kf2001@shop")
AT = 1_795_399_445.0  # 2026-11-23 10:04:05 in Shanghai
PEOPLE = People({ANN: "王小姐"}, {ME: "小李"})

foreign_texts = st.one_of(
    st.text(),
    st.text(alphabet="=+-@\t\n,;|\"' \\`*_{}[]()#.!~$^<>&/:1a好＝＋－＠\u3000\u2028"),
    st.lists(
        st.sampled_from(
            [
                *("=1+1", "http://a.cn", "www.a.com", "a@b.cn", "//a.cn", "</li>", "<b>", "&lt;", "![x](y)", "[x][y]"),
                *(
                    "\n",
                    "\n\n",
                    "\n---\n",
                    "\n===\n",
                    "\n- a",
                    "\n1. a",
                    "\n2) a",
                    "\n# a",
                    "\n> a",
                    "\n\ta",
                    "\n    a",
                ),
                *("|a|b|\n|-|-|\n", "```\n", "~~~\n", "**", "__", "~~", "`", "``", "\\", "\\\n", "好", "：", " ", "x"),
                *(
                    ": a",
                    "\n: a",
                    "[^1]: a",
                    "a.com",
                    "商店.com",
                    "例子.中国",
                    "<!--",
                    "-->",
                    "$$",
                    "{{a}}",
                    "@a",
                    "10:30",
                ),
            ]
        )
    ).map("".join),
).map(clean)


def received(text: str, *, openid: CustomerId = ANN, at: float = AT, number: int = 1) -> Message:
    return Message(MessageId(number), openid, ME, MessageKind.RECEIVED, text, at)


def sent(
    text: str,
    *,
    delivery: Delivery | None = Delivery.SENT,
    reason: str = "",
    is_dismissed: bool = False,
    content: Content | None = None,
    is_ai: bool = False,
) -> Message:
    return Message(
        MessageId(2), ANN, ME, MessageKind.SENT, text, AT, delivery, reason, is_dismissed, content=content, is_ai=is_ai
    )


def event(kind: MessageKind, text: str = "") -> Message:
    return Message(MessageId(3), ANN, ME, kind, text, AT)


def written(form: Format, *messages: Message, people: People = PEOPLE, zone: tzinfo | None = SHANGHAI) -> str:
    made = writer(form, zone)
    return made.head() + made.write(messages, people)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


ALL_STATES = (
    (sent("a", delivery=Delivery.SENDING), "sending"),
    (sent("a", delivery=Delivery.SENT), "sent"),
    (sent("a", delivery=Delivery.CONFIRMED), "confirmed"),
    (sent("a", delivery=Delivery.REFUSED, reason="out of time"), "refused: out of time"),
    (sent("a", delivery=Delivery.UNKNOWN, reason="no answer"), "outcome unknown: no answer"),
    (sent("a", delivery=Delivery.REFUSED, reason="late", is_dismissed=True), "refused, dismissed: late"),
    (sent("a", delivery=Delivery.SENT, is_ai=True), "sent, AI"),
)

# txt


def test_a_conversation_reads_like_one() -> None:
    text = written(
        Format.TXT,
        received("在吗\n想退款"),
        sent("您好", delivery=Delivery.CONFIRMED),
        event(MessageKind.CLOSED),
        received("还有", at=AT + 86_400),
        received("hi", openid=BOB),
    )

    assert text == (
        f"王小姐 ({ANN})\n"
        "=====================================\n"
        "\n"
        "2026-11-23 Mon\n"
        "10:04:05  < 王小姐: 在吗\n"
        "          想退款\n"
        "10:04:05  > 小李 (kf2001@shop) [confirmed]: 您好\n"
        "10:04:05  - closed by 小李 (kf2001@shop)\n"
        "\n"
        "2026-11-24 Tue\n"
        "10:04:05  < 王小姐: 还有\n"
        "\n"
        "\n"
        f"{BOB}\n"
        "============================\n"
        "\n"
        "2026-11-23 Mon\n"
        f"10:04:05  < {BOB}: hi\n"
    )


@pytest.mark.parametrize(("message", "state"), ALL_STATES, ids=[state for _message, state in ALL_STATES])
def test_what_became_of_our_sends_is_said(message: Message, state: str) -> None:
    row = rows(written(Format.CSV, message))[0]
    said = f"{row['delivery']}{', dismissed' if row['dismissed'] else ''}{', AI' if row['AI'] else ''}"

    assert f"小李 (kf2001@shop) [{state}]: a\n" in written(Format.TXT, message)
    assert f"**小李 (`kf2001@shop`)** \\[{state}\\]: a\n" in written(Format.MARKDOWN, message)
    assert state == said + (f": {row['reason']}" if row["reason"] else "")
    assert json.loads(written(Format.JSONL, message))["delivery"] == message.delivery


@pytest.mark.parametrize("form", [Format.TXT, Format.MARKDOWN, Format.CSV])
def test_what_has_no_words_is_called_by_what_it_is(form: Format) -> None:
    file = written(form, received("[voice]"), sent("[image]", content=Image("m")), received("[好]"))

    assert [word in file.replace("\\", "") for word in ("[voice message]", "[picture]", "[好]")] == [True] * 3


def test_an_unknown_agent_is_called_by_the_account_and_nobody_by_nothing() -> None:
    nobody = Message(MessageId(1), ANN, AgentId(""), MessageKind.QUEUED, "", AT)
    text = written(Format.TXT, sent("嗨", delivery=None), nobody, people=People({}, {}))

    assert "> kf2001@shop: 嗨\n" in text
    assert "- joined the queue\n" in text


@given(foreign_texts)
def test_no_text_begins_a_line_of_its_own(text: str) -> None:
    lines = re.split("[\n\u2028\u2029]", written(Format.TXT, received(text), received("last")))

    assert lines[4].startswith("10:04:05  < 王小姐: ")
    assert lines[-2:] == ["10:04:05  < 王小姐: last", ""]
    assert [line for line in lines[5:-2] if not line.startswith(" " * 10)] == []


# Markdown


def tokens(markdown: str) -> list[Token]:
    parser = MarkdownIt("commonmark", {"html": True, "linkify": True}).enable(["linkify", "table", "strikethrough"])
    return [inner for token in parser.parse(markdown) for inner in (token, *(token.children or []))]


def shown(markdown: str) -> str:
    """What the one message of a page says, as a reader sees it."""
    inline = next(token for token in reversed(tokens(markdown)) if token.type == "inline")
    return "".join(
        "\n" if child.type == "hardbreak" else child.content for child in inline.children or [] if child.nesting == 0
    )


HARMLESS = {
    *("heading_open", "heading_close", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *("paragraph_open", "paragraph_close", "inline", "text", "text_special", "strong_open", "strong_close"),
    *("code_inline", "hardbreak"),
}


def folded(text: str) -> str:
    """Without what Markdown cannot show: blanks around lines."""
    return "\n".join(line.strip(" \t") for line in text.rstrip().split("\n"))


@given(foreign_texts)
def test_no_text_becomes_markup_a_link_or_html(text: str) -> None:
    page = written(Format.MARKDOWN, received(text))
    found = [token.type for token in tokens(page)]

    assert set(found) <= HARMLESS
    assert (found.count("list_item_open"), found.count("heading_open"), found.count("strong_open")) == (1, 2, 1)
    assert folded(shown(page)) == folded(f"10:04:05 < 王小姐: {text}")


@given(foreign_texts)
def test_no_name_becomes_markup_either(name: str) -> None:
    page = written(Format.MARKDOWN, received("a"), sent("b"), people=People({ANN: name}, {ME: name}))
    found = [token.type for token in tokens(page)]

    assert set(found) <= HARMLESS
    assert (found.count("list_item_open"), found.count("heading_open"), found.count("strong_open")) == (2, 2, 2)


def test_a_page_has_a_heading_for_the_customer_and_one_for_each_day() -> None:
    page = written(Format.MARKDOWN, received("在吗"), event(MessageKind.ACCEPTED), received("hi", openid=BOB))

    assert page == (
        f"# 王小姐\n\n{ANN}\n\n## 2026-11-23 Mon\n\n"
        "- 10:04:05 < **王小姐**: 在吗\n"
        "- 10:04:05 - accepted by 小李 (`kf2001@shop`)\n\n"
        f"# {BOB}\n\n## 2026-11-23 Mon\n\n"
        f"- 10:04:05 < **{BOB}**: hi\n"
    )


# csv


def test_a_spreadsheet_finds_heads_moments_and_people() -> None:
    text = written(Format.CSV, received('在吗,"急"\n在线等', at=AT + 0.25), sent("嗨", reason="x"))
    row, ours = rows(text)

    assert text.startswith('\ufeff"time",')
    assert text.endswith("\r\n")
    assert text.count("\r\n") == 3
    assert row == {
        "time": "2026-11-23T10:04:05+08:00",
        "Unix seconds": "1795399445.250",
        "customer": "王小姐",
        "openid": ANN,
        "direction": "from the customer",
        "agent": "小李",
        "agent's account": ME,
        "text": '在吗,"急"\n在线等',
        "delivery": "",
        "reason": "",
        "dismissed": "",
        "AI": "",
        "number": "1",
    }
    assert (ours["Unix seconds"], ours["direction"], ours["delivery"]) == ("1795399445", "to the customer", "sent")
    assert datetime.fromisoformat(row["time"]).timestamp() == int(AT)


@pytest.mark.usefixtures("chinese")
def test_the_heads_are_in_the_language_of_the_user() -> None:
    assert "时间" in written(Format.CSV)


FORMULA = re.compile(r"[\s\"'\u200b-\u200d\u2060\ufeff]{0,50}[=+\-@＝＋－＠]")


def begins_formula(cell: str) -> bool:
    return not cell.startswith("'") and (bool(FORMULA.match(cell)) or cell[:1] in ("\t", "\r", "\n"))


@given(foreign_texts)
def test_no_cell_is_a_formula_whatever_separates_cells(text: str) -> None:
    row = rows(written(Format.CSV, received(text), people=People({ANN: text}, {ME: text})))[0]
    cells = [row["text"], row["customer"], row["agent"]]
    pieces = [piece for cell in cells for piece in re.split("[,;|\t\n]", cell) if piece.strip()]

    assert [cell for cell in cells if begins_formula(cell)] == []
    assert [piece for piece in pieces if begins_formula(piece)] == []
    assert row["text"].replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+86 138", "'+86 138"),
        ("-", "'-"),
        ("@小李", "'@小李"),
        ("＝1", "'＝1"),
        ("\t好", "'\t好"),
        ("  =1", "'  =1"),
        ("好;=1", "好;'=1"),
        ("好, =1", "好,' =1"),
        ("好\n-1", "好\n'-1"),
        ("3-2=1", "3-2=1"),
        ("a@b.cn", "a@b.cn"),
    ],
)
def test_an_apostrophe_keeps_a_cell_a_text(text: str, cell: str) -> None:
    assert rows(written(Format.CSV, received(text)))[0]["text"] == cell


# jsonl


@given(foreign_texts, st.sampled_from(MessageKind), st.sampled_from([None, *Delivery]), st.floats(0, 4e9))
def test_a_program_reads_back_what_there_was(
    text: str, kind: MessageKind, delivery: Delivery | None, at: float
) -> None:
    message = Message(MessageId(7), ANN, ME, kind, text, at, delivery, reason=text, is_dismissed=True, is_ai=True)
    lines = written(Format.JSONL, message, message).splitlines()
    found = msgspec.json.decode(lines[0], type=ExportedMessage)

    assert lines == [lines[0]] * 2
    assert (found.openid, found.name, found.agent, found.nick) == (ANN, "王小姐", ME, "小李")
    kept = ("id", "at", "kind", "text", "delivery", "reason", "is_dismissed", "is_ai", "content")
    assert [getattr(found, name) for name in kept] == [getattr(message, name) for name in kept]


@pytest.mark.parametrize(
    "content",
    [Image("m" * 64), Menu((MenuItem("1", "是"), MenuItem("2", "否")), "满意吗"), News("促销", "https://a.cn", "快来")],
)
def test_what_was_sent_beside_words_is_in_it(content: Content) -> None:
    line = written(Format.JSONL, sent("[x]", content=content))

    assert msgspec.json.decode(line, type=ExportedMessage).content == content


def test_half_a_character_is_read_back_too() -> None:
    line = written(Format.JSONL, received("a\ud83d"), received("好"))

    assert [json.loads(part)["text"] for part in line.splitlines()] == ["a\ud83d", "好"]


def test_what_history_show_tells_is_told_by_the_same_names() -> None:
    assert set(HistoryMessage.__struct_fields__) <= set(ExportedMessage.__struct_fields__)


# All of them

STRANGE = {
    "hostile": HOSTILE,
    "right to left": "مرحبا بالعالم שלום",
    "emoji": "👨‍👩‍👧🇨🇳❤️",
    "huge": "字" * 100_000,
    "signs": "=" * 100_000,
    "lines": "\n" * 50_000,
    "quotes": "('" * 50_000,
    "links": "a.b@" * 30_000,
    "dots": "." * 100_000,
}


@pytest.mark.parametrize("form", Format)
@given(
    people=st.lists(st.tuples(st.sampled_from([ANN, BOB]), st.integers(0, 400_000)), min_size=1, max_size=12),
    cuts=st.sets(st.integers(1, 11)),
)
def test_it_does_not_matter_where_one_part_ends(
    form: Format, people: Sequence[tuple[CustomerId, int]], cuts: set[int]
) -> None:
    said = [received(f"{number}\n", openid=openid, at=AT + after) for number, (openid, after) in enumerate(people)]
    whole, parts = writer(form, SHANGHAI), writer(form, SHANGHAI)
    ends = [*sorted(cut for cut in cuts if cut < len(said)), len(said)]
    pieces = [parts.write(said[start:end], PEOPLE) for start, end in zip([0, *ends], ends, strict=False)]

    assert "".join(pieces) == whole.write(said, PEOPLE)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_a_strange_text_is_written_in_no_time(form: Format, text: str) -> None:
    file = written(form, received(clean(text)))
    said = "".join(rows(file)[0]["text"]) if form is Format.CSV else file

    assert clean(text).split("\n")[0][:1] in said
    assert "\x1b" not in file
    assert "\u202e" not in file


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("at", [-1.0, 1e12, 1e300, 253_402_300_799.0])
def test_a_moment_no_calendar_has_breaks_nothing(form: Format, at: float) -> None:
    assert "好" in written(form, received("好", at=at))


ZONES: Sequence[tzinfo | None] = (
    SHANGHAI,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Africa/Monrovia"),
    ZoneInfo("Pacific/Apia"),
    timezone(timedelta(hours=-11, minutes=-30)),
    None,
)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@given(st.floats(0, 5e9))
def test_moments_are_those_of_the_calendar(zone: tzinfo | None, at: float) -> None:
    expected = datetime.fromtimestamp(int(at), zone) if zone else datetime.fromtimestamp(int(at)).astimezone()

    assert Clock(zone).moment(at) == expected.isoformat()


@pytest.mark.parametrize("make", [lambda: Clock(ZoneInfo("America/New_York"))])
def test_the_hour_that_comes_twice_is_told_apart(make: Callable[[], Clock]) -> None:
    clock = make()

    assert clock.moment(1_793_509_200) == "2026-11-01T01:00:00-04:00"
    assert clock.moment(1_793_512_800) == "2026-11-01T01:00:00-05:00"
