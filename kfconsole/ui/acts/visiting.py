"""Going to the other screens, which lie above the desk and lead back to it. Each is loaded when it is first opened."""

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

        self.app.push_screen(BoardScreen())

    def action_accounts(self) -> None:
        """Show the agents' accounts."""
        from kfconsole.ui.accounts import AccountsScreen

        self.app.push_screen(AccountsScreen())
