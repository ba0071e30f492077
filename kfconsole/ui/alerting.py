"""Signs to who looks elsewhere: the bell, the number in the window's title, and a pop-up on the desktop."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kfconsole.desk import alerts, ranking
from kfconsole.desk.alerts import Alert, Cause, Memory
from kfconsole.i18n import _, ngettext
from kfconsole.model import CustomerId, Desk, Session
from kfconsole.terminal import popups
from kfconsole.terminal.tmux import Run
from kfconsole.ui import words
from kfconsole.ui.words import Glyphs

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp

NAME = "kfconsole"


class Alerting:
    """Looks at the desk once a second, and gives a sign where one is due.

    Args:
        app: Whose terminal it is.
        environ: The variables of this process, by which terminals are known.
        run: Asks tmux, and shows pop-ups of this host.
    """

    def __init__(self, app: "KfApp", *, environ: Mapping[str, str], run: Run) -> None:
        self.environ, self.run = environ, run
        self.unanswered_since: Mapping[CustomerId, float] = {}
        """Since when the customers of this console's agent have had no answer."""
        self._app = app
        self._settings = app.settings.alerts
        self._quiet = self._settings.quiet
        self._memory = Memory()
        self._title = ""
        self._mine: tuple[Session, ...] = ()
        self._looked_at: Desk | None = None

    def tick(self, desk: Desk) -> None:
        """Ring if it is time to, and keep the number in the title right."""
        self._look_at(desk)
        now = self._app.clock.now()
        late_after = self._app.settings.limits_at(now).late_after
        self._entitle(alerts.asking_count(desk, self._mine, now, late_after=late_after))
        found = alerts.overdue(desk, now, late_after=late_after, unanswered_since=self.unanswered_since)
        is_quiet = self._quiet is not None and self._quiet.holds(now, self._app.zone)
        self._memory, alert = alerts.after(
            self._memory, found, now, repeat_after=self._settings.repeat_after, is_quiet=is_quiet
        )
        if alert is None:
            return
        if self._settings.bell:
            self._app.bell()
        if self._settings.popups != popups.OFF:
            said = alert_words(desk, alert, now, self._app.glyphs, shows_name=self._settings.show_names)
            self._app.run_worker(self._pop_up(said), group="notify", exit_on_error=False)

    def stop(self) -> None:
        """Give the terminal its own title back."""
        if self._title:
            self._title = ""
            self._app.write_terminal(popups.restore_title())

    def _look_at(self, desk: Desk) -> None:
        # There may be 20,000 sessions, and nothing new about any of them.
        before, self._looked_at = self._looked_at, desk
        if before is None or desk.sessions is not before.sessions:
            self._mine = ranking.mine(desk)
        if before is None or desk.sessions is not before.sessions or desk.contacts is not before.contacts:
            self.unanswered_since = ranking.unanswered(desk, self._mine, self.unanswered_since)

    def _entitle(self, count: int) -> None:
        said = f"({count}) {NAME}" if count else NAME
        if said == self._title or not popups.has_title(self.environ):
            return
        kept = "" if self._title else popups.keep_title()
        self._title = said
        self._app.write_terminal(kept + popups.title(said))

    async def _pop_up(self, said: str) -> None:
        # Found anew each time: meanwhile another terminal may be attached to tmux.
        route = await asyncio.to_thread(popups.route, self._settings.popups, self.environ, self.run)
        if route.way is popups.Way.NOTIFY_SEND:
            await asyncio.to_thread(self.run, popups.command(NAME, said))
        elif route.way is not None:
            self._app.write_terminal(popups.sequence(route, NAME, said))


def alert_words(desk: Desk, alert: Alert, now: float, glyphs: Glyphs, *, shows_name: bool) -> str:
    """Say for whom it takes too long; nothing of what was written, as others may see the screen."""
    worst = alert.worst
    name = words.customer_name(desk, worst.openid, glyphs) if shows_name else _("A customer")
    age = ("" if worst.is_exact else glyphs.at_least) + words.age(now - worst.since_at)
    said = _("{customer} has waited for {age}") if worst.cause is Cause.WAITS else _("{customer}: no answer for {age}")
    said = said.format(customer=name, age=age)
    if alert.count == 1:
        return said
    others = alert.count - 1
    more = ngettext("{said}, and {count} more needs an answer", "{said}, and {count} more need an answer", others)
    return more.format(said=said, count=others)
