"""Contents as the archive keeps them: one line of JSON, cleaned."""

from typing import Any

import msgspec

from kfconsole.content import Content
from kfconsole.text import clean


def encoded(content: Content) -> str:
    """Return the content as JSON."""
    return msgspec.json.encode(content).decode()


def decoded(line: str) -> Content | None:
    """Return the content of such a line; None when another version wrote it, as the words beside it stay readable."""
    try:
        content: Content = msgspec.json.decode(line, type=Content)
    except msgspec.DecodeError:
        return None
    return content


def cleaned(content: Content) -> Content:
    """Return the content with every text in it cleaned, ids and addresses too."""
    clean_content: Content = msgspec.convert(_cleaned(msgspec.to_builtins(content)), Content)
    return clean_content


def _cleaned(part: Any) -> Any:
    if isinstance(part, str):
        return clean(part)
    if isinstance(part, dict):
        return {name: _cleaned(value) for name, value in part.items()}
    return [_cleaned(value) for value in part]
