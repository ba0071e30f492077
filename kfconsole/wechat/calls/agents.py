"""Managing agents (servicermanage)."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole.i18n import _
from kfconsole.model import Agent, AgentId
from kfconsole.wechat import paths
from kfconsole.wechat.call import Call
from kfconsole.wechat.calls.base import Calls
from kfconsole.wechat.checks import check_agent, check_filled, check_nick

if TYPE_CHECKING:
    from kfconsole.wechat.upload import OnProgress


class AgentCalls(Calls):
    """Lists agents, and makes, changes and deletes them."""

    async def agents(self) -> tuple[Agent, ...]:
        """Return all agents, without who is online: that is `online_agents`.

        GET /cgi-bin/customservice/getkflist. At most 100 agents; `invite_expires_at` in Unix seconds. Errors: 65400.
        Observed: kf_id is a number on the wire and a string in the document; the picture was once named kf_headimg;
        the document's example has the list under the name of the next call.

        Source: getkflist
        """
        answer = await self._gateway.ask(Call("GET", paths.AGENTS))
        return answer.agents()

    async def online_agents(self) -> Mapping[AgentId, int]:
        """Return how many sessions each agent who is online serves now.

        GET /cgi-bin/customservice/getonlinekflist. Errors: 65400.
        Observed: a status of 2 or 3 (the retired phone client) is online as well as 1.

        Source: getonlinekflist
        """
        answer = await self._gateway.ask(Call("GET", paths.ONLINE_AGENTS))
        return answer.online_agents()

    async def add_agent(self, agent: AgentId, nick: str) -> None:
        """Make an agent. Nobody serves as it before a WeChat user has accepted an invitation.

        POST /customservice/kfaccount/add. At most 100 agents. Errors: 65400, 65403 (nickname), 65404 (form of the
        name), 65405 (100 reached), 65406 (exists); of the retired system 61451 to 61456.
        Observed: test accounts answer 61450; 48001 and 40097 on other kinds of account.

        Args:
            agent: At most 10 letters, digits or underscores, `@`, and at most 30 characters: the account's WeChat id.
            nick: 1 to 16 characters.

        Source: addkfaccount

        Raises:
            NotPossible: Name or nickname are certain to be refused.
        """
        check_agent(agent)
        check_nick(nick)
        await self._order("/customservice/kfaccount/add", {"kf_account": agent, "nickname": nick})

    async def rename_agent(self, agent: AgentId, nick: str) -> None:
        """Give an agent another nickname, 1 to 16 characters; customers see it.

        POST /customservice/kfaccount/update. Errors: 65400, 65401, 65403 (nickname).

        Source: updatekfaccount

        Raises:
            NotPossible: Name or nickname are certain to be refused.
        """
        check_agent(agent)
        check_nick(nick)
        await self._order("/customservice/kfaccount/update", {"kf_account": agent, "nickname": nick})

    async def remove_agent(self, agent: AgentId) -> None:
        """Delete an agent. What becomes of its open sessions is not documented.

        POST /customservice/kfaccount/del. Errors: 65400, 65401.
        Observed: older clients delete by GET with the name in the query, which WeChat still takes.

        Source: delkfaccount

        Raises:
            NotPossible: The name is certain to be refused.
        """
        check_agent(agent)
        await self._order("/customservice/kfaccount/del", {"kf_account": agent})

    async def invite_agent(self, agent: AgentId, wechat_id: str) -> None:
        """Invite a WeChat user to serve as an agent; they answer in WeChat.

        POST /customservice/kfaccount/inviteworker. Errors: 65400, 65407 (serves here already), 65408 (invited
        already), 65409 (no such WeChat id), 65410 (serves too many accounts), 65411 (an invitation is open), 65412
        (somebody serves as this agent).
        Observed: 65401, which its document does not list.

        Args:
            agent: One that nobody serves as yet.
            wechat_id: The WeChat id of the user, as their profile shows it.

        Source: invitekfworker

        Raises:
            NotPossible: The name is certain to be refused, or the WeChat id is empty.
        """
        check_agent(agent)
        check_filled(wechat_id, _("The WeChat id"))
        await self._order("/customservice/kfaccount/inviteworker", {"kf_account": agent, "invite_wx": wechat_id})

    async def set_agent_picture(self, agent: AgentId, file: Path, on_progress: "OnProgress | None" = None) -> None:
        """Give an agent another picture; customers see it.

        POST /customservice/kfaccount/uploadheadimg, multipart, the agent in the query. JPG, at most 5 MB, best 640×640.
        Errors: 40005 (type), 40009 (size), 65400, 65401; of the retired system 61457 (file).
        Observed: a wrong agent was once answered by what is no JSON at all; that is Unavailable.

        Source: uploadkfheadimg

        Raises:
            NotPossible: Name or file are certain to be refused, or the file changed while it was sent.
        """
        from kfconsole.wechat.filetypes import AGENT_PICTURE
        from kfconsole.wechat.upload import Upload

        check_agent(agent)
        upload = await asyncio.to_thread(Upload, file, AGENT_PICTURE, on_progress)
        path = "/customservice/kfaccount/uploadheadimg"
        call = Call("POST", path, params={"kf_account": agent}, upload=upload, is_write=True)
        (await self._gateway.ask(call)).ok()
