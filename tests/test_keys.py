"""What keys are called, and which a terminal can send: measured on the reader the console uses."""

import string

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.keys import _character_to_key

from kfconsole.terminal import keys
from kfconsole.ui import arriving


def arrives(written: str) -> list[str]:
    """Return which keys the console gets when a terminal writes this."""
    parser = XTermParser()
    found = [*parser.feed(written), *parser.feed("")]
    return [event.key for event in found if isinstance(event, events.Key)]


@pytest.mark.parametrize(
    ("written", "key", "shown"),
    [
        ("a", "a", "a"),
        ("A", "A", "A"),
        ("shift+a", "A", "A"),
        ("Ctrl+R", "ctrl+r", "Ctrl+R"),
        ("control-r", "ctrl+r", "Ctrl+R"),
        ("C-r", "ctrl+r", "Ctrl+R"),
        ("^R", "ctrl+r", "Ctrl+R"),
        ("^", "circumflex_accent", "^"),
        ("Alt+X", "alt+x", "Alt+X"),
        ("M-x", "alt+x", "Alt+X"),
        ("Shift+Ctrl+Up", "ctrl+shift+up", "Ctrl+Shift+↑"),
        ("F5", "f5", "F5"),
        ("esc", "escape", "Esc"),
        ("Return", "enter", "Enter"),
        ("Page Up", "pageup", "PgUp"),
        ("PgDn", "pagedown", "PgDn"),
        ("空格", "space", "Space"),
        ("回车", "enter", "Enter"),
        (" ", "space", "Space"),
        ("？", "question_mark", "?"),
        ("/", "slash", "/"),
        ("slash", "slash", "/"),
        ("-", "minus", "-"),
        ("+", "plus", "+"),
        ("Ctrl+Space", "ctrl+@", "Ctrl+Space"),
        ("ctrl+]", "ctrl+right_square_bracket", "Ctrl+]"),
        ("↑", "up", "↑"),
        ("é", "é", "é"),
    ],
)
def test_a_key_is_read_as_people_write_it_and_shown_as_they_read_it(written: str, key: str, shown: str) -> None:
    assert keys.parse(written) == key
    assert keys.shown(key) == shown
    assert keys.parse(shown) == key
    assert keys.parse(key) == key


def test_every_sign_has_the_name_under_which_it_arrives() -> None:
    for sign in string.printable.strip():
        assert keys.parse(sign) == _character_to_key(sign) == arrives(sign)[0]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("esape", "“esape” is no key. Did you mean Esc?"),
        ("pagup", "“pagup” is no key. Did you mean PgUp?"),
        ("foo", "“foo” is no key. Write keys as a, ?, F5, Esc, Space or Ctrl+R."),
        ("f25", "“f25” is no key. Did you mean F5?"),
        ("", "“” is no key. Write keys as a, ?, F5, Esc, Space or Ctrl+R."),
        ("ctrl+", "“ctrl+” is no key. Write keys as a, ?, F5, Esc, Space or Ctrl+R."),
        ("\x1b]52;c;", "“␛]52;c;” is no key."),
        ("[/b]", "“[/b]” is no key."),
    ],
)
def test_what_is_no_key_is_told_with_the_nearest(written: str, problem: str) -> None:
    with pytest.raises(ValueError, match="is no key") as caught:
        keys.parse(written)

    assert str(caught.value).startswith(problem)


ARRIVING = {
    **{f"ctrl+{letter}": chr(number) for number, letter in enumerate(string.ascii_lowercase, 1) if letter not in "him"},
    **{f"alt+{letter}": f"\x1b{letter}" for letter in string.ascii_lowercase if letter not in "bf"},
    **{f"alt+shift+{letter.lower()}": f"\x1b{letter}" for letter in string.ascii_uppercase},
    "ctrl+@": "\x00",
    "ctrl+backslash": "\x1c",
    "ctrl+right_square_bracket": "\x1d",
    "ctrl+circumflex_accent": "\x1e",
    "ctrl+underscore": "\x1f",
    "tab": "\t",
    "enter": "\r",
    "backspace": "\x7f",
    "shift+tab": "\x1b[Z",
    "f1": "\x1bOP",
    "f5": "\x1b[15~",
    "f12": "\x1b[24~",
    "ctrl+f1": "\x1b[1;5P",
    "up": "\x1b[A",
    "ctrl+up": "\x1b[1;5A",
    "shift+up": "\x1b[1;2A",
    "ctrl+shift+up": "\x1b[1;6A",
    "home": "\x1b[H",
    "pageup": "\x1b[5~",
    "ctrl+pageup": "\x1b[5;5~",
    "delete": "\x1b[3~",
    "shift+delete": "\x1b[3;2~",
    "insert": "\x1b[2~",
}
"""Keys and what a terminal writes for them."""


@pytest.mark.parametrize(("key", "written"), ARRIVING.items(), ids=ARRIVING)
def test_a_key_that_is_said_to_arrive_does(key: str, written: str) -> None:
    assert arrives(written) == [key]
    assert keys.obstacle(key) == ""


def test_alt_enter_is_told_apart_from_the_enter_that_sends() -> None:
    arriving.mend()

    assert arrives("\x1b\r") == ["alt+enter"]
    assert arrives("a\x1b\rb\r") == ["a", "alt+enter", "b", "enter"]
    assert keys.obstacle("alt+enter") == ""


@pytest.mark.parametrize(
    ("key", "written", "instead"),
    [
        ("ctrl+i", "\t", "tab"),
        ("ctrl+m", "\r", "enter"),
        ("ctrl+h", "\x08", "backspace"),
        ("ctrl+slash", "\x1f", "ctrl+underscore"),
        ("ctrl+shift+r", "\x12", "ctrl+r"),
        ("ctrl+enter", "\r", "enter"),
        ("shift+enter", "\r", "enter"),
        ("ctrl+1", "1", "1"),
        ("alt+space", "\x1b ", "space"),
        ("alt+b", "\x1bb", "ctrl+left"),
        ("alt+f", "\x1bf", "ctrl+right"),
    ],
)
def test_a_key_that_arrives_as_another_is_told_with_that(key: str, written: str, instead: str) -> None:
    assert arrives(written) == [instead]
    assert keys.obstacle(key) == f"a terminal sends {keys.shown(instead)} for it"


@pytest.mark.parametrize("key", ["alt+1", "alt+slash", "ctrl+comma", "alt+up", "shift+f1", "super+a", "中"])
def test_a_key_that_never_arrives_is_told(key: str) -> None:
    assert keys.obstacle(key)


@pytest.mark.parametrize(
    ("key", "environ", "platform", "words"),
    [
        ("ctrl+b", {"TMUX": "1"}, "linux", "tmux takes Ctrl+B"),
        ("ctrl+b", {}, "linux", ""),
        ("ctrl+a", {"STY": "1"}, "linux", "screen takes Ctrl+A"),
        ("alt+x", {}, "darwin", "On a Mac Alt+X arrives only"),
        ("alt+x", {}, "linux", ""),
        ("f11", {}, "linux", "Many terminals take F11"),
    ],
)
def test_what_may_swallow_a_key_is_a_warning(key: str, environ: dict[str, str], platform: str, words: str) -> None:
    said = keys.caution(key, environ, platform)

    assert said.startswith(words)
    assert bool(said) == bool(words)
