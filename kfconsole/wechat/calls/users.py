"""Customers as users of WeChat (usermanage)."""

from collections.abc import Sequence

from kfconsole.model import CustomerId, User
from kfconsole.wechat.call import Call
from kfconsole.wechat.calls.base import Calls
from kfconsole.wechat.checks import check_remark

BATCH_SIZE = 100
"""The most customers WeChat tells of in one call."""


class UserCalls(Calls):
    """Asks about customers and notes who they are."""

    async def user(self, openid: CustomerId, *, language: str = "zh_CN") -> User:
        """Return what WeChat tells of a customer: neither name nor picture, since the end of 2021.

        GET /cgi-bin/user/info. Of those who do not follow only the openid; `followed_at` in Unix seconds.
        Errors: 40003 (not of this account).
        Observed: withheld fields are missing, empty or 0; the scene is a text here and a number in the document of the
        batch.

        Args:
            openid: The customer.
            language: `zh_CN`, `zh_TW` or `en`.

        Source: userInfo
        """
        params = {"openid": openid, "lang": language}
        answer = await self._gateway.ask(Call("GET", "/cgi-bin/user/info", params=params))
        return answer.user(openid)

    async def users(self, openids: Sequence[CustomerId], *, language: str = "zh_CN") -> tuple[User, ...]:
        """Return what WeChat tells of many customers, in the order asked; one it does not mention is left out.

        POST /cgi-bin/user/info/batchget, 100 customers a call and so many calls as it takes, one after the other.
        Errors: 40003.
        Observed: a stranger's openid comes back as one who does not follow.

        Args:
            openids: Any number, none included; one named twice is answered twice.
            language: `zh_CN`, `zh_TW` or `en`.

        Source: batchUserinfo
        """
        wanted = list(dict.fromkeys(openids))
        found: dict[CustomerId, User] = {}
        for start in range(0, len(wanted), BATCH_SIZE):
            rows = [{"openid": openid, "lang": language} for openid in wanted[start : start + BATCH_SIZE]]
            answer = await self._gateway.ask(Call("POST", "/cgi-bin/user/info/batchget", body={"user_list": rows}))
            found.update((user.openid, user) for user in answer.users())
        return tuple(found[openid] for openid in openids if openid in found)

    async def set_remark(self, openid: CustomerId, remark: str) -> None:
        """Note who a customer is, for everybody who works with the account; an empty remark takes the note away.

        POST /cgi-bin/user/info/updateremark. Less than 30 bytes of UTF-8, about 9 Chinese characters; 10,000 calls a
        day. Errors: 40003, 40092 (too long).

        Source: updateRemark

        Raises:
            NotPossible: The remark is too long.
        """
        check_remark(remark)
        await self._order("/cgi-bin/user/info/updateremark", {"openid": openid, "remark": remark})
