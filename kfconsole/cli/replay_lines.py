"""`kfconsole replay --plain`: what a recorded desk saw, told as `kfconsole watch` tells it, as fast as it is read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.output import DONE, talk
from kfconsole.cli.watch import Lines, OfCustomer, Received, Told
from kfconsole.desk.changes import Changes
from kfconsole.desk.fact_lines import messages_of
from kfconsole.desk.recording_file import Played, RecordingFile, cut_words, damage_words
from kfconsole.desk.replayed_store import ReplayedStore
from kfconsole.desk.replaying import PART_LINES
from kfconsole.model import Desk, Message, MessageKind
from kfconsole.text import one_line

REMEMBERED: Final = 50_000
"""So many messages before the newest one are known to be told, or not to be."""


def print_lines(
    settings: config.Settings, recording: RecordingFile, start_at: float, *, with_text: bool, as_json: bool
) -> int:
    """Print what happened from a moment on; return the exit code."""
    lines = Lines(settings.ui.zone, as_json=as_json)
    teller = Teller(settings, recording, with_text=with_text)
    if not all(lines.print(event, desk) for event, desk in teller.events(start_at)):
        return DONE  # nobody reads it any more
    if recording.damaged:
        talk(damage_words(recording.damaged))
    if recording.is_cut:
        talk(cut_words())
    return DONE


class Teller:
    """Finds what happened in a recording, moment by moment; of all that was, it knows what the desk knew."""

    def __init__(self, settings: config.Settings, recording: RecordingFile, *, with_text: bool) -> None:
        self._settings = settings
        self._recording = recording
        self._with_text = with_text
        self._store = ReplayedStore(recording.header.me)
        self._changes = Changes(warn_after=settings.alerts.warn_after, late_after=settings.alerts.late_after)
        self._inbox = _Inbox()
        self._told_at = 0.0

    def events(self, start_at: float) -> Iterator[tuple[Told, Desk]]:
        """Yield what happened from a moment on, each with the desk it happened on."""
        start_mono = start_at - self._recording.shift_seconds
        self._recording.skip_to(start_mono)
        for part in self._moments():
            at = part[-1].at
            is_told = part[-1].mono >= start_mono
            if is_told:
                yield from self._late_before(at)
            for played in part:
                self._store.take(played)
            if is_told:
                yield from self._new(at)
                yield from self._received(part)

    def _moments(self) -> Iterator[Sequence[Played]]:
        """Yield what the desk was told at once."""
        part: list[Played] = []
        while lines := self._recording.read(PART_LINES):
            for played in lines:
                if part and played.mono != part[0].mono:
                    yield part
                    part = []
                part.append(played)
        if part:
            yield part

    def _late_before(self, at: float) -> Iterator[tuple[Told, Desk]]:
        """Yield what time alone made late between two moments."""
        next_at = self._changes.next_late_at(self._store.desk)
        while next_at is not None and self._told_at < next_at < at:
            yield from self._new(next_at)
            next_at = self._changes.next_late_at(self._store.desk)

    def _new(self, at: float) -> Iterator[tuple[Told, Desk]]:
        desk, limits = self._store.desk, self._settings.limits_at(at)
        self._told_at = at
        self._changes.limit(warn_after=limits.warn_after, late_after=limits.late_after)
        for event in self._changes.between(desk, at):
            yield (replace(event, name=_name(desk, event)) if isinstance(event, OfCustomer) else event), desk

    def _received(self, part: Iterable[Played]) -> Iterator[tuple[Told, Desk]]:
        if self._changes.began_at is None:
            return
        desk = self._store.desk
        messages = [message for played in part for fact in played.facts for message in messages_of(fact)]
        for message in self._inbox.new_among(messages, self._changes.began_at):
            text = message.text if self._with_text else None
            event = Received(message.at, message.openid, message.agent, text)
            yield replace(event, name=_name(desk, event)), desk


def _name(desk: Desk, event: OfCustomer) -> str:
    contact = desk.contacts.get(event.openid)
    return one_line(contact.name) if contact is not None else ""


class _Inbox:
    """Finds what customers wrote, each message once: their numbers grow, and are remembered for a while."""

    def __init__(self) -> None:
        self._newest = 0
        self._told: set[int] = set()

    def new_among(self, messages: Iterable[Message], began_at: float) -> list[Message]:
        """Return the messages of customers that nobody was told of, oldest first."""
        found = {
            message.id: message
            for message in messages
            if message.kind is MessageKind.RECEIVED
            and message.at >= began_at
            and message.id > self._newest - REMEMBERED
            and message.id not in self._told
        }
        self._told.update(found)
        self._newest = max(self._newest, *found, 0)
        if len(self._told) > 2 * REMEMBERED:
            self._told = {number for number in self._told if number > self._newest - REMEMBERED}
        return sorted(found.values(), key=lambda message: message.at)
