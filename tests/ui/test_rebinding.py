"""Other keys for the commands: they act, they are told everywhere, and what cannot be is refused before the start."""

from pathlib import Path

import pytest

from kfconsole.errors import ConfigError
from kfconsole.simulator import World
from kfconsole.terminal import keys
from kfconsole.ui import keymap
from kfconsole.ui.commands import COMMANDS, MOVES, Command, Place
from kfconsole.ui.keymap import DEFAULT, TOGETHER, TYPED_IN
from tests.ui.console import ME, running, waiting

SIZES = [(120, 40), (80, 24)]
FILE = Path("config.toml")


def problems(**bound: str | list[str]) -> list[str]:
    """Return what is refused of these keys, without where it stands."""
    written = {name: [value] if isinstance(value, str) and value else list(value) for name, value in bound.items()}
    with pytest.raises(ConfigError) as caught:
        keymap.read(written, FILE)
    assert caught.value.hint
    return [line.replace(" in config.toml: ", ": ") for line in caught.value.message.splitlines()]


# -- the table ---------------------------------------------------------------------------------------------------------


def test_every_command_has_an_id_of_its_own_that_can_be_written_in_a_file() -> None:
    ids = [command.id for command in COMMANDS]

    assert len(set(ids)) == len(ids)
    assert all(name.replace("_", "").isalpha() and name.islower() for name in ids)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_the_keys_the_console_comes_with_keep_its_own_rules(command: Command) -> None:
    for key in command.default_keys:
        assert keys.parse(key) in keys.spellings(key) or key in keys.spellings(keys.parse(key))
        assert keys.obstacle(keys.parse(key)) == ""
        if any(command.works_in(place) for place in TYPED_IN):
            assert not keys.writes(key)


def test_no_two_commands_share_a_key_where_both_are_alive() -> None:
    for places in TOGETHER:
        taken: dict[str, str] = {}
        for command in COMMANDS:
            if any(command.works_in(place) for place in places):
                for key in command.default_keys:
                    assert taken.setdefault(key, command.id) == command.id


def test_every_place_is_alive_somewhere() -> None:
    assert {place for places in TOGETHER for place in places} == set(Place)


def test_moves_are_told_in_rows() -> None:
    assert DEFAULT.moves()[0] == ("j k ↓ ↑", "Move by one")
    assert {name for ids, _said in MOVES for name in ids} <= {command.id for command in COMMANDS}


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ({"acept": "a"}, "keys.acept: there is no command of this name. Did you mean accept?"),
        ({"Reply": "a"}, "keys.Reply: there is no command of this name. Did you mean reply?"),
        ({"reply": "esape"}, "keys.reply: “esape” is no key. Did you mean Esc?"),
        ({"reply": "ctrl+shift+r"}, "keys.reply: Ctrl+Shift+R never arrives: a terminal sends Ctrl+R for it."),
        ({"newline": "shift+enter"}, "keys.newline: Shift+Enter never arrives: a terminal sends Enter for it."),
        ({"typing": "ctrl+1"}, "keys.typing: Ctrl+1 never arrives: a terminal sends 1 for it."),
        ({"typing": "ctrl+i"}, "keys.typing: Ctrl+I never arrives: a terminal sends Tab for it."),
        ({"send": "s"}, "keys.send: s is needed for writing; take a key with Ctrl, or a function key."),
        ({"search_days": "?"}, "keys.search_days: ? is needed for writing; take a key with Ctrl, or a function key."),
        ({"send": "backspace"}, "keys.send: Backspace is needed for writing; take a key with Ctrl, or a function key."),
        ({"reply": "escape"}, "keys.reply: Esc cannot be taken: it always goes a step back."),
        ({"reply": "ctrl+q"}, "keys.reply: Ctrl+Q cannot be taken: it always leaves the console."),
        ({"copy": "ctrl+c"}, "keys.copy: Ctrl+C cannot be taken: it copies what is selected."),
        (
            {"accept": "x"},
            'keys.accept: x is close_session already; give that another key, or none: close_session = ""',
        ),
        ({"accept": "j"}, 'keys.accept: j is down already; give that another key, or none: down = ""'),
        ({"accept": "shift+h"}, 'keys.accept: H is search already; give that another key, or none: search = ""'),
        ({"down": "n"}, 'keys.down: n is accept_next already; give that another key, or none: accept_next = ""'),
        (
            {"to_line": "enter"},
            'keys.to_line: Enter is open_found already; give that another key, or none: open_found = ""',
        ),
    ],
)
def test_what_cannot_be_is_named_with_what_to_do(bound: dict[str, str], said: str) -> None:
    assert problems(**bound)[0] == said


def test_all_problems_are_told_at_once() -> None:
    assert len(problems(repl="r", reply=["foo", "ctrl+m"], send="a", accept="x")) == 5


def test_keys_may_be_swapped_and_used_again_elsewhere() -> None:
    found = keymap.read({"accept": ["x"], "close_session": ["a"], "day_after": ["l", "n"], "newline": []}, FILE)

    assert found.names("accept") == ("x",)
    assert found.names("day_after") == ("l", "n")
    assert found.keys("reply") == DEFAULT.keys("reply")


def test_esc_goes_back_whatever_else_does() -> None:
    found = keymap.read({"leave": ["f9"], "back": [], "search_back": ["f9"]}, FILE)

    assert [found.keys(name) for name in ("leave", "back", "search_back")] == [
        ("f9", "escape"),
        ("escape",),
        ("f9", "escape"),
    ]


def test_a_command_without_a_key_is_told_by_the_way_to_it() -> None:
    found = keymap.read({"refresh": [], "open": []}, FILE)

    assert found.key_of("refresh") == "Ctrl+P “ask now”"
    assert found.key_of("open") == "“open”"
    assert found.hints(("open", "reply")) == [("r", "reply")]
    assert found.prefix("open") == ""


def test_what_may_be_swallowed_on_the_way_is_only_a_warning() -> None:
    found = keymap.read({"reply": ["ctrl+b"], "quit": ["ctrl+q"]}, FILE)

    assert keymap.cautions(found, {"TMUX": "1"}, "linux") == [
        "keys.reply: tmux takes Ctrl+B for itself, unless it has another prefix."
    ]
    assert keymap.cautions(found, {}, "linux") == []


# -- what it is like ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_day_with_other_keys(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    bound = {
        "accept": "w",
        "reply": "F5, i",
        "send": "Alt+Enter",
        "newline": ["enter", "ctrl+j"],
        "leave": "F9",
        "pane_queue": "7",
        "down": "s",
        "up": "",
        "close_session": "Ctrl+X",
        "help": "F12",
        "quit": "Z",
    }
    async with running(tmp_path, world, size=size, sections={"keys": bound}) as console:
        first, second = waiting(world, 2)
        await console.sees("7 Queue 2", " w accept", " F5 reply", "F12 help")
        queue = console.desk_screen.queue
        assert queue.select(first)
        await console.press("j", "down", "a")
        assert queue.current_id == first
        assert world.sessions == {}
        await console.press("s")
        assert queue.current_id == second
        await console.press("w")
        await console.until(lambda: world.holder(second) == ME)
        await console.sees("F5 to write a reply")
        await console.press("i")
        await console.until(lambda: console.is_writing)
        await console.sees("Alt+Enter send", "Enter new line", "F9 back")
        await console.type("one")
        await console.press("enter")
        await console.type("two")
        assert console.composer == "one\ntwo"
        await console.press("alt+enter")
        await console.until(lambda: console.sent == [(second, "one\ntwo")])
        await console.type("more")
        await console.press("f9")
        await console.until(lambda: not console.is_writing)
        await console.press("x", "q", "question_mark")
        assert len(console.app.screen_stack) == 1
        await console.press("ctrl+x")
        await console.sees("Close session")
        await console.press("escape", "f12")
        await console.sees("Keys and marks", "w ", "F5 i", "Ctrl+X")
        await console.press("f12")
        await console.until(lambda: len(console.app.screen_stack) == 1)
        await console.press("Z")
        await console.until(lambda: not console.app.is_running)


async def test_history_and_search_follow_their_keys(tmp_path: Path, world: World) -> None:
    bound = {
        "history": "F7",
        "back": "b",
        "search": "F8",
        "search_direction": "ctrl+w",
        "to_found": "ctrl+g",
        "search_agent": "F4",
        "open_found": "o",
        "up": "e",
        "edit_customer": "",
        "account_rename": "",
    }
    async with running(tmp_path, world, sections={"keys": bound}) as console:
        customer = world.add_customer().openid
        await console.serve(customer, "apples", "more apples")
        await console.open(customer)
        await console.press("f7")
        await console.sees("History of", " b back", "more apples")
        await console.press("e")
        await console.until(lambda: console.app.screen.query_one("#transcript").current_id is not None)  # type: ignore[attr-defined]
        await console.press("q")
        await console.sees("History of")
        await console.press("b")
        await console.sees_no("History of")
        await console.press("f8")
        await console.type("apples")
        await console.sees("2 found", "Ctrl+W both sides", "Ctrl+G results")
        await console.press("enter", "down")
        assert console.app.focused is not None
        assert console.app.focused.id == "search-line"
        await console.press("ctrl+g")
        await console.until(lambda: console.app.focused is not None and console.app.focused.id == "found")
        await console.press("enter")
        await console.sees("Search all messages")
        await console.press("o")
        await console.sees_no("Search all messages")


async def test_ctrl_q_leaves_whatever_the_keys_are(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, sections={"keys": {"quit": ""}}) as console:
        await console.press("q")
        assert console.app.is_running
        await console.press("ctrl+q")
        await console.until(lambda: not console.app.is_running)


async def test_tab_can_be_another_key(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, sections={"keys": {"next_pane": "w"}}) as console:
        await console.press("tab")
        assert console.app.focused is console.desk_screen.queue
        await console.press("w")
        assert console.app.focused is console.desk_screen.sessions


async def test_the_palette_names_the_keys_and_runs_what_has_none(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, sections={"keys": {"refresh": "", "history": "F7"}}) as console:
        await console.press("ctrl+p")
        await console.sees("Commands", "F7")
        await console.type("everything now")
        await console.press("enter")
        await console.until(lambda: len(console.app.screen_stack) == 1)


async def test_a_pane_and_a_reply_in_one_burst_in_a_narrow_window(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        customer = world.add_customer().openid
        await console.serve(customer, "hello")
        await console.open(customer)
        console.strike("2", "r", *"xyz")  # as over a slow line: what follows the r is no command
        await console.quiet()

        assert console.composer == "xyz"
        assert console.is_writing
        assert console.opened == customer


@pytest.mark.parametrize("size", SIZES)
async def test_the_page_of_keys_is_read_by_the_keys_that_move(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size, sections={"keys": {"last": "Ctrl+E", "down": "s"}}) as console:
        await console.press("question_mark")
        await console.sees("Everywhere, except while typing")
        await console.press("s", "s", "s")
        await console.sees_no("Everywhere, except while typing")
        await console.press("ctrl+e")
        await console.sees("stale  ", "known ones  ")
        await console.press("g")
        await console.sees("Everywhere, except while typing")
        await console.press("question_mark")
        await console.sees_no("Keys and marks")
