"""What the top line says of a recording that is made, or played."""

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Protocol

from kfconsole.i18n import _, sentences

if TYPE_CHECKING:
    from kfconsole.desk.recording import Recorder
    from kfconsole.desk.replaying import Player


class Tape(Protocol):
    """A recording, as far as the bars show it."""

    is_played: bool
    """Whether nobody asks WeChat."""

    def mode(self) -> str:
        """Say in few words what goes on; it never leaves the top line."""

    def notices(self) -> list[str]:
        """Say what is wrong, or what somebody should know."""


class RecordingTape:
    """The desk is being recorded, which whoever works at it has to know."""

    is_played = False

    def __init__(self, recorder: "Recorder") -> None:
        self._recorder = recorder

    def mode(self) -> str:
        """Say that it is recorded, or no longer."""
        if self._recorder.trouble is not None:
            return _("recording stopped")
        return _("recording, masked") if self._recorder.is_masked else _("recording")

    def notices(self) -> list[str]:
        """Say why it has stopped."""
        trouble = self._recorder.trouble
        return [] if trouble is None else [sentences(trouble.message, trouble.hint)]


class ReplayTape:
    """A recording is being played; nothing on screen is now."""

    is_played = True

    def __init__(self, player: "Player", zone: tzinfo | None) -> None:
        self._player = player
        self._zone = zone

    def mode(self) -> str:
        """Say which moment is on screen, and how fast it goes on."""
        player = self._player
        moment = clock_time(player.at, self._zone)
        if player.is_jumping:
            return _("replay: jumping…")
        if player.is_at_end:
            return _("replay {time}, the end").format(time=moment)
        if player.is_paused:
            return _("replay {time}, paused").format(time=moment)
        return _("replay {time} ×{speed}").format(time=moment, speed=f"{player.speed:g}")

    def notices(self) -> list[str]:
        """Say what of the file cannot be read."""
        from kfconsole.desk.recording_file import cut_words, damage_words  # most consoles play nothing

        player = self._player
        said = []
        if not player.is_followed:
            said.append(_("What was passed by is still being read for plot and report."))
        if player.damaged:
            said.append(damage_words(player.damaged))
        if player.is_at_end and player.is_cut:
            said.append(cut_words())
        return said


def clock_time(at: float, zone: tzinfo | None) -> str:
    """Write a moment as `10:04:05`."""
    return datetime.fromtimestamp(at, zone).strftime("%H:%M:%S")
