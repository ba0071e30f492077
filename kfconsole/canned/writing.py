"""Write the file of canned replies: comments and order stay, and it is there whole or as it was."""

import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole.canned import reading
from kfconsole.canned.filling import unknown_variables
from kfconsole.canned.replies import MAX_FILE_BYTES, Library, Reply
from kfconsole.canned.starters import starter
from kfconsole.errors import ConfigError
from kfconsole.i18n import _
from kfconsole.text import clean, one_line

if TYPE_CHECKING:
    from tomlkit.items import Table

NEW_MODE = 0o600
_BOM = b"\xef\xbb\xbf"
_FIELDS = ("name", "key", "folder", "text")
_HEAD = f"[[{reading.TABLE}]]"
_REMARK = re.compile(r"[ \t]*(#.*)?")


def create(path: Path, *, is_chinese: bool, is_empty: bool = False) -> Library:
    """Write a first file.

    Args:
        path: Where.
        is_chinese: Its language.
        is_empty: Whether it tells how it is written, but holds no replies to begin with.

    Raises:
        ConfigError: There is one already, or it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = Path(os.path.realpath(path))  # a link, as of a folder of dotfiles, stays a link
        handle, part = _part(target)
        try:
            _write(handle, starter(is_chinese=is_chinese, is_empty=is_empty).encode(), NEW_MODE)
            try:
                target.hardlink_to(part)  # unlike a rename, it fails where somebody was faster
            except FileExistsError as error:
                raise ConfigError(_("{file} exists already.").format(file=path)) from error
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritten(path, error) from error
    return reading.read(path)


def add(library: Library, reply: Reply) -> Library:
    """Put a reply at the end of the file; return what the file holds then.

    Raises:
        ConfigError: The reply or the file is wrong, the file has changed since, or cannot be written.
    """
    reply = _cleaned(reply)
    _refuse_wrong(reply, library.replies)
    return _rewrite(library, lambda text: _with(text, reply), [*library.replies, reply])


def change(library: Library, old: Reply, new: Reply) -> Library:
    """Put a reply in the place of another; return what the file holds then.

    Raises:
        ConfigError: As `add`.
    """
    new = _cleaned(new)
    _refuse_wrong(new, [other for other in library.replies if other.number != old.number])
    expected = [new if other.number == old.number else other for other in library.replies]
    return _rewrite(library, lambda text: _changed(text, old, new), expected)


def delete(library: Library, reply: Reply) -> Library:
    """Take a reply out of the file; return what it holds then.

    Raises:
        ConfigError: As `add`.
    """
    expected = [other for other in library.replies if other.number != reply.number]
    return _rewrite(library, lambda text: _without(text, reply), expected)


def _cleaned(reply: Reply) -> Reply:
    return Reply(
        name=one_line(clean(reply.name)),
        text=clean(reply.text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n"),
        key=clean(reply.key.strip()),
        folder=one_line(clean(reply.folder)),
    )


def _refuse_wrong(reply: Reply, others: Sequence[Reply]) -> None:
    for _field, wrong in reading.check(reply.name, reply.text, reply.key):
        raise ConfigError(_("Not kept: {problem}").format(problem=wrong))
    for variable in unknown_variables(reply.text):
        raise ConfigError(_("Not kept: {problem}").format(problem=reading.unknown_variable(variable)))
    for other in others:
        if reply.path.casefold() == other.path.casefold():
            raise ConfigError(_("Not kept: there is a reply called {name} already.").format(name=other.name))
        if reply.key and reply.key.casefold() == other.key.casefold():
            wrong = _("Not kept: the key {key} belongs to {name}.")
            raise ConfigError(wrong.format(key=reply.key, name=other.name))


def _rewrite(library: Library, edit: Callable[[str], str], expected: Sequence[Reply]) -> Library:
    path = library.path
    try:
        with reading.open_file(path) as file:
            found = os.fstat(file.fileno())
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        problem = _("{file} cannot be read: {problem}").format(file=path, problem=error.strerror)
        raise ConfigError(problem) from error
    if reading.stamp_of(found) != library.stamp:
        changed = _("{file} has changed meanwhile.").format(file=path)
        raise ConfigError(changed, hint=_("It is read again; look, then try once more."))
    bom = _BOM if data.startswith(_BOM) else b""
    try:
        text = data[len(bom) :].decode()
        ending = "\r\n" if "\r\n" in text else "\n"
        text = text.replace("\r\n", "\n")
        tomllib.loads(text)
        written = bom + edit(text).replace("\n", ending).encode()
    except (LookupError, TypeError, ValueError) as error:  # among them what both TOML libraries raise
        raise _by_hand(library) from error
    if _said(reading.parse(written)[0]) != _said(expected):
        raise _by_hand(library)
    _replace(path, written, found)
    return reading.read(path)


def _by_hand(library: Library) -> ConfigError:
    message = _("{file} cannot be changed from here.").format(file=library.path)
    if library.problems:
        return ConfigError(message, hint=library.problems[0].told(library.path))
    return ConfigError(message, hint=_("Change it in an editor."))


def _said(replies: Sequence[Reply]) -> list[tuple[str, str, str, str]]:
    return [(reply.name, reply.text, reply.key, reply.folder) for reply in replies]


def _with(text: str, reply: Reply) -> str:
    """Return the file with a reply more, a blank line before it."""
    gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
    fields = [(field, getattr(reply, field)) for field in _FIELDS]
    lines = [f"{field} = {_toml(value)}\n" for field, value in fields if value]
    return f"{text}{gap}{_HEAD}\n{''.join(lines)}"


def _without(text: str, reply: Reply) -> str:
    """Return the file without a reply; comments behind it stay, as they are mostly about the next."""
    lines = text.split("\n")
    start = reply.line - 1
    end = start + reading.block_at(text, reply.line).text.count("\n") + 1
    last = end
    while last > start + 1 and _REMARK.fullmatch(lines[last - 1]) and _is_toml(lines[start : last - 1]):
        last -= 1
    rest = lines[last:end]
    if start and not lines[start - 1].strip():
        while rest and not rest[0].strip():
            rest.pop(0)  # the blank line before it stays
    return "\n".join((*lines[:start], *rest, *lines[end:]))


def _is_toml(lines: Sequence[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except ValueError:
        return False
    return True


def _changed(text: str, old: Reply, reply: Reply) -> str:
    """Return the file with other fields in an entry; those that stay keep how they are written."""
    import tomlkit  # a tenth of a second, and only for those who edit

    # New fields before the text: what stands at the end of an entry is mostly about the next.
    block = reading.block_at(text, old.line)
    line = reading.line_of(block, "text")
    there = tomllib.loads(block.text)[reading.TABLE][0]
    added = [field for field in _FIELDS if getattr(reply, field) and field not in there]
    lines = text.split("\n")
    lines[line - 1 : line - 1] = [f"{field} = {_toml(getattr(reply, field))}" for field in added]
    document = tomlkit.parse("\n".join(lines))
    entry: Table = document[reading.TABLE][old.number]
    for field in _FIELDS:
        value: str = getattr(reply, field)
        if field in entry and str(entry[field]) == value:
            continue
        if value:
            entry[field] = tomlkit.parse(f"{field} = {_toml(value)}\n")[field]
        elif field in entry:
            del entry[field]
    return tomlkit.dumps(document)


def _toml(value: str) -> str:
    """Write a text as people write it: of several lines, the first begins below the quotes."""
    import tomlkit

    if "\n" not in value:
        return tomlkit.string(value).as_string()
    quotes = '"' * 3
    return f"{quotes}\n{tomlkit.string(value, multiline=True).as_string().removeprefix(quotes)}"


def _replace(path: Path, data: bytes, found: os.stat_result) -> None:
    try:
        target = Path(os.path.realpath(path))
        handle, part = _part(target)
        try:
            _write(handle, data, found.st_mode & 0o777)
            with suppress(OSError):  # a file of the team's: who may not give it back keeps it
                os.chown(part, -1, found.st_gid)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritten(path, error) from error


def _part(target: Path) -> tuple[int, Path]:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".replies-")
    return handle, Path(name)


def _write(handle: int, data: bytes, mode: int) -> None:
    with os.fdopen(handle, "wb") as part:
        part.write(data)
        part.flush()
        os.fchmod(part.fileno(), mode)
        os.fsync(part.fileno())


def _unwritten(path: Path, error: OSError) -> ConfigError:
    return ConfigError(_("{file} cannot be written: {problem}").format(file=path, problem=error.strerror))
