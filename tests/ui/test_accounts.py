"""The agents' accounts on screen: seen, added, renamed, invited, given a picture and removed, each said before."""

from pathlib import Path

import pytest

from kfconsole.simulator import World, staff
from kfconsole.ui.accounts import AccountsScreen
from kfconsole.ui.forms import Form
from tests.pictures import jpeg
from tests.ui.console import COLLEAGUE, ME, OFFLINE, Console, running, short, waiting

SIZES = [(120, 40), (80, 24)]
ADD, RENAME, REMOVE, INVITE, PICTURE = (
    f"/customservice/kfaccount/{name}" for name in ("add", "update", "del", "inviteworker", "uploadheadimg")
)
LIST = "/cgi-bin/customservice/getkflist"
FREE, DECLINED, INVITED = "kf2004@lehuo", "kf2005@lehuo", "kf2006@lehuo"


@pytest.fixture(autouse=True)
def staffed(world: World) -> None:
    """Besides who serves: somebody nobody has taken over, one who was declined and one who is invited."""
    for account, nick in ((FREE, "新人"), (DECLINED, "No"), (INVITED, "Zhou")):
        world.add_agent(account, nick, bound=False)
    staff.invite(world, DECLINED, "no_2026")
    staff.answer_invitation(world, DECLINED, accepts=False)
    staff.invite(world, INVITED, "zhou_2026")


async def visit(console: Console, account: str = ME) -> AccountsScreen:
    """Go to the accounts, and to one of them."""
    await console.until(lambda: any(agent.id == account and agent.kf_id for agent in console.desk.agents))
    await console.press("m")
    await console.until(lambda: isinstance(console.app.screen, AccountsScreen))
    screen = console.app.screen
    assert isinstance(screen, AccountsScreen)
    await console.until(lambda: account in [row.id for row in screen.accounts.rows])
    await stand(console, account)
    return screen


async def stand(console: Console, account: str) -> None:
    """Go to the row of an account, by keys."""
    screen = next(screen for screen in console.app.screen_stack if isinstance(screen, AccountsScreen))
    await console.press("g")
    while screen.accounts.current_id != account:
        await console.press("j")


async def form(console: Console) -> "Form[object]":
    await console.until(lambda: isinstance(console.app.screen, Form) and console.app.screen._has_begun)
    assert isinstance(console.app.screen, Form)
    return console.app.screen


async def done(console: Console) -> None:
    await console.until(lambda: isinstance(console.app.screen, AccountsScreen))


@pytest.mark.parametrize("size", SIZES)
async def test_every_state_is_a_word_and_the_list_follows(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    async with running(tmp_path, world, size=size) as console:
        await visit(console)
        for account, state in {
            ME: "online  me",
            OFFLINE: "offline",
            FREE: "not bound",
            DECLINED: "declined",
            INVITED: "invited, 23:59 left",
        }.items():
            assert state in console.line_of(account)
        await console.sees("WeChat id wx_kf2001", "Online; 0 in session.", "6 of at most 100   2 online   1 invited")
        await stand(console, INVITED)
        await console.sees("zhou_2026 is invited until 20")
        await stand(console, DECLINED)
        await console.sees("no_2026 has declined; i invites somebody again.")

        staff.answer_invitation(world, INVITED, accepts=True)
        world.go_online(INVITED)
        await console.press("R")
        await console.until(lambda: "online" in console.line_of(INVITED))
        await console.press("escape")
        await console.until(lambda: console.app.screen is console.desk_screen)


@pytest.mark.parametrize("size", SIZES)
async def test_an_agent_is_added_invited_renamed_and_removed(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        await visit(console)
        await console.press("n")
        adding = await form(console)
        await console.type("kf-9")
        await console.sees("“-” cannot stand in the name of an agent.")
        await console.press("enter")
        assert adding.focused is not None
        assert adding.values() == {"name": "kf-9", "suffix": "lehuo", "nick": ""}
        await console.press("shift+tab", "backspace", "backspace")
        await console.type("2009")
        await console.sees("6/10")
        await console.press("enter", "enter")
        await console.type("Tom")
        await console.sees("Caution: kf2002@lehuo is called the same.")
        await console.press("enter")
        await done(console)
        await console.until(lambda: "not bound" in console.line_of("> Tom"))
        assert "kf2009@lehuo" in console.line_of("> Tom"), "the new one is at hand"

        await console.press("i")
        await form(console)
        await console.type("zhou_2026")
        await console.sees("already invited to take over Zhou")
        await console.press(*["backspace"] * 9)
        await console.type("li_2026")
        await console.press("enter")
        await done(console)
        await console.until(lambda: "invited, 23:59 left" in console.line_of("kf2009@lehuo"))

        await console.press("e")
        await form(console)
        await console.press("enter")
        await console.sees("The agent is called so already.")
        await console.type("my")
        await console.press("enter")
        await done(console)
        await console.until(lambda: "Tommy" in console.line_of("kf2009@lehuo"))

        await console.press("D")
        await console.sees("Remove Tommy kf2009@lehuo?")
        await console.press("y")
        await console.until(lambda: "kf2009@lehuo" not in world.agents)
        await console.until(lambda: not console.line_of("kf2009@lehuo  "))
        await console.sees("Removed Tommy kf2009@lehuo.")
        await console.app.actions.finish()
        audit = [deed.act for deed in await console.archive.deeds(0.0, console.app.clock.now() + 1)]
        assert audit[-4:] == ["add_agent", "invite_agent", "rename_agent", "remove_agent"]


async def test_what_was_typed_stays_after_a_refusal_and_over_the_end_of_the_console(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        await visit(console)
        console.arm(ADD, "errcode", code=65403)
        await console.press("n")
        adding = await form(console)
        await console.type("kf2010")
        await console.press("down", "down")
        await console.type("坏名字")
        await console.press("enter")
        await console.sees("WeChat does not accept this nickname.", "that WeChat forbids.")
        assert adding.values() == {"name": "kf2010", "suffix": "lehuo", "nick": "坏名字"}

    async with running(tmp_path, world) as console:
        await visit(console)
        await console.press("n")
        adding = await form(console)
        assert adding.values() == {"name": "kf2010", "suffix": "lehuo", "nick": "坏名字"}
        assert all(openid for openid in console.desk.contacts), "it is kept for nobody, who is no customer"
        await console.press("ctrl+s")
        await done(console)
        await console.until(lambda: "kf2010@lehuo" in world.agents)
        await console.press("n")
        assert (await form(console)).values() == {"name": "", "suffix": "lehuo", "nick": ""}


async def test_an_answer_that_was_lost_says_what_is_true_or_where_to_look(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, interval=60.0) as console:
        await visit(console, FREE)
        console.arm(RENAME, "cut_after")
        await console.press("e")
        await form(console)
        await console.type("小")
        await console.press("enter")
        await done(console)
        assert world.agents[FREE].nickname == "新人小"

        console.arm(INVITE, "cut_after")
        console.arm(LIST, "cut_before", count=None)
        await console.press("i")
        await form(console)
        await console.type("li_2026")
        await console.press("enter")
        await console.sees("Whether it was done", "which R asks for again")
        assert (await form(console)).values() == {"wechat_id": "li_2026"}
        await console.press("escape")
        await console.sees("Throw away what was typed?")
        await console.press("y")
        await done(console)

        await console.press("f")
        await form(console)
        face = tmp_path / "face.jpg"
        face.write_bytes(jpeg(300, 200))
        await console.type(str(face))
        await console.sees("JPG 300×200", "not square")
        console.arm(PICTURE, "cut_after")
        await console.press("enter")
        await console.sees("setting the same one again")
        assert (await form(console)).values() == {"file": str(face)}


@pytest.mark.parametrize("size", SIZES)
async def test_a_picture_is_looked_at_before_it_leaves(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    png, face = tmp_path / "face.png", tmp_path / "face.jpg"
    png.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    face.write_bytes(jpeg(byte_count=200_000))
    async with running(tmp_path, world, size=size) as console:
        await visit(console, COLLEAGUE)
        console.arm(PICTURE, "errcode", code=40005)
        await console.press("f")
        picturing = await form(console)
        await console.paste(str(png))
        await console.sees("face.png is of a type WeChat")
        await console.press("enter")
        await console.until(lambda: not picturing.is_busy)
        await console.paste(str(face))
        await console.sees("JPG 640×640, 195.32 KB")
        assert not console.requests.of(PICTURE)
        await console.press("enter")
        await console.sees("WeChat does not accept this picture.")
        await console.press("enter")
        await done(console)
        await console.sees("The head image is set")
        assert world.agents[COLLEAGUE].picture


async def test_whom_the_agent_serves_is_asked_right_before_and_once_more_when_it_has_grown(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world, interval=60.0) as console:
        await visit(console, ME)
        first, second = waiting(world, 2)
        world.accept(ME, first)
        await console.press("D")
        await console.sees("serving 1 customer", short(first), "not documented", "This console answers as this agent")
        await console.press("enter")  # Cancel has the focus
        await done(console)

        await console.press("D")
        await console.sees("serving 1 customer")
        world.accept(ME, second)
        await console.press("y")
        await console.sees("serving 2 customers", short(second))
        await console.press("escape")
        await done(console)
        assert not console.requests.of(REMOVE)

        console.arm("/customservice/kfsession/getsessionlist", "cut_before", count=None)
        await console.press("D")
        await console.sees("could not be learned")
        await console.press("y")
        await console.until(lambda: ME not in world.agents)


async def test_what_cannot_be_is_told_before_anything_is_typed(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await visit(console, ME)
        await console.press("i")
        await console.sees("wx_kf2001 has already taken over 晓雯.")
        await stand(console, INVITED)
        await console.press("i")
        await console.sees("zhou_2026 is already invited to take over Zhou.")
        assert isinstance(console.app.screen, AccountsScreen)


async def test_a_read_only_console_only_shows_them(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, sections={"me": {"read_only": True}}) as console:
        await visit(console, FREE)
        for key in "neifD":
            await console.press(key)
            assert isinstance(console.app.screen, AccountsScreen)
        await console.sees("This console is read-only.")
        assert not any(asked.path.startswith("/customservice/kfaccount/") for asked in console.requests.of())


async def test_hostile_names_stay_text(tmp_path: Path, world: World) -> None:
    world.add_agent("kf2066@lehuo", "[/b]\x1b[31m\u202e红")
    async with running(tmp_path, world) as console:
        await visit(console, "kf2066@lehuo")
        await console.press("e")
        await form(console)

        assert "[/b]␛[31m" in console.text()
        assert "\x1b" not in console.text()


async def test_what_is_on_its_way_to_wechat_is_waited_for_and_a_picture_can_be_stopped(
    tmp_path: Path, world: World
) -> None:
    face = tmp_path / "face.jpg"
    face.write_bytes(jpeg(byte_count=200_000))
    async with running(tmp_path, world) as console:
        await visit(console, FREE)
        console.faults.hold(INVITE, "after")
        await console.press("i")
        await form(console)
        await console.type("li_2026")
        await console.press("enter")
        await console.sees("Inviting li_2026…")
        await console.until(lambda: world.agents[FREE].invite_wx == "li_2026")
        await console.press("escape")
        await console.sees("Inviting li_2026…")
        console.faults.release(INVITE)
        await done(console)
        await console.sees("Invited; they have to answer in WeChat.")

        console.faults.hold(PICTURE)
        await console.press("f")
        picturing = await form(console)
        await console.type(str(face))
        await console.press("enter")
        await console.sees("Uploading face.jpg: 195.32 KB of 195.32 KB; Esc stops.")
        await console.press("escape")
        await console.sees_no("Uploading")
        assert picturing.is_current
        assert picturing.values() == {"file": str(face)}
        console.faults.release(PICTURE)
