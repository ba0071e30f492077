"""One token for all calls: fetched once, renewed in time, thrown away only when it is the dead one."""

import asyncio
from typing import Any

import httpx
import pytest

from kfconsole.content import Text
from kfconsole.errors import AuthError, Unavailable
from tests.wechat.wire import AGENT, OK, OPENID, QUEUE_PATH, SEND_PATH, TOKEN_PATH, Wire

EMPTY = {"count": 0, "waitcaselist": []}


def only_takes(wire: Wire, good: str, code: int = 42001) -> Any:
    """Answer the queue for one token, and the code for any other."""

    def answer(request: httpx.Request) -> dict[str, Any]:
        return EMPTY if request.url.params["access_token"] == good else {"errcode": code, "errmsg": "dead"}

    wire.reply(QUEUE_PATH, answer)


async def test_many_calls_at_once_share_one_token(wire: Wire) -> None:
    wire.reply(QUEUE_PATH, EMPTY)
    client = wire.client()
    await asyncio.gather(*(client.queue() for _ in range(50)))

    assert wire.tokens == 1


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_fifty_calls_with_a_dead_token_cause_one_renewal_and_one_more_try_each(wire: Wire, code: int) -> None:
    only_takes(wire, "t0ken/1+==")
    client = wire.client()
    await client.queue()
    all_there = asyncio.Event()

    async def answer(request: httpx.Request) -> dict[str, Any]:
        if request.url.params["access_token"] == "t0ken/2+==":
            return EMPTY
        if len(wire.asked(QUEUE_PATH)) == 1 + 50:
            all_there.set()
        await all_there.wait()
        return {"errcode": code, "errmsg": "dead"}

    wire.reply(QUEUE_PATH, answer)
    await asyncio.gather(*(client.queue() for _ in range(50)))

    assert wire.tokens == 2
    assert len(wire.asked(QUEUE_PATH)) == 1 + 100


async def test_a_call_that_learns_late_that_its_token_died_does_not_kill_the_new_one(wire: Wire) -> None:
    is_late = asyncio.Event()

    async def answer(request: httpx.Request) -> dict[str, Any]:
        if request.url.params["access_token"] == "t0ken/2+==":
            return EMPTY
        if len(wire.asked(QUEUE_PATH)) == 1:
            await is_late.wait()
        return {"errcode": 40001, "errmsg": "dead"}

    wire.reply(QUEUE_PATH, answer)
    client = wire.client()
    slow = asyncio.create_task(client.queue())
    await wire.until_asked(QUEUE_PATH)
    await client.queue()
    is_late.set()
    await slow

    assert wire.tokens == 2


async def test_a_token_that_stays_dead_is_tried_twice_and_no_more(wire: Wire) -> None:
    wire.reply(SEND_PATH, {"errcode": 40001, "errmsg": "invalid credential"})
    with pytest.raises(AuthError) as caught:
        await wire.client().send(OPENID, Text("hi"), AGENT)

    assert caught.value.code == 40001
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert len(wire.asked(SEND_PATH)) == wire.tokens == 2


async def test_a_write_with_a_dead_token_goes_out_once_with_the_new_one(wire: Wire) -> None:
    wire.reply(SEND_PATH, {"errcode": 42001, "errmsg": "access_token expired"}, OK)
    await wire.client().send(OPENID, Text("hi"), AGENT)

    assert [request.url.params["access_token"] for request in wire.asked(SEND_PATH)] == ["t0ken/1+==", "t0ken/2+=="]


@pytest.mark.parametrize(("after", "tokens"), [(6899.0, 1), (6900.0, 2)])
async def test_a_token_is_renewed_300_seconds_before_its_end(wire: Wire, after: float, tokens: int) -> None:
    wire.reply(QUEUE_PATH, EMPTY)
    client = wire.client()
    await client.queue()
    wire.now_mono += after
    await client.queue()

    assert wire.tokens == tokens


@pytest.mark.parametrize("lifetime", [300, "300", 40.0])
async def test_a_token_at_its_end_still_serves_a_moment(wire: Wire, lifetime: object) -> None:
    wire.reply(QUEUE_PATH, EMPTY).reply(TOKEN_PATH, {"access_token": "t", "expires_in": lifetime})
    client = wire.client()
    await client.queue()
    wire.now_mono += 29
    await client.queue()
    assert len(wire.asked(TOKEN_PATH)) == 1

    wire.now_mono += 1
    await client.queue()
    assert len(wire.asked(TOKEN_PATH)) == 2


async def test_callers_who_wait_for_a_token_share_the_failure(wire: Wire) -> None:
    wire.reply(TOKEN_PATH, {"errcode": 40164, "errmsg": "invalid ip 1.2.3.4"})
    client = wire.client()
    failures = await asyncio.gather(*(client.queue() for _ in range(20)), return_exceptions=True)

    assert all(isinstance(failure, AuthError) for failure in failures)
    assert len(wire.asked(TOKEN_PATH)) == 1


async def test_a_call_after_a_failure_asks_anew(wire: Wire) -> None:
    wire.reply(QUEUE_PATH, EMPTY).reply(TOKEN_PATH, httpx.ReadTimeout(""), {"access_token": "t", "expires_in": 7200})
    client = wire.client()
    with pytest.raises(Unavailable):
        await client.queue()

    assert (await client.queue()).total == 0


async def test_a_caller_who_gives_up_leaves_the_fetch_to_the_next(wire: Wire) -> None:
    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    wire.reply(QUEUE_PATH, EMPTY).reply(TOKEN_PATH, never, {"access_token": "t", "expires_in": 7200})
    client = wire.client()
    first, second = asyncio.create_task(client.queue()), asyncio.create_task(client.queue())
    await wire.until_asked(TOKEN_PATH)
    first.cancel()

    assert (await second).total == 0
    assert first.cancelled()
    assert wire.entries[0].error == "cancelled"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"access_token": ""},
        {"access_token": 5, "expires_in": 1},
        {"access_token": "t", "expires_in": "soon"},
        {"access_token": "t"},
    ],
)
async def test_a_token_answer_without_a_token_is_unavailable(wire: Wire, answer: dict[str, Any]) -> None:
    wire.reply(TOKEN_PATH, answer)
    with pytest.raises(Unavailable):
        await wire.client().queue()
