"""Reads the file part of a multipart/form-data body.

Imports nothing of the simulator.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_HEADERS = 64
# Without a handler, what the library says of a broken body would end up on the terminal.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class FilePart:
    """One uploaded file."""

    filename: str
    """As the client named it, without directories; empty when it named none."""
    content_type: str
    """Of the part, empty when the client sent none."""
    data: bytes


def file_part(raw_body: bytes, content_type: str, name: str = "media") -> FilePart | None:
    """Return the first whole part with this name, or nothing when there is none or the body cannot be read."""
    header = _header("content-type", content_type)
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not boundary:
        return None
    parts = _Parts()
    try:
        parser = MultipartParser(
            collapse_rfc2231_value(boundary).encode("latin-1"), parts.callbacks(), max_header_count=_MOST_HEADERS
        )
        parser.write(raw_body)
    except (FormParserError, UnicodeError):
        return None
    return next((part for part_name, part in parts.whole if part_name == name), None)


class _Parts:
    """Collects the parts of a body as the parser finds them."""

    def __init__(self) -> None:
        self.whole: list[tuple[str, FilePart]] = []
        self._headers: dict[str, str] = {}
        self._name, self._value, self._data = bytearray(), bytearray(), bytearray()

    def callbacks(self) -> MultipartCallbacks:
        """Return what the parser is to call."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self._data.extend(data[start:end]),
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._headers.clear()
        self._data.clear()

    def _end_header(self) -> None:
        # Clients put UTF-8 into headers; latin-1 keeps the bytes until a value is taken out.
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        disposition = _header("content-disposition", self._headers.get("content-disposition", ""))
        part = FilePart(
            filename=_parameter(disposition, "filename").replace("\\", "/").rpartition("/")[2],
            content_type=self._headers.get("content-type", ""),
            data=bytes(self._data),
        )
        self.whole.append((_parameter(disposition, "name"), part))


def _header(name: str, value: str) -> Message:
    header = Message()
    header[name] = value
    return header


def _parameter(header: Message, name: str) -> str:
    """Return a parameter of the content disposition: as RFC 2231 encodes it, or in raw UTF-8."""
    value = header.get_param(name, "", header="content-disposition")
    if isinstance(value, tuple):
        return collapse_rfc2231_value(value)
    return str(value).encode("latin-1", "replace").decode("utf-8", "replace")
