"""The application: one desk on one screen, from the last known state to a live one."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.worker import WorkerError, WorkerFailed

from kfconsole import text
from kfconsole.errors import ArchiveError, KfError
from kfconsole.i18n import _, ngettext
from kfconsole.model import CustomerId, MessageId
from kfconsole.terminal.tmux import run_program
from kfconsole.ui import arriving, collecting, words
from kfconsole.ui import keymap as keymaps
from kfconsole.ui.acting import ActingScreen
from kfconsole.ui.alerting import Alerting
from kfconsole.ui.commands import Place
from kfconsole.ui.desk_screen import DeskScreen
from kfconsole.ui.early import is_taken
from kfconsole.ui.notes import NotingApp
from kfconsole.ui.status import Station
from kfconsole.ui.widgets.composer import Composer

if TYPE_CHECKING:
    from textual.actions import ActionParseResult

    from kfconsole.config import Settings
    from kfconsole.desk.actions import Actions
    from kfconsole.desk.poller import Poller
    from kfconsole.desk.supervising import Planned
    from kfconsole.model import Desk, Message
    from kfconsole.ui.acts.copying import Copy
    from kfconsole.ui.parts import Parts
    from kfconsole.ui.search import LastSearch
    from kfconsole.ui.tape import Tape
    from kfconsole.wechat import KfClient

T = TypeVar("T")

SETTLED_SECONDS = 3.0  # by then the first answers are on screen
DAY_SECONDS = 86_400.0
REST_SECONDS = 0.5  # a key pressed sooner was meant for what was there before
GOODBYE_SECONDS = 3.0  # how long quitting waits for messages on their way; then they count as unknown


class KfApp(NotingApp):
    """The console. It owns nothing of the desk: store, poller and actions come from outside."""

    CSS_PATH = Path(__file__).with_name("kfconsole.tcss")
    TITLE = "kfconsole"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", show=False, priority=True)]
    HIDDEN: ClassVar[frozenset[Place]] = frozenset({Place.REPLAY})
    """Places this console has not."""

    def __init__(
        self,
        *,
        settings: "Settings",
        parts: "Parts",
        is_demo: bool = False,
        tape: "Tape | None" = None,
    ) -> None:
        super().__init__()
        self.settings, self._parts = settings, parts
        self.archive, self.store, self.clock = parts.archive, parts.store, parts.clock
        self.keymap = keymaps.read(settings.keys, settings.path)
        arriving.mend()
        self.zone = settings.ui.zone
        self.glyphs = words.ASCII_GLYPHS if settings.ui.ascii_borders else words.WIDE_GLYPHS
        self.console_name = _("we")
        self.accepted_problems: dict[CustomerId, tuple[str, str]] = {}
        """For which state of which customer the user said that a reply may go out all the same."""
        self.marks: dict[CustomerId, Planned] = {}
        """The sessions that are marked: a mark goes with its session, and holds for no later one of the customer."""
        self.last_search: LastSearch | None = None
        self.automatic_problem = ""
        """Why customers are not assigned automatically, though the settings say so."""
        self.station = Station(
            glyphs=self.glyphs,
            intervals=settings.poll.seconds,
            is_demo=is_demo,
            read_only=parts.read_only,
            is_automatic=settings.assign.automatic and parts.read_only is None,
            keymap=self.keymap,
            tape=tape,
        )
        self.is_begun = False
        """Whether acts are under way: before, none has left anything behind."""
        self.crash: Exception | None = None
        """What ended the program unexpectedly, for the log; never shown with local variables, which hold secrets."""
        self.last_words: list[str] = []
        """What came of acts that ended after the screen was left; for the shell."""
        self.alerting = Alerting(self, environ=os.environ, run=run_program)
        self._desk_screen = DeskScreen(self.keymap)
        self._was_in_memory = False
        self._drafts: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._copy_hints: set[str] = set()
        """What was said once of how a copied text would come further: who copies all day has read it."""
        self.late_questions = asyncio.Lock()
        """One question that nobody has just asked for at a time."""
        self.leaving = asyncio.Event()
        """The console is being left: what waits for an answer gets none."""
        self.rest_seconds = REST_SECONDS
        """How long keys must rest before such a question takes an answer."""
        self.animation_level = "none"
        if settings.ui.theme != self.theme and settings.ui.theme in self.available_themes:
            self.theme = settings.ui.theme

    @property
    def client(self) -> "KfClient":
        """The way to WeChat."""
        return self._parts.client

    @property
    def poller(self) -> "Poller":
        """Who asks WeChat."""
        return self._parts.poller

    @property
    def actions(self) -> "Actions":
        """Who does what people want."""
        return self._parts.actions

    def get_default_screen(self) -> DeskScreen:
        """Start on the desk."""
        return self._desk_screen

    def paint_bars(self) -> None:
        """Show on every screen what the bars say now."""
        for screen in self.screen_stack:
            if isinstance(screen, ActingScreen):
                screen.paint_bars()

    # -- life ------------------------------------------------------------------------------------------------------

    async def on_load(self) -> None:
        """Read the last known state before the first paint, and leave in order when the terminal goes away."""
        try:
            await self.archive.open_anyhow()
            await self._parts.remember()
        except KfError as error:
            self.crash = error
            self.exit()
            return
        self.store.subscribe(self._tell_when_mended)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            loop.add_signal_handler(number, self.exit, 128 + number)

    def on_ready(self) -> None:
        """Start asking once the desk is on screen; from now on garbage is collected."""
        collecting.begin(self.set_timer)
        self.set_class(self.settings.ui.ascii_borders, "-ascii")
        self.run_worker(self._live(), group="desk", name="desk")
        self.run_worker(self._keep_drafts(), group="desk", name="drafts")
        self.run_worker(self._forget_old(), group="desk", name="forget")

    def _tell_when_mended(self, desk: "Desk") -> None:
        is_in_memory = desk.archive_trouble is not None and desk.archive_trouble.is_in_memory
        if self._was_in_memory and not is_in_memory:
            self.notify(_("The archive can be written again; what happened meanwhile is stored."), markup=False)
        self._was_in_memory = is_in_memory

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.poller.run())
            group.create_task(self.actions.run(is_console=True))
            self.is_begun = True
            if self.station.is_automatic:
                from kfconsole.ui.automatic import assign_automatically

                group.create_task(assign_automatically(self))

    async def _keep_drafts(self) -> None:
        # One after the other, so that an older text never overwrites a newer one.
        while True:
            keep = await self._drafts.get()
            try:
                await keep()
            except KfError as error:
                self.notify(error.message, severity="warning", markup=False)

    async def _forget_old(self) -> None:
        await asyncio.sleep(SETTLED_SECONDS)
        while True:
            with suppress(ArchiveError):  # whatever is wrong with the archive, its next use shows it
                now, kept = self.clock.now(), self.settings.archive
                await self.archive.purge_older_than(now - kept.keep_days * DAY_SECONDS)
                await self.archive.forget_deeds(now - kept.audit_days * DAY_SECONDS)
            await asyncio.sleep(DAY_SECONDS)

    def write_terminal(self, sequence: str) -> None:
        """Write a control sequence of ours, between two paints; texts in it have to be harmless."""
        if self._driver is not None:
            self._driver.write(sequence)

    def keep_draft(self, openid: CustomerId, draft: str) -> None:
        """Keep a draft on disk, soon."""
        self._drafts.put_nowait(partial(self.actions.save_draft, openid, draft))

    def take_draft(self, openid: CustomerId, draft: str) -> None:
        """Go on with a draft that was loaded."""
        self._drafts.put_nowait(partial(self.actions.take_draft, openid, draft))

    def keep_form(self, openid: CustomerId, form: str, values: Mapping[str, str] | None) -> None:
        """Keep what stands in the lines of a form on disk, soon; None: nothing any more."""
        self._drafts.put_nowait(partial(self.actions.save_form, openid, form, values))

    def forget_form(self, openid: CustomerId, form: str, values: Mapping[str, str]) -> None:
        """Forget what was filled in of a form: it has become something."""
        self._drafts.put_nowait(partial(self.actions.forget_form, openid, form, values))

    async def take_form(self, openid: CustomerId, form: str) -> dict[str, str] | None:
        """Return what was filled in of a form before, to go on with it."""
        return await self._in_line(partial(self.actions.take_form, openid, form))

    async def take_back(self, openid: CustomerId, message_ids: Sequence[MessageId], draft: str) -> None:
        """Take messages back that waited to go."""
        await self._in_line(partial(self.actions.take_back, openid, message_ids, draft))

    async def _in_line(self, act: Callable[[], Awaitable[T]]) -> T | None:
        """Do something in line with the drafts before: no older one comes behind it. None: it failed, as is told."""
        is_done, result = asyncio.Event(), list[T]()

        async def do() -> None:
            try:
                result.append(await act())
            finally:
                is_done.set()

        self._drafts.put_nowait(do)
        await is_done.wait()
        return result[0] if result else None

    async def action_quit(self) -> None:
        """Leave; messages on their way get a moment to be answered."""
        self.leaving.set()
        sends = [worker for worker in self.workers if worker.group == "send" and worker.is_running]
        if sends:
            self.notify(_("Waiting for the replies on their way…"), markup=False)
            with suppress(TimeoutError, WorkerError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self.workers.wait_for_complete(sends)
        if self.actions.is_transferring:
            self.notify(_("Waiting for the transfer under way…"), markup=False)
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self.actions.end_transfers()
        self.exit(0)

    @property
    def is_leaving(self) -> bool:
        """Whether nobody sees the screen any more."""
        return self._exit

    async def on_unmount(self) -> None:
        """Keep what was written and seen, and close once nobody asks any more."""
        self.alerting.stop()
        running = [worker for worker in self.workers if worker.group == "desk"]
        for worker in running:
            worker.cancel()
        for worker in running:
            with suppress(WorkerError):
                await worker.wait()
        with suppress(KfError):  # the screen is gone; what could be kept is kept
            while not self._drafts.empty():
                await self._drafts.get_nowait()()
            for openid, draft in self._desk_screen.unsaved():
                await self.archive.save_draft(openid, draft)
            await self.poller.save()
        await self.actions.stop_typing()
        await self.actions.finish()
        await self.client.aclose()
        await self.archive.close()

    def _handle_exception(self, error: Exception) -> None:
        cause = error.error if isinstance(error, WorkerFailed) else error
        if self._exit and isinstance(cause, NoMatches):
            return  # while the program ends, screens come without widgets, or lose them before their worker ends
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # The base class prints a traceback with the local variables of every frame, secrets among them.
        self.crash = self._exception if isinstance(self._exception, Exception) else None
        self.bell()
        self.alerting.stop()
        self._close_messages_no_wait()

    async def on_event(self, event: events.Event) -> None:
        """Clean what is pasted before any input holds it: a stand-in takes a cell, a control character none."""
        if isinstance(event, events.Paste):
            # tmux, and terminals themselves, paste the end of a line as a carriage return.
            event.text = text.clean(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        if isinstance(event, events.InputEvent) and not self.screen_stack:
            return  # a key pressed while the program ends
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """Let no key be a command that was typed right behind the one that opened a dialog, a line or the composer."""
        if is_taken(self.screen, event):
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Lose nothing that is pasted without a word."""
        if not is_taken(self.screen, event):
            said = _("What was pasted is nowhere: no line had the cursor. Paste it again.")
            self.notify(said, severity="warning", timeout=8)

    async def run_action(
        self, action: "str | ActionParseResult", default_namespace: DOMNode | None = None, *arguments: Any
    ) -> bool:
        """Do what a key, the palette or a widget asks for, unless this console may not."""
        if isinstance(action, str) and self._refuses(action, default_namespace):
            return True
        return await super().run_action(action, default_namespace, *arguments)

    def _refuses(self, action: str, node: DOMNode | None) -> bool:
        if isinstance(node, Composer):  # its own `undo` is about its text
            return action in self.keymap.acts(Place.COMPOSER).values() and self._desk_screen.refuses(action)
        return isinstance(node, ActingScreen) and bool(node.check_action(action, ())) and node.refuses(action)

    # -- keys that work everywhere ---------------------------------------------------------------------------------

    def action_refresh(self) -> None:
        """Ask WeChat for everything now, also what had stopped."""
        self.poller.wake()
        self._desk_screen.fill_gap_again()

    def action_help(self) -> None:
        """Show keys and marks."""
        from kfconsole.ui.help import HelpScreen  # not needed for the first paint, like every dialog

        self.push_screen(HelpScreen(self.keymap))

    def action_help_quit(self) -> None:
        """Say how to leave: Ctrl+C is for copying."""
        said = _("{key} leaves kfconsole; in the composer press Esc first, or Ctrl+Q.")
        self.notify(said.format(key=self.keymap.key_of("quit")), markup=False)

    def open_message(self, message: "Message", way_back: Callable[[], None] | None = None) -> None:
        """Open the conversation on the desk at a message, or show the message's day where that is too far back.

        Args:
            message: Which message.
            way_back: Shows again where one came from, once the conversation is left.
        """
        self._desk_screen.open_at(message, way_back)

    def reply_to(self, openid: CustomerId) -> None:
        """Come to the desk, and write to a customer there."""
        self.return_to_desk()
        self._desk_screen.reply_to(openid)

    def return_to_desk(self) -> None:
        """Take away what lies above the desk, but no question: somebody waits for its answer."""
        while isinstance(self.screen, ActingScreen) and self.screen is not self._desk_screen:
            self.screen.let_go()
            self.pop_screen()

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a selected text as `copy` does, wherever it was selected."""
        from kfconsole.ui.acts.copying import Copy

        count = len(text)
        said = ngettext("The selection ({count} character)", "The selection ({count} characters)", count)
        self.copy(Copy(text, said.format(count=count)))

    @work(group="copy", exclusive=True)
    async def copy(self, copy: "Copy") -> None:
        """Copy a text by the first way that works, and say which."""
        from kfconsole.terminal import clipboard
        from kfconsole.ui.acts.copying import copied_words

        self._clipboard = copy.text  # what the composer pastes by itself
        copied = await asyncio.to_thread(
            clipboard.copy,
            copy.text,
            environ=self.alerting.environ,
            platform=sys.platform,
            folder=self.settings.data_dir,
            run=self.alerting.run,
        )
        if copied.sequence:
            self.write_terminal(copied.sequence)
        said, is_bad = copied_words(copy.said, copied, is_hint_known=copied.hint in self._copy_hints)
        self._copy_hints.add(copied.hint)
        self.notify(said, severity="warning" if is_bad else "information", markup=False)

    def action_palette(self) -> None:
        """Find a command by name, and run it where the focus was."""
        from kfconsole.ui.palette import run_picked

        self.ask(run_picked)

    def action_assign_plan(self) -> None:
        """Show what the rules for automatic assignment would do now; nothing is done."""
        from kfconsole.ui.automatic import show_plan

        self.ask(lambda _screen: show_plan(self))

    def action_read_only(self) -> None:
        """Change nothing any more from here, after asking."""
        from kfconsole.ui.read_only import switch

        self.ask(switch)

    def action_theme(self) -> None:
        """Change the colours for this run."""
        from kfconsole.ui.palette import pick_theme

        self.ask(pick_theme)

    def ask(self, question: Callable[[ActingScreen], Coroutine[Any, Any, None]]) -> None:
        """Ask something that is not about what is on the screen at hand; where a dialog is open, that comes first."""
        if isinstance(screen := self.screen, ActingScreen):
            screen.asks(self.run_worker(question(screen), group="ask", exclusive=True))
