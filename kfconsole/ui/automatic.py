"""Automatic assignment on screen: a word in the status line, a note of each, and what the rules would do."""

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfconsole.config.assigning import read_rules
from kfconsole.desk import rules
from kfconsole.desk.assign_rules import Verdict
from kfconsole.desk.auto_assign import AutoAssign
from kfconsole.errors import ConfigError, KfError
from kfconsole.i18n import _, listed
from kfconsole.text import clock_span
from kfconsole.ui import words

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp


async def assign_automatically(app: "KfApp") -> None:
    """Assign by the rules until cancelled; rules with a mistake are none, and that is said all the time."""
    try:
        automatic = await _made(app)
    except ConfigError as error:
        app.automatic_problem = error.message
        app.station = replace(app.station, is_automatic=False)
        app.notify(error.message, severity="warning", timeout=10)
        return
    await automatic.run()


async def planned_lines(app: "KfApp") -> list[str]:
    """Return what the rules would do now, a line for everybody who waits; nothing is done.

    Raises:
        ConfigError: There are no rules, or something is wrong with them.
    """
    found = (await _made(app)).plan()
    return [_line(app, verdict) for verdict in found] or [rules.nobody_waits(app.store.desk).message]


async def show_plan(app: "KfApp") -> None:
    """Show what the rules would do now, or why there is nothing to show."""
    from kfconsole.ui.plan_dialog import Page

    try:
        lines = await planned_lines(app)
    except KfError as error:
        app.notify("\n".join(filter(None, (error.message, error.hint))), severity="warning", timeout=8)
        return
    await app.push_screen_wait(Page(_("What the rules would do now (nothing is done)"), lines))


async def _made(app: "KfApp") -> AutoAssign:
    found = await asyncio.to_thread(read_rules, app.settings.assign_path)

    def tell(verdict: Verdict) -> None:
        app.notify(_line(app, verdict))

    return AutoAssign(found, app.actions, app.store, app.clock, zone=app.zone, tell=tell)


def _line(app: "KfApp", verdict: Verdict) -> str:
    desk = app.store.desk
    bound = "" if verdict.is_exact else app.glyphs.at_least
    names = {
        "customer": words.customer_name(desk, verdict.openid, app.glyphs),
        "span": bound + clock_span(verdict.wait_seconds),
    }
    if verdict.agent is not None:
        said = _("{customer} ({span}) to {agent}, by the rule {rule}.")
        return said.format(agent=rules.agent_name(desk, verdict.agent), rule=verdict.rule, **names)
    why = listed(_("{rule}: {why}").format(rule=rule, why=why) if rule else why for rule, why in verdict.why_not)
    return _("{customer} ({span}) to nobody: {why}").format(why=why, **names)
