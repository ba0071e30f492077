"""Copying: what one key copies where, and what is said about it."""

import base64
from pathlib import Path

import pytest

from kfconsole.model import CustomerId
from kfconsole.simulator import World
from tests.ui.console import COLLEAGUE, ME, Console, running, short, waiting

SIZES = [(120, 40), (80, 24)]
KITTY = {"TERM": "xterm-kitty"}


def hear(console: Console, environ: dict[str, str] | None = None) -> list[str]:
    """Put the console into a terminal that takes what is copied; return what it got, in order."""
    heard: list[str] = []
    console.app.alerting.environ = environ or KITTY
    console.app.write_terminal = lambda sequence: note(sequence, heard)  # type: ignore[method-assign]
    return heard


def note(sequence: str, heard: list[str]) -> None:
    if sequence.startswith("\x1b]52;c;"):
        heard.append(base64.b64decode(sequence[7:-1]).decode())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.usefixtures("language")
async def test_one_key_copies_what_is_most_likely_wanted(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    async with running(tmp_path, world, size=size) as console:
        heard = hear(console)
        (waiter,) = waiting(world)
        customer = world.add_customer().openid
        await console.serve(customer, "first", "1.5 kg\n好的")
        await console.choose(waiter)
        await console.press("y")
        await console.until(lambda: heard == [waiter])
        await console.open(customer)
        await console.press("y")
        await console.until(lambda: heard[1:] == ["1.5 kg\n好的"])
        await console.sees("OSC")
        await console.press("k", "k", "y")
        await console.until(lambda: heard[2:] == ["first"])
        await console.press("1" if size[0] > 100 else "escape", "3", "y")
        await console.until(lambda: heard[3:] == [ME])

        assert console.sent == []


async def test_the_palette_copies_the_id_and_the_whole_conversation(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        heard = hear(console)
        customer = world.add_customer().openid
        await console.serve(customer, "hello", "two\nlines")
        await console.open(customer)
        await console.press("ctrl+p")
        await console.type("copy the messages of")
        await console.press("enter")
        await console.until(lambda: bool(heard))
        await console.sees("messages) sent to the terminal")
        await console.press("ctrl+p")
        await console.type("openid")
        await console.press("enter")
        await console.until(lambda: heard[1:] == [customer])

    day, *lines = heard[0].splitlines()
    assert day.startswith("20")
    assert [line[6:] for line in lines if "…" in line][-2:] == [f"…{short(customer)} hello", f"…{short(customer)} two"]
    assert lines[-1] == "      lines"


async def test_history_and_search_copy_the_message_at_hand(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        heard = hear(console)
        customer = world.add_customer().openid
        await console.serve(customer, "where is it?", "thanks")
        await console.open(customer)
        await console.press("h")
        await console.sees("History of")
        await console.sees("thanks")
        await console.press("y")
        await console.until(lambda: heard == ["thanks"])
        await console.press("escape", "H")
        await console.type("where")
        await console.sees("1 found")
        await console.type("y")
        assert heard == ["thanks"]  # typed, for the line has the focus
        await console.press("backspace")
        await console.sees("1 found")
        await console.press("enter", "y")
        await console.until(lambda: heard[1:] == ["where is it?"])


async def test_what_is_selected_in_the_composer_goes_the_same_way(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        heard = hear(console)
        customer = world.add_customer().openid
        await console.serve(customer, "hello")
        await console.open(customer)
        await console.press("r")
        await console.type("yes y")
        await console.press("shift+left", "shift+left", "shift+left", "ctrl+c")
        await console.until(lambda: heard == ["s y"])
        await console.sees("The selection (3 characters) sent")
        await console.press("ctrl+v")

        assert console.composer == "yes y"


async def test_ctrl_c_without_a_selection_says_how_to_leave(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        heard = hear(console)
        await console.press("ctrl+c")
        await console.sees("q leaves kfconsole")

        assert heard == []


async def test_nothing_to_copy_is_said(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        heard = hear(console)
        await console.press("y")
        await console.sees("There is nothing here to copy.")
        await console.press("4", "y")
        await console.settle()

        assert heard == []


@pytest.mark.parametrize("environ", [{"TMUX": "/x,1,0", "TERM": "tmux"}, {"TERM": "linux"}])
async def test_a_file_is_the_last_way_and_is_named(
    tmp_path: Path, world: World, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    async with running(tmp_path, world) as console:
        hear(console, environ)
        (waiter,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.choose(waiter)
        await console.press("y")
        await console.sees("as nothing here", "tmux set -g set-clipboard on" if "TMUX" in environ else "Inside tmux")

        assert (tmp_path / "copied.txt").read_text() == waiter


async def test_how_to_reach_the_clipboard_from_tmux_is_said_once(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "tmux"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ncat > /dev/null\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    async with running(tmp_path, world) as console:
        hear(console, {"TMUX": "/x,1,0", "TERM": "tmux"})
        (waiter,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.choose(waiter)
        notes = console.app._notifications
        await console.press("y")
        await console.until(lambda: "To reach the clipboard" in next(iter(notes)).message if notes else False)
        first = next(iter(notes))
        await console.press("y")
        await console.until(lambda: bool(notes) and next(iter(notes)) is not first)
        second = next(iter(notes)).message

        assert second.endswith("copied to tmux only: its prefix and ] paste it.")


async def test_a_copied_text_of_an_agent_or_a_colleague_is_called_a_reply(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        heard = hear(console)
        customer = world.add_customer().openid
        world.say(customer, "…")
        world.accept(COLLEAGUE, customer)
        await console.until(lambda: any(row.id == customer for row in console.desk_screen.sessions.rows))
        await console.open(customer)
        await console.app.actions.send(CustomerId(customer), "soon")
        await console.sees("soon")
        await console.press("y")
        await console.until(lambda: heard == ["soon"])
        await console.sees("The reply (4 characters)")
