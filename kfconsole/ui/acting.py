"""What every screen whose keys act has: the subject of a key, names, and notes about what was done."""

from collections.abc import Callable, Coroutine
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.widget import Widget
from textual.worker import Worker, get_current_worker

from kfconsole.desk import rules
from kfconsole.errors import KfError, Unavailable
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Desk
from kfconsole.ui import keymap as keymaps
from kfconsole.ui import rebinding, words
from kfconsole.ui.commands import CHANGING_ACTIONS, Place
from kfconsole.ui.early import TakesKeys, Typed, pass_to
from kfconsole.ui.keymap import Keymap
from kfconsole.ui.tones import TonedScreen

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp
    from kfconsole.ui.dialogs import Answer


class ActingScreen(TakesKeys, TonedScreen):
    """A screen whose keys act on a subject: the customer in the selected row, or of the open conversation."""

    app: "KfApp"
    BINDINGS: ClassVar[list[BindingType]] = []

    CHOOSE: ClassVar[str] = "open"
    """The command that opens the current row of a list."""

    places: tuple[Place, ...] = ()
    """Whose keys work on this screen."""

    def __init__(self) -> None:
        super().__init__()
        self._stop_following: list[Callable[[], None]] = []
        self._askers: list[Worker[Any]] = []
        self._held: list[Typed] = []

    @property
    def desk(self) -> Desk:
        """The desk as it is now."""
        return self.app.store.desk

    def subject(self) -> CustomerId | None:
        """The customer a key acts on now."""
        raise NotImplementedError

    def paint_bars(self) -> None:
        """Show what the bars say now."""
        raise NotImplementedError

    def bind_commands(self, keymap: Keymap, *places: Place) -> None:
        """Bind the keys of these places on this screen."""
        self.places = places
        rebinding.bind(self, keymap.acts(*places))

    def on_mount(self) -> None:
        """Give the lists and conversations on this screen the keys of this console."""
        if (keymap := self.app.keymap) is not keymaps.DEFAULT:
            rebinding.follow(self, keymap, self.CHOOSE)

    def on_unmount(self) -> None:
        """Follow the desk no longer, whoever took this screen away."""
        self.let_go()

    def follow_desk(self, listener: Callable[[Desk], None]) -> None:
        """Tell a listener of each change of the desk, as long as this screen is there."""
        self._stop_following.append(self.app.store.subscribe(listener))

    def check_action(self, _action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Let no key act while a question is on its way to the screen."""
        return not self.is_asking

    # -- asking ----------------------------------------------------------------------------------------------------

    @property
    def is_asking(self) -> bool:
        """Whether a question is about to be shown: keys typed behind the one that led to it are not commands."""
        self._askers = [worker for worker in self._askers if not worker.is_finished]
        return bool(self._askers)

    def asks(self, worker: Worker[Any]) -> None:
        """Note what leads to a question: until that is answered, or the work has ended, keys are held for it."""
        if not self.is_asking:
            self._held.clear()
        self._askers.append(worker)

    def answered(self) -> None:
        """Note in such work that nothing more is asked: the next key is a command."""
        worker = get_current_worker()
        self._askers = [asker for asker in self._askers if asker is not worker]
        if not self.is_asking:
            self._held.clear()

    def hold_no_longer(self, worker: Worker[Any]) -> None:
        """Let keys be commands again though such work goes on, and say of those held that they did nothing."""
        if worker in self._askers and self.is_asking and not worker.is_finished:
            self._askers.remove(worker)
            if self._held and not self.is_asking:
                self._held.clear()
                self.tell(_("WeChat is slow to answer: what was typed meanwhile did nothing."), is_bad=True)

    def take_early(self, event: Typed) -> bool:
        """Hold a key for the question on its way, and let none change what nobody has seen yet."""
        if self.is_asking:
            self._held.append(event)
            return True
        if isinstance(event, events.Key) and event.time < self.seen_at:
            bound = self._bindings.key_to_bindings.get(event.key, ())
            if any(binding.action in CHANGING_ACTIONS for binding in bound):
                return True
        return super().take_early(event)

    def take_held(self) -> list[Typed]:
        """Hand over the keys that were held for what is on its way now."""
        held, self._held = self._held, []
        return held if self.is_asking else []

    def give_held(self, taker: Widget | None) -> None:
        """Give the keys held for such work to what they were meant for: nothing more has to be asked."""
        held = self.take_held() if get_current_worker() in self._askers else []
        self.answered()
        for event in held:
            if taker is not None:
                pass_to(taker, event)

    async def choose(self, title: str, question: str, consequence: str, *answers: "Answer") -> str | None:
        """Ask one question; return the id of the answer, None for Cancel."""
        from kfconsole.ui.dialogs import Question  # not needed for the first paint, like every dialog

        return await self.app.push_screen_wait(Question(title, question, consequence, answers))

    async def sure(self, title: str, question: str, consequence: str, yes: str) -> bool:
        """Ask whether to do something, which y does; nothing more is asked then."""
        from kfconsole.ui.dialogs import Answer

        answer = await self.choose(title, question, consequence, Answer("yes", yes, "y"))
        self.answered()
        return answer is not None

    # -- life ------------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Return to where this screen was opened."""
        self.let_go()
        self.dismiss(None)

    def let_go(self) -> None:
        """Begin nothing more: an answer, or news from the desk, would find nothing to be shown in."""
        while self._stop_following:
            self._stop_following.pop()()
        self.workers.cancel_node(self)

    def key_of(self, name: str) -> str:
        """Name the key of a command within a sentence."""
        return self.app.keymap.key_of(name)

    # -- telling ---------------------------------------------------------------------------------------------------

    def tell(self, message: str, *, is_bad: bool = False) -> None:
        """Show a short note about something the user just did."""
        self.notify(message, severity="warning" if is_bad else "information", markup=False, timeout=8 if is_bad else 4)

    def tell_error(self, error: KfError) -> None:
        """Show what went wrong and what to do."""
        if isinstance(error, Unavailable) and error.may_have_arrived:
            said = _("Look before you do it again: {key} asks WeChat.")
            error.hint = said.format(key=self.app.keymap.key_of("refresh"))
        self.tell(f"{error.message}\n{error.hint}" if error.hint else error.message, is_bad=True)

    def refuses(self, action: str) -> bool:
        """Whether an action changes something and this console may not; it says so before anything is asked in vain.

        The one gate for everything people do on a screen (`KfApp.run_action`); the wall is in `desk.actions`.
        """
        if action not in CHANGING_ACTIONS:
            return False
        try:
            self.app.actions.check_writable()
        except KfError as error:
            self.tell_error(error)
            return True
        return False

    def customer_name(self, openid: CustomerId) -> str:
        """Name a customer."""
        return words.customer_name(self.desk, openid, self.app.glyphs)

    def customer_apart(self, openid: CustomerId) -> str:
        """Name a customer in a question; with the end of their id where another in the lists is called the same."""
        name, desk = self.customer_name(openid), self.desk
        listed = chain((row.openid for row in desk.queue), desk.session_by_customer)
        if any(other != openid and self.customer_name(other) == name for other in listed):
            return f"{name} {words.name_of(None, openid, self.app.glyphs)}"
        return name

    async def attempt(self, act: Coroutine[Any, Any, Any]) -> bool:
        """Await an act; an expected failure is told and answered with False."""
        try:
            await act
        except KfError as error:
            self.tell_error(error)
            return False
        return True

    def agent_name(self, agent: AgentId) -> str:
        """Name an agent."""
        return rules.agent_name(self.desk, agent)

    def need_subject(self) -> CustomerId | None:
        """The subject, or a note that there is none."""
        openid = self.subject()
        if openid is None:
            self.tell(_("No customer is selected."), is_bad=True)
        return openid
