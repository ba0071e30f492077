"""Variables of canned replies that nothing is known for: no text leaves with one."""

from kfconsole.i18n import _
from kfconsole.model import CustomerId
from kfconsole.ui.acts.base import DeskActs


class VariableActs(DeskActs):
    """What stops a text that is not finished."""

    def stops_for_variable(self, openid: CustomerId, text: str) -> bool:
        """Whether a variable still stands in a text about to be sent; then it is back in the composer, selected."""
        if "{" not in text:
            return False
        from kfconsole.canned import find_unresolved

        span = find_unresolved(text)
        if span is None:
            return False
        self.composer.give_back(openid, text)
        if self.composer.openid == openid:
            self.select_span(*span)
        said = _("Not sent: {variable} still stands in the text. Write what it shall say, or delete it.")
        self.tell(said.format(variable=text[slice(*span)]), is_bad=True)
        return True

    def select_span(self, start: int, end: int) -> None:
        """Select some characters of the composer, so that the next key writes over them."""
        from textual.widgets.text_area import Selection

        text = self.composer.text
        self.composer.selection = Selection(_location(text, start), _location(text, end))
        self.composer.scroll_cursor_visible()


def _location(text: str, index: int) -> tuple[int, int]:
    """Return row and column of a character."""
    return text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1)
