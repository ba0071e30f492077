"""A question nobody has just asked for: it comes up while somebody may be typing, and no key answers it by chance."""

from collections.abc import Callable, Sequence

from textual import events
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, TextArea

from kfconsole.ui.dialogs import Answer, Question
from kfconsole.ui.early import Typed, pass_to
from kfconsole.ui.widgets.composer import Composer
from kfconsole.ui.widgets.entry import Entry

_MOVING_KEYS = " hjkl"


class LateQuestion(Question):
    """Takes no answer before the keys have rested; until then they go on to where somebody was writing.

    So do words that answer nothing later: they are of a text, and the keys have to rest once more.
    """

    def __init__(
        self,
        title: str,
        question: str,
        consequence: str,
        answers: Sequence[Answer],
        *,
        writing_in: Widget | None,
        rest_seconds: float,
        before_more: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(title, question, consequence, answers)
        self._writing_in = writing_in if isinstance(writing_in, (TextArea, Input)) else None
        self._rest_seconds = rest_seconds
        self._before_more = before_more
        self._rest: Timer | None = None
        self.is_open = False
        """Whether it can be answered by now."""

    def begin_at(self, _taker: Widget) -> None:
        """Wait for the keys to rest."""
        self._wait()

    def _wait(self) -> None:
        self.is_open = False
        for button in self.query(Button):
            button.disabled = True
        self._rest = self.set_timer(self._rest_seconds, self._open)

    def _open(self) -> None:
        self.is_open = True
        for button in self.query(Button):
            button.disabled = False
        self.query_one("#cancel").focus()

    def on_key(self, event: events.Key) -> None:
        """Let what is typed go on to where somebody writes."""
        if self.is_open:
            if not self._goes_on_writing(event):
                return
            self._wait()
        event.stop()
        event.prevent_default()
        if self._rest is not None:
            self._rest.reset()
        if self._writing_in is not None:
            # By way of it, behind the keys still on their way there: it lets them go on to `take_early`.
            behind = events.Key(event.key, event.character)
            behind._set_forwarded()  # it was on its way there: the app does not send it round once more
            self._writing_in.post_message(behind)

    def _goes_on_writing(self, event: events.Key) -> bool:
        """Whether this is no answer but the next words of somebody who only stopped to think."""
        if self._writing_in is None or not event.is_printable or event.character is None:
            return False
        return event.character.casefold() not in {*_MOVING_KEYS, *(answer.key for answer in self._answers)}

    def take_early(self, event: Typed) -> bool:
        """Write a key where it was meant, which is below; one that would act there does nothing."""
        if self.is_open:
            return False
        if isinstance(event, events.Paste):
            if isinstance(writing := self._writing_in, Composer | Entry):
                self._before_more()
                writing.take_pasted(event.text)
            return isinstance(writing, Composer | Entry)
        match self._writing_in:
            case TextArea() as writing if event.is_printable and event.character:
                self._before_more()
                writing.insert(event.character)
            case Input() as writing if event.is_printable and event.character:
                writing.insert_text_at_cursor(event.character)
            case TextArea() | Input() as writing if event.key == "backspace":
                writing.action_delete_left()
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Let what is pasted go on, too."""
        if self._writing_in is not None:
            if self.is_open:
                self._wait()
            event.stop()
            event.prevent_default()
            pass_to(self._writing_in, event)  # behind the keys still on their way there, as in `on_key`

    def check_action(self, _action: str, _parameters: tuple[object, ...]) -> bool:
        """Let no binding act before it is open."""
        return self.is_open
