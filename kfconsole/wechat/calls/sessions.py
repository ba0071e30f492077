"""The queue and the sessions (messctrl)."""

from kfconsole.model import AgentId, CustomerId, QueueAnswer, Session, SessionHolder
from kfconsole.wechat import paths
from kfconsole.wechat.call import Call
from kfconsole.wechat.calls.base import Calls


class SessionCalls(Calls):
    """Says who waits and who is served, and moves customers between the two."""

    async def queue(self) -> QueueAnswer:
        """Return the customers who wait, in the order they came.

        GET /customservice/kfsession/getwaitcase. At most 100 rows, no cursor; the total can be larger. Times are the
        customer's last message, Unix seconds. Errors: 65400.

        Source: getwaitcase
        """
        answer = await self._gateway.ask(Call("GET", paths.QUEUE))
        return answer.queue()

    async def sessions(self, agent: AgentId) -> tuple[Session, ...]:
        """Return the sessions an agent serves.

        GET /customservice/kfsession/getsessionlist. No paging. Errors: 65401, 65402.

        Source: getkfsessionlist
        """
        call = Call("GET", paths.SESSIONS, params={"kf_account": agent})
        answer = await self._gateway.ask(call)
        return answer.sessions(agent)

    async def session(self, openid: CustomerId) -> SessionHolder | None:
        """Return who serves a customer, None when nobody does.

        GET /customservice/kfsession/getsession. Errors: 40003, 65400.
        The document leaves open how "nobody" looks: an empty, null or missing kf_account all mean it.

        Source: getkfsession
        """
        answer = await self._gateway.ask(Call("GET", "/customservice/kfsession/getsession", params={"openid": openid}))
        return answer.holder()

    async def create_session(self, agent: AgentId, openid: CustomerId) -> None:
        """Give a customer to an agent; no error when they already have them.

        POST /customservice/kfsession/create. Errors: 40003, 65400, 65401, 65402 (not bound), 65414 (served by another),
        65415 (not online); of the retired system 61458 and 61459.

        Source: createkfsession
        """
        await self._order("/customservice/kfsession/create", {"kf_account": agent, "openid": openid})

    async def close_session(self, agent: AgentId, openid: CustomerId) -> None:
        """End a session.

        POST /customservice/kfsession/close. Errors: 40003, 65413 (no session), 65414 (another agent's).

        Source: closeSession
        """
        await self._order("/customservice/kfsession/close", {"kf_account": agent, "openid": openid})
