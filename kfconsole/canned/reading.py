"""Read the file of canned replies, entry by entry: what is wrong with one takes no other away."""

import errno
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.canned.filling import near_variable, unknown_variables
from kfconsole.canned.replies import (
    MAX_FILE_BYTES,
    MAX_NAME_CHARACTERS,
    MAX_TEXT_BYTES,
    Library,
    Problem,
    Reply,
    Stamp,
)
from kfconsole.i18n import _, sentences
from kfconsole.text import clean, clip, folded, one_line

TABLE = "reply"
KEYS = ("name", "text", "key", "folder")
_HEAD = re.compile(r"""[ \t]*\[\[?[ \t]*[\w."'-]+[ \t]*\]?\][ \t]*(#.*)?""", re.ASCII)
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_LONG_QUOTES = ('"""', "'''")
_OTHER_QUOTES = re.compile("[\u2018\u2019\u201c\u201d\uff02\u300c\u300e]")
"""What an input method writes for quotes."""
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_MAX_JOINED = 20  # heads of tables that stand in one text; more are no text, but a quote that was forgotten


class Block(Struct, frozen=True):
    """Some lines of the file: the head of a table and what follows."""

    line: int
    text: str


def read_again(library: Library) -> Library:
    """Return the replies as they are now; the same object when the file has not changed."""
    if library.stamp is not None and library.stamp == _stamp(library.path):
        return library
    return read(library.path)


def read(path: Path) -> Library:
    """Read the file; whatever is wrong is among the problems, and what is right among the replies."""
    try:
        with open_file(path) as file:
            stamp = stamp_of(os.fstat(file.fileno()))
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return Library(path, is_missing=not os.path.lexists(path), problems=_dangling(path))
    except OSError as error:
        return Library(path, problems=(Problem(0, _("it cannot be read: {problem}").format(problem=error.strerror)),))
    if len(data) > MAX_FILE_BYTES:
        too_large = _("it is larger than {limit} MB.").format(limit=MAX_FILE_BYTES // 1_000_000)
        return Library(path, problems=(Problem(0, too_large),))
    replies, problems = parse(data)
    return Library(path, replies, problems, stamp=stamp)


def open_file(path: Path) -> BinaryIO:
    """Open a file to read it; what is none could keep us waiting for ever.

    Raises:
        OSError: It cannot be opened, or is no file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        said = os.strerror(errno.EISDIR) if stat.S_ISDIR(mode) else _("it is no file")
        raise OSError(errno.EISDIR, said)
    return os.fdopen(handle, "rb")


def _dangling(path: Path) -> tuple[Problem, ...]:
    if not os.path.lexists(path):
        return ()
    return (Problem(0, _("it is a link to a file that is not there.")),)


def stamp_of(found: os.stat_result) -> Stamp:
    """Return by which a change of the file will be known."""
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _stamp(path: Path) -> Stamp | None:
    with suppress(OSError):
        return stamp_of(path.stat())
    return None


def parse(data: bytes) -> tuple[tuple[Reply, ...], tuple[Problem, ...]]:
    """Return the replies in a file's bytes, and what is wrong there."""
    text = data.decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n")
    replies: list[Reply] = []
    problems: list[Problem] = []
    number = 0
    for block, table, problem in _tables(_blocks(text)):
        if problem is not None:
            problems.append(problem)
        entries = table.pop(TABLE, None) if table is not None else None
        for key in table or ():
            problems.append(Problem(line_of(block, key), _unknown_table(key)))
        if entries is None and problem is None:
            continue
        if entries is not None and not isinstance(entries, list):
            problems.append(Problem(block.line, _("each reply begins with a line [[reply]], in two brackets.")))
            continue
        for entry in entries or ():
            reply, found = _reply(entry, block, number)
            problems += found
            if reply is not None:
                replies.append(reply)
            number += 1
    return _without_doubles(replies, problems), tuple(sorted(problems, key=lambda problem: problem.line))


def block_at(text: str, line: int) -> Block:
    """Return the entry that begins in a line.

    Raises:
        LookupError: None does.
    """
    for block, _said, _problem in _tables(_blocks(text)):
        if block.line == line:
            return block
    raise LookupError(line)


def _blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    lines: list[str] = []
    start = 1
    for number, line in enumerate(text.split("\n"), 1):
        if lines and _HEAD.fullmatch(line):
            blocks.append(Block(start, "\n".join(lines)))
            lines, start = [], number
        lines.append(line)
    return [*blocks, Block(start, "\n".join(lines))]


def _tables(blocks: list[Block]) -> Iterator[tuple[Block, dict[str, Any] | None, Problem | None]]:
    """Yield what each block says, or what is wrong with it."""
    at = 0
    while at < len(blocks):
        block, count = blocks[at], 1
        table, problem = _table(block)
        if problem is not None and _is_open(block.text):
            # What looked like a head may be a line of the text: [Smile] is how WeChat writes a face.
            for count in range(2, min(_MAX_JOINED, len(blocks) - at) + 1):
                joined = Block(block.line, "\n".join(part.text for part in blocks[at : at + count]))
                whole, still = _table(joined)
                if still is None and _is_one(whole):
                    block, table, problem = joined, whole, None
                    break
            else:
                count = 1
        yield block, table, problem
        at += count


def _is_open(text: str) -> bool:
    return any(text.count(quotes) % 2 for quotes in _LONG_QUOTES)


def _is_one(table: Mapping[str, Any] | None) -> bool:
    return table is not None and isinstance(table.get(TABLE), list) and len(table[TABLE]) == 1


def _table(block: Block) -> tuple[dict[str, Any] | None, Problem | None]:
    if (odd := _NOT_UTF8.search(block.text)) is not None:
        line = block.line + block.text.count("\n", 0, odd.start())
        return None, Problem(line, _("this is not UTF-8; save the file as UTF-8."))
    try:
        return tomllib.loads(block.text), None
    except ValueError as error:  # TOML of its own, or a number no machine holds
        return None, _syntax_problem(block, str(error))
    except RecursionError:
        return None, Problem(block.line, _("this is nested too deeply."))


def _syntax_problem(block: Block, said: str) -> Problem:
    place = _PLACE.search(said)
    words = said[: place.start()] if place else said
    if place and place[1]:
        line = block.line + int(place[1]) - 1
    else:
        # Where the text ends nothing is to be seen: it is the quotes that open it.
        openings = [block.text.rfind(quotes) for quotes in _LONG_QUOTES if block.text.count(quotes) % 2]
        line = block.line + (block.text.count("\n", 0, max(openings)) if openings else block.text.rstrip().count("\n"))
        if openings:
            return Problem(line, _("the text that begins here has no quotes at its end."))
    return Problem(line, _quotes_problem(block.text.split("\n")[line - block.line], words) or _syntax_said(words))


def _quotes_problem(line: str, said: str) -> str:
    """Say what people mistake most often, in their words; empty when it is something else."""
    if said.startswith(("Illegal character '\\n'", "Unterminated string")):
        return _('the quotes of this line are not closed; a text of several lines stands between """ and """.')
    if said.startswith("Invalid value"):
        if _OTHER_QUOTES.search(line):
            return _('these are not the quotes of TOML; write "…".')
        return _('a text stands in quotes: "…".')
    return ""


def _syntax_said(said: str) -> str:
    return _("this is not valid TOML: {problem}").format(problem=clip(one_line(clean(said)), 80))


def line_of(block: Block, key: str) -> int:
    """Return in which line a key stands, else where the block begins."""
    found = re.search(rf"""^[ \t]*\[*[ \t]*["']?{re.escape(key)}["']?[ \t]*[=.\]]""", block.text, re.MULTILINE)
    return block.line + (block.text.count("\n", 0, found.start()) if found else 0)


def _shown(word: str) -> str:
    return clip(one_line(clean(word)), 40)


def _unknown_table(key: str) -> str:
    problem = _("nothing reads {key}.").format(key=_shown(key))
    if get_close_matches(key, (TABLE,), 1):
        return sentences(problem, _("Did you mean {name}?").format(name=f"[[{TABLE}]]"))
    return sentences(problem, _("A reply begins with a line [[reply]]."))


def _reply(entry: Any, block: Block, number: int) -> tuple[Reply | None, list[Problem]]:
    if not isinstance(entry, dict):
        return None, [Problem(block.line, _("each reply begins with a line [[reply]], in two brackets."))]
    problems = [Problem(line_of(block, key), _unknown_key(key)) for key in entry if key not in KEYS]
    values: dict[str, str] = {}
    for key in KEYS:
        value = entry.get(key, "")
        if not isinstance(value, str):
            problems.append(Problem(line_of(block, key), _("{key} must be text in quotes.").format(key=key)))
        else:
            values[key] = clean(value)
    if "name" not in values or "text" not in values:
        return None, problems
    name, text = one_line(values["name"]), values["text"].strip("\n")
    key, folder = values.get("key", ""), one_line(values.get("folder", ""))
    for field, wrong in check(name, text, key):
        problems.append(Problem(line_of(block, field), wrong))
        if field == "key":
            key = ""
        else:
            return None, problems
    unknown = unknown_variables(text)
    for variable in unknown:
        line = __line_of_words(block, f"{{{variable}}}") or line_of(block, "text")
        problems.append(Problem(line, unknown_variable(variable)))
    folder = clip(folder, MAX_NAME_CHARACTERS)
    return Reply(name, text, key, folder, line=block.line, number=number, unknown=unknown), problems


def __line_of_words(block: Block, words: str) -> int:
    at = block.text.find(words)
    return block.line + block.text.count("\n", 0, at) if at >= 0 else 0


def _unknown_key(key: str) -> str:
    problem = _("nothing reads {key}.").format(key=_shown(key))
    if near := get_close_matches(key, KEYS, 1):
        return sentences(problem, _("Did you mean {name}?").format(name=near[0]))
    return sentences(problem, _("Known here: {names}.").format(names=", ".join(KEYS)))


def unknown_variable(variable: str) -> str:
    """Say that nothing fills in a variable, and what it may be."""
    problem = _("there is no variable {name}.").format(name=f"{{{_shown(variable)}}}")
    if near := near_variable(variable):
        return sentences(problem, _("Did you mean {name}?").format(name=f"{{{near}}}"))
    doubled = _("Braces that are meant are doubled: {braces}.")
    return sentences(problem, doubled.format(braces=f"{{{{{_shown(variable)}}}}}"))


def check(name: str, text: str, key: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a reply: which field, and why."""
    if not name:
        yield "name", _("the reply has no name.")
    elif len(name) > MAX_NAME_CHARACTERS:
        yield "name", _("the name is longer than {limit} characters.").format(limit=MAX_NAME_CHARACTERS)
    if not text.strip():
        yield "text", _("the reply has no text.")
    elif len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        yield "text", _("the text is longer than {limit} bytes.").format(limit=f"{MAX_TEXT_BYTES:,}")
    if key and (len(key) != 1 or not key.isprintable() or key.isspace()):
        yield "key", _("key must be one character, such as 1.")


def _without_doubles(replies: list[Reply], problems: list[Problem]) -> tuple[Reply, ...]:
    names: dict[str, Reply] = {}
    keys: dict[str, Reply] = {}
    kept: list[Reply] = []
    for reply in replies:
        first = names.setdefault(folded(reply.path), reply)
        if first is not reply:
            told = _("line {line} has a reply of this name already: {name}.")
            problems.append(Problem(reply.line, told.format(line=first.line, name=_shown(reply.name))))
        if reply.key and (taken := keys.setdefault(folded(reply.key), reply)) is not reply:
            told = _("the key {key} belongs to {name}, in line {line}.")
            problems.append(Problem(reply.line, told.format(key=reply.key, name=_shown(taken.name), line=taken.line)))
            kept.append(replace(reply, key=""))
        else:
            kept.append(reply)
    return tuple(kept)
