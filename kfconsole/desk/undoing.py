"""Taking back a close: the session is created again, for the agent who had it.

What else is done with sessions cannot be undone, and is remembered here only to say why. Customers whom a transfer
left with nobody can be taken back, too, however long ago that was.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from msgspec import Struct

from kfconsole.desk import rules
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.serving import Serving
from kfconsole.desk.store import Store
from kfconsole.desk.transferring import Outcome, Transfer
from kfconsole.errors import NotPossible, RateLimited, Unavailable
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Session

UNDO_SECONDS = 10.0
"""How long a close can be taken back with a key: later it would surprise more than help."""


class Ended(Struct, frozen=True):
    """A session we ended."""

    openid: CustomerId
    agent: AgentId
    mono: float
    """When it ended, by this host's clock."""
    transfer: Transfer | None = None
    """The transfer that ended it and left the customer with nobody."""


class Undoing:
    """Remembers what this console ended."""

    def __init__(self, serving: Serving, store: Store, clock: ServerClock) -> None:
        self._serving = serving
        self._store = store
        self._clock = clock
        self._ended: list[Ended] = []
        """The newest last."""
        self._why_not: NotPossible | None = None
        """Why the last act cannot be undone, if it was no close."""

    def closed(self, openid: CustomerId, agent: AgentId) -> None:
        """A session was closed from here."""
        self._why_not = None
        self._ended = [ended for ended in self._ended if self._is_open(ended) and ended.openid != openid]
        self._ended.append(Ended(openid, agent, self._clock.monotonic()))

    def accepted(self, session: Session) -> None:
        """A customer was given to somebody from here."""
        self._drop(session.openid)
        self._why_not = NotPossible(
            _("Accepting {customer} cannot be undone: a closed session does not go back to the queue.").format(
                customer=rules.customer_name(self._store.desk, session.openid)
            ),
            hint=_("Transfer the customer instead, or close the session."),
        )

    def transferred(self, transfer: Transfer) -> None:
        """A customer was handed over from here, or should have been."""
        self._drop(transfer.openid)
        if transfer.is_left_alone:
            self._ended.append(Ended(transfer.openid, transfer.giver, self._clock.monotonic(), transfer))
        elif transfer.outcome is Outcome.TRANSFERRED:
            self._why_not = NotPossible(
                _("A transfer cannot be undone; {customer} can be transferred back.").format(
                    customer=rules.customer_name(self._store.desk, transfer.openid)
                )
            )

    @property
    def left_alone(self) -> tuple[Transfer, ...]:
        """The transfers whose customers nobody has, the eldest first."""
        return tuple(ended.transfer for ended in self._ended if ended.transfer is not None)

    def forget_found(self) -> tuple[Transfer, ...]:
        """Forget, and return, the transfers whose customers are in the lists again."""
        desk = self._store.desk
        found = tuple(
            transfer
            for transfer in self.left_alone
            if rules.who_serves(desk, transfer.openid) is not None or rules.is_waiting(desk, transfer.openid)
        )
        for transfer in found:
            self._drop(transfer.openid)
        return found

    def newest(self) -> Ended:
        """Return what is to be taken back now.

        Raises:
            NotPossible: There is nothing, or no longer.
        """
        if not self._ended:
            raise self._why_not or NotPossible(
                _("There is nothing to undo."), hint=_("What can be undone is closing a session, for a few seconds.")
            )
        for ended in reversed(self._ended):
            if self._is_open(ended):
                return ended
        raise self._why_not or NotPossible(
            _("It is too late to undo that: the session of {customer} was closed more than {count} s ago.").format(
                customer=rules.customer_name(self._store.desk, self._ended[-1].openid), count=int(UNDO_SECONDS)
            ),
            hint=_("Accept the customer from the conversation instead: that begins a session, too."),
        )

    async def take_back(
        self, ended: Ended, noted: Callable[[Coroutine[Any, Any, Session]], Awaitable[Session]]
    ) -> Session:
        """Create the session again, for the same customer and the same agent.

        Args:
            ended: What is taken back.
            noted: Runs it.

        Raises:
            NotPossible: The customer waits again, or somebody has them, or the agent cannot serve.
            ApiError: WeChat refused, or what happened could not be learned.
        """
        self._drop(ended.openid)  # pressed twice, it is done once
        try:
            session = await noted(self._taken_back(ended))
        except (Unavailable, RateLimited):
            self._ended.append(ended)
            raise
        except BaseException:
            if ended.transfer is not None:  # nobody has them still
                self._ended.append(ended)
            raise
        self._why_not = None
        return session

    async def _taken_back(self, ended: Ended) -> Session:
        if rules.is_waiting(self._store.desk, ended.openid):
            raise NotPossible(
                _("{customer} has written again and is waiting in the queue.").format(
                    customer=rules.customer_name(self._store.desk, ended.openid)
                ),
                hint=_("Accept them from there."),
            )
        return await self._serving.accept(ended.openid, ended.agent)

    def _is_open(self, ended: Ended) -> bool:
        return ended.transfer is not None or self._clock.monotonic() - ended.mono <= UNDO_SECONDS

    def _drop(self, openid: CustomerId) -> None:
        self._ended = [ended for ended in self._ended if ended.openid != openid]
