"""A WeChat of canned bytes, for what the simulator is too well-behaved to say."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx

from kfconsole.model import AgentId, CustomerId
from kfconsole.wechat import CallEntry, KfClient

SECRET = "s3cret+of/the=shop"
AGENT = AgentId("kf2001@shop")
OPENID = CustomerId("oDF3iY9WMaswOPWjCIp_f3Bnpljk")

TOKEN_PATH = "/cgi-bin/stable_token"
AGENTS_PATH = "/cgi-bin/customservice/getkflist"
ONLINE_PATH = "/cgi-bin/customservice/getonlinekflist"
QUEUE_PATH = "/customservice/kfsession/getwaitcase"
SESSIONS_PATH = "/customservice/kfsession/getsessionlist"
SESSION_PATH = "/customservice/kfsession/getsession"
CREATE_PATH = "/customservice/kfsession/create"
CLOSE_PATH = "/customservice/kfsession/close"
RECORDS_PATH = "/customservice/msgrecord/getmsglist"
SEND_PATH = "/cgi-bin/message/custom/send"
TYPING_PATH = "/cgi-bin/message/custom/typing"
CLASSIC_TOKEN_PATH = "/cgi-bin/token"
ADD_PATH = "/customservice/kfaccount/add"
RENAME_PATH = "/customservice/kfaccount/update"
REMOVE_PATH = "/customservice/kfaccount/del"
INVITE_PATH = "/customservice/kfaccount/inviteworker"
PICTURE_PATH = "/customservice/kfaccount/uploadheadimg"
UPLOAD_PATH = "/cgi-bin/media/upload"
DOWNLOAD_PATH = "/cgi-bin/media/get"
USER_PATH = "/cgi-bin/user/info"
USERS_PATH = "/cgi-bin/user/info/batchget"
REMARK_PATH = "/cgi-bin/user/info/updateremark"
CLEAR_PATH = "/cgi-bin/clear_quota"
CLEAR_BY_SECRET_PATH = "/cgi-bin/clear_quota/v2"
CLEAR_ONE_PATH = "/cgi-bin/openapi/quota/clear"
QUOTA_PATH = "/cgi-bin/openapi/quota/get"
RID_PATH = "/cgi-bin/openapi/rid/get"

OK = {"errcode": 0, "errmsg": "ok"}
Reply = bytes | dict[str, Any] | httpx.Response | Exception | Callable[[httpx.Request], Any]


class Wire:
    """Answers each path with its replies in turn, the last one for ever; notes every request."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.entries: list[CallEntry] = []
        self.dates: list[tuple[float, float, float]] = []
        self.now_mono = 1000.0
        self.tokens = 0
        self._came = asyncio.Event()
        self._replies: dict[str, list[Reply]] = {TOKEN_PATH: [self._token]}

    def reply(self, path: str, *replies: Reply) -> "Wire":
        self._replies[path] = list(replies)
        return self

    def client(
        self, base_url: str = "http://wechat.test", app_secret: str | Callable[[], str] = SECRET, **options: Any
    ) -> KfClient:
        return KfClient(
            base_url=base_url,
            app_id="wx1",
            app_secret=app_secret,
            transport=httpx.MockTransport(self._answer),
            monotonic=lambda: self.now_mono,
            on_date=lambda date, before, after: self.dates.append((date, before, after)),
            log=self.entries.append,
            **options,
        )

    def asked(self, path: str) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.path == path]

    def body(self, path: str) -> Any:
        return json.loads(self.asked(path)[-1].content)

    @property
    def token(self) -> str:
        """The newest token; its characters need percent-encoding."""
        return f"t0ken/{self.tokens}+=="

    async def until_asked(self, path: str) -> None:
        """Return when a request for the path has come."""
        while not self.asked(path):
            self._came.clear()
            await self._came.wait()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self._came.set()
        replies = self._replies.get(request.url.path, [OK])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if callable(reply):
            reply = reply(request)
        if hasattr(reply, "__await__"):
            reply = await reply
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, httpx.Response):
            return reply
        content = reply if isinstance(reply, bytes) else json.dumps(reply, ensure_ascii=False).encode()
        return httpx.Response(200, content=content, headers={"Content-Type": "application/json; encoding=utf-8"})

    def _token(self, _request: httpx.Request) -> dict[str, Any]:
        self.tokens += 1
        return {"access_token": self.token, "expires_in": 7200}
