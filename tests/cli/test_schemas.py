"""The published schemas: current, complete, and true."""

from pathlib import Path

import click
import pytest

from kfconsole.cli.json_option import JsonOption
from tests.cli.conftest import Shop, put, run
from tests.cli.schema import valid
from tools import schemas

COMMANDS = {" ".join(path): command for path, command in schemas.commands()}
BY_FILE = {f"{name.replace(' ', '-')}.json": command for name, command in COMMANDS.items()}


def test_the_files_are_those_of_the_source() -> None:
    found = {file.name: file.read_text("utf-8") for file in schemas.FOLDER.iterdir()}

    assert found == schemas.files(), "run python -m tools.schemas"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_that_speaks_json_says_in_which_form(command: click.Command) -> None:
    speaking = [option for option in command.params if "--json" in option.opts]

    assert all(isinstance(option, JsonOption) for option in speaking), "use json_option"


@pytest.mark.parametrize("name", schemas.files())
def test_every_struct_is_described_and_frozen(name: str) -> None:
    kind = schemas.printed(BY_FILE[name])
    structs = set(schemas.structs(kind))

    assert structs
    assert [struct.__name__ for struct in structs if not struct.__doc__] == []
    assert [struct.__name__ for struct in structs if not struct.__struct_config__.frozen] == []


@pytest.mark.parametrize("command", ["status", "queue", "config show"])
def test_real_output_is_as_published(shop: Shop, command: str) -> None:
    done = shop.run(*command.split(), "--json")

    assert done.code == 0
    assert valid(command, done.out)


def test_a_list_among_the_settings_is_as_published(settings_file: Path) -> None:
    put(settings_file, '[account]\napp_secret_command = ["pass", "show", "kf"]\n')
    shown = valid("config show", run("config", "show", "--json").out)

    assert shown["account.app_secret_command"] == {"value": ["pass", "show", "kf"], "origin": "file"}
