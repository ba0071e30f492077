"""Messages written down for people and programs, a part at a time: text out, no file.

    txt     a conversation to read
    md      the same as Markdown
    csv     a table for spreadsheets
    jsonl   for programs: one JSON object a line, nothing left out

Texts come from outside: in no format can one of them be taken for something else than a text.
"""

from datetime import tzinfo
from enum import StrEnum

from kfconsole.desk.formats.common import People, Writer
from kfconsole.desk.formats.jsonl import ExportedMessage

__all__ = ["ExportedMessage", "Format", "People", "Writer", "writer"]


class Format(StrEnum):
    """How messages are written down; the value is the ending of a file, too."""

    TXT = "txt"
    MARKDOWN = "md"
    CSV = "csv"
    JSONL = "jsonl"


def writer(form: Format, zone: tzinfo | None) -> Writer:
    """Return what writes a format, for one file.

    Args:
        form: Which one.
        zone: In which days and clock times are written; None stands for the host's.
    """
    match form:
        case Format.TXT:
            from kfconsole.desk.formats.txt import TxtWriter

            return TxtWriter(zone)
        case Format.MARKDOWN:
            from kfconsole.desk.formats.markdown import MarkdownWriter

            return MarkdownWriter(zone)
        case Format.CSV:
            from kfconsole.desk.formats.sheet import CsvWriter

            return CsvWriter(zone)
        case Format.JSONL:
            from kfconsole.desk.formats.jsonl import JsonlWriter

            return JsonlWriter()
