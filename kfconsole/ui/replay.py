"""The console on a recording: the same screens, keys to pause, hurry and jump, and nothing that can be done."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from msgspec.structs import replace

from kfconsole.desk.recorded_time import typed_moment
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.ui import rebinding
from kfconsole.ui.acting import ActingScreen
from kfconsole.ui.app import KfApp
from kfconsole.ui.commands import CHANGING, Place
from kfconsole.ui.parts import Given
from kfconsole.ui.tape import ReplayTape, clock_time

if TYPE_CHECKING:
    from kfconsole.config import Settings
    from kfconsole.desk.poller import Poller
    from kfconsole.desk.replaying import Player

_LEADING = ("replay_pause", "replay_slower", "replay_faster", "replay_jump", "help")
_REFUSED = CHANGING | {"reply", "assign_plan", "mark", "unmark", "refresh", "canned", "quota", "read_only"}
"""What is left to be done of a desk that is over: to look at it."""


class ReplayApp(KfApp):
    """Shows what somebody saw. There is no way to WeChat in it, and its archive ends with it."""

    HIDDEN: ClassVar[frozenset[Place]] = frozenset()

    def __init__(self, player: "Player", *, settings: "Settings", **parts: Any) -> None:
        """Put the console together.

        Args:
            player: Plays the recording; it stands where the poller is.
            settings: How it looks, and its keys.
            parts: The others, as of any console.
        """
        given = Given(poller=cast("Poller", player), **parts)
        super().__init__(settings=settings, parts=given, tape=ReplayTape(player, settings.ui.zone))
        self._player = player
        self.keymap = replace(self.keymap, leading=_LEADING, refused=_REFUSED)
        rebinding.bind(self, self.keymap.acts(Place.REPLAY))

    def action_replay_pause(self) -> None:
        """Stand still, or go on."""
        self._player.pause()
        self.paint_bars()

    def action_replay_faster(self) -> None:
        """Play twice as fast."""
        self._player.faster()
        self.paint_bars()

    def action_replay_slower(self) -> None:
        """Play half as fast."""
        self._player.slower()
        self.paint_bars()

    def action_replay_jump(self) -> None:
        """Ask for a time and go there."""
        self.ask(self._jump)

    async def _jump(self, screen: ActingScreen) -> None:
        from kfconsole.ui.dialogs import Prompt

        player = self._player
        title = _("Jump to a time from {start} to {end}").format(
            start=clock_time(player.began_at, self.zone), end=clock_time(player.ends_at, self.zone)
        )
        typed = await self.push_screen_wait(Prompt(title, _("10:04, +5m, -30s"), self._echo))
        screen.answered()
        if typed is None:
            return
        try:
            await player.jump(self._read(typed))
            opened = self.store.desk.open
            if opened is not None:
                await self.actions.open(opened.openid)
        except KfError as error:
            self.notify(error.message, severity="warning", markup=False)
        self.paint_bars()

    def _read(self, typed: str) -> float:
        return typed_moment(typed, self._player, datetime.fromtimestamp(self.clock.now(), self.zone))

    def _echo(self, typed: str) -> str:
        return datetime.fromtimestamp(self._read(typed), self.zone).strftime("%Y-%m-%d %H:%M:%S")
