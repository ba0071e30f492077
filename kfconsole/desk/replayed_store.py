"""The store of a recording that is played: it can begin again with another desk."""

from typing import Final

from msgspec.structs import replace

from kfconsole.desk.facts import Fact
from kfconsole.desk.recording_file import Played
from kfconsole.desk.store import Store
from kfconsole.model import AgentId, Conversation, Desk

_KEPT: Final = ("_subscribers", "_next_key", "_is_silent")
"""What a store knows beside the desk."""


class ReplayedStore(Store):
    """A store that can begin again with another desk, and be silent meanwhile."""

    def __init__(self, me: AgentId | None) -> None:
        super().__init__(me)
        self._is_silent = False

    def apply(self, *facts: Fact) -> None:
        """Take in facts."""
        if not self._is_silent:
            super().apply(*facts)
            return
        desk = self._desk
        for fact in facts:
            desk = self._after(desk, fact)
        self._desk = self._with_sessions(desk)

    def begin_again(self, desk: Desk, *facts: Fact) -> None:
        """Hold this desk and no other; the customer on screen stays there."""
        is_silent, before = self._is_silent, self._desk
        fresh = {name: part for name, part in vars(Store(before.me)).items() if name not in _KEPT}
        vars(self).update(fresh)
        self._desk = replace(desk, me=before.me, queue=(), sessions=(), open=before.open)
        self._is_silent = True
        self.apply(*facts)
        self._is_silent = is_silent
        self._tell()

    def take(self, played: Played) -> None:
        """Take in what was read of a recording."""
        if played.keyframe is not None:
            self.begin_again(played.keyframe, *played.facts)
        else:
            self.apply(*played.facts)

    def be_silent(self) -> None:
        """Tell nobody of anything."""
        self._is_silent = True

    def speak(self) -> None:
        """Tell everybody of the desk as it is now, and of every change from now on."""
        self._is_silent = False
        self._tell()

    def forget_shown(self) -> None:
        """Leave the messages on screen to be read anew."""
        if self._desk.open is not None:
            self._desk = replace(self._desk, open=Conversation(self._desk.open.openid))

    def _tell(self) -> None:
        if not self._is_silent:
            for callback in tuple(self._subscribers.values()):
                callback(self._desk)
