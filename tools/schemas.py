"""Writes `docs/schemas/`: what each command prints with `--json`, as JSON Schema: `python -m tools.schemas`.

The types come from the commands' own `--json` (kfconsole/cli/json_option.py), so that no command can be forgotten.
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from kfconsole.cli.json_option import JsonOption
from kfconsole.cli.root import root

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schemas"


def commands(group: click.Group = root, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that can be run, with its words, in the order of the help."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if command.hidden:
            continue
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def printed(command: click.Command) -> Any:
    """Return the type a command prints with `--json`; None without one."""
    return next((option.printed for option in command.params if isinstance(option, JsonOption)), None)


def schema(path: tuple[str, ...], kind: Any) -> Mapping[str, Any]:
    """Return the JSON Schema of what one command prints."""
    made = msgspec.json.schema(kind)
    for struct in structs(kind):
        properties = made["$defs"][struct.__name__].get("properties", {})
        for name, text in docstrings(struct).items():
            if name in properties:
                properties[name] = {"description": text, **properties[name]}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"kfconsole {' '.join(path)} --json"}
    return {**head, **made}


def files() -> Mapping[str, str]:
    """Return name and text of every file there should be."""
    return {
        f"{'-'.join(path)}.json": json.dumps(schema(path, kind), ensure_ascii=False, indent=2) + "\n"
        for path, command in commands()
        if (kind := printed(command)) is not None
    }


def main() -> int:
    """Write the files, and remove those of commands that are gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for file in FOLDER.glob("*.json"):
        if file.name not in wanted:
            file.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


def structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield every Struct that a type is made of."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for field in msgspec.structs.fields(kind):
            yield from structs(field.type)
    for part in get_args(kind):
        yield from structs(part)


@cache
def docstrings(struct: type) -> Mapping[str, str]:
    """Return the docstring below each field, also of fields that are inherited."""
    found: dict[str, str] = {}
    for kind in reversed(struct.__mro__):
        if kind.__module__.startswith("kfconsole."):
            body = ast.parse(inspect.getsource(kind)).body[0]
            assert isinstance(body, ast.ClassDef)
            for line, below in pairwise(body.body):
                if isinstance(line, ast.AnnAssign) and isinstance(below, ast.Expr):
                    assert isinstance(line.target, ast.Name)
                    assert isinstance(below.value, ast.Constant)
                    found[line.target.id] = inspect.cleandoc(str(below.value.value))
    return found


if __name__ == "__main__":
    sys.exit(main())
