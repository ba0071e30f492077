"""What supervisors change: agents, remarks, files, quotas. Each order is given once.

After a lost answer WeChat is asked what is true. What no read can tell keeps its lost answer: nothing here is ever
done twice by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole.desk import agent_checks, rules
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.holders import TRUTH_SECONDS, not_known
from kfconsole.desk.store import Store
from kfconsole.errors import ApiError, ConfigError, Rejected, Unavailable
from kfconsole.i18n import _
from kfconsole.model import Agent, AgentId, CustomerId, Feed, Media, MediaKind
from kfconsole.text import clean
from kfconsole.wechat.codes import CODE, modern

if TYPE_CHECKING:
    from kfconsole.desk.poller import Poller
    from kfconsole.wechat import KfClient
    from kfconsole.wechat.upload import OnProgress

Truth = Callable[[], Awaitable[bool | None]]
"""Asks WeChat whether something happened; None: what it answers does not tell."""


class Managing:
    """Changes agents and what belongs to the account."""

    def __init__(self, client: "KfClient", store: Store, clock: ServerClock, poller: "Poller | None") -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._poller = poller

    async def add_agent(self, agent: AgentId, nick: str) -> None:
        """Add an agent, whom nobody has taken over yet.

        This and all that follow raise ApiError: WeChat refused, it did not happen, or that could not be learned. What
        is certain to be refused, by who the agents are at this moment, raises NotPossible, and WeChat is not asked.
        """
        agents = await self._listed()
        agent_checks.check_account(agent, agents)
        agent_checks.check_nick(nick, agents)

        def was_added(found: Agent | None) -> bool | None:
            if found is None:
                return False
            return True if _same(found.nick, nick) else None  # else it was there before, or came from elsewhere

        said = _("Whether {agent} was added is not known.").format(agent=agent)
        await self._change(self._client.add_agent(agent, nick), self._agent_shows(agent, was_added), said)

    async def rename_agent(self, agent: AgentId, nick: str) -> None:
        """Give an agent another nickname."""
        agent_checks.check_nick(nick)

        def was_renamed(found: Agent | None) -> bool | None:
            return None if found is None else _same(found.nick, nick)

        said = _("Whether {agent} was renamed is not known.").format(agent=agent)
        await self._change(self._client.rename_agent(agent, nick), self._agent_shows(agent, was_renamed), said)

    async def remove_agent(self, agent: AgentId) -> None:
        """Remove an agent; what WeChat does with their sessions is not documented."""
        said = _("Whether {agent} was removed is not known.").format(agent=agent)
        is_gone = self._agent_shows(agent, lambda found: found is None)
        await self._change(self._client.remove_agent(agent), is_gone, said)

    async def invite_agent(self, agent: AgentId, wechat_id: str) -> None:
        """Invite a WeChat user to take over an agent."""
        agents, now = await self._listed(), self._clock.now()
        if (known := next((found for found in agents if found.id == agent), None)) is not None:
            agent_checks.check_invitable(known, now)
        agent_checks.check_wechat_id(wechat_id, [found for found in agents if found.id != agent], now)

        def was_invited(found: Agent | None) -> bool | None:
            if found is None:
                return None
            is_open = found.invited_wechat_id == wechat_id and found.invite_status == rules.INVITATION_OPEN
            return is_open or found.wechat_id == wechat_id

        said = _("Whether {wechat_id} was invited to be {agent} is not known.").format(wechat_id=wechat_id, agent=agent)
        await self._change(self._client.invite_agent(agent, wechat_id), self._agent_shows(agent, was_invited), said)

    async def set_agent_picture(self, agent: AgentId, file: Path, on_progress: "OnProgress | None" = None) -> None:
        """Give an agent another picture."""
        await asyncio.to_thread(agent_checks.picture_of, file)
        before = self._seen_picture(agent)

        def was_set(found: Agent | None) -> bool | None:
            # An address that stayed the same proves nothing: it may hold the new picture.
            return True if found is not None and before is not None and found.picture_url != before else None

        said = _("Whether the head image of {agent} was changed is not known.").format(agent=agent)
        order = self._client.set_agent_picture(agent, file, on_progress)
        await self._change(order, self._agent_shows(agent, was_set), said)

    async def served_by(self, agent: AgentId) -> tuple[CustomerId, ...]:
        """Return whom an agent serves, by WeChat's word of this moment.

        Raises:
            ApiError: WeChat cannot be asked.
            ConfigError: Likewise: the secret cannot be had.
        """
        try:
            async with asyncio.timeout(TRUTH_SECONDS):
                return tuple(session.openid for session in await self._client.sessions(agent))
        except TimeoutError:
            said = _("WeChat did not answer within {seconds} s.").format(seconds=round(TRUTH_SECONDS))
            raise Unavailable(said, may_have_arrived=False) from None
        except Rejected as error:
            if modern(error.code) != CODE.AGENT_NOT_BOUND:
                raise
            return ()

    async def set_remark(self, openid: CustomerId, remark: str) -> None:
        """Write the account's note on a customer; an empty one deletes it."""

        async def was_set() -> bool | None:
            user = await self._client.user(openid)
            return _same(user.remark, remark) if user.is_following else None

        said = _("Whether the remark on {customer} was changed is not known.")
        customer = rules.customer_name(self._store.desk, openid)
        await self._told(self._client.set_remark(openid, remark), was_set, said.format(customer=customer))

    async def upload_media(self, kind: MediaKind, file: Path, on_progress: "OnProgress | None" = None) -> Media:
        """Upload a file for messages; WeChat keeps it for three days."""
        return await self._client.upload_media(kind, file, on_progress)

    async def clear_quota(self, path: str | None) -> None:
        """Let the counters of one call, or of all, start anew today."""

        async def nobody_tells() -> None:
            return None

        order = self._client.clear_quota() if path is None else self._client.clear_quota_of(path)
        await self._told(order, nobody_tells, _("Whether the counters were cleared is not known."))
        if self._poller:
            self._poller.quota_cleared()

    async def _change(self, order: Awaitable[None], truth: Truth, said: str) -> None:
        """Change something about an agent, and let the feed see it."""
        try:
            await self._told(order, truth, said)
        finally:
            if self._poller:
                self._poller.agents_changed()

    async def _told(self, order: Awaitable[None], truth: Truth, said: str) -> None:
        """Give the order once; its answer lost, let WeChat say whether it was carried out, else say what is not known.

        Raises:
            ApiError: It was refused, or it did not happen, or that could not be learned.
        """
        try:
            await order
        except Unavailable as error:
            if not error.may_have_arrived:
                raise
            try:
                async with asyncio.timeout(TRUTH_SECONDS):
                    happened = await truth()
            except (ApiError, ConfigError, TimeoutError):
                happened = None
            if happened is None:
                raise not_known(error, said) from error
            if not happened:
                raise Unavailable(
                    _("Nothing was changed: the connection failed."),
                    may_have_arrived=False,
                    hint=_("Try again."),
                    path=error.path,
                ) from error

    async def _listed(self) -> tuple[Agent, ...]:
        """Return who the agents are by WeChat's word of this moment; nobody, where that cannot be had."""
        try:
            async with asyncio.timeout(TRUTH_SECONDS):
                return await self._client.agents()
        except (ApiError, ConfigError, TimeoutError):
            return ()

    def _agent_shows(self, agent: AgentId, judge: Callable[[Agent | None], bool | None]) -> Truth:
        async def truth() -> bool | None:
            return judge(next((found for found in await self._client.agents() if found.id == agent), None))

        return truth

    def _seen_picture(self, agent: AgentId) -> str | None:
        """The address of an agent's picture as WeChat told it in this run, not as an earlier run left it."""
        desk = self._store.desk
        known = rules.find_agent(desk, agent)
        return known.picture_url if known is not None and desk.is_known(Feed.AGENTS) else None


def _same(shown: str, given: str) -> bool:
    """Whether WeChat shows what was given; what it shows was cleaned on its way in."""
    return clean(shown).strip() == clean(given).strip()
