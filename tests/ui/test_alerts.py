"""Signs to who looks elsewhere, and the key that goes to who needs an answer."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from kfconsole import i18n
from kfconsole.desk import rules
from kfconsole.model import CustomerId
from kfconsole.simulator import World
from tests.ui.console import COLLEAGUE, ME, QUEUE, RECORDS, SESSIONS, Console, running, short, waiting

SIZES = [(120, 40), (80, 24)]
FEEDS = (QUEUE, SESSIONS, RECORDS)
KITTY = {"TERM": "xterm-kitty"}


class Wire:
    """What the console writes to its terminal beside what it paints, and the programs it runs."""

    def __init__(self, console: Console, environ: Mapping[str, str], answers: Mapping[str, str]) -> None:
        self.bells = 0
        self.written: list[str] = []
        self.commands: list[Sequence[str]] = []
        self._answers = answers
        console.app.alerting.environ = environ
        console.app.alerting.run = self._run

    def _run(self, command: Sequence[str]) -> str | None:
        self.commands.append(command)
        return self._answers.get(command[-1])

    @property
    def titles(self) -> list[str]:
        """Every title, as written."""
        return [part.partition("\x1b\\")[0] for one in self.written for part in one.split("\x1b]2;")[1:]]


def listen(
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
    environ: Mapping[str, str] = KITTY,
    answers: Mapping[str, str] | None = None,
) -> Wire:
    """Listen to what leaves the console from now on."""
    wire = Wire(console, environ, answers or {})
    driver = console.app._driver
    assert driver is not None

    def write(data: str) -> None:
        if data.startswith(("\x1b]", "\x1bP", "\x1b[22;2t", "\x1b[23;2t")):
            wire.written.append(data)

    def bell() -> None:
        wire.bells += 1

    monkeypatch.setattr(driver, "write", write)
    monkeypatch.setattr(console.app, "bell", bell)
    return wire


async def pass_by(console: Console, seconds: float) -> None:
    """Let time pass at WeChat, and the console learn of it."""
    console.world.clock.advance(seconds)
    await console.asked_again(*FEEDS)
    await console.until(lambda: abs(console.app.clock.now() - console.world.clock.now()) < 3)
    console.desk_screen.tick()
    await console.settle()


@pytest.mark.parametrize("size", SIZES)
async def test_it_rings_ever_more_rarely_until_a_colleague_takes_the_customer(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        wire = listen(console, monkeypatch)
        (ann,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await pass_by(console, 170)
        assert (wire.bells, wire.titles[-1:]) == (0, ["kfconsole"])

        await pass_by(console, 15)
        await console.until(lambda: wire.bells == 1)
        assert wire.titles[-1] == "(1) kfconsole"
        await pass_by(console, 35)
        assert wire.bells == 2
        await pass_by(console, 35)
        assert wire.bells == 2
        await pass_by(console, 35)
        assert wire.bells == 3

        world.accept(COLLEAGUE, ann)
        await console.until(lambda: not console.desk_screen.queue.rows)
        await pass_by(console, 700)
        assert wire.bells == 3
        assert wire.titles[-1] == "kfconsole"


async def test_a_pop_up_names_the_worst_and_says_nothing_of_what_was_written(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, world) as console:
        wire = listen(console, monkeypatch)
        first, _second = waiting(world, 2, "my card number is 4111")
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        await pass_by(console, 200)
        await console.until(lambda: any("]99;" in one for one in wire.written))

        popped = [one for one in wire.written if "]99;" in one]
        assert len(popped) == 1
        assert f"…{short(first)} has waited for ≥3 min, and 1 more needs an answer" in popped[0]
        assert "4111" not in "".join(wire.written)


async def test_a_pop_up_can_do_without_the_name(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sections: dict[str, dict[str, object]] = {"alerts": {"show_names": False, "popups": "osc777"}}
    async with running(tmp_path, world, sections=sections) as console:
        wire = listen(console, monkeypatch)
        (ann,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await pass_by(console, 200)
        await console.until(lambda: any("]777;" in one for one in wire.written))

        assert "\x1b]777;notify;kfconsole;A customer has waited for ≥3 min\x1b\\" in wire.written
        assert short(ann) not in "".join(wire.written)


async def test_a_hostile_alias_leaves_as_text_alone(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, world) as console:
        wire = listen(console, monkeypatch)
        (ann,) = waiting(world)
        await console.archive.describe(CustomerId(ann), alias="a\x1b]0;x\x07\x9b2J;\nb")
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await pass_by(console, 200)
        await console.until(lambda: any("]99;" in one for one in wire.written))

        for one in wire.written:
            assert not set(one.replace("\x1b]", "").replace("\x1b\\", "").replace("\x1b[", "")) & {"\x1b", "\x07", "\n"}
            assert "\x9b" not in one


async def test_inside_a_stock_tmux_only_bell_and_title_leave_and_with_passthrough_the_pop_up_too(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0"}
    answers = {"#{client_termtype} #{client_termname}": "iTerm2 3.5", "allow-passthrough": "off"}
    async with running(tmp_path, world) as console:
        wire = listen(console, monkeypatch, environ, answers)
        waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await pass_by(console, 200)
        await console.until(lambda: ("tmux", "show", "-gv", "allow-passthrough") in wire.commands)
        assert wire.bells == 1
        assert not any("]9;" in one for one in wire.written)

        answers["allow-passthrough"] = "all"
        await pass_by(console, 60)
        await console.until(lambda: any(one.startswith("\x1bPtmux;\x1b\x1b]9;") for one in wire.written))


async def test_in_quiet_hours_nothing_rings_and_the_title_still_counts(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sections: dict[str, dict[str, object]] = {"alerts": {"quiet_hours": "00:00-23:59"}}
    async with running(tmp_path, world, sections=sections) as console:
        wire = listen(console, monkeypatch)
        waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await pass_by(console, 200)

        assert wire.bells == 0
        assert wire.titles[-1] == "(1) kfconsole"
        assert not any("]99;" in one for one in wire.written)


async def test_the_title_goes_back_when_the_console_ends_and_is_written_only_when_it_changes(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, world) as console:
        console.app.alerting.stop()
        wire = listen(console, monkeypatch)
        for _second in range(5):
            console.desk_screen.tick()
        assert wire.written == ["\x1b[22;2t\x1b]2;kfconsole\x1b\\"]

        await console.press("q")
        await console.until(lambda: not console.app.is_running)
    assert wire.written[1:] == ["\x1b]2;\x1b\\\x1b[23;2t"]


async def test_an_unanswered_customer_of_ours_rings_once(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, world) as console:
        wire = listen(console, monkeypatch)
        ann = world.add_customer().openid
        await console.serve(ann, "are you there?")
        assert wire.bells == 0

        await pass_by(console, 200)
        await console.until(lambda: wire.bells == 1)
        await pass_by(console, 900)
        assert wire.bells == 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_space_goes_to_who_needs_an_answer_most_and_then_round(
    tmp_path: Path, world: World, size: tuple[int, int], language: str
) -> None:
    async with running(tmp_path, world, size=size) as console:
        ann, bob = world.add_customer().openid, world.add_customer().openid
        await console.serve(ann, "first")
        await console.serve(bob, "second")
        await pass_by(console, 60)
        i18n.use(language)
        try:
            await console.press("space")
            await console.until(lambda: console.opened == ann and console.app.focused is console.desk_screen.talk)
            await console.sees("no answer for 1 min" if language == "en" else short(ann))
            await console.press("space")
            await console.until(lambda: console.opened == bob)
            assert [note.message.count(short(bob)) for note in console.app._notifications] == [1]
            await console.press("space")
            await console.until(lambda: console.opened == ann)
            assert console.desk_screen.sessions.current_id == ann
            await console.press("escape")
            assert (console.app.focused, console.desk_screen.subject()) == (console.desk_screen.sessions, ann)
        finally:
            i18n.use("en")


@pytest.mark.parametrize("size", SIZES)
async def test_space_selects_who_waits_too_long_so_that_a_accepts(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        bob = world.add_customer().openid
        await console.serve(bob, "hello")
        ann, _other = waiting(world, 2)
        await pass_by(console, 100)
        world.say(bob, "hello again")
        await console.open(bob)
        await pass_by(console, 90)

        await console.press("space")
        await console.sees("waiting for 3 min")
        assert console.app.focused is console.desk_screen.queue
        assert console.desk_screen.queue.current_id == ann
        await console.press("a")
        await console.until(lambda: rules.who_serves(console.desk, CustomerId(ann)) == ME)


async def test_space_is_a_space_while_typing_and_leaves_the_draft_alone(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        ann, bob = world.add_customer().openid, world.add_customer().openid
        await console.serve(ann, "first")
        await console.serve(bob, "second")
        await console.open(ann)
        await console.press("r")
        await console.type("a draft of mine")
        assert console.composer == "a draft of mine"

        await console.press("escape", "space")
        await console.until(lambda: console.opened == bob)
        assert console.composer == ""
        await console.press("space")
        await console.until(lambda: console.opened == ann)
        assert console.composer == "a draft of mine"
        assert console.sent == []


async def test_space_says_so_when_nobody_needs_us(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await console.press("space")
        await console.sees("Nobody needs you now.")


async def test_the_hundredth_note_stands_where_the_first_one_did(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        waiting(world, 2)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        await pass_by(console, 200)
        for _number in range(6):
            await console.press("space")
            await console.sees("waiting for ≥3 min")
        await console.quiet()

        (toast,) = console.desk_screen.query("Toast")
        assert toast.region.y < 6


async def test_space_finds_a_row_that_a_filter_hides(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await pass_by(console, 200)
        await console.press("1", "slash")
        await console.type("zzz")
        await console.press("enter")
        await console.until(lambda: not console.desk_screen.queue.rows)

        await console.press("space")
        assert console.desk_screen.queue.current_id == ann


@pytest.mark.parametrize("size", SIZES)
async def test_the_lists_tell_what_is_unread_who_spoke_last_and_where_a_draft_waits(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        ann, bob, cat = (world.add_customer().openid for _number in range(3))
        for openid, agent in ((ann, ME), (bob, ME), (cat, COLLEAGUE)):
            await console.serve(openid, agent=agent)
        await pass_by(console, 10)
        for openid in (ann, bob, cat):
            world.say(openid, "one")
        await console.sees("2 Sessions 3, 2 unread")
        assert console.row_of(cat).split()[:1] == ["*"]

        await console.open(ann)
        await console.press("r")
        await console.type("half a reply")
        await console.press("escape", "escape")
        await console.sees("2 Sessions 3, 1 unread")
        await console.until(lambda: "draft" in console.row_of(ann))
        assert "new" not in console.row_of(ann)
        assert "1 new" in console.row_of(bob)

        world.reply(ME, bob, "two")
        await console.until(lambda: "*" not in console.row_of(bob))
        world.close(ME, bob)
        world.say(bob, "back again")
        await console.until(lambda: [row.id for row in console.desk_screen.queue.rows] == [bob])
        await console.until(lambda: "1 new" in console.row_of(bob))
