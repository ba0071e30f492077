"""What is certain to be refused about an agent's account, before WeChat is asked."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.desk import agent_checks as checks
from kfconsole.errors import NotPossible
from kfconsole.model import Agent, AgentId
from kfconsole.wechat.codes import CODE
from tests.desk.house import ADD, INVITE, House
from tests.pictures import jpeg

NOW = 1_750_000_000.0
ANN = Agent(AgentId("ann@shop"), "Ann", wechat_id="wx_ann")
FREE = Agent(AgentId("free@shop"), "Free", is_bound=False)
OPEN = Agent(
    AgentId("open@shop"),
    "Open",
    is_bound=False,
    invite_status="waiting",
    invited_wechat_id="wx_open",
    invite_expires_at=int(NOW) + 60,
)
AGENTS = (ANN, FREE, OPEN)


@pytest.mark.parametrize(
    ("name", "code_or_words"),
    [
        ("kf2001", "6/10"),
        ("a_b", "3/10"),
        ("a" * 11, CODE.BAD_AGENT_NAME),
        ("kf 1", CODE.BAD_AGENT_NAME),
        ("客服", CODE.BAD_AGENT_NAME),
        ("a-b", CODE.BAD_AGENT_NAME),
        ("", CODE.BAD_AGENT_NAME),
        ("kf1@" + "s" * 31, CODE.BAD_AGENT_NAME),
        ("kf1@shop", "3/10"),
    ],
)
def test_what_stands_before_the_at(name: str, code_or_words: CODE | str) -> None:
    if isinstance(code_or_words, CODE):
        with pytest.raises(NotPossible) as refused:
            checks.check_name(name)
        assert refused.value.code == code_or_words
    else:
        assert checks.check_name(name) == code_or_words


def test_what_stands_behind_the_at_is_that_of_most_and_another_one_is_told_and_allowed() -> None:
    odd = Agent(AgentId("odd@gh_176331abcd"), "Odd")

    assert checks.usual_suffix((*AGENTS, odd)) == "shop"
    assert checks.usual_suffix(()) == ""
    assert checks.check_suffix("shop", AGENTS) == "4/30"
    assert "@shop" in checks.check_suffix("shoq", AGENTS)
    assert checks.check_suffix("gh_176331abcd", (*AGENTS, odd)) == "13/30"
    for wrong in ("", "a@b", "a b", "s" * 31, "a\x1b"):
        with pytest.raises(NotPossible):
            checks.check_suffix(wrong, AGENTS)


def test_an_account_is_put_together_or_typed_whole() -> None:
    assert checks.account_of(" kf1 ", "@shop ") == "kf1@shop"
    assert checks.account_of("kf1@other", "shop") == "kf1@other"


def test_an_account_that_is_there_and_one_too_many_are_refused() -> None:
    with pytest.raises(NotPossible, match="Ann") as twice:
        checks.check_account(ANN.id, AGENTS)
    assert twice.value.code == CODE.AGENT_EXISTS

    many = tuple(Agent(AgentId(f"kf{number}@shop"), str(number)) for number in range(checks.MOST_AGENTS))
    checks.check_account(AgentId("new@shop"), many[1:])
    with pytest.raises(NotPossible, match="100") as full:
        checks.check_account(AgentId("new@shop"), many)
    assert full.value.code == CODE.TOO_MANY_AGENTS


@pytest.mark.parametrize("nick", ["", "  ", "一" * 17, "a\x1b[31m", "a\u202eb", "a\nb", "a\tb", "\ud800"])
def test_a_nickname_nobody_could_read_or_wechat_would_refuse(nick: str) -> None:
    with pytest.raises(NotPossible) as refused:
        checks.check_nick(nick)
    assert refused.value.code == CODE.BAD_NICKNAME


def test_a_nickname_is_counted_in_characters_and_a_namesake_is_told() -> None:
    assert checks.check_nick("一" * 16) == "16/16"
    assert checks.check_nick("👨‍👩‍👧") == "5/16"
    assert "ann@shop" in checks.check_nick("Ann ", AGENTS)


def test_only_who_is_free_can_be_invited_for() -> None:
    checks.check_invitable(FREE, NOW)
    with pytest.raises(NotPossible, match="wx_ann") as bound:
        checks.check_invitable(ANN, NOW)
    assert bound.value.code == CODE.AGENT_ALREADY_BOUND
    with pytest.raises(NotPossible, match="wx_open") as waits:
        checks.check_invitable(OPEN, NOW)
    assert waits.value.code == CODE.INVITATION_PENDING
    checks.check_invitable(OPEN, NOW + 60)


@pytest.mark.parametrize(
    ("wechat_id", "code"),
    [
        ("", CODE.BAD_WECHAT_ID),
        ("小李", CODE.BAD_WECHAT_ID),
        ("li li", CODE.BAD_WECHAT_ID),
        ("wx_ann", CODE.ALREADY_A_WORKER),
        ("wx_open", CODE.ALREADY_INVITED),
    ],
)
def test_who_cannot_be_invited(wechat_id: str, code: CODE) -> None:
    with pytest.raises(NotPossible) as refused:
        checks.check_wechat_id(wechat_id, AGENTS, NOW)
    assert refused.value.code == code


def test_who_can_be_invited_perhaps() -> None:
    assert checks.check_wechat_id("wx_zhao", AGENTS, NOW) == "7/20"
    assert checks.check_wechat_id("wx_open", AGENTS, NOW + 60) == "7/20"
    assert "6 to 20" in checks.check_wechat_id("13800138000", AGENTS, NOW)


@pytest.mark.parametrize("frame", [0xC0, 0xC1, 0xC2])
def test_a_picture_says_how_large_it_is(tmp_path: Path, frame: int) -> None:
    file = tmp_path / "face.jpg"
    file.write_bytes(jpeg(1200, 800, frame=frame, byte_count=2_000))

    assert checks.picture_of(file) == checks.Picture(2_000, 1200, 800)
    assert checks.described_picture(file).startswith("JPG 1200×800, 1.96 KB. Caution: it is not square")
    file.write_bytes(jpeg())
    assert "Caution" not in checks.described_picture(file)
    file.write_bytes(jpeg(100, 100))
    assert checks.described_picture(file).endswith("Caution: WeChat recommends 640×640.")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(40),
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        jpeg()[:20],
        jpeg()[:24],
        b"\xff\xd8\xff\xe0\xff\xff" + bytes(40),
        b"\xff\xd8\xff\xe0\x00\x00" + bytes(40),
        b"\xff\xd8" + b"\xff" * 40,
        jpeg(0, 0),
        jpeg(byte_count=5 * 2**20 + 1),
    ],
    ids=range(10),
)
def test_what_is_no_picture_for_an_agent_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "face.jpg"
    file.write_bytes(data)
    with pytest.raises(NotPossible):
        checks.picture_of(file)


def test_markers_without_a_length_and_fill_bytes_are_passed_over() -> None:
    whole = jpeg(7, 9)
    data = whole[:2] + b"\xff\x01\xff\xff\xff" + whole[3:]

    assert checks.jpeg_size(io.BytesIO(data), len(data)) == (7, 9)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_look_at_a_picture(data: bytes) -> None:
    checks.jpeg_size(io.BytesIO(b"\xff\xd8\xff" + data), len(data) + 3)


def test_what_removing_means_is_said() -> None:
    assert len(checks.removal_words(ANN, [], is_me=False)) == 1
    said = " ".join(checks.removal_words(ANN, [str(number) for number in range(7)], is_me=True))
    assert "7 customers: 0, 1, 2, 3, 4 and 2 more" in said
    assert "not documented" in said
    assert "This console answers as this agent" in said
    unknown = " ".join(checks.removal_words(ANN, None, problem="No answer.", is_me=False))
    assert "could not be learned: No answer." in unknown
    assert "not documented" in unknown


async def test_what_is_refused_by_who_the_agents_are_never_leaves(house: House) -> None:
    house.world.add_agent("free@shop", "Free", bound=False)
    for account, nick in (("me@shop", "Again"), ("new@shop", "a\x1bb"), ("n-w@shop", "New")):
        with pytest.raises(NotPossible):
            await house.actions.add_agent(AgentId(account), nick)
    with pytest.raises(NotPossible):
        await house.actions.invite_agent(AgentId("me@shop"), "wx_zhao")
    await house.actions.invite_agent(AgentId("free@shop"), "wx_zhao")
    with pytest.raises(NotPossible):
        await house.actions.invite_agent(AgentId("free@shop"), "wx_li")

    assert (house.calls(ADD), house.calls(INVITE)) == (0, 1)


async def test_nobody_is_served_by_who_is_not_bound(house: House) -> None:
    house.world.add_agent("free@shop", "Free", bound=False)

    assert await house.actions.served_by(AgentId("free@shop")) == ()
    assert await house.actions.served_by(AgentId("me@shop")) == ()
