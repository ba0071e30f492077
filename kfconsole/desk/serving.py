"""Accepting and closing: checked first, asked once, and after a lost answer WeChat is asked what is true."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kfconsole.desk import rules
from kfconsole.desk.holders import Holders, not_known
from kfconsole.desk.store import Store
from kfconsole.errors import ApiError, ConfigError, NotPossible, Rejected, Unavailable
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Feed, Session, SessionHolder
from kfconsole.wechat.codes import CODE

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient

MAX_CANDIDATES = 4
"""Others accept too: so many of the longest waiting are tried before giving up."""


Begin = Callable[[CustomerId], Awaitable[None]]
"""What is to be done before WeChat is asked to do something with a customer."""


async def _at_once(_openid: CustomerId) -> None:
    """Nothing has to be done before."""


class Serving:
    """Opens and closes sessions, and tells the store at once."""

    def __init__(self, client: "KfClient", store: Store, holders: Holders, *, me: AgentId | None) -> None:
        self._client = client
        self._store = store
        self._holders = holders
        self._me = me
        self._being_accepted: set[CustomerId] = set()
        self._claimed: set[CustomerId] = set()

    @contextmanager
    def claimed(self, openid: CustomerId) -> Iterator[None]:
        """Accept a customer within this, once: a key pressed again in that moment gives the order no second time.

        Raises:
            NotPossible: They are being accepted.
        """
        if openid in self._claimed:
            name = rules.customer_name(self._store.desk, openid)
            raise NotPossible(_("{customer} is already being accepted.").format(customer=name))
        self._claimed.add(openid)
        try:
            yield
        finally:
            self._claimed.discard(openid)

    async def accept(self, openid: CustomerId, agent: AgentId | None = None, begin: Begin = _at_once) -> Session:
        """Give a customer to an agent, ourselves by default.

        Args:
            openid: Whom.
            agent: To whom.
            begin: Awaited before WeChat is asked to.

        Raises:
            NotPossible: The agent cannot serve, or somebody else serves the customer.
            ApiError: WeChat refused, or what happened could not be learned.
        """
        agent = self._checked_agent(agent)
        await self._check_free(openid, agent)
        self._being_accepted.add(openid)
        try:
            await begin(openid)
            await self._client.create_session(agent, openid)
        except Rejected as error:
            raise await self._explained(error, openid, agent) from error
        except Unavailable as error:
            if not error.may_have_arrived:
                raise
            return await self._accepted_after_all(openid, agent, error)
        finally:
            self._being_accepted.discard(openid)
        return self._holders.opened(openid, agent)

    async def accept_next(self, agent: AgentId | None = None, begin: Begin = _at_once) -> Session:
        """Give the longest waiting customer to an agent; one taken meanwhile is passed over.

        Args:
            agent: To whom, ourselves by default.
            begin: Awaited with each customer before WeChat is asked to.

        Raises:
            NotPossible: Nobody waits, all who were tried had just been taken, or the agent cannot serve.
            ApiError: WeChat refused for another reason.
        """
        agent = self._checked_agent(agent)
        passed_over: set[CustomerId] = set()
        for _attempt in range(MAX_CANDIDATES):
            waiting = rules.longest_waiting(self._store.desk, frozenset(passed_over | self._being_accepted))
            if waiting is None:
                break
            try:
                return await self.accept(waiting.openid, agent, begin)
            except Rejected as error:
                if error.code != CODE.SESSION_TAKEN:
                    raise
                passed_over.add(waiting.openid)
        if passed_over:
            raise NotPossible(
                _("The {count} longest waiting were accepted by others just now.").format(count=len(passed_over)),
                hint=_("The queue is being asked again; try once more."),
            )
        raise rules.nobody_waits(self._store.desk)

    async def close(self, openid: CustomerId, agent: AgentId | None = None) -> AgentId:
        """End a customer's session, and return whose it was.

        Args:
            openid: Whose.
            agent: Who must be holding it; whoever holds it by default.

        Raises:
            NotPossible: There is no session (any more).
            ApiError: WeChat refused, or what happened could not be learned.
        """
        agent = agent or rules.who_serves(self._store.desk, openid) or await self._holding_agent(openid)
        try:
            await self._client.close_session(agent, openid)
        except Rejected as error:
            if error.code == CODE.NO_SESSION:
                self._holders.closed(openid, agent)
                raise self._holders.not_served(openid) from error
            raise await self._explained(error, openid, agent) from error
        except Unavailable as error:
            if error.may_have_arrived:
                await self._check_closed(openid, agent, error)
            else:
                raise
        self._holders.closed(openid, agent)
        return agent

    def _checked_agent(self, agent: AgentId | None) -> AgentId:
        """Return the agent to serve, ourselves by default, unless WeChat would refuse."""
        agent = agent or self._me
        if agent is None:
            raise rules.no_agent()
        desk = self._store.desk
        # Remembered agents may have come online since: then WeChat is to say it.
        if desk.is_known(Feed.AGENTS) and (problem := rules.refusal(desk, agent)):
            raise problem
        return agent

    async def _check_free(self, openid: CustomerId, agent: AgentId) -> None:
        """Refuse when somebody else serves the customer; the desk's word may be a minute old, so WeChat is asked."""
        believed = rules.who_serves(self._store.desk, openid)
        if believed is None or believed == agent:
            return
        holder = await self._holders.ask(openid)
        if holder is not None and holder.agent != agent:
            raise NotPossible(self._holders.served_by(openid, holder.agent), hint=_ask_to_close())

    async def _accepted_after_all(self, openid: CustomerId, agent: AgentId, error: Unavailable) -> Session:
        """Answer for a lost answer with what WeChat says now."""
        said = _("Whether {agent} serves {customer} now is not known.")
        holder = await self._holder_after(error, openid, agent, said)
        if holder is not None and holder.agent == agent:
            return self._holders.opened(openid, agent, holder.started_at)
        said = (
            self._holders.served_by(openid, holder.agent) if holder else _("WeChat has no session with this customer.")
        )
        raise Unavailable(
            _("The customer was not accepted: the connection failed. {truth}").format(truth=said),
            may_have_arrived=False,
            hint=_("Try again."),
            path=error.path,
        ) from error

    async def _check_closed(self, openid: CustomerId, agent: AgentId, error: Unavailable) -> None:
        said = _("Whether the session of {customer} with {agent} was closed is not known.")
        holder = await self._holder_after(error, openid, agent, said)
        if holder is not None and holder.agent == agent:
            raise Unavailable(
                _("The session was not closed: the connection failed, and it is still there."),
                may_have_arrived=False,
                hint=_("Try again."),
                path=error.path,
            ) from error

    async def _holder_after(
        self, error: Unavailable, openid: CustomerId, agent: AgentId, said: str
    ) -> SessionHolder | None:
        """Ask once who serves a customer; without an answer it is said what nobody knows."""
        try:
            return await self._holders.ask_soon(openid)
        except (ApiError, ConfigError, TimeoutError):
            self._holders.acted(agent)
            desk = self._store.desk
            names = {"customer": rules.customer_name(desk, openid), "agent": rules.agent_name(desk, agent)}
            raise not_known(error, said.format(**names)) from error

    async def _explained(self, error: Rejected, openid: CustomerId, agent: AgentId) -> Rejected:
        """Return the refusal, naming the holder when that is the reason and WeChat tells."""
        self._holders.acted(agent)
        if error.code != CODE.SESSION_TAKEN:
            return error
        try:
            holder = await self._holders.ask_soon(openid)
        except (ApiError, ConfigError, TimeoutError):
            return error
        if holder is None or holder.agent == agent:
            return error
        return Rejected(
            self._holders.served_by(openid, holder.agent),
            hint=_ask_to_close(),
            path=error.path,
            code=error.code,
            errmsg=error.errmsg,
            rid=error.rid,
        )

    async def _holding_agent(self, openid: CustomerId) -> AgentId:
        holder = await self._holders.ask(openid)
        if holder is None:
            raise self._holders.not_served(openid)
        return holder.agent


def _ask_to_close() -> str:
    return _("Ask them to close the session first.")
