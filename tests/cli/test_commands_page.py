"""docs/commands.md: as the help says, and its examples can be typed."""

import shlex

import click
import pytest

from tools import commands as page
from tools.schemas import commands

COMMANDS = {" ".join(path): command for path, command in commands()}


def test_the_page_is_what_the_help_says() -> None:
    assert page.FILE.read_text("utf-8") == page.page(), "run make docs"


def test_every_example_is_of_a_command_there_is() -> None:
    assert page.EXAMPLES.keys() <= COMMANDS.keys()


@pytest.mark.parametrize("words", page.EXAMPLES)
def test_examples_use_options_there_are(words: str) -> None:
    known = {name for option in COMMANDS[words].params for name in option.opts} | {"kfconsole"}
    for example in page.EXAMPLES[words]:
        ours = example[example.index("kfconsole") :].partition(" | ")[0].rstrip(')"')
        typed = shlex.split(ours)

        assert typed[1 : 1 + len(words.split())] == words.split()
        assert {word for word in typed if word.startswith("--")} <= known


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_and_option_is_explained(command: click.Command) -> None:
    options = [option for option in command.params if isinstance(option, click.Option)]

    assert command.help
    assert [option.name for option in options if not option.help] == []
