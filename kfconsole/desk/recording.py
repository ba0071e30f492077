"""Keeps what the desk sees in a file, line by line, for `kfconsole replay`.

The desk only puts facts into a line; a thread of its own writes them, so that no disk ever holds up a key. When the
disk fails, or cannot keep up, recording ends and says so, and the desk goes on.
"""

import errno
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.desk import facts as happened
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.fact_lines import NOT_KEPT, Header, Keyframe, Shortener
from kfconsole.desk.facts import Fact
from kfconsole.desk.masked_facts import FactMask
from kfconsole.desk.store import Store
from kfconsole.desk.waits import QueueMemory
from kfconsole.errors import ConfigError, KfError, NotPossible
from kfconsole.i18n import _
from kfconsole.model import AgentId, Contact, CustomerId, Desk, Message

KEYFRAME_SECONDS: Final = 300.0
"""How much has to be played to get to any moment."""
REST_SECONDS: Final = 0.5
"""What happened is in the file so soon."""
MAX_PENDING: Final = 20_000
"""Facts that wait for the disk: minutes of the busiest desk."""
PART_CUSTOMERS: Final = 500
RECENT_SECONDS: Final = 3600.0
"""A keyframe holds the customers of the lists, and those who were there so lately."""


class _Whole(Struct, frozen=True):
    """All that is known at one moment; the parts are frozen, so it is written later."""

    desk: Desk
    memory: QueueMemory


class Recorder:
    """Writes one file. `note` may be called at any rate; nothing is written once `trouble` says why."""

    def __init__(self, path: Path, *, is_masked: bool, rest_seconds: float = REST_SECONDS) -> None:
        self.path = path
        self.is_masked = is_masked
        self.trouble: KfError | None = None
        """Why nothing is recorded any more."""
        self._rest_seconds = rest_seconds
        self._mask = FactMask(os.urandom(32)) if is_masked else None
        self._shortener = Shortener(self._mask)
        self._pending: deque[tuple[Fact | _Whole, float, float]] = deque()
        self._stir = threading.Event()
        self._is_ending = False
        self._thread: threading.Thread | None = None
        self._file = -1
        self._written_bytes = 0

    def begin(self, header: Header) -> None:
        """Make the file, readable by its owner alone, and write from now on.

        Raises:
            ConfigError: It is there already, or cannot be made.
        """
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._write(self._shortener.header(header))
        except FileExistsError as error:
            problem = _("{file} is there already, and no recording is written over.").format(file=self.path)
            raise ConfigError(problem, hint=_("Name another file, or move that one away.")) from error
        except OSError as error:
            problem = _("{file} cannot be written: {problem}").format(file=self.path, problem=error.strerror)
            raise ConfigError(problem, hint=_("Name a file in another folder.")) from error
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def note(self, facts: Iterable[Fact], at: float, mono: float) -> None:
        """Keep facts of a moment."""
        if self.trouble is not None or self._thread is None:
            return
        self._pending.extend((fact, at, mono) for fact in facts)
        if len(self._pending) > MAX_PENDING:
            self.trouble = NotPossible(_("Recording has stopped: the disk is too slow for it."))
            self._stir.set()

    def note_whole(self, desk: Desk, memory: QueueMemory, at: float, mono: float) -> None:
        """Keep the whole desk as it is, so that a replay can begin here."""
        if self.trouble is None and self._thread is not None:
            self._pending.append((_Whole(desk, memory), at, mono))

    def end(self) -> None:
        """Write what is left; blocks for as long as that takes."""
        self._is_ending = True
        self._stir.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            os.close(self._file)

    def _run(self) -> None:
        try:
            while not self._is_ending and self.trouble is None:
                self._stir.wait(self._rest_seconds)
                self._drain()
            self._drain()
        except OSError as error:
            self.trouble = _stopped_by(error, self.path)
            self._pending.clear()

    def _drain(self) -> None:
        while self._pending:
            kept, at, mono = self._pending.popleft()
            for fact in _as_keyframe(kept, at) if isinstance(kept, _Whole) else _as_kept(kept):
                self._write(self._shortener.line(fact, at, mono))

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            with suppress(OSError):  # what fails to write may fail at this, too
                os.ftruncate(self._file, self._written_bytes)  # no half of a line stays behind
            raise
        self._written_bytes += len(line)


class RecordedStore(Store):
    """A store whose facts are kept, with the whole desk now and then."""

    def __init__(
        self,
        me: AgentId | None,
        recorder: Recorder,
        clock: ServerClock,
        *,
        keyframe_seconds: float = KEYFRAME_SECONDS,
    ) -> None:
        super().__init__(me)
        self._recorder = recorder
        self._clock = clock
        self._keyframe_seconds = keyframe_seconds
        self._keyframe_mono: float | None = None

    def apply(self, *facts: Fact) -> None:
        """Take in facts, and keep them."""
        at, mono = self._clock.now(), self._clock.monotonic()
        if self._keyframe_mono is None or mono - self._keyframe_mono >= self._keyframe_seconds:
            self._keyframe_mono = mono
            self._recorder.note_whole(self.desk, self.queue_memory, at, mono)
        self._recorder.note(facts, at, mono)
        super().apply(*facts)

    def keep_messages(self, messages: Iterable[Message]) -> None:
        """Keep messages that the archive stored, or that somebody looked at."""
        if kept := tuple(messages):
            self._recorder.note((happened.MessagesSeen(kept),), self._clock.now(), self._clock.monotonic())


def _as_kept(fact: Fact) -> Iterator[Fact]:
    match fact:
        case happened.ConversationOpened(conversation=conversation):
            yield happened.MessagesSeen(conversation.messages)
        case happened.OlderLoaded(messages=messages):
            yield happened.MessagesSeen(messages)
        case happened.Remembered(desk=desk):
            yield replace(fact, desk=replace(desk, contacts={}))
            yield from _in_parts(desk.contacts)
        case _ if not isinstance(fact, NOT_KEPT):
            yield fact


def _as_keyframe(whole: _Whole, at: float) -> Iterator[Fact | Keyframe]:
    desk, memory = whole.desk, whole.memory
    facts = list[Fact](_in_parts(_known_of(desk, at)))
    lists = replace(desk, contacts={}, open=None)
    yield Keyframe(
        happened.Remembered(lists, memory.is_complete, memory.at, tuple(memory.cut_off.values())), len(facts)
    )
    yield from facts


def _known_of(desk: Desk, at: float) -> Mapping[CustomerId, Contact]:
    """Return the contacts that matter by now."""
    listed = set(chain((row.openid for row in desk.queue), (session.openid for session in desk.sessions)))
    return {
        openid: contact
        for openid, contact in desk.contacts.items()
        if openid in listed
        or contact.draft
        or contact.undelivered
        or (contact.last_message is not None and contact.last_message.at >= at - RECENT_SECONDS)
    }


def _in_parts(contacts: Mapping[CustomerId, Contact]) -> Iterator[Fact]:
    items = list(contacts.items())
    for start in range(0, len(items), PART_CUSTOMERS):
        yield happened.ContactsSeen(dict(items[start : start + PART_CUSTOMERS]))


def _stopped_by(error: OSError, path: Path) -> KfError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NotPossible(_("Recording has stopped: there is no room left for {file}.").format(file=path))
    said = _("Recording has stopped: {file} cannot be written: {problem}")
    return NotPossible(said.format(file=path, problem=error.strerror))
