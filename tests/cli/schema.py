"""What a command prints with `--json` against its published schema."""

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from tools.schemas import FOLDER


def valid(command: str, line: str) -> Any:
    """Return the JSON of one line, which must be as docs/schemas says, without a key it does not name.

    Args:
        command: Its words, such as `config show`.
        line: One line of its output.
    """
    schema = json.loads((FOLDER / f"{command.replace(' ', '-')}.json").read_text("utf-8"))
    found = json.loads(line)
    Draft202012Validator(_closed(schema)).validate(found)
    return found


def _closed(schema: Any) -> Any:
    """Return the schema without room for other keys: readers must ignore them, but we must name them."""
    if isinstance(schema, Mapping):
        inner = {key: _closed(value) for key, value in schema.items()}
        return {"additionalProperties": False, **inner} if "properties" in schema else inner
    return [_closed(part) for part in schema] if isinstance(schema, list) else schema
