"""What every screen above the desk has: the line that says what kind of console it is, and how fresh what it knows."""

from kfconsole.model import Feed
from kfconsole.ui import status
from kfconsole.ui.acting import ActingScreen
from kfconsole.ui.widgets.bar import Bar

TICK_SECONDS = 1.0


class AboveScreen(ActingScreen):
    """A screen with the desk's top line: nobody may take a replay, or a console that only watches, for another."""

    def __init__(self) -> None:
        super().__init__()
        self.top = Bar(id="status")

    def on_mount(self) -> None:
        """Let the clocks go on."""
        self.paint_bars()
        self.set_interval(TICK_SECONDS, self.tick)

    def on_resize(self) -> None:
        """Fit the line to the new width."""
        if self.is_mounted:
            self.call_after_refresh(self.paint_bars)

    def tick(self) -> None:
        """Show what time alone has changed."""
        if self.app.screen is self:
            self.paint_bars()

    def paint_bars(self) -> None:
        """Show what the bars say now, unless the program ends."""
        if self.is_painted:
            now, mono, width = self.app.clock.now(), self.app.clock.monotonic(), self.app.size.width
            self.top.show(*status.status_line(self.desk, self.app.station, now, mono, width=width))
            self.paint_frame()

    def paint_frame(self) -> None:
        """Show what ages beside the top line; a screen that has it fills it in."""

    @property
    def is_painted(self) -> bool:
        """Whether there is anything to paint on: while the program ends, widgets lose their styles one by one."""
        return self.is_attached and self.app.is_running and not self.app.is_leaving

    def is_stale(self, *feeds: Feed) -> bool:
        """Whether what one of these feeds told is older than its interval explains."""
        mono = self.app.clock.monotonic()
        return any(status.is_stale(feed, self.desk, mono, self.app.station) for feed in feeds)
