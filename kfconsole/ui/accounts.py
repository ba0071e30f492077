"""The agents' accounts: who is bound, invited or neither; adding, renaming, inviting, pictures, removing."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from kfconsole.desk import agent_checks
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import Agent, AgentId, CustomerId, Desk, Feed
from kfconsole.ui import account_rows, status
from kfconsole.ui.above import AboveScreen
from kfconsole.ui.account_rows import AccountLook
from kfconsole.ui.commands import Place
from kfconsole.ui.plain import plain
from kfconsole.ui.rows import AgentRow
from kfconsole.ui.tones import tones_of
from kfconsole.ui.widgets.bar import Bar, Hints
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.prose import Prose

if TYPE_CHECKING:
    from kfconsole.ui.account_forms import AccountForm
    from kfconsole.ui.app import KfApp
    from kfconsole.ui.widgets.strips import Part

HINTS = (
    "account_add",
    "account_rename",
    "account_invite",
    "account_picture",
    "account_remove",
    "refresh",
    "accounts_back",
)


class Accounts(LineList[AgentRow]):
    """All agents, by their accounts."""

    app: "KfApp"

    def __init__(self, *, id: str) -> None:  # Textual's name for it
        super().__init__(self._draw_row, id=id)

    def look(self) -> AccountLook:
        """What is drawn with at this moment."""
        return AccountLook(self.app.clock.now(), tones_of(self), self.app.zone)

    def _draw_row(self, row: AgentRow, width: int, is_current: bool) -> "Sequence[Part]":
        return account_rows.draw(row, width, is_current, self.look())


class AccountsScreen(AboveScreen):
    """All agents, what is known of the one at hand, and what can be done about it."""

    CHOOSE = "account_rename"

    def __init__(self) -> None:
        super().__init__()
        self.bind_commands(self.app.keymap, Place.ACCOUNTS)
        self.accounts = Accounts(id="accounts-list")
        self._heads, self._hints = Bar(id="accounts-heads"), Hints(id="hints")
        self._frame = Vertical(id="accounts")
        self._details, self._note = Prose(id="accounts-details"), Prose(id="accounts-note")
        self._awaited: AgentId | None = None
        """Who was just added, and is to be selected once WeChat's list has them."""

    def compose(self) -> ComposeResult:
        """Lay out the bars, the list, what is said of the row at hand, and the keys."""
        yield self.top
        with self._frame:
            yield self._heads
            yield self.accounts
            yield self._details
            yield self._note
        yield self._hints

    def on_mount(self) -> None:
        """Show what is known, and follow it."""
        self.accounts.focus()
        self._hints.show_keys(self.app.keymap.hints(HINTS))
        self._follow(self.desk)
        self.follow_desk(self._follow)

    def subject(self) -> CustomerId | None:
        """No customer."""
        return None

    # -- painting --------------------------------------------------------------------------------------------------

    def _follow(self, desk: Desk) -> None:
        rows = account_rows.account_rows(desk)
        if tuple(rows) != self.accounts.rows:
            self.accounts.show(rows)
            if self._awaited is not None and self.accounts.select(self._awaited):
                self._awaited = None
        self.paint_bars()

    def tick(self) -> None:
        """Let invitations run out before one's eyes."""
        super().tick()
        self.accounts.refresh_visible()

    def paint_frame(self) -> None:
        """Say how many there are, what is stale, why, and what is known of the agent at hand."""
        desk, now, mono = self.desk, self.app.clock.now(), self.app.clock.monotonic()
        is_read = desk.is_known(Feed.AGENTS)
        summary = account_rows.summary(self.accounts.rows, now) if is_read or self.accounts.rows else []
        if self.accounts.empty != (nothing := _("There are no agents yet.") if is_read else _("Not read yet.")):
            self.accounts.empty = nothing
        said = [_("Agents' accounts"), *summary]
        is_stale = self.is_stale(Feed.AGENTS)
        self._frame.border_title = plain("   ".join([*said, *([_("stale")] if is_stale else [])]))
        self.accounts.set_class(is_stale, "-stale")
        self._heads.show(account_rows.heads(self.accounts.size.width))
        self._say(self._note, "\n".join(status.notices(desk, self.app.station, now, mono)))
        self._paint_details()

    @on(LineList.Moved)
    @on(LineList.CurrentGone)
    def _paint_details(self) -> None:
        row = self.accounts.current
        key = self.key_of("account_invite")
        said = "" if row is None else account_rows.details(row, self.accounts.look(), invite_key=key)
        self._say(self._details, said)

    def _say(self, widget: Static, said: str) -> None:
        if str(widget.content) != said:
            widget.update(plain(said))
        widget.display = bool(said)

    # -- what can be done ------------------------------------------------------------------------------------------

    def _at_hand(self) -> Agent | None:
        """The agent of the current row, or a note that there is none."""
        row = self.accounts.current
        if row is None:
            self.tell(_("No agent is selected."), is_bad=True)
        return None if row is None else row.agent

    def action_account_add(self) -> None:
        """Add an agent."""
        from kfconsole.ui import account_forms

        if self._is_possible(lambda: agent_checks.check_room(self.desk.agents)):
            self._fill_in(account_forms.adding(self.app), self._tell_added)

    def action_account_rename(self) -> None:
        """Give the agent another nickname."""
        from kfconsole.ui import account_forms

        if (agent := self._at_hand()) is not None:
            self._fill_in(account_forms.renaming(self.app, agent), lambda _agent: self.tell(_("Renamed.")))

    @on(LineList.Chosen)
    async def rename_chosen(self) -> None:
        """Do what e does: of all there is it can least go wrong."""
        await self.run_action("account_rename")

    def action_account_invite(self) -> None:
        """Invite somebody to take over the agent."""
        from kfconsole.ui import account_forms

        if (agent := self._at_hand()) is None:
            return
        if self._is_possible(lambda: agent_checks.check_invitable(agent, self.app.clock.now())):
            said = _("Invited; they have to answer in WeChat.")
            self._fill_in(account_forms.inviting(self.app, agent), lambda _agent: self.tell(said))

    def action_account_picture(self) -> None:
        """Give the agent another picture."""
        from kfconsole.ui import account_forms

        if (agent := self._at_hand()) is not None:
            said = _("The head image is set; customers may see the old one for a while.")
            self._fill_in(account_forms.picturing(self.app, agent), lambda _agent: self.tell(said))

    def action_account_remove(self) -> None:
        """Remove the agent, after asking."""
        if (agent := self._at_hand()) is not None:
            self.asks(self.ask_to_remove(agent))

    def action_accounts_back(self) -> None:
        """Return to the desk."""
        if not any(worker.group == "remove" and worker.is_running for worker in self.workers):
            self.leave()

    def _is_possible(self, check: Callable[[], object]) -> bool:
        try:
            check()
        except KfError as error:
            self.tell_error(error)
            return False
        return True

    def _tell_added(self, account: AgentId) -> None:
        if not self.accounts.select(account):
            self._awaited = account
        key = self.key_of("account_invite")
        said = _("Added {agent}; {key} invites somebody to take it over.")
        self.tell(said.format(agent=account, key=key))

    def _fill_in(self, form: "AccountForm", done: Callable[[AgentId], None]) -> None:
        def take(account: AgentId | None) -> None:
            if account is not None:
                done(account)

        self.app.push_screen(form, take)

    # -- removing --------------------------------------------------------------------------------------------------

    @work(group="remove", exclusive=True)
    async def ask_to_remove(self, agent: Agent) -> None:
        """Ask about whom the agent serves at this moment, and once more when that has grown by the answer."""
        asked: frozenset[CustomerId] | None = None
        while True:
            self.tell(_("Asking WeChat whom {agent} serves…").format(agent=agent.name))
            served, problem = await self._served_by(agent.id)
            if asked is not None and set(served or ()) <= asked:
                break
            asked = frozenset(served or ())
            if not await self._is_sure(agent, served, problem):
                return
        self.answered()
        if await self.attempt(self.app.actions.remove_agent(agent.id)):
            self.tell(_("Removed {agent}.").format(agent=agent.apart))

    async def _served_by(self, agent: AgentId) -> tuple[tuple[CustomerId, ...] | None, str]:
        try:
            served = await self.app.actions.served_by(agent)
        except KfError as error:
            return None, error.message
        with suppress(KfError):  # whatever is wrong with the archive, they are named by the end of their ids
            await self.app.actions.know(served)
        return served, ""

    async def _is_sure(self, agent: Agent, served: Sequence[CustomerId] | None, problem: str) -> bool:
        from kfconsole.ui.dialogs import Answer

        names = None if served is None else [self.customer_name(openid) for openid in served]
        said = agent_checks.removal_words(agent, names, problem=problem, is_me=agent.id == self.desk.me)
        title, question = _("Remove an agent"), _("Remove {agent}?").format(agent=agent.apart)
        # Not by `sure`: it may have to be asked once more.
        return await self.choose(title, question, "\n".join(said), Answer("remove", _("Remove"), "y")) is not None
