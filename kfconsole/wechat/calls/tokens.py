"""The two calls that hand out access tokens (base)."""

from kfconsole.wechat.call import Call
from kfconsole.wechat.calls.base import Calls
from kfconsole.wechat.codes import CLASSIC_TOKEN_PATH, TOKEN_PATH
from kfconsole.wechat.token import Token

GRANT_TYPE = "client_credential"


class TokenCalls(Calls):
    """Fetches tokens for others to use; this client's own calls look after theirs."""

    async def stable_token(self, *, force_refresh: bool = False) -> Token:
        """Return the account's access token and the seconds it still lives.

        Whoever holds the value is the account: keep it out of logs, arguments and screens.

        POST /cgi-bin/stable_token. 10,000 a minute, 500,000 a day; a lifetime of 300 to 7,200 seconds. Errors: 40002,
        40013, 40125 (secret), 40164 (address), 41002, 41004, 45009, 45011, 89503, 89506, 89507.

        Args:
            force_refresh: Replace the token at once, so that the one everybody uses is dead from this moment; at most
                20 times a day and 30 seconds apart, else nothing is replaced.

        Source: getStableAccessToken
        """
        body: dict[str, object] = {
            "grant_type": GRANT_TYPE,
            "appid": self._gateway.app_id,
            "secret": await self._gateway.secret(),
        }
        if force_refresh:
            body["force_refresh"] = True
        return await self._fetch(Call("POST", TOKEN_PATH, body=body, is_write=force_refresh))

    async def classic_token(self) -> Token:
        """Return a new access token of the older kind and the seconds it lives.

        Whoever holds the value is the account: keep it out of logs, arguments and screens. Every call retires the
        token of the call before, which works on for 5 minutes; stable tokens are another kind.

        GET /cgi-bin/token, the secret in the query. 2,000 a day; a lifetime of at most 7,200 seconds. Errors: 40001
        and 40125 (secret), 40002, 40013, 40164 (address), 40243 (secret frozen), 41004, 50004, 50007.
        Observed: one developer reports that the two kinds displaced each other after all.

        Source: getAccessToken
        """
        params = {
            "grant_type": GRANT_TYPE,
            "appid": self._gateway.app_id,
            "secret": await self._gateway.secret(),
        }
        return await self._fetch(Call("GET", CLASSIC_TOKEN_PATH, params=params, is_write=True))

    async def _fetch(self, call: Call) -> Token:
        answer = await self._gateway.ask_without_token(call)
        token = Token(*answer.token())
        self._gateway.masks.remember(token.value)
        return token
