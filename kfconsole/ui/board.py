"""The board: the whole floor at once, sorted by who needs attention, with the conversation one looks at."""

import asyncio
from collections.abc import Sequence
from operator import is_

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from kfconsole.desk import floor
from kfconsole.desk.floor import Hand, Order, Standing
from kfconsole.desk.parts import in_parts, let_keys_pass
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Desk, Feed
from kfconsole.ui import board_rows, status
from kfconsole.ui.acts.copying import Copy, CopyActs, id_copy, message_at_hand, message_copy
from kfconsole.ui.acts.people import PeopleActs
from kfconsole.ui.acts.supervising import SupervisingActs
from kfconsole.ui.acts.visiting import VisitActs
from kfconsole.ui.board_panes import BoardList, QueuePlot, WatchPane
from kfconsole.ui.board_rows import BoardLook
from kfconsole.ui.commands import Place
from kfconsole.ui.conversation import show_text
from kfconsole.ui.plain import plain
from kfconsole.ui.talk import Talk
from kfconsole.ui.tones import tones_of
from kfconsole.ui.widgets.bar import Bar, Hints
from kfconsole.ui.widgets.entry import Entry
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.prose import Prose
from kfconsole.ui.widgets.strips import Part

TICK_SECONDS = 1.0
REST_SHARE = 10  # so many times as long as it took, nothing is sorted anew
LONGEST_REST_SECONDS = 2.0
COLUMNS_CHOICE, ORDER_CHOICE = "board.columns", "board.order"


class BoardScreen(CopyActs, PeopleActs, SupervisingActs, VisitActs):
    """Every customer and every agent; looking on leaves no trace."""

    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (40, "-narrow"), (100, "-wide")]  # noqa: RUF012  # Textual types it so
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-tall")]  # noqa: RUF012  # likewise

    def __init__(self) -> None:
        super().__init__()
        self.bind_commands(self.app.keymap, Place.BOARD)
        self.customers: BoardList[Standing] = BoardList(
            self._draw_customer, board_rows.sought_standing, empty=_("No customers."), id="customers"
        )
        self.hands: BoardList[Hand] = BoardList(
            self._draw_hand, board_rows.sought_hand, empty=_("No agents."), id="hands"
        )
        self.watch_pane = WatchPane(id="watch")
        self.talk = self.watch_pane.talk
        self.floor = floor.EMPTY
        self.columns: tuple[str, ...] = board_rows.DEFAULT_COLUMNS
        self.order, self.is_reversed = Order.NEED, False
        self._rows: Sequence[Standing] | None = None
        self._told = False, ""
        """Whether WeChat had told of everybody then, and what stood before the count."""
        self._hands: tuple[Sequence[Hand], bool] | None = None
        self._reopened: CustomerId | None = None
        self._stir = asyncio.Event()
        self._status, self._hints = Bar(id="status"), Hints(id="hints")
        self._notice, self._plot = Prose(id="notice"), QueuePlot(id="plot")
        self._heads = Bar(id="customers-head"), Bar(id="hands-head")
        self._filter = Entry(placeholder=_("Filter: name, pinyin, tag, agent or text"), id="filter", compact=True)
        self._filtered: BoardList[Standing] | BoardList[Hand] = self.customers

    def compose(self) -> ComposeResult:
        """Lay out bars, plot, customers, the conversation looked at, and agents."""
        yield self._status
        yield self._notice
        yield self._plot
        with Horizontal(id="board"):
            with Vertical(id="floor"):
                with Vertical(id="customers-side"):
                    yield self._heads[0]
                    yield self.customers
                yield self._filter
                yield self.watch_pane
            with Vertical(id="hands-side"):
                yield self._heads[1]
                yield self.hands
        yield Static(plain(_("The window is too small: 40×12 at least.")), id="too-small")
        yield self._hints

    def on_mount(self) -> None:
        """Find out how it stands, and follow it."""
        self.customers.focus()
        self.follow_desk(self._note_change)
        self.set_interval(TICK_SECONDS, self.tick)
        self._stir.set()
        self.follow()
        self.load_choices()
        self.paint_bars()

    # -- following -------------------------------------------------------------------------------------------------

    def _note_change(self, desk: Desk) -> None:
        self._stir.set()
        self.watch_pane.follow(desk)

    @work(group="desk")
    async def follow(self) -> None:
        """Show how it stands, again and again; with many customers a little later, so that keys come first."""
        clock = self.app.clock
        while True:
            await self._stir.wait()
            self._stir.clear()
            began_mono, now = clock.monotonic(), clock.now()
            limits = self.app.settings.limits_at(now)
            steps = floor.assess(self.desk, self.floor, now, warn_after=limits.warn_after, late_after=limits.late_after)
            self.floor = await in_parts(steps)
            await let_keys_pass()
            rows = floor.ordered(self.floor.standings, self.order, is_reversed=self.is_reversed)
            await let_keys_pass()
            if self.is_attached and self.app.is_running:
                self._show_customers(rows)
                await let_keys_pass()
            if self.is_attached and self.app.is_running:
                self._show_hands()
            await asyncio.sleep(min(LONGEST_REST_SECONDS, REST_SHARE * (clock.monotonic() - began_mono)))

    def _show_customers(self, rows: Sequence[Standing]) -> None:
        desk, mono = self.desk, self.app.clock.monotonic()
        is_read = desk.is_known(Feed.QUEUE, Feed.SESSIONS)
        bound = "" if is_read and len(desk.queue) >= desk.queue_total else self.app.glyphs.at_least
        is_same = self._rows is not None and len(rows) == len(self._rows) and all(map(is_, rows, self._rows))
        if not is_same or (is_read, bound) != self._told:
            self._rows, self._told = rows, (is_read, bound)
            count, title = f"{bound}{len(rows)}", self.app.keymap.prefix("board_customers") + _("Customers")
            if urgent := self.floor.urgent_count:
                count = _("{count}, {urgent} urgent").format(count=count, urgent=f"{bound}{urgent}")
            if by := board_rows.order_said(self.order, is_reversed=self.is_reversed):
                count += "   " + by
            self.customers.show_rows(rows, title, count, is_read=is_read)
        if self._reopened is not None and (self.customers.current_id or self.customers.select(self._reopened)):
            self._reopened = None
        is_stale = any(status.is_stale(feed, desk, mono, self.app.station) for feed in (Feed.QUEUE, Feed.SESSIONS))
        self.customers.set_class(is_stale, "-stale")

    def _show_hands(self) -> None:
        hands, is_read = self.floor.hands, self.desk.is_known(Feed.AGENTS)
        if (hands, is_read) != self._hands:
            self._hands = hands, is_read
            online = sum(hand.agent.is_online for hand in hands)
            title = self.app.keymap.prefix("board_agents") + _("Agents")
            self.hands.show_rows(hands, title, f"{online}/{len(hands)}", is_read=is_read)
        is_stale = status.is_stale(Feed.AGENTS, self.desk, self.app.clock.monotonic(), self.app.station)
        self.hands.set_class(is_stale, "-stale")
        self.paint_bars()

    def tick(self) -> None:
        """Let the clocks of the visible rows go on, and sort anew what time alone has changed."""
        if self.app.clock.now() >= self.floor.next_change_at:
            self._stir.set()
        if self.app.screen is self:
            self.customers.refresh_visible()
            self.hands.refresh_visible()
            self.paint_bars()
            self._plot.tick()

    def paint_bars(self) -> None:
        """Show what the bars say now, unless the program ends."""
        if not self.is_attached or not self.app.is_running or self.app.is_leaving:
            return
        desk, now, mono, width = self.desk, self.app.clock.now(), self.app.clock.monotonic(), self.app.size.width
        self._status.show(*status.status_line(desk, self.app.station, now, mono, width=width))
        show_text(
            self._notice,
            "\n".join([*self.session_notices(), *status.notices(desk, self.app.station, now, mono)]),
        )
        self._heads[0].show(board_rows.head(self.columns, self.customers.view_size.width))
        self._heads[1].show(board_rows.hands_head(self.hands.view_size.width))
        self._plot.paint(desk)
        self.watch_pane.paint(desk)

    def on_resize(self) -> None:
        """Fit everything to the new width."""
        if self.is_mounted:
            self.call_after_refresh(self.paint_bars)
            self.call_after_refresh(self._focus_what_is_seen)

    def check_action(self, _action: str, _parameters: tuple[object, ...]) -> bool:
        """Let no key act while a question is on its way to the screen, or in a window too small to see on what."""
        return not (self.is_asking or self.has_class("-tiny") or self.has_class("-flat"))

    def _look(self, tones_from: BoardList[Standing] | BoardList[Hand]) -> BoardLook:
        clock = self.app.clock
        return BoardLook(
            self.desk,
            clock.now(),
            clock.monotonic(),
            tones_of(tones_from),
            self.app.glyphs,
            self.columns,
            self.marks,
        )

    def _draw_customer(self, row: Standing, width: int, is_current: bool) -> Sequence[Part]:
        return board_rows.draw_standing(row, width, is_current, self._look(self.customers))

    def _draw_hand(self, row: Hand, width: int, is_current: bool) -> Sequence[Part]:
        return board_rows.draw_hand(row, width, is_current, self._look(self.hands))

    # -- the subject -----------------------------------------------------------------------------------------------

    def subject(self) -> CustomerId | None:
        """The customer looked at where the conversation is in focus, else that of the selected row."""
        if self.focused is self.talk:
            return self.watch_pane.openid
        if self.focused is self.customers and self.customers.current_id is not None:
            return CustomerId(self.customers.current_id)
        return None

    def copied(self) -> Copy | None:
        """The message at hand, or else the id of the selected row."""
        if self.focused is self.talk:
            message = message_at_hand(self.talk)
            return None if message is None else message_copy(message)
        row_id = self.hands.current_id if self.focused is self.hands else self.customers.current_id
        return None if row_id is None else id_copy(row_id)

    def may_turn_to(self, _openid: CustomerId) -> bool:
        """Nobody writes here."""
        return True

    def show_marks(self) -> None:
        """Show which rows are marked."""
        self.customers.refresh_visible()

    def show_accepted(self, openid: CustomerId) -> None:
        """Keep the customer selected, wherever their row goes."""
        self.customers.select(openid)
        self._stir.set()

    def show_reopened(self, openid: CustomerId) -> None:
        """Select the customer once their row is back, if nobody is selected then."""
        self._reopened = openid

    async def open_conversation(self, openid: CustomerId) -> None:
        """Look on at a conversation: who is accepted here is answered on the desk."""
        self.look_on(openid)

    def bring_conversation(self, is_wanted: bool) -> None:
        """Show or hide the conversation looked at."""
        self.set_class(is_wanted, "-watching")
        self._focus_what_is_seen()

    def _focus_what_is_seen(self) -> None:
        # In a narrow window the conversation lies over both lists: a key is about what one sees.
        is_covered = self.has_class("-narrow") and self.has_class("-watching")
        if is_covered and self.focused in (None, self.customers, self.hands):
            self.set_focus(self.talk)

    def action_reply(self) -> None:
        """Go to the desk, and write to the customer there."""
        if (openid := self.need_subject()) is not None:
            self.app.reply_to(openid)

    # -- looking on ------------------------------------------------------------------------------------------------

    @on(LineList.Chosen, "#customers")
    def watch_chosen(self, event: LineList.Chosen) -> None:
        """Look on at the conversation of the chosen customer."""
        if event.row_id is None:
            self.tell(_("This customer has just left the list."), is_bad=True)
        else:
            self.look_on(CustomerId(event.row_id))
            self.set_focus(self.talk)

    @on(LineList.Chosen, "#hands")
    def show_customers_of(self, event: LineList.Chosen) -> None:
        """Show the customers of the chosen agent alone."""
        hand = next((hand for hand in self.floor.hands if hand.id == event.row_id), None)
        if hand is not None:
            self._filtered = self.customers
            self.customers.narrow(hand.agent.name)
            self.customers.take_first()
            self.set_focus(self.customers)

    def look_on(self, openid: CustomerId) -> None:
        """Look on at a conversation."""
        self.watch_pane.look_on(openid)
        self.bring_conversation(True)

    @on(Talk.Left)
    def look_away(self) -> None:
        """Look on no longer."""
        self.watch_pane.look_away()
        self.bring_conversation(False)
        self.set_focus(self.customers)

    # -- moving about ----------------------------------------------------------------------------------------------

    def on_descendant_focus(self) -> None:
        """Hint at the keys that matter where the focus is."""
        shown: dict[str | None, tuple[str, ...]] = {
            "customers": (
                "open",
                "filter",
                "board_order",
                "board_columns",
                "help",
                "board_back",
                "assign_longest",
                "mark",
                "assign",
                "transfer",
                "take_over",
                "close_session",
                "hand_back",
                "reply",
            ),
            "hands": ("open", "filter", "help", "board_back", "assign_longest"),
            "watched": (
                "reply",
                "history",
                "help",
                "board_back",
                "assign",
                "transfer",
                "take_over",
                "close_session",
                "hand_back",
            ),
        }
        self._hints.show_keys(self.app.keymap.hints(shown.get(self.focused.id, ()) if self.focused else ()))

    def action_board_customers(self) -> None:
        """Go to the customers."""
        if self.has_class("-narrow"):
            self.look_away()
        self.set_focus(self.customers)

    def action_board_agents(self) -> None:
        """Go to the agents."""
        if self.has_class("-narrow"):
            self.look_away()
        self.set_focus(self.hands)

    def action_board_back(self) -> None:
        """Leave the filter, then the conversation looked at, then the board."""
        if self._filter.display or self._filtered.filter:
            self._filter.value = ""
            self._filtered.forget_filter()
            self._leave_filter_line()
        elif self.watch_pane.openid is not None:
            self.look_away()
        else:
            self.leave()

    def action_filter(self) -> None:
        """Ask for words to filter the list in focus by."""
        self._filtered = self.hands if self.focused is self.hands else self.customers
        if self.has_class("-narrow") and self.watch_pane.openid is not None:
            self.look_away()
        self._filter.value = self._filtered.filter
        self._filter.display = True
        self.set_focus(self._filter)  # at once: what is typed behind the key is no command
        self._filtered.prepare()

    @on(Input.Changed, "#filter")
    def narrow(self, event: Input.Changed) -> None:
        """Narrow the list while typing."""
        event.stop()
        self._filtered.narrow(event.value)

    @on(Input.Submitted, "#filter")
    def end_filter(self) -> None:
        """Go back to the list, to the first row found; the filter stays."""
        self._filtered.take_first()
        self._leave_filter_line()

    def _leave_filter_line(self) -> None:
        self._filter.display = False
        self.set_focus(self._filtered)

    # -- what people choose ----------------------------------------------------------------------------------------

    @work(group="choices")
    async def load_choices(self) -> None:
        """Take the columns and the order that were chosen before."""
        try:
            columns = await self.app.archive.choice(COLUMNS_CHOICE)
            order = await self.app.archive.choice(ORDER_CHOICE)
        except KfError:
            return
        self.columns = board_rows.known_columns(columns)
        if isinstance(order, dict) and order.get("by") in tuple(Order):
            self.order, self.is_reversed = Order(order["by"]), order.get("is_reversed") is True
        self._arrange_anew()

    def _arrange_anew(self) -> None:
        self._rows = None
        self.customers.refresh_visible()
        self._stir.set()
        self.paint_bars()

    def action_board_columns(self) -> None:
        """Choose the columns."""
        self.asks(self.choose_columns())

    @work(group="choices")
    async def choose_columns(self) -> None:
        """Choose the columns, and keep them."""
        from kfconsole.ui.board_columns import BoardColumns

        if chosen := await self.app.push_screen_wait(BoardColumns(self.columns, self.customers.view_size.width)):
            self.columns = chosen
            self._arrange_anew()
            self.answered()
            await self.attempt(self.app.archive.choose(COLUMNS_CHOICE, list(chosen)))

    def action_board_order(self) -> None:
        """Choose what the customers are sorted by; the same once more turns it round."""
        self.asks(self.choose_order())

    @work(group="choices")
    async def choose_order(self) -> None:
        """Choose the order, and keep it."""
        from kfconsole.ui.dialogs import Choice, Picker

        again = _("now; once more turns it round")
        choices = [
            Choice(order, _(said), again if order is self.order else "")
            for order, said in board_rows.ORDER_WORDS.items()
        ]
        picked = await self.app.push_screen_wait(Picker(_("Sort the customers by"), choices, _("By what?")))
        if picked is not None:
            self.is_reversed = picked == self.order and not self.is_reversed
            self.order = Order(picked)
            self._arrange_anew()
            self.answered()
            chosen = {"by": str(self.order), "is_reversed": self.is_reversed}
            await self.attempt(self.app.archive.choose(ORDER_CHOICE, chosen))
