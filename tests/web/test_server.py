"""The door, the pages and the life of consoles over real HTTP; the console is a program that speaks its way."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType, WSServerHandshakeError
from yarl import URL

from kfconsole.web.door import Door
from kfconsole.web.server import HEADERS, LEFT, NOT_STARTED, TOO_MANY, BrowserServer

SECONDS = 30.0
PLAYER = """
import json, os, sys

def out(kind, payload):
    os.write(1, kind + len(payload).to_bytes(4, "big") + payload)

os.write(1, b"__GANGLION__\\n")
shown = {name: os.environ.get(name, "") for name in ("KFCONSOLE_SOURCE", "TMUX", "TERM", "COLUMNS", "ROWS", "LINES")}
out(b"D", json.dumps({"pid": os.getpid(), "argv": sys.argv, "env": shown, "all": str(dict(os.environ))}).encode())
stdin = sys.stdin.buffer
while kind := stdin.read(1):
    payload = stdin.read(int.from_bytes(stdin.read(4), "big"))
    if kind == b"D" and payload == b"q":
        out(b"M", json.dumps({"type": "exit"}).encode())
        print("last words", file=sys.stderr)
        break
    if kind == b"M" and json.loads(payload)["type"] == "quit" and "stubborn" not in sys.argv:
        break
    out(b"D", kind + payload)
if "stubborn" in sys.argv:
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)
"""


class Served:
    """A server, the browser before it, and what it said to its own terminal."""

    def __init__(self, door: Door, server: BrowserServer) -> None:
        self.door, self.server = door, server
        self.said: list[str] = []
        self.port = 0
        self.stop = asyncio.Event()
        self.client = ClientSession(cookie_jar=CookieJar(unsafe=True))  # addresses count as no names for cookies

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def enter(self) -> None:
        """Come in as a browser does."""
        async with self.client.get(f"{self.base}/t/{self.door.token}") as answer:
            assert answer.status == 200

    async def status(self, path: str, **headers: str) -> int:
        async with self.client.get(self.base + path, headers=headers) as answer:
            return answer.status

    async def connect(self, query: str = "?width=100&height=30", **headers: str) -> ClientWebSocketResponse:
        return await self.client.ws_connect(f"{self.base}/ws{query}", headers=headers)


async def drawn(socket: ClientWebSocketResponse) -> bytes:
    message = await socket.receive(SECONDS)
    assert message.type is WSMsgType.BINARY, message
    return bytes(message.data)


async def began(socket: ClientWebSocketResponse) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(await drawn(socket))
    return found


async def closed_with(socket: ClientWebSocketResponse) -> int | None:
    """Wait for the end; return why, as a page is told: the connection itself may be gone before we answer."""
    while (message := await socket.receive(SECONDS)).type in (WSMsgType.BINARY, WSMsgType.TEXT):
        pass
    return message.data if message.type is WSMsgType.CLOSE else socket.close_code


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def gone(pid: int) -> None:
    """Wait until a process has ended."""
    for _look in range(600):
        if not lives(pid):
            return
        await asyncio.sleep(SECONDS / 600)
    raise AssertionError(f"{pid} is still there")


@asynccontextmanager
async def serving(
    *arguments: str, program: str = PLAYER, most_sessions: int = 3, leave_seconds: float = SECONDS, title: str = "desk"
) -> AsyncIterator[Served]:
    door = Door()
    said: list[str] = []
    server = BrowserServer(
        [sys.executable, "-c", program, *arguments],
        {**os.environ, "TMUX": "/tmp/tmux,1,0", "TERM": "dumb"},
        driver="a.module:Driver",
        door=door,
        title=title,
        language="zh",
        most_sessions=most_sessions,
        say=said.append,
        leave_seconds=leave_seconds,
    )
    served = Served(door, server)
    served.said = said
    ready = asyncio.Event()

    def on_ready(port: int) -> None:
        served.port = port
        ready.set()

    async with served.client:
        running = asyncio.create_task(server.run("127.0.0.1", 0, on_ready=on_ready, stop=served.stop))
        await ready.wait()
        try:
            yield served
        finally:
            served.stop.set()
            await running


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as found:
        yield found


PATHS = ("/", "/ws", "/static/js/textual.js", "/static/", "/page/page.js", "/download/1", "/nothing", "/favicon.ico")


@pytest.mark.parametrize("path", PATHS)
async def test_without_the_cookie_there_is_nothing(served: Served, path: str) -> None:
    async with served.client.get(served.base + path) as answer:
        said = await answer.text()

    assert answer.status == 403
    assert "kfconsole serve" in said
    assert answer.headers["Content-Type"].startswith("text/plain")


async def test_a_wrong_token_opens_nothing(served: Served) -> None:
    for wrong in ("x", Door().token, served.door.cookie, f"{served.door.token}x"):
        assert await served.status(f"/t/{wrong}") == 403
    assert await served.status("/?token=" + served.door.token) == 403
    assert await served.status("/") == 403


async def test_the_token_is_changed_for_a_cookie_that_scripts_and_other_pages_cannot_use(served: Served) -> None:
    async with served.client.get(f"{served.base}/t/{served.door.token}", allow_redirects=False) as answer:
        cookie = answer.headers["Set-Cookie"]

    assert answer.status == 303
    assert served.door.token not in str(answer.headers)
    name, *attributes = cookie.split("; ")
    assert name == f"kfconsole-{served.port}={served.door.cookie}"
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]  # no Expires: it goes with the browser


async def test_behind_a_proxy_with_tls_the_cookie_stays_inside_of_tls(served: Served) -> None:
    url = f"{served.base}/t/{served.door.token}"
    async with served.client.get(url, allow_redirects=False, headers={"X-Forwarded-Proto": "https"}) as answer:
        assert "Secure" in answer.headers["Set-Cookie"]


async def test_the_token_takes_out_of_the_address_and_works_for_a_second_browser(served: Served) -> None:
    for _browser in range(2):
        served.client.cookie_jar.clear()
        async with served.client.get(f"{served.base}/t/{served.door.token}") as answer:
            assert answer.url == URL(f"{served.base}/")
            assert answer.status == 200
            assert served.door.token not in await answer.text()
    assert await served.status("/") == 200


async def test_who_followed_a_link_elsewhere_is_asked_to_come_again_by_themselves(served: Served) -> None:
    async with served.client.get(f"{served.base}/", headers={"Sec-Fetch-Site": "cross-site"}) as answer:
        assert answer.status == 403
        assert answer.headers["Refresh"] == "0; url=./"
    async with served.client.get(f"{served.base}/", headers={"Sec-Fetch-Site": "same-origin"}) as answer:
        assert "Refresh" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/t/x", "/nothing", "/page/page.js"])
async def test_every_answer_is_hardened(served: Served, path: str) -> None:
    for _with_cookie in range(2):
        async with served.client.get(served.base + path) as answer:
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        await served.enter()


async def test_the_page_names_no_address_but_ours_and_escapes_its_title() -> None:
    async with serving(title="</title><script>1</script>") as served:
        await served.enter()
        async with served.client.get(served.base) as answer:
            page = await answer.text()
        async with served.client.get(f"{served.base}/page/page.css") as answer:
            page += await answer.text()

    assert "//" not in page.replace("</", "")
    assert "&lt;script&gt;1" in page
    assert 'lang="zh-CN"' in page


async def test_a_name_that_only_points_here_opens_nothing(served: Served) -> None:
    await served.enter()

    assert await served.status("/", Host="evil.example") == 403
    assert await served.status(f"/t/{served.door.token}", Host="evil.example") == 403
    assert await served.status("/", Host=f"localhost:{served.port}") == 200


async def test_pages_of_others_get_no_console_even_with_the_cookie(served: Served) -> None:
    await served.enter()

    for origin in ("http://evil.example", "http://127.0.0.1:1", "null"):
        with pytest.raises(WSServerHandshakeError) as refused:
            await served.connect(Origin=origin)
        assert refused.value.status == 403
    own = await served.connect(Origin=served.base)
    assert (await began(own))["pid"]
    await own.close()


async def test_what_is_typed_reaches_the_console_and_what_it_draws_the_page(served: Served) -> None:
    await served.enter()
    async with await served.connect() as socket:
        await began(socket)
        await socket.send_json(["stdin", "你好"])
        assert await drawn(socket) == "D你好".encode()
        await socket.send_json(["resize", {"width": 90, "height": 20}])
        assert json.loads((await drawn(socket))[1:]) == {"type": "resize", "width": 90, "height": 20}
        await socket.send_json(["focus"])
        assert json.loads((await drawn(socket))[1:]) == {"type": "focus"}


async def test_what_is_no_message_of_the_page_changes_nothing(served: Served) -> None:
    await served.enter()
    async with await served.connect("?width=1e9&height=-3") as socket:
        env = (await began(socket))["env"]
        assert (env["COLUMNS"], env["ROWS"]) == ("20", "5")
        for said in (
            "",
            "{",
            "[]",
            "1",
            '"stdin"',
            '["quit"]',
            '[["stdin"]]',
            '["stdin"]',
            '["stdin", 1]',
            '["resize"]',
        ):
            await socket.send_str(said)
        await socket.send_bytes(b"\0")
        await socket.send_json(["resize", {"width": 10**9, "height": "x"}])
        assert json.loads((await drawn(socket))[1:]) == {"type": "resize", "width": 500, "height": 5}
        await socket.send_str('["stdin", "\\ud800"]')
        assert await drawn(socket) == b"D?"


async def test_a_console_knows_where_its_person_is_and_nothing_of_our_terminal_or_the_token(served: Served) -> None:
    await served.enter()
    async with await served.connect() as socket:
        found = await began(socket)

    assert found["env"]["KFCONSOLE_SOURCE"] == "browser 127.0.0.1"
    assert found["env"]["TMUX"] == ""
    assert found["env"]["TERM"] == "xterm-256color"
    for secret in (served.door.token, served.door.cookie):
        assert secret not in found["all"] + str(found["argv"]) + str(served.said)


async def test_no_more_consoles_than_there_may_be_and_one_that_is_left_makes_room(served: Served) -> None:
    await served.enter()
    sockets = [await served.connect() for _page in range(3)]
    pids = [(await began(socket))["pid"] for socket in sockets]

    assert await closed_with(await served.connect()) == TOO_MANY
    await sockets[0].close()
    await gone(pids[0])
    again = await served.connect()
    while again.closed or (await again.receive(SECONDS)).type is not WSMsgType.BINARY:
        again = await served.connect()  # the server may hear of the end a moment later


async def test_a_console_that_is_left_says_so_and_its_last_words_are_told(served: Served) -> None:
    await served.enter()
    socket = await served.connect()
    pid = (await began(socket))["pid"]
    await socket.send_json(["stdin", "q"])

    assert await closed_with(socket) == LEFT
    await gone(pid)
    assert served.said == ["last words"]


async def test_a_console_that_does_not_start_says_why() -> None:
    async with serving(program="import sys; sys.exit('no such account')") as served:
        await served.enter()

        assert await closed_with(await served.connect()) == NOT_STARTED
        assert served.said == ["no such account"]


async def test_a_console_ends_with_its_page(served: Served) -> None:
    await served.enter()
    socket = await served.connect()
    pid = (await began(socket))["pid"]
    await socket.close()

    await gone(pid)


async def test_a_console_that_does_not_end_is_made_to() -> None:
    async with serving("stubborn", leave_seconds=0.05) as served:
        await served.enter()
        socket = await served.connect()
        pid = (await began(socket))["pid"]
        await socket.close()

        await gone(pid)


async def test_every_console_ends_with_the_server() -> None:
    async with serving() as served:
        await served.enter()
        sockets = [await served.connect() for _page in range(2)]
        pids = [(await began(socket))["pid"] for socket in sockets]

        served.stop.set()

        assert [await closed_with(socket) for socket in sockets] == [LEFT, LEFT]
    for pid in pids:
        assert not lives(pid)
