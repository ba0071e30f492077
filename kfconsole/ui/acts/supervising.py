"""What whoever watches the floor does: assigning the longest waiting, taking over, handing back, closing several."""

from kfconsole.model import CustomerId
from kfconsole.ui.acts.sessions import SessionActs


class SupervisingActs(SessionActs):
    """What changes who serves whom for others, and for several at once."""

    def marked(self) -> tuple[CustomerId, ...]:
        """Return the customers whose rows are marked, in the order of the rows."""
        return ()
