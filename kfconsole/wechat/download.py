"""One file on its way from WeChat: told apart from JSON, written beside its place, put there when it is whole."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import unquote

from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.text import clean, one_line
from kfconsole.wechat.call import Call
from kfconsole.wechat.envelope import unreadable
from kfconsole.wechat.filetypes import HEAD_BYTES, shown, type_of

LARGEST_FILE_BYTES = 32 * 2**20  # three times what WeChat takes
LARGEST_JSON_BYTES = 2**20
LONGEST_NAME = 120
PIECE_BYTES = 256 * 1024

_NO_FILE = b"{}"
"""What the envelope reads in place of an answer that was a file: a success without fields."""
_ENCODED_NAME = re.compile(r"filename\*\s*=\s*[\w-]*'[^']*'([^;]+)", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"""filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]+))""", re.IGNORECASE)
_T = TypeVar("_T")


class Landing:
    """Where a file may come down; nothing is there before it came whole, and nothing there is ever replaced."""

    def __init__(self, target: Path) -> None:
        """Look at the place; reads the disk, so do it in a thread.

        Raises:
            NotPossible: Something is there already, or the folder is missing.
        """
        self._target = target
        self.byte_count: int | None = None
        """The size of the file that came; None while none did."""
        self.file_name = ""
        self._refuse_taken()
        if not target.parent.is_dir():
            raise NotPossible(
                _("There is no folder {folder}.").format(folder=shown(target.parent)), hint=_("Make it first.")
            )

    async def receive(self, call: Call, content_type: str, disposition: str, chunks: AsyncIterator[bytes]) -> bytes:
        """Write a file to its place, or return the JSON that came instead of one.

        Args:
            call: What was asked.
            content_type: The header as sent; old answers label JSON as text.
            disposition: The header that may hold the file's name.
            chunks: The body.

        Raises:
            NotPossible: The file cannot be written, or its place was taken meanwhile.
            Unavailable: More came than any file of WeChat's holds.
        """
        head = b""
        async for chunk in chunks:
            head += chunk
            if len(head) >= HEAD_BYTES:
                break
        body = _joined(head, chunks)
        if _is_no_file(content_type, head):
            return await _collect(call, body)
        await self._write(call, body)
        self.file_name = name_in(disposition)
        return _NO_FILE

    async def _write(self, call: Call, body: AsyncIterator[bytes]) -> None:
        part = self._target.with_name(f".kfconsole-{os.urandom(8).hex()}.part")
        try:
            opened = self._done(lambda: _create(part))  # here, so that no cancelled thread makes it
            with opened:
                byte_count = await self._pour(call, body, opened)
                await self._on_disk(lambda: _make_sure(opened))
            await self._on_disk(lambda: self._put_in_place(part))
        finally:
            part.unlink(missing_ok=True)
        self.byte_count = byte_count

    async def _pour(self, call: Call, body: AsyncIterator[bytes], opened: BinaryIO) -> int:
        byte_count, waiting = 0, b""
        async for chunk in body:
            byte_count += len(chunk)
            waiting += chunk
            if byte_count > LARGEST_FILE_BYTES:
                raise unreadable(_("The file is too large to be WeChat's."), call)
            if len(waiting) >= PIECE_BYTES:
                await self._on_disk(partial(opened.write, waiting))
                waiting = b""
        await self._on_disk(partial(opened.write, waiting))
        return byte_count

    async def _on_disk(self, act: Callable[[], _T]) -> _T:
        return await asyncio.to_thread(self._done, act)

    def _done(self, act: Callable[[], _T]) -> _T:
        """Do something with the disk, whose failures are not those of the network."""
        try:
            return act()
        except OSError as error:
            problem = error.strerror or type(error).__name__
            message = _("{file} cannot be written: {problem}").format(file=shown(self._target), problem=problem)
            raise NotPossible(message) from None

    def _put_in_place(self, part: Path) -> None:
        try:
            os.link(part, self._target)  # unlike a rename, it fails when something is there
        except OSError:
            self._refuse_taken()
            part.rename(self._target)  # a file system without hard links

    def _refuse_taken(self) -> None:
        if os.path.lexists(self._target):
            raise NotPossible(
                _("{file} is there already and is not replaced.").format(file=shown(self._target)),
                hint=_("Give another name, or move it away first."),
            )


def name_in(disposition: str) -> str:
    """Return the file's name of a Content-Disposition header, fit to be read; empty when there is none."""
    if found := _ENCODED_NAME.search(disposition):
        name = unquote(found[1].strip(), errors="replace")
    elif found := _PLAIN_NAME.search(disposition):
        name = found[1] or found[2] or ""
    else:
        return ""
    name = re.split(r"[/\\]", one_line(clean(name)))[-1]
    return re.sub(r"^[.\s]+", "", name)[:LONGEST_NAME].rstrip()


def _is_no_file(content_type: str, head: bytes) -> bool:
    """Whether this is WeChat's JSON, or a page of somebody in between: by what it holds, then by its label."""
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not begins or begins.startswith((b"{", b"<")):
        return True
    label = content_type.partition(";")[0].strip().lower()
    return type_of(head) is None and (label.startswith("text/") or label.endswith("json"))


async def _joined(head: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in chunks:
        yield chunk


async def _collect(call: Call, body: AsyncIterator[bytes]) -> bytes:
    whole = bytearray()
    async for chunk in body:
        whole += chunk
        if len(whole) > LARGEST_JSON_BYTES:
            raise unreadable(_("The answer is too large to be WeChat's."), call)
    return bytes(whole)


def _create(part: Path) -> BinaryIO:
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _make_sure(opened: BinaryIO) -> None:
    opened.flush()
    os.fsync(opened.fileno())
