"""Going to the other screens, which lie above the desk and lead back to it. Each is loaded when it is first opened."""

from textual import work

from kfconsole.model import CustomerId
from kfconsole.ui import words
from kfconsole.ui.acts.base import DeskActs


class VisitActs(DeskActs):
    """What opens another screen."""

    def action_history(self) -> None:
        """Show older messages of the subject."""
        from kfconsole.ui.history import HistoryScreen

        if (openid := self.need_subject()) is not None:
            contact = self.desk.contacts.get(openid)
            last = contact.last_message if contact else None
            at = last.at if last else self.app.clock.now()
            self.app.push_screen(HistoryScreen(openid, words.day_of(at, self.app.zone)))

    def action_search(self) -> None:
        """Search the messages of all customers, or then of the subject."""
        from kfconsole.ui.search import SearchScreen

        self.app.push_screen(SearchScreen(self.subject(), is_everybody=True))

    def action_board(self) -> None:
        """Show all customers and agents at once."""
        from kfconsole.ui.board import BoardScreen

        opened = self.desk.open.openid if self.desk.open else None
        if opened is not None:
            self.leave_for_board(opened)

        def come_back(_nothing: None) -> None:
            self.come_back_from_board(opened)

        self.app.push_screen(BoardScreen(), come_back)

    @work(group="open", exclusive=True)
    async def leave_for_board(self, openid: CustomerId) -> None:
        """Take the conversation off the desk: the board is looked at for hours, and nobody reads meanwhile."""
        self.app.actions.left(openid)
        await self.app.actions.leave()

    @work(group="open", exclusive=True)
    async def come_back_from_board(self, openid: CustomerId | None) -> None:
        """Bring back the conversation that was on the desk before."""
        if openid is not None and self.desk.open is None:
            await self.open_conversation(openid)

    def action_accounts(self) -> None:
        """Show the agents' accounts."""
        from kfconsole.ui.accounts import AccountsScreen

        self.app.push_screen(AccountsScreen())

    def action_quota(self) -> None:
        """Show what is left of WeChat's daily limits."""
        from kfconsole.ui.quota import QuotaScreen

        self.app.push_screen(QuotaScreen())

    def action_report(self) -> None:
        """Report how long customers waited and were served."""
        from kfconsole.ui.report import ReportScreen

        self.app.push_screen(ReportScreen())
