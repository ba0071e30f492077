"""A form of which nothing typed is lost: kept in the archive while it is filled in, and brought back when it opens."""

from typing import TYPE_CHECKING, Generic, TypeVar

from textual.screen import ModalScreen
from textual.timer import Timer

from kfconsole.ui.early import EarlyKeys
from kfconsole.ui.widgets.composer import SAVE_AFTER_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.widget import Widget

    from kfconsole.model import CustomerId
    from kfconsole.ui.app import KfApp

Result = TypeVar("Result")


class KeptForm(EarlyKeys, ModalScreen[Result], Generic[Result]):
    """A form for a customer, of one kind; what stands in its lines is sent or saved nowhere else by itself."""

    app: "KfApp"
    kept_as: "tuple[CustomerId, str]"
    """For whom it is filled in, and its name."""
    _keep_timer: Timer | None = None
    _has_begun: bool = False

    def values(self) -> dict[str, str]:
        """Return what stands in the lines, by their ids."""
        raise NotImplementedError

    def unfilled(self) -> dict[str, str]:
        """Return what stands in the lines before anything is typed: that is not kept."""
        raise NotImplementedError

    def bring_back(self, values: "Mapping[str, str]") -> None:
        """Fill in what was typed before."""
        raise NotImplementedError

    def begin(self, taker: "Widget") -> None:
        """Bring back what was kept, and then let the keys pressed so far begin in a line."""

        async def begin() -> None:
            kept = await self.app.take_form(*self.kept_as)
            if kept is not None:
                self.bring_back(kept)
            self._has_begun = True
            if self.values() != (kept or self.unfilled()):  # something was pasted meanwhile
                self.note_typing()
            self.hand_over(taker)

        self.run_worker(begin(), group="bring-back")

    def note_typing(self) -> None:
        """Keep what stands in the lines once the typing rests."""
        if self._has_begun and self._keep_timer is None:
            self._keep_timer = self.set_timer(SAVE_AFTER_SECONDS, self.flush)

    def flush(self) -> None:
        """Keep now what was not kept yet."""
        if self._keep_timer is not None:
            self._stop_timer()
            values = self.values()
            self.app.keep_form(*self.kept_as, None if values == self.unfilled() else values)

    def throw_away(self) -> None:
        """Keep nothing of it; what was not even shown again yet stays."""
        self._stop_timer()
        if self._has_begun:
            self.app.keep_form(*self.kept_as, None)

    def on_unmount(self) -> None:
        """Keep what was typed right before the console is left."""
        self.flush()

    def _stop_timer(self) -> None:
        if self._keep_timer is not None:
            self._keep_timer.stop()
            self._keep_timer = None
