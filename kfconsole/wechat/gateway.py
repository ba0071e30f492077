"""Makes one call: token, HTTP, envelope, refusal, clock and log. Knows no endpoint but the token's.

Imports neither httpx nor msgspec before the first call.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kfconsole.errors import ApiError, AuthError, NotPossible
from kfconsole.wechat.addresses import shown
from kfconsole.wechat.call import Call, CallEntry
from kfconsole.wechat.codes import CODE, DEAD_TOKEN, TOKEN_PATH
from kfconsole.wechat.envelope import read_code, read_object
from kfconsole.wechat.masks import Masks
from kfconsole.wechat.refusal import Displaced, displaced, displaced_again, refusal, split_rid, tidy
from kfconsole.wechat.token import Token
from kfconsole.wechat.token_cache import TokenCache
from kfconsole.wechat.token_keeper import TokenKeeper

if TYPE_CHECKING:
    import httpx

    from kfconsole.wechat.answers import Answer
    from kfconsole.wechat.transport import Reply, Transport

COMMAND_TOKEN_SECONDS = 300.0  # how long a token of the team's own server is kept, unless WeChat refuses it before
WECHAT_DOMAIN = ".weixin.qq.com"
LARGE_ANSWER_BYTES = 64 * 1024  # reading more takes over 1 ms: done in a thread


class Gateway:
    """The way to WeChat for all endpoints of one account."""

    def __init__(
        self,
        *,
        base_url: str,
        app_id: str,
        app_secret: str | Callable[[], str],
        access_token: Callable[[], str] | None,
        token_folder: Path | None,
        proxy: str,
        transport: "httpx.AsyncBaseTransport | None",
        monotonic: Callable[[], float],
        on_date: Callable[[float, float, float], None] | None,
        log: Callable[[CallEntry], None] | None,
    ) -> None:
        self._base_url = base_url
        self.app_id = app_id
        self._app_secret = app_secret
        self._access_token = access_token
        self._proxy = proxy
        self._given_transport = transport
        self._monotonic = monotonic
        self._on_date = on_date
        self._log = log
        self.masks = Masks()
        if isinstance(app_secret, str):
            self.masks.remember(app_secret)
        self._tokens = self._token_keeper(token_folder)
        self._has_worked = False
        """Whether WeChat has taken a token of ours: then base_url is right."""
        self._opening = asyncio.Lock()
        self._transport: Transport | None = None

    async def ask(self, call: Call) -> "Answer":
        """Make the call with a token, once more with a new one when the token turns out dead.

        Raises:
            ApiError: As the endpoint says; it says so when another program keeps replacing our tokens.
        """
        token = await self._tokens.get()
        try:
            return await self._exchange_with(token, call)
        except AuthError as error:
            if error.code not in DEAD_TOKEN:
                raise
            refused = error
        self._tokens.discard(token, is_displaced=refused.code == CODE.TOKEN_NOT_LATEST)
        fresh = await self._tokens.get()
        if not call.is_write and self._tokens.keeps_being_displaced():
            raise displaced_again(refused)
        try:
            return await self._exchange_with(fresh, call)
        except AuthError as error:
            if error.code not in DEAD_TOKEN:
                raise
            refused = error
        raise displaced(refused, self._way_displaced(token, fresh), doubtful_url=self._doubtful_url())

    async def ask_without_token(self, call: Call) -> "Answer":
        """Make a call that identifies the account by its secret."""
        return await self._exchange(call, None)

    async def secret(self) -> str:
        """Return the account's secret, hidden from now on in every text that leaves the room."""
        secret = self._app_secret if isinstance(self._app_secret, str) else await asyncio.to_thread(self._app_secret)
        self.masks.remember(secret)
        return secret

    async def aclose(self) -> None:
        """Close the connections, if there are any."""
        if self._transport is not None:
            await self._transport.aclose()

    async def _open(self) -> "Transport":
        async with self._opening:
            if self._transport is None:
                self._transport = await asyncio.to_thread(self._build)
            return self._transport

    def _build(self) -> "Transport":
        import kfconsole.wechat.answers  # noqa: F401  # loaded here, in the thread, together with the rest
        from kfconsole.wechat.transport import Transport

        return Transport(
            base_url=self._base_url,
            proxy=self._proxy,
            masks=self.masks,
            transport=self._given_transport,
            monotonic=self._monotonic,
        )

    def _token_keeper(self, folder: Path | None) -> TokenKeeper:
        if self._access_token is not None:  # the team's server is the cache
            return TokenKeeper(self._ask_for_token, self._monotonic, renewed_before_seconds=0)
        cache = None
        if folder is not None:
            cache = TokenCache(folder, base_url=self._base_url, app_id=self.app_id, masks=self.masks)
        return TokenKeeper(self._fetch_token, self._monotonic, cache=cache)

    async def _ask_for_token(self) -> Token:
        """Ask the team's own server."""
        assert self._access_token is not None
        value = await asyncio.to_thread(self._access_token)
        self.masks.remember(value)
        return Token(value, COMMAND_TOKEN_SECONDS)

    async def _fetch_token(self) -> Token:
        """Fetch a token.

        POST /cgi-bin/stable_token, at most 10,000 a minute. Never with force_refresh: that kills everybody's token.

        Source: getStableAccessToken
        """
        body = {"grant_type": "client_credential", "appid": self.app_id, "secret": await self.secret()}
        answer = await self._exchange(Call("POST", TOKEN_PATH, body=body), None)
        value, seconds = answer.token()
        self.masks.remember(value)
        return Token(value, seconds)

    def _way_displaced(self, token: Token, fresh: Token) -> Displaced:
        if token.value != fresh.value:
            return Displaced.BY_ANOTHER
        return Displaced.STILL_HANDED_OUT if self._access_token is None else Displaced.STILL_PRINTED

    def _doubtful_url(self) -> str:
        """Return base_url where it may be the mistake; empty where it is WeChat's, or took a token of ours before."""
        host = urlsplit(self._base_url).hostname or ""
        return "" if self._has_worked or host.endswith(WECHAT_DOMAIN) else shown(self._base_url)

    async def _exchange_with(self, token: Token, call: Call) -> "Answer":
        answer = await self._exchange(call, token.value)
        self._has_worked = True
        return answer

    async def _exchange(self, call: Call, token: str | None) -> "Answer":
        """Make one HTTP call and log it, however it ends."""
        transport = self._transport or await self._open()
        began = time.perf_counter()
        try:
            reply = await transport.send(call, token)
            answer, rid = await self._open_envelope(reply, call)
        except ApiError as error:
            self._note(call, began, code=error.code, rid=error.rid, error=error.errmsg or error.message)
            raise
        except asyncio.CancelledError:
            self._note(call, began, code=None, error="cancelled")
            raise
        except NotPossible as error:  # a file that changed while it was sent, or cannot be written
            self._note(call, began, code=None, error=error.message)
            raise
        self._note(call, began, code=0, rid=rid)
        return answer

    async def _open_envelope(self, reply: "Reply", call: Call) -> "tuple[Answer, str]":
        from kfconsole.wechat.answers import Answer

        if len(reply.body) > LARGE_ANSWER_BYTES:
            fields = await asyncio.to_thread(read_object, reply.body, call)
        else:
            fields = read_object(reply.body, call)
        if reply.date is not None and self._on_date is not None:
            self._on_date(reply.date, reply.before_mono, reply.after_mono)
        code = read_code(fields, call)
        errmsg = fields.get("errmsg")
        words = self.masks.hide(errmsg) if isinstance(errmsg, str) else ""
        if code != 0:
            raise refusal(call.path, code, words)
        return Answer(fields, call), split_rid(words)[1]

    def _note(self, call: Call, began: float, *, code: int | None, rid: str = "", error: str = "") -> None:
        if self._log is not None:
            milliseconds = (time.perf_counter() - began) * 1000
            self._log(CallEntry(call.method, call.path, code, rid, milliseconds, tidy(self.masks.hide(error))))
