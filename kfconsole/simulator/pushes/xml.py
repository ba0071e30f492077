"""The XML of pushes: strings in CDATA, numbers bare, names as documented.

Knows nothing of the world.
"""

import re
from collections.abc import Mapping

Value = str | int | float | Mapping[str, str]

# No XML can carry these, escaped or not.
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xml(fields: Mapping[str, Value]) -> str:
    """Return the fields as one `<xml>` element, in their order."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Mapping[str, Value]) -> str:
    return "".join(f"<{name}>{_written(value)}</{name}>" for name, value in fields.items())


def _written(value: Value) -> str:
    if isinstance(value, str):
        legal = _ILLEGAL.sub("", value)
        return f"<![CDATA[{legal.replace(']]>', ']]]]><![CDATA[>')}]]>"
    if isinstance(value, float):
        return f"{value:.6f}"
    return str(value) if isinstance(value, int) else _elements(value)
