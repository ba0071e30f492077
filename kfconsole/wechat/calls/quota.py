"""Limits of calls, and what became of one (apimanage)."""

from kfconsole.model import Quota, RequestInfo
from kfconsole.wechat.call import Call
from kfconsole.wechat.calls.base import Calls
from kfconsole.wechat.checks import check_path, check_rid


class QuotaCalls(Calls):
    """Asks how many calls are left, gets them back, and looks calls up."""

    async def quota(self, path: str) -> Quota:
        """Return how often one call may be made today, and within a short while.

        POST /cgi-bin/openapi/quota/get. Calls a day; `burst_calls` within `burst_seconds`. Errors: 76021 (no such
        path; one page says 76003), 76022 (not ours to ask).
        Observed: counts lag by about one in a hundred; the limits of a short while are missing for most calls.

        Args:
            path: With its first slash and without the host, such as `/cgi-bin/message/custom/send`.

        Source: getApiQuota

        Raises:
            NotPossible: It is no path.
        """
        check_path(path)
        answer = await self._gateway.ask(Call("POST", "/cgi-bin/openapi/quota/get", body={"cgi_path": path}))
        return answer.quota()

    async def clear_quota(self) -> None:
        """Set the day's count of every call to nothing.

        POST /cgi-bin/clear_quota. 10 times a month, counted together with `clear_quota_with_secret` and the button on
        the platform. Errors: 40013, 48006 (used up).

        Source: clearQuota
        """
        await self._order("/cgi-bin/clear_quota", {"appid": self._gateway.app_id})

    async def clear_quota_of(self, path: str) -> None:
        """Set the day's count of one call to nothing.

        POST /cgi-bin/openapi/quota/clear. 50 times a month. Errors: 48006 (used up), 76021 (no such path), 76022.

        Args:
            path: As for `quota`.

        Source: clearApiQuota

        Raises:
            NotPossible: It is no path.
        """
        check_path(path)
        await self._order("/cgi-bin/openapi/quota/clear", {"cgi_path": path})

    async def clear_quota_with_secret(self) -> None:
        """Set the day's count of every call to nothing, without a token: the way out when no token can be fetched.

        POST /cgi-bin/clear_quota/v2, the secret in the body. 10 times a month, counted together with `clear_quota`.
        Errors: -1, 40013, 41002, 41004, 48006 (used up).
        The document's example has the secret in the query, its table in the body: we keep it out of addresses.

        Source: clearQuotaByAppSecret
        """
        body = {"appid": self._gateway.app_id, "appsecret": await self._gateway.secret()}
        call = Call("POST", "/cgi-bin/clear_quota/v2", body=body, is_write=True)
        (await self._gateway.ask_without_token(call)).ok()

    async def request_info(self, rid: str) -> RequestInfo:
        """Return what WeChat saw and answered in one call; tokens and secrets are cut out, whosever they are.

        POST /cgi-bin/openapi/rid/get. Calls of the last 7 days; `at` in Unix seconds. Errors: 76001 (unknown), 76002
        (malformed), 76003 (of another account), 76004 (too old).
        Observed: the address is no more than the query; the client's address is missing from some answers.

        Args:
            rid: As refusals carry it: three groups of eight hex digits.

        Source: getRidInfo

        Raises:
            NotPossible: It is no request id.
        """
        check_rid(rid)
        answer = await self._gateway.ask(Call("POST", "/cgi-bin/openapi/rid/get", body={"rid": rid}))
        return answer.request_info(self._gateway.masks)
