"""Armed faults, over a real socket where the socket matters."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from kfconsole.simulator import World, create_app, serve
from kfconsole.simulator.codes import TEXTS
from kfconsole.simulator.faults import KINDS, Faults
from tests.simulator.conftest import NOON, WEN, Wire

QUEUE = "/customservice/kfsession/getwaitcase"
SEND = "/cgi-bin/message/custom/send"


@contextlib.asynccontextmanager
async def running(world: World, *, faults: Faults | None = None, host: str = "127.0.0.1") -> AsyncIterator[str]:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(serve(world, on_ready=ready.set_result, stop=stop, faults=faults, host=host))
        try:
            yield await ready
        finally:
            stop.set()


@pytest.fixture
async def socket_wire(world: World) -> AsyncIterator[Wire]:
    async with running(world) as base_url, httpx.AsyncClient(base_url=base_url, trust_env=False) as http:
        yield Wire(http, world)


async def test_a_real_socket_answers_only_with_our_headers(world: World, socket_wire: Wire) -> None:
    world.say("oA", "在吗")
    response = await socket_wire.http.get(QUEUE, params={"access_token": socket_wire.token})

    assert response.json()["count"] == 1
    assert sorted(response.headers) == ["content-length", "content-type", "date"]


async def test_a_whole_address_in_the_request_line_is_answered_like_its_path(world: World) -> None:
    world.say("oA", "在吗")
    async with running(world) as base_url, httpx.AsyncClient(proxy=base_url, trust_env=False) as http:
        host, query = "http://api.weixin.qq.com", {"access_token": Wire(http, world).token}
        queue = await http.get(host + QUEUE, params=query)
        unknown = await http.get(f"{host}/cgi-bin/nothing", params=query)
        bare = await http.get(host)
        state = await http.get(f"{host}/_sim/state")

    assert queue.json()["count"] == 1
    assert [row.json()["errcode"] for row in (unknown, bare)] == [40066, 40066]
    assert state.json()["calls"] == {QUEUE: 1, "/cgi-bin/nothing": 1, "/": 1}


@pytest.mark.parametrize(("kind", "sent"), [("cut_before", 0), ("cut_after", 1)])
async def test_a_cut_connection_brings_no_byte(world: World, socket_wire: Wire, kind: str, sent: int) -> None:
    world.say("oA", "在吗")
    await socket_wire.control("faults", {"path": SEND, "kind": kind})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await socket_wire.send("oA", "在的")

    assert len(world.sent) == sent
    assert await socket_wire.send("oA", "在的") == 0


async def test_a_connection_cut_amid_the_answer_leaves_it_incomplete(world: World, socket_wire: Wire) -> None:
    world.say("oA", "在吗")
    await socket_wire.control("faults", {"path": SEND, "kind": "cut_during"})
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        await socket_wire.send("oA", "在的")

    assert len(world.sent) == 1


async def test_without_a_socket_a_cut_is_a_transport_error(world: World, wire: Wire) -> None:
    await wire.control("faults", {"path": "*", "kind": "cut_before"})
    with pytest.raises(ConnectionResetError):
        await wire.get(QUEUE)
    assert not world.queue


async def test_an_armed_code_is_answered_without_acting(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    await wire.control("faults", {"path": SEND, "kind": "errcode", "code": 45011, "after": 1, "count": 2})

    assert [await wire.send("oA", "x") for _ in range(4)] == [0, 45011, 45011, 0]
    assert len(world.sent) == 2


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"path": "/customservice/kfsession/getwaitcases", "kind": "delay"}, "path"),
        ({"path": QUEUE, "kind": "errcode", "count": 0}, "count"),
        ({"path": QUEUE, "kind": "errcode", "after": -1}, "after"),
        ({"path": QUEUE, "kind": "delay", "delay_seconds": -1}, "delay_seconds"),
        ({"path": QUEUE, "kind": "delay"}, "delay_seconds"),
        ({"path": QUEUE, "kind": "status", "status": 99}, "status"),
        ({"path": QUEUE, "kind": "status", "status": 600}, "status"),
        ({"path": QUEUE, "kind": "latin1", "content_type": "text/plain\r\nx: y"}, "content_type"),
        ({"path": QUEUE, "kind": "latin1", "content_type": "文本"}, "content_type"),
        ({"path": QUEUE, "kind": "switched"}, "switches"),
    ],
)
async def test_a_fault_that_could_never_strike_is_not_armed(wire: Wire, fault: dict[str, object], named: str) -> None:
    answer = await wire.control("faults", fault)

    assert answer.status_code == 400
    assert f"field '{named}'" in answer.json()["error"]
    assert (await wire.http.get("/_sim/faults")).json() == {"faults": []}


@pytest.mark.parametrize("order", ["hold", "release"])
async def test_a_path_that_is_not_served_cannot_be_held(wire: Wire, order: str) -> None:
    answer = await wire.control(order, {"path": "/customservice/kfsession/getwaitcases"})

    assert answer.status_code == 400
    assert "use one of *, " in answer.json()["error"]


async def test_an_armed_errmsg_is_used(wire: Wire) -> None:
    await wire.control("faults", {"path": "*", "kind": "errcode", "code": 40164, "errmsg": "invalid ip 1.2.3.4"})

    assert (await wire.get(QUEUE))["errmsg"].startswith("invalid ip 1.2.3.4 rid: ")


async def test_a_gateway_page_comes_with_its_status(wire: Wire) -> None:
    await wire.control("faults", {"path": QUEUE, "kind": "status", "status": 503})
    response = await wire.http.get(QUEUE)

    assert (response.status_code, response.headers["content-type"]) == (503, "text/html")
    assert b"<h1>503</h1>" in response.content


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("empty", b""),
        ("truncated", b'{"count":0,"waitcas'),
        ("garbage", b'{"errcode":invalid kf_account,"errmsg":"invalid kf_account"}'),
        ("wrong_types", b'{"count":{"value":0},"waitcaselist":{"unexpected":true}}'),
    ],
)
async def test_answers_can_be_spoiled(wire: Wire, kind: str, body: bytes) -> None:
    await wire.control("faults", {"path": QUEUE, "kind": kind})
    response = await wire.http.get(QUEUE, params={"access_token": wire.token})

    assert (response.status_code, response.content) == (200, body)


async def test_words_of_the_wrong_type_come_as_lists(wire: Wire) -> None:
    await wire.control("faults", {"path": QUEUE, "kind": "wrong_types"})
    response = await wire.http.get(QUEUE)

    assert response.json()["errcode"] == {"value": 41001}
    assert response.json()["errmsg"][0].startswith("access_token missing")


async def test_headers_can_be_spoiled(wire: Wire) -> None:
    await wire.control("faults", {"path": "*", "kind": "latin1"})
    await wire.control("faults", {"path": "*", "kind": "date_skew", "skew_seconds": 86400})
    latin1 = await wire.http.get(QUEUE)
    skewed = await wire.http.get(QUEUE)

    assert latin1.headers["content-type"] == "text/plain; charset=ISO-8859-1"
    assert (latin1.headers["date"][:11], skewed.headers["date"][:11]) == ("Mon, 21 Sep", "Tue, 22 Sep")


async def test_a_delayed_call_waits_and_then_acts(world: World) -> None:
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    transport = httpx.ASGITransport(create_app(world, sleep=nap))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
        wire = Wire(http, world)
        await wire.control("faults", {"path": "*", "kind": "delay", "delay_seconds": 12.5})
        assert (await wire.get(QUEUE))["count"] == 0

    assert naps == [12.5]


async def test_a_displaced_token_fails_once_and_a_new_one_works(wire: Wire) -> None:
    token = wire.token
    await wire.control("faults", {"path": QUEUE, "kind": "displaced_token"})

    assert (await wire.http.get(QUEUE, params={"access_token": token})).json()["errcode"] == 40001
    assert (await wire.get(QUEUE))["count"] == 0


async def test_an_expired_token_fails_once_and_a_new_one_works(wire: Wire) -> None:
    token = wire.token
    await wire.control("faults", {"path": QUEUE, "kind": "expired_token"})

    assert (await wire.http.get(QUEUE, params={"access_token": token})).json()["errcode"] == 42001
    assert (await wire.get(QUEUE))["count"] == 0


@pytest.mark.parametrize("code", [-1, 40001, 40164, 42001, 45009, 45011, 48001, 65400])
async def test_an_armed_code_carries_its_documented_text(wire: Wire, code: int) -> None:
    await wire.control("faults", {"path": QUEUE, "kind": "errcode", "code": code})
    answer = await wire.get(QUEUE)

    assert answer["errcode"] == code
    assert answer["errmsg"].startswith(f"{TEXTS[code]} rid: ")


@pytest.mark.parametrize(
    ("path", "switches", "key", "ordinary", "switched"),
    [
        ("/cgi-bin/customservice/getkflist", {"kf_id_as_string": True}, "kf_list", 1001, "1001"),
        ("/customservice/kfsession/getsession", {"getsession_empty_shape": "absent"}, "kf_account", "", None),
        ("/customservice/kfsession/getsession", {"getsession_empty_shape": "errcode"}, "errcode", None, 0),
    ],
)
async def test_one_answer_can_come_in_an_unusual_shape(
    world: World, wire: Wire, path: str, switches: dict[str, object], key: str, ordinary: object, switched: object
) -> None:
    world.add_customer("oA")

    async def seen() -> object:
        found = (await wire.get(path, openid="oA")).get(key)
        return found[0]["kf_id"] if isinstance(found, list) else found

    await wire.control("faults", {"path": path, "kind": "switched", "switches": switches, "after": 1})

    assert [await seen() for _ in range(3)] == [ordinary, switched, ordinary]


async def test_the_border_of_one_page_can_overlap(wire: Wire) -> None:
    row = {"openid": "oA", "opercode": 2003, "time": NOON, "worker": WEN, "text": "x"}
    await wire.control("records", {"records": [row, row]})
    asked = {"starttime": int(NOON), "endtime": int(NOON), "msgid": 1, "number": 1}
    path = "/customservice/msgrecord/getmsglist"
    await wire.control("faults", {"path": path, "kind": "switched", "switches": {"cursor_inclusive": True}})

    assert [(await wire.post(path, asked))["msgid"] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize(("switches", "words"), [("x", "is no object"), ({"kf_id": 1}, "unknown switch 'kf_id'")])
async def test_a_fault_with_switches_nobody_has_is_refused(wire: Wire, switches: object, words: str) -> None:
    response = await wire.control("faults", {"path": "*", "kind": "switched", "switches": switches})

    assert (response.status_code, words in response.json()["error"]) == (400, True)
    assert (await wire.http.get("/_sim/faults")).json() == {"faults": []}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("cut_")])
async def test_every_fault_can_come_late_and_strikes_any_path_or_one(world: World, kind: str) -> None:
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    transport = httpx.ASGITransport(create_app(world, sleep=nap))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
        wire = Wire(http, world)
        for path in ("*", QUEUE, SEND):
            fault = {"path": path, "kind": kind, "delay_seconds": 3.5, "switches": {"kf_id_as_string": True}}
            await wire.control("faults", fault)
        for _ in range(3):
            await http.get(QUEUE, params={"access_token": wire.token})
        kept = (await http.get("/_sim/requests")).json()

    assert naps == [3.5, 3.5]
    assert [request["fault"] for request in kept] == [kind, kind, ""]


async def test_a_file_of_the_wrong_type_is_json_that_means_nothing(world: World, wire: Wire) -> None:
    world.media.keep("image", b"\xff\xd8\xff", NOON, media_id="m1")
    await wire.control("faults", {"path": "/cgi-bin/media/get", "kind": "wrong_types"})

    assert (
        await wire.http.get("/cgi-bin/media/get", params={"access_token": wire.token, "media_id": "m1"})
    ).json() == [None]


async def test_faults_are_listed_and_cleared(wire: Wire) -> None:
    await wire.control("faults", {"path": "*", "kind": "empty", "count": None})
    listed = (await wire.http.get("/_sim/faults")).json()["faults"]
    assert [(fault["path"], fault["kind"], fault["count"]) for fault in listed] == [("*", "empty", None)]
    await wire.http.delete("/_sim/faults")

    assert (await wire.get(QUEUE))["count"] == 0


async def test_control_paths_are_never_harmed(wire: Wire) -> None:
    await wire.control("faults", {"path": "*", "kind": "status", "count": None})

    assert (await wire.http.get("/_sim/state")).status_code == 200


async def test_the_server_stops_although_a_call_is_held(world: World) -> None:
    faults = Faults()
    faults.hold(QUEUE)
    async with asyncio.TaskGroup() as group, httpx.AsyncClient(trust_env=False) as http:
        async with running(world, faults=faults) as base_url:
            asked = group.create_task(http.get(base_url + QUEUE))
            while not faults.waiting.get(QUEUE):  # noqa: ASYNC110  # the count is the fact waited for
                await asyncio.sleep(0)
        answer = await asked

    assert answer.json()["errcode"] == 41001


async def test_a_cancelled_server_frees_its_port_and_ends_its_players(world: World) -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ended = asyncio.Event()

    async def play() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.ensure_future(serve(world, on_ready=ready.set_result, play=play))
    port = int((await ready).rsplit(":", 1)[1])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert ended.is_set()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.skipif(not socket.has_ipv6, reason="the host has no IPv6")
async def test_the_address_it_tells_of_can_be_asked_with_ipv6_too(world: World) -> None:
    async with running(world, host="::1") as base_url, httpx.AsyncClient(base_url=base_url, trust_env=False) as http:
        assert base_url.startswith("http://[::1]:")
        assert (await http.get(QUEUE)).json()["errcode"] == 41001


async def test_a_taken_port_is_an_os_error(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            await serve(world, on_ready=lambda _url: None, port=taken.getsockname()[1])


def test_calls_do_not_change_whom_the_world_makes_up() -> None:
    quiet, busy = World(rng=random.Random(5)), World(rng=random.Random(5))
    busy.add_agent(WEN, "晓雯")
    for _ in range(3):
        busy.tokens.issue(0)

    assert quiet.add_customer().openid == busy.add_customer().openid
