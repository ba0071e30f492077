"""Finding messages by what they say, of one customer or of all, while the words are typed."""

import math
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message as Posted
from textual.timer import Timer
from textual.widgets import Input

from kfconsole.desk import rules
from kfconsole.errors import KfError
from kfconsole.i18n import _, ngettext, sentences
from kfconsole.model import AgentId, CustomerId, Message, MessageKind, SearchPage, SearchQuery
from kfconsole.ui import rows, search_filters, search_rows, words
from kfconsole.ui.above import AboveScreen
from kfconsole.ui.acts.copying import Copy, CopyActs, message_copy
from kfconsole.ui.commands import Place
from kfconsole.ui.plain import plain
from kfconsole.ui.search_filters import DIRECTIONS, Days, Wanted
from kfconsole.ui.search_rows import FoundLook, FoundRow
from kfconsole.ui.tones import tones_of
from kfconsole.ui.widgets.bar import Bar, Hints
from kfconsole.ui.widgets.entry import Entry
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.prose import Prose
from kfconsole.ui.widgets.strips import Part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, tzinfo

    from kfconsole.ui.app import KfApp

PAGE_ROWS = 50
AHEAD_ROWS = 10  # older results are read so many rows before the end is reached
INDEX_SECONDS = 1.0  # between two looks while messages are still being put into the index


class LastSearch(Struct, frozen=True):
    """Where the search before ended, so that the next result is a key away."""

    wanted: Wanted
    row_id: str | None
    row_count: int


class SearchLine(Entry):
    """What is looked for."""

    app: "KfApp"
    MAX_PASTED = 200  # enough to find a message that was pasted as a whole

    class Ended(Posted):
        """The user wants to go to what was found."""

    def leaves_by(self, key: str) -> bool:
        """Go to what was found."""
        if key not in self.app.keymap.keys("to_found"):
            return False
        self.screen.set_focus(None)  # at once: what is typed behind this key is no part of the words
        self.post_message(self.Ended())
        return True


class Found(LineList[FoundRow]):
    """The messages found."""

    app: "KfApp"

    class EndNear(Posted):
        """The last rows are on screen."""

    def __init__(self, *, id: str) -> None:  # Textual's name for it
        super().__init__(self._draw_row, id=id)

    def _draw_row(self, row: FoundRow, width: int, is_current: bool) -> "Sequence[Part]":
        zone = self.app.zone
        look = FoundLook(tones_of(self), self.app.glyphs, zone, words.day_of(self.app.clock.now(), zone))
        return search_rows.draw(row, width, is_current, look)

    def scrolled(self, before: int, after: int) -> None:
        """Tell when the wheel reaches the end."""
        super().scrolled(before, after)
        if after + self.view_size.height >= len(self.rows) - AHEAD_ROWS:
            self.post_message(self.EndNear())


class SearchScreen(CopyActs, AboveScreen):
    """A line to type into, the filters, and what was found; Enter opens the conversation at the message.

    Args:
        openid: The customer the search can be narrowed to, if any.
        is_everybody: Whether it begins with the messages of all customers.
    """

    CHOOSE = "open_found"

    def __init__(self, openid: CustomerId | None, *, is_everybody: bool) -> None:
        super().__init__()
        self.bind_commands(self.app.keymap, Place.SEARCH, Place.FOUND)
        self._openid = openid
        self._is_picked = False
        self._last: LastSearch | None = None
        self._wanted = Wanted(openid=None if is_everybody else openid)
        self._page_rows = PAGE_ROWS
        self._shown: Wanted | None = None
        """What the rows on screen are the answer to."""
        self._has_more = False
        self._goes_to_found = False
        self._index_timer: Timer | None = None
        self.line = SearchLine(
            placeholder=_("What was said; one character is enough"),
            id="search-line",
            compact=True,
            select_on_focus=False,
        )
        self.line.cursor_blink = False
        self.found = Found(id="found")
        self._frame = Vertical(id="search")
        self._filters, self._hints = Bar(id="search-filters"), Hints(id="hints")
        self._note = Prose(id="search-note")

    def compose(self) -> ComposeResult:
        """Lay out the top line, the line of words, the filters, the results, a note and the keys."""
        yield self.top
        with self._frame:
            yield self.line
            yield self._filters
            yield self.found
            yield self._note
        yield self._hints

    def on_mount(self) -> None:
        """Begin where the search before ended."""
        self._last = self.app.last_search
        if self._last is not None:
            self._wanted = replace(self._last.wanted, openid=self._wanted.openid)
            self._page_rows = max(PAGE_ROWS, self._last.row_count)
            with self.prevent(Input.Changed):
                self.line.value = self._wanted.words
            self.line.action_select_all()
        self.line.focus()
        self._paint()
        self.ask()

    def subject(self) -> CustomerId | None:
        """The customer of the current result."""
        return self.found.current.message.openid if self.found.current else None

    def copied(self) -> Copy | None:
        """The current result."""
        return message_copy(self.found.current.message) if self.found.current else None

    # -- asking ----------------------------------------------------------------------------------------------------

    @on(Input.Changed, "#search-line")
    def look_for_words(self, event: Input.Changed) -> None:
        """Search while typing."""
        event.stop()
        self._look_for(replace(self._wanted, words=event.value))

    def _look_for(self, wanted: Wanted) -> None:
        if wanted == self._wanted:
            return
        self._wanted, self._page_rows = wanted, PAGE_ROWS
        self._paint()
        self.ask()

    @work(group="search", exclusive=True)
    async def ask(self) -> None:
        """Ask the archive; whoever is asked anew forgets the question before, so that no older answer comes later."""
        self.workers.cancel_group(self, "older")
        wanted = self._wanted
        if not wanted.is_anything:
            self._show(wanted, SearchPage((), has_more=False), "")
            return
        query = wanted.query(self._zone)
        try:
            page = await self.app.actions.search(query, limit=self._page_rows)
            is_partial = not page.messages and await self._has_gaps(query)
        except KfError as error:
            self._show(wanted, SearchPage((), has_more=False), sentences(error.message, error.hint))
            return
        self._show(wanted, page, "" if page.messages else self._nothing_words(wanted, is_partial))

    async def _has_gaps(self, query: SearchQuery) -> bool:
        start_at = -math.inf if query.start_at is None else query.start_at
        end_at = math.inf if query.end_at is None else query.end_at
        return bool(await self.app.actions.gaps(start_at, end_at))

    @work(group="older", exclusive=True)
    async def load_older(self) -> None:
        """Read the results after the last."""
        wanted, last = self._shown, self.found.rows[-1].message
        if wanted is None:
            return
        try:
            page = await self.app.actions.search(wanted.query(self._zone), before=last, limit=PAGE_ROWS)
        except KfError as error:
            self.tell_error(error)
            return
        if wanted is self._shown:
            self._has_more = page.has_more
            self.found.show([*self.found.rows, *self._rows_of(wanted, page.messages)])
            self._paint_title()

    @on(LineList.Moved)
    @on(Found.EndNear)
    def stay_ahead(self) -> None:
        """Read older results before the end is reached."""
        row_id, last_rows = self.found.current_id, self.found.rows[-AHEAD_ROWS:]
        is_near = row_id is None or any(row.id == row_id for row in last_rows)
        if self._has_more and (is_near or self._is_end_seen) and not self._is_reading_older:
            self.load_older()

    @property
    def _is_end_seen(self) -> bool:
        return self.found.top + self.found.view_size.height >= len(self.found.rows) - AHEAD_ROWS

    @property
    def _is_reading_older(self) -> bool:
        return any(worker.group == "older" and worker.is_running for worker in self.workers)

    # -- showing ---------------------------------------------------------------------------------------------------

    def _show(self, wanted: Wanted, page: SearchPage, nothing: str) -> None:
        is_same = wanted == self._shown
        self._shown, self._has_more = wanted, page.has_more
        opens = _("{key} opens the conversation at the message found.").format(key=self.key_of("open_found"))
        self.found.empty = nothing or ("" if page.messages else opens)
        self.found.show(self._rows_of(wanted, page.messages))
        if self._last is not None and self._last.row_id is not None:
            self.found.select(self._last.row_id)
        elif page.messages and not (is_same and self.found.current_id is not None):
            self.found.select(self.found.rows[0].id)
        self._last = None
        self._paint_title()
        self._tell_unsearched(page.unsearched)
        if self._goes_to_found:
            self._goes_to_found = False
            self._enter_found()
        elif self.focused is self.found and not page.messages:
            self.line.focus()

    @property
    def _is_answered(self) -> bool:
        """Whether the rows on screen are what is looked for now, to the last character typed."""
        return self._wanted == self._shown and self._wanted.words == self.line.value

    def _rows_of(self, wanted: Wanted, messages: tuple[Message, ...]) -> list[FoundRow]:
        has_customer = wanted.openid is None
        return [
            FoundRow(
                message=message,
                customer=self.customer_name(message.openid) if has_customer else "",
                who=self._who(message),
                words=wanted.words,
            )
            for message in messages
        ]

    def _who(self, message: Message) -> str:
        if message.kind is MessageKind.RECEIVED:
            return _("customer")
        return rules.agent_name(self.desk, message.agent) if message.agent else self.app.console_name

    def _nothing_words(self, wanted: Wanted, is_partial: bool) -> str:
        agent = rules.agent_name(self.desk, wanted.agent) if wanted.agent else ""
        said = search_filters.looked_for(wanted, self._customer_words(), agent, self._today)
        partial = _(
            "What was never fetched from WeChat is not searched. On the desk, {key} on a customer fetches a day of "
            "theirs; kfconsole history sync fetches more."
        ).format(key=self.key_of("history"))
        return sentences(_("Nothing found: {wanted}.").format(wanted=said), partial if is_partial else "")

    def _tell_unsearched(self, count: int) -> None:
        if self._index_timer is not None:
            self._index_timer.stop()
            self._index_timer = None
        said = ""
        if count:
            self._index_timer = self.set_timer(INDEX_SECONDS, self._ask_again)
            said = ngettext(
                "{count} message is not searched yet: the index is being built.",
                "{count} messages are not searched yet: the index is being built.",
                count,
            ).format(count=count)
        if str(self._note.content) != said:
            self._note.update(plain(said))
            self._note.display = bool(said)

    def _ask_again(self) -> None:
        self._index_timer = None
        self._page_rows = max(PAGE_ROWS, len(self.found.rows))
        self.ask()

    def _paint(self) -> None:
        agent = rules.agent_name(self.desk, self._wanted.agent) if self._wanted.agent else ""
        self._filters.show(
            search_filters.filter_pieces(self.app.keymap, self._wanted, self._customer_words(), agent, self._today)
        )
        self._paint_title()
        self._paint_hints()

    def _paint_title(self) -> None:
        title = _("Search the messages of {customer}").format(customer=self._customer_words())
        if self._wanted.openid is None:
            title = _("Search all messages")
        if count := len(self.found.rows):
            found = _("{count} found, more below") if self._has_more else _("{count} found")
            title += "   " + found.format(count=count)
        if str(self._frame.border_title) != title:
            self._frame.border_title = plain(title)

    def _paint_hints(self) -> None:
        names = ("open_found", "to_line", "search_back") if self.focused is self.found else ("to_found", "search_back")
        self._hints.show_keys(self.app.keymap.hints(names))

    def _customer_words(self) -> str:
        return "" if self._wanted.openid is None else self.customer_name(self._wanted.openid)

    @property
    def _zone(self) -> "tzinfo | None":
        return self.app.zone

    @property
    def _today(self) -> "date":
        return words.day_of(self.app.clock.now(), self._zone)

    # -- filters ---------------------------------------------------------------------------------------------------

    def action_search_customer(self) -> None:
        """Search the messages of the one customer, or of all; where there is none yet, one is picked."""
        if self._openid is None:
            self.asks(self.pick_customer())
            return
        self._look_for(replace(self._wanted, openid=self._openid if self._wanted.openid is None else None))
        if self._is_picked:
            self._openid, self._is_picked = None, False

    @work(group="filter", exclusive=True)
    async def pick_customer(self) -> None:
        """Pick whose messages are searched."""
        from kfconsole.ui.customer_choices import customer_picker

        picker = customer_picker(self.desk, _("Whose messages?"), self.app.glyphs)
        if (picked := await self.app.push_screen_wait(picker)) is not None:
            self._openid, self._is_picked = CustomerId(picked), True
            self._look_for(replace(self._wanted, openid=self._openid))

    def action_search_direction(self) -> None:
        """Search what both sides wrote, the customers, or the agents."""
        place = DIRECTIONS.index(self._wanted.kind) + 1
        self._look_for(replace(self._wanted, kind=DIRECTIONS[place % len(DIRECTIONS)]))

    def action_search_agent(self) -> None:
        """Pick the agent."""
        self.asks(self.pick_agent())

    @work(group="filter", exclusive=True)
    async def pick_agent(self) -> None:
        """Pick whose conversations are searched."""
        from kfconsole.ui.dialogs import Choice, Picker  # not needed for the first paint, like every dialog

        choices = [Choice("all", _("all agents"))]
        choices += [Choice(agent, name, agent) for agent, name in rows.agent_names(self.desk)]
        title = _("Conversations with which agent?")
        picked = await self.app.push_screen_wait(Picker(title, choices, _("Name of the agent")))
        if picked is not None:
            self._look_for(replace(self._wanted, agent=None if picked == "all" else AgentId(picked)))

    def action_search_days(self) -> None:
        """Pick a span of days, or name one."""
        self.asks(self.pick_days())

    @work(group="filter", exclusive=True)
    async def pick_days(self) -> None:
        """Pick which days are searched."""
        from kfconsole.ui.dialogs import Choice, Picker, Prompt

        spans = search_filters.day_choices(self._today)
        choices = [
            Choice(name, said, search_filters.days_echo(days) if days else "") for name, (said, days) in spans.items()
        ]
        choices.append(Choice("other", _("other days…")))
        picked = await self.app.push_screen_wait(Picker(_("Which days?"), choices, _("today, yesterday, …")))
        if picked in spans:
            self._look_for(replace(self._wanted, days=spans[picked][1]))
        if picked != "other":
            return
        placeholder = _("yesterday, 11-18 to 11-20, last monday to")
        typed = await self.app.push_screen_wait(Prompt(_("Which days?"), placeholder, self._echo))
        if typed is not None:
            self._look_for(replace(self._wanted, days=self._read(typed)))

    def _read(self, typed: str) -> Days:
        return search_filters.parse_days(typed, datetime.fromtimestamp(self.app.clock.now(), self._zone))

    def _echo(self, typed: str) -> str:
        return search_filters.days_echo(self._read(typed))

    def action_search_clear(self) -> None:
        """Take the filters away; whose messages are searched stays."""
        self._look_for(Wanted(words=self._wanted.words, openid=self._wanted.openid))

    # -- moving about ----------------------------------------------------------------------------------------------

    def on_descendant_focus(self) -> None:
        """Hint at the keys that matter where the focus is."""
        self._paint_hints()

    @on(SearchLine.Ended)
    def action_to_found(self) -> None:
        """Go to what was found; to what is being looked for as soon as it is there."""
        if self._is_answered:
            self._enter_found()
        else:
            self._goes_to_found = True

    def _enter_found(self) -> None:
        self.set_focus(self.found if self.found.rows else self.line)

    def action_to_line(self) -> None:
        """Go back to the words."""
        self.set_focus(self.line)

    @on(LineList.Chosen)
    def action_open_found(self) -> None:
        """Open the conversation at the current result, if it answers what is looked for now."""
        row = self.found.current
        if row is not None and self._is_answered:
            self._remember()
            self.app.open_message(row.message)

    def action_search_back(self) -> None:
        """Step back: from the results to the words, from there to where the search began."""
        if self.focused is self.found:
            self.set_focus(self.line)
            return
        self._remember()
        self.leave()

    def _remember(self) -> None:
        self.app.last_search = LastSearch(self._wanted, self.found.current_id, len(self.found.rows))
