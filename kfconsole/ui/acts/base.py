"""What the acts of the desk have in common: its parts, and how a conversation comes on screen."""

from typing import TYPE_CHECKING

from kfconsole.model import CustomerId
from kfconsole.ui.acting import ActingScreen

if TYPE_CHECKING:
    from kfconsole.ui.conversation import ConversationView
    from kfconsole.ui.lists import Lists
    from kfconsole.ui.talk import Talk
    from kfconsole.ui.widgets.composer import Composer


class DeskActs(ActingScreen):
    """Acts of the desk; the screen fills in what they need of it."""

    lists: "Lists"
    conversation: "ConversationView"
    talk: "Talk"
    composer: "Composer"

    async def open_conversation(self, openid: CustomerId) -> None:
        """Put a conversation on screen."""
        raise NotImplementedError

    def bring_conversation(self, is_wanted: bool) -> None:
        """Bring the conversation, or else the lists, to the front of a window too narrow for both."""
        raise NotImplementedError

    def may_turn_to(self, openid: CustomerId) -> bool:
        """Whether another conversation may come up by itself: not under the hands of somebody who writes."""
        raise NotImplementedError

    def show_accepted(self, openid: CustomerId) -> None:
        """Select a customer who was just accepted."""
        raise NotImplementedError

    def show_reopened(self, openid: CustomerId) -> None:
        """Select a customer whose session goes on again, unless somebody else is selected: keys are about them."""
        raise NotImplementedError
