"""Lists on the line-drawn widget that a filter narrows; and the three of the desk, drawn by `rows`."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from kfconsole import finding
from kfconsole.desk.parts import MANY, let_keys_pass
from kfconsole.i18n import _
from kfconsole.ui import rows, status
from kfconsole.ui.plain import plain
from kfconsole.ui.rows import AgentRow, Look, QueueRow, SessionRow
from kfconsole.ui.tones import Tones, tones_of
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.snapshots import HasId
from kfconsole.ui.widgets.strips import Part

PART_ROWS = 1_000  # so many are looked through in 1 or 2 ms

AnyRowT = TypeVar("AnyRowT", bound=HasId)
RowT = TypeVar("RowT", bound=QueueRow | SessionRow | AgentRow)


class _Looking(Struct, Generic[AnyRowT], frozen=True):
    """What is looked for among so many rows that it is done a part at a time."""

    among: Sequence[AnyRowT]
    wanted: Sequence[str]


class FilterList(LineList[AnyRowT], Generic[AnyRowT]):
    """A list whose rows are narrowed by words, with a title that counts them.

    Args:
        draw: As of `LineList`.
        sought: Returns what a row is found by.
        empty: What is said while there are no rows.
        id: Textual's name for it.
    """

    def __init__(
        self,
        draw: Callable[[AnyRowT, int, bool], Sequence[Part]],
        sought: Callable[[AnyRowT], finding.Sought],
        *,
        empty: str,
        id: str,
    ) -> None:
        super().__init__(draw, empty=empty, id=id, classes="-stale")  # until WeChat has answered
        self._sought_of = sought
        self._empty_words = empty
        self._is_read = False
        self.filter = ""
        self._all: Sequence[AnyRowT] = ()
        self._heading = ("", "")
        self._sought: dict[str, tuple[AnyRowT, finding.Sought]] = {}
        self._is_preparing = False
        self._looking: _Looking[AnyRowT] | None = None
        self._wants_first = False
        """What is being looked for is not found yet, and its first row shall be current."""

    def show_rows(self, all_rows: Sequence[AnyRowT], title: str, count: str, *, is_read: bool = True) -> None:
        """Show the rows that match the filter, and the title with the count.

        Args:
            all_rows: With those that do not match.
            title: What they are.
            count: How many there are.
            is_read: WeChat has answered: only then no rows mean that there are none.
        """
        self._is_read = is_read
        self._all, self._heading = all_rows, (title, count if is_read or all_rows else status.NOT_READ)
        self._show_found_among(all_rows)

    @property
    def _nothing(self) -> str:
        return self._empty_words if self._is_read else _("Not read yet.")

    def narrow(self, typed: str) -> None:
        """Show only rows in which these words are found; without any, all."""
        before, self.filter = finding.words_of(self.filter), typed.strip()
        wanted = finding.words_of(self.filter)
        # Who types on finds no more than before.
        is_narrower = len(wanted) >= len(before) and all(map(str.startswith, wanted, before))
        is_found = self._looking is None
        self._wants_first = False
        self._show_found_among(self.rows if is_narrower and is_found else self._all)
        if self._looking is not None and wanted != before:
            # Until it is found, a key must not act on a row that is not what was typed.
            self.show([] if self.current is None else list(self._found((self.current,), wanted)))

    def forget_filter(self) -> None:
        """Show all rows again, and drop what was made ready."""
        self.narrow("")
        self._sought = {}

    def take_first(self) -> None:
        """Make the first row found current, unless one that was found is."""
        self._wants_first = self._looking is not None or self._is_withheld
        if self.current_id is None and not self._wants_first:
            self.action_first()

    def prepare(self) -> None:
        """Make rows and pinyin ready for a filter; what is found so far is looked for again then."""
        self._is_preparing = True
        self.run_worker(self._prepare(), group="find", exclusive=True)

    async def _prepare(self) -> None:
        self._sought = await asyncio.to_thread(_made_ready, self._all, self._sought_of)
        self._is_preparing = False
        self._show_found_among(self._all)

    def _show_found_among(self, among: Sequence[AnyRowT]) -> None:
        wanted = finding.words_of(self.filter)
        if not wanted:
            title, count = self._heading
            self._looking = None
            self._say_empty(self._nothing)
            self.show(self._all)
            self.entitle(f"{title} {count}")
            return
        if self._is_withheld:
            self._looking = None
            self._show_found([])
        elif len(among) < MANY:
            self._looking = None
            self._show_found(list(self._found(among, wanted)))
        else:
            is_new, self._looking = self._looking is None, _Looking(among, wanted)
            if is_new:
                self.run_worker(self._look_in_parts(), group="look", exclusive=True)

    @property
    def _is_withheld(self) -> bool:
        # While many are not ready none is shown: a key must not act on one that is not what was typed.
        return self._is_preparing and len(self._all) >= MANY

    async def _look_in_parts(self) -> None:
        while (looking := self._looking) is not None:
            found: list[AnyRowT] = []
            for start in range(0, len(looking.among), PART_ROWS):
                found += self._found(looking.among[start : start + PART_ROWS], looking.wanted)
                await let_keys_pass()
                if self._looking is None or self._looking.wanted != looking.wanted:
                    break  # other words; other rows alone have their turn after these, else theirs would never come
            else:
                if self._looking is looking:
                    self._looking = None
                if self.is_attached:
                    self._show_found(found)

    def _found(self, among: Sequence[AnyRowT], wanted: Sequence[str]) -> Iterator[AnyRowT]:
        ready = self._sought
        for row in among:
            known = ready.get(row.id)
            if known is None or known[0] is not row:
                known = ready[row.id] = (row, self._sought_of(row))
            if known[1].holds(wanted):
                yield row

    def _show_found(self, shown: Sequence[AnyRowT]) -> None:
        title, count = self._heading
        total = len(self._all)
        # With a filter, "nobody is waiting" would be taken for the truth.
        self._say_empty(_("None of {count} found; Esc shows all.").format(count=total) if total else self._nothing)
        self.show(shown)
        if self._wants_first and self._looking is None:
            self.take_first()
        of_all = count.rpartition("/")[2]  # of the agents it says how many are online, too
        self.entitle(f"{title} {len(shown)}/{of_all}  / {self.filter}")

    def entitle(self, title: str) -> None:
        """Say what is listed, and how many."""
        self.border_title = plain(title)

    def _say_empty(self, words: str) -> None:
        if words != self.empty:
            self.empty = words


class Pane(FilterList[RowT], Generic[RowT]):
    """One list of the desk."""

    def __init__(
        self,
        draw: Callable[[RowT, int, bool, Look], Sequence[Part]],
        look: Callable[[Tones], Look],
        *,
        empty: str,
        id: str,  # Textual's name for it
    ) -> None:
        super().__init__(self._draw_row, rows.sought, empty=empty, id=id)
        self._parts = draw
        self._look_now = look

    def _draw_row(self, row: RowT, width: int, is_current: bool) -> Sequence[Part]:
        return self._parts(row, width, is_current, self._look_now(tones_of(self)))


def _made_ready(
    all_rows: Sequence[AnyRowT], sought_of: Callable[[AnyRowT], finding.Sought]
) -> dict[str, tuple[AnyRowT, finding.Sought]]:
    finding.prepare()
    ready = {row.id: (row, sought_of(row)) for row in all_rows}
    for _row, sought in ready.values():
        sought.prepare()
    return ready
