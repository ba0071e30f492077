"""What the composer's edge says, and what of it when there is little room."""

import pytest

from kfconsole.desk.read_only import ReadOnly
from kfconsole.desk.splitting import MAX_TEXT_BYTES
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    Conversation,
    CustomerAct,
    CustomerId,
    Desk,
    Feed,
    Health,
    Session,
    Waiting,
    Window,
)
from kfconsole.text import width_cells
from kfconsole.ui.edge import compose_edge, find_obstacle, placeholder
from kfconsole.ui.status import Station
from kfconsole.ui.words import ASCII_GLYPHS, WIDE_GLYPHS

NOW, MONO = 1_000_000.0, 5_000.0
ANN = CustomerId("oLh7e5ann")
ME, TOM = AgentId("kf2001@lehuo"), AgentId("kf2002@lehuo")
STATION = Station(WIDE_GLYPHS, dict.fromkeys(Feed, 2.0))
WROTE = Window(CustomerAct.MESSAGE, NOW - 3_000, sent=1)
WIDE = 200


def desk_with(
    windows: tuple[Window, ...] = (WROTE,),
    *,
    me: AgentId | None = ME,
    holder: AgentId | None = ME,
    is_waiting: bool = False,
    records_seen_since_at: float = 0.0,
    refused_at: float | None = None,
    nick: str = "晓雯",
) -> Desk:
    """A desk with Ann's conversation open."""
    contact = Contact(
        ANN,
        windows=windows,
        records_seen_since_at=records_seen_since_at,
        sends_seen_since_at=NOW - 9_000,
        refused_at=refused_at,
    )
    return Desk(
        me=me,
        agents=(Agent(ME, nick, is_online=True), Agent(TOM, "Tom", is_online=True)),
        sessions=(Session(ANN, holder, int(NOW - 60)),) if holder else (),
        queue=(Waiting(ANN, int(NOW - 60), NOW - 60, is_exact=True),) if is_waiting else (),
        contacts={ANN: contact},
        open=Conversation(ANN),
        health={feed: Health(MONO) for feed in Feed},
    )


def said(desk: Desk, *, draft: str = "", width: int = WIDE, station: Station = STATION, is_typing: bool = False) -> str:
    left, right = compose_edge(desk, station, NOW, MONO, draft=draft, width=width, is_typing_shown=is_typing)
    assert sum(width_cells(words) for words, _tone in (*left, *right)) <= width
    return "".join(words for words, _tone in left).strip() + " | " + "".join(words for words, _tone in right).strip()


def tones(desk: Desk, draft: str = "") -> dict[str, str]:
    left, right = compose_edge(desk, STATION, NOW, MONO, draft=draft, width=WIDE)
    return {words.strip(): tone for words, tone in (*left, *right)}


# -- replies and time left ---------------------------------------------------------------------------------------------


def left(desk: Desk, station: Station = STATION) -> str:
    return said(desk, station=station).partition(" | ")[0]


def test_it_says_how_many_replies_are_left_and_for_how_long() -> None:
    assert left(desk_with()) == "replies left ≤4/5  for 47:10"
    paid = Window(CustomerAct.PAY, NOW - 60)
    assert left(desk_with((WROTE, paid))) == "any number of replies  for 47:59"


def test_it_guesses_nothing() -> None:
    assert left(desk_with(())) == "replies left ?"
    before_the_archive = Window(CustomerAct.MESSAGE, NOW - 10_000)
    assert left(desk_with((before_the_archive,))) == "replies left ?/5  for 45:13"
    assert left(desk_with(records_seen_since_at=NOW - 100)) == "replies left ?/5  for ≥47:10"
    assert left(desk_with(), Station(ASCII_GLYPHS, STATION.intervals)) == "replies left <=4/5  for 47:10"


def test_the_last_reply_and_the_last_hour_are_said_in_words() -> None:
    assert tones(desk_with((Window(CustomerAct.MESSAGE, NOW - 3_000, sent=4),)))["last reply ≤1/5"] == "warn"
    assert tones(desk_with((Window(CustomerAct.MESSAGE, NOW - 47.5 * 3600),)))["closes in 30 min"] == "warn"
    assert tones(desk_with((Window(CustomerAct.MENU, NOW - 15),)))["for 45 s"] == "muted"
    assert tones(desk_with((Window(CustomerAct.MENU, NOW - 50),)))["closes in 10 s"] == "warn"


# -- the text ----------------------------------------------------------------------------------------------------------


def test_it_counts_bytes_and_says_what_the_customer_sees() -> None:
    assert said(desk_with(), draft="好a").endswith("| 4/2048 bytes  the customer sees 晓雯")
    assert said(desk_with(me=None, holder=None)).endswith("the customer sees the account, no agent")
    assert said(desk_with(), is_typing=True).endswith("typing shown")


def test_a_long_text_says_what_it_takes() -> None:
    long = "一句话。" * 300
    assert tones(desk_with(), long)["goes as 2 messages"] == "warn"
    assert tones(desk_with(), long)["3600/2048 bytes"] == "late"
    assert (
        tones(desk_with((Window(CustomerAct.MESSAGE, NOW, sent=4),)), long)["2 messages: only 1 reply left"] == "late"
    )
    assert "goes as ≥98 messages" not in said(desk_with(()), draft="x" * 60_000)
    assert "goes as ≥98 messages" in said(desk_with(()), draft="x" * 200_000)
    link = f"<a href='{'x' * MAX_TEXT_BYTES}'>这里</a>"
    assert tones(desk_with(), link)["a link is too long for one message"] == "late"


# -- why a reply cannot arrive, and what to do ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desk", "why", "more"),
    [
        (desk_with(holder=TOM), "Tom serves this customer: ask Tom first", "two people would be answering"),
        (desk_with(holder=None, is_waiting=True), "still waiting: accept first (a)", "does not accept the customer"),
        (
            desk_with((Window(CustomerAct.MESSAGE, NOW - 49 * 3600),)),
            "the time to reply is over: wait until the customer writes",
            "more than 48 hours since the customer's last message",
        ),
        (
            desk_with((Window(CustomerAct.MESSAGE, NOW - 60, sent=5),)),
            "all 5 replies are used: wait until the customer writes",
            "The replies since the customer's last message are used up.",
        ),
        (
            desk_with(refused_at=NOW - 10, windows=()),
            "WeChat takes no reply now: wait until the customer writes",
            "until the customer writes again",
        ),
    ],
    ids=["a colleague", "waiting", "too late", "used up", "refused"],
)
def test_what_stands_in_the_way_says_what_to_do(desk: Desk, why: str, more: str) -> None:
    assert said(desk).startswith(why)
    assert tones(desk)[why] == "warn"
    found = find_obstacle(desk, STATION, ANN, NOW, MONO)
    assert more in placeholder(found, (), 80)
    assert "0/5" not in said(desk)


def test_read_only_names_the_setting() -> None:
    station = Station(WIDE_GLYPHS, STATION.intervals, read_only=ReadOnly.SETTING)
    assert said(desk_with(), station=station).startswith("read-only: nothing is sent; set read_only = false")
    assert "晓雯" not in said(desk_with(), station=station)


# -- little room -------------------------------------------------------------------------------------------------------


def test_what_matters_least_goes_first_and_no_word_is_cut() -> None:
    desk = desk_with(holder=TOM)
    assert said(desk, width=77, is_typing=True) == (
        "with Tom: ask first  ≤4/5  for 47:10 | 0/2048 bytes  as 晓雯  typing shown"
    )
    assert said(desk, width=40) == "with Tom: ask first  ≤4/5  for 47:10 | "
    assert said(desk, width=24) == "with Tom: ask first | "


@pytest.mark.parametrize("width", range(14, 120, 7))
@pytest.mark.parametrize("nick", ["晓雯", "一个名字很长的客服人员一共有十六个", "🇨🇳👨‍👩‍👧‍👦"])
def test_it_always_fits(width: int, nick: str) -> None:
    for desk in (desk_with(nick=nick), desk_with((Window(CustomerAct.MENU, NOW - 59, sent=2),), nick=nick)):
        said(desk, width=width, is_typing=True, draft="x" * 9_999)


def test_the_placeholder_is_the_longest_that_fits() -> None:
    found = find_obstacle(desk_with(holder=TOM), STATION, ANN, NOW, MONO)
    assert placeholder(found, ("r to write",), 40) == "Enter asks before it sends."
    assert placeholder(found, ("r to write",), 12) == "r to write"
    assert placeholder(None, ("r to write",), 3) == ""
