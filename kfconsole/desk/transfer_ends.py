"""Transfers that end whatever happens to whoever awaits them, noted before and after.

A console or command that is killed between the two calls leaves a customer with nobody and cannot say so: the note
made before tells the next console, which asks WeChat and says it then.
"""

import asyncio
from typing import TYPE_CHECKING

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.deeds import Deeds
from kfconsole.desk.holders import Holders
from kfconsole.desk.transferring import Tell, Transfer, Transferring
from kfconsole.desk.undoing import Undoing
from kfconsole.desk.waking import Sleep, to_the_end
from kfconsole.errors import KfError, Unavailable
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Deed

if TYPE_CHECKING:
    from kfconsole.archive import Archive

BEGUN = "begun"
"""What the note before a close says; the note after it says how it ended."""
FOUND = "found"
"""Somebody has the customer again, or they wait."""
LEFT_ALONE = "left_alone"
FORGOTTEN_SECONDS = 24 * 3600.0
"""How far back an unfinished transfer is looked for: WeChat lets one reply for 48 h, a shift is shorter."""

_OF_WORDS = frozenset({"send", "resend", "dismiss", "describe", "set_remark", "typing"})
"""Deeds to a customer that tell nothing of who has them."""
ASK_AGAIN_SECONDS = 20.0


class TransferEnds:
    """Hands customers over and remembers those who were dropped."""

    def __init__(
        self,
        transferring: Transferring,
        holders: Holders,
        undoing: Undoing,
        deeds: Deeds,
        archive: "Archive",
        clock: ServerClock,
        *,
        sleep: Sleep,
    ) -> None:
        self._sleep = sleep
        self._transferring = transferring
        self._holders = holders
        self._undoing = undoing
        self._deeds = deeds
        self._archive = archive
        self._clock = clock
        self._under_way: set[asyncio.Task[Transfer]] = set()

    @property
    def is_under_way(self) -> bool:
        """Whether anybody is being handed over."""
        return bool(self._under_way)

    async def transfer(self, openid: CustomerId, target: AgentId, giver: AgentId | None, tell: Tell) -> Transfer:
        """Hand a customer over; see `Transferring.transfer`."""
        task = asyncio.create_task(self._transfer(openid, target, giver, tell), name="transfer")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await to_the_end(task)

    async def finish(self) -> None:
        """Wait for the transfers under way; they end by themselves."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def left_alone(self) -> tuple[Transfer, ...]:
        """Return the transfers whose customers nobody has; that one is found again is noted, for the next start."""
        for transfer in self._undoing.forget_found():
            self._deeds.note("transfer", transfer.openid, f"{transfer.giver} {transfer.target}", FOUND)
        return tuple(
            # Found at the start, perhaps before anybody's name was known: it is said with those of now.
            self._transferring.forgotten(transfer.openid, transfer.giver, transfer.target)
            if transfer.is_from_before
            else transfer
            for transfer in self._undoing.left_alone
        )

    async def run(self) -> None:
        """Find who was forgotten before this start, as soon as WeChat can be asked."""
        while True:
            try:
                return await self.find_forgotten()
            except KfError:  # the feeds show what is wrong
                await self._sleep(ASK_AGAIN_SECONDS)

    async def find_forgotten(self) -> None:
        """Look for transfers that were begun and never ended, and whose customer nobody has.

        Raises:
            ArchiveError: What was done cannot be read.
            ApiError: WeChat cannot be asked; try again.
            ConfigError: Likewise: the secret cannot be had.
        """
        await self._deeds.finish()
        now = self._clock.now()
        unfinished: dict[CustomerId, Deed] = {}
        for deed in await self._archive.deeds(now - FORGOTTEN_SECONDS, now + FORGOTTEN_SECONDS):
            if deed.openid is None:
                continue
            if deed.act == LEFT_ALONE or (deed.act, deed.result) == ("transfer", BEGUN):
                unfinished[deed.openid] = deed
            elif (deed.result == "done" and deed.act not in _OF_WORDS) or deed.act == "transfer":
                unfinished.pop(deed.openid, None)
        for openid, deed in unfinished.items():
            giver, _blank, target = deed.details.partition(" ")
            try:
                holder = await self._holders.ask_soon(openid)
            except TimeoutError as error:
                raise Unavailable(_("WeChat did not answer in time."), may_have_arrived=False) from error
            if holder is not None:
                await self._deeds.note_now("transfer", openid, deed.details, FOUND)
            else:
                self._undoing.transferred(self._transferring.forgotten(openid, AgentId(giver), AgentId(target)))

    async def _transfer(self, openid: CustomerId, target: AgentId, giver: AgentId | None, tell: Tell) -> Transfer:
        whom = ""

        async def begin(giver: AgentId) -> None:
            nonlocal whom
            whom = f"{giver} {target}"
            await self._deeds.note_now("transfer", openid, whom, BEGUN)

        work = self._transferring.transfer(openid, target, giver, begin, tell)
        try:
            transfer = await self._deeds.noted("transfer", work, openid=openid, details=target, is_announced=False)
        except asyncio.CancelledError:  # even this task is stopped when a program is told to end twice
            if whom:
                self._deeds.note(LEFT_ALONE, openid, whom, BEGUN)
            raise
        self._undoing.transferred(transfer)
        if transfer.is_left_alone:
            await self._deeds.note_now(LEFT_ALONE, openid, whom, transfer.outcome)
        return transfer
