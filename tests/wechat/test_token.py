"""One token for all calls: fetched once, renewed in time, thrown away only when it is the dead one."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from kfconsole.content import Text
from kfconsole.errors import AuthError, ConfigError, Unavailable
from tests.wechat.wire import AGENT, OK, OPENID, QUEUE_PATH, SEND_PATH, TOKEN_PATH, TYPING_PATH, Wire

EMPTY = {"count": 0, "waitcaselist": []}


def only_takes(wire: Wire, good: str, code: int = 42001) -> Any:
    """Answer the queue for one token, and the code for any other."""

    def answer(request: httpx.Request) -> dict[str, Any]:
        return EMPTY if request.url.params["access_token"] == good else {"errcode": code, "errmsg": "dead"}

    wire.reply(QUEUE_PATH, answer)


async def test_many_calls_at_once_share_one_token(wire: Wire) -> None:
    wire.reply(QUEUE_PATH, EMPTY)
    client = wire.client()
    await asyncio.gather(*(client.queue() for _ in range(200)))

    assert wire.tokens == 1


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_two_hundred_calls_with_a_dead_token_cause_one_renewal_and_one_more_try_each(
    wire: Wire, code: int
) -> None:
    only_takes(wire, "t0ken/1+==")
    client = wire.client()
    await client.queue()
    all_there = asyncio.Event()

    async def answer(request: httpx.Request) -> dict[str, Any]:
        if request.url.params["access_token"] == "t0ken/2+==":
            return EMPTY
        if len(wire.asked(QUEUE_PATH)) == 1 + 200:
            all_there.set()
        await all_there.wait()
        return {"errcode": code, "errmsg": "dead"}

    wire.reply(QUEUE_PATH, answer)
    await asyncio.gather(*(client.queue() for _ in range(200)))

    assert wire.tokens == 2
    assert len(wire.asked(QUEUE_PATH)) == 1 + 400


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


# Somebody else replaces our tokens


def dead(_request: httpx.Request) -> dict[str, Any]:
    return {"errcode": 40001, "errmsg": "invalid credential"}


async def refused_twice(wire: Wire, **options: Any) -> AuthError:
    wire.reply(TYPING_PATH, dead)
    with pytest.raises(AuthError) as caught:
        await wire.client(**options).typing(OPENID)
    assert len(wire.asked(TYPING_PATH)) == 2
    return caught.value


async def test_a_fresh_token_that_is_refused_too_names_the_other_program_and_the_way_out(wire: Wire) -> None:
    error = await refused_twice(wire, base_url="https://api.weixin.qq.com")

    assert "keeps replacing" in error.message
    assert "/cgi-bin/token" in error.hint
    assert "/cgi-bin/stable_token" in error.hint
    assert "base_url" not in error.hint
    assert (error.code, error.path, error.is_whole_account) == (40001, TYPING_PATH, True)


async def test_an_address_that_never_took_a_token_may_be_the_mistake(wire: Wire) -> None:
    error = await refused_twice(wire, base_url="http://gateway.test:8080")

    assert "http://gateway.test:8080 is not WeChat's own address; check [account] base_url." in error.hint


async def test_an_address_that_took_a_token_before_is_not_the_mistake(wire: Wire) -> None:
    wire.reply(QUEUE_PATH, EMPTY).reply(TYPING_PATH, dead)
    client = wire.client()
    await client.queue()
    with pytest.raises(AuthError) as caught:
        await client.typing(OPENID)

    assert "base_url" not in caught.value.hint


async def test_the_refused_token_handed_out_again_is_told_apart(wire: Wire) -> None:
    wire.reply(TOKEN_PATH, {"access_token": "same", "expires_in": 7000})
    error = await refused_twice(wire)

    assert "refuses the very one it hands out" in error.message
    assert "/cgi-bin/stable_token" in error.hint


async def test_two_hundred_calls_with_a_token_that_stays_the_same_fetch_it_once_more_only(wire: Wire) -> None:
    wire.reply(TOKEN_PATH, {"access_token": "same", "expires_in": 7000}).reply(TYPING_PATH, dead)
    client = wire.client()
    all_there = asyncio.Event()

    async def answer(_request: httpx.Request) -> dict[str, Any]:
        if len(wire.asked(TYPING_PATH)) == 200:
            all_there.set()
        await all_there.wait()
        return {"errcode": 40001, "errmsg": "invalid credential"}

    wire.reply(TYPING_PATH, answer)
    failures = await asyncio.gather(*(client.typing(OPENID) for _ in range(200)), return_exceptions=True)

    assert all(isinstance(failure, AuthError) for failure in failures)
    assert len(wire.asked(TOKEN_PATH)) == 2
    assert len(wire.asked(TYPING_PATH)) == 400


@pytest.mark.parametrize("code", [40014, 42001])
async def test_a_token_that_is_none_of_this_wechat_is_nobodys_doing(wire: Wire, code: int) -> None:
    wire.reply(TYPING_PATH, {"errcode": code, "errmsg": "no"})
    with pytest.raises(AuthError) as caught:
        await wire.client().typing(OPENID)

    assert caught.value.code == code
    assert "/cgi-bin/token" not in caught.value.hint


async def test_another_refusal_of_the_second_try_is_told_as_it_is(wire: Wire) -> None:
    wire.reply(TYPING_PATH, {"errcode": 42001, "errmsg": "x"}, {"errcode": 48001, "errmsg": "x"})
    with pytest.raises(AuthError) as caught:
        await wire.client().typing(OPENID)

    assert caught.value.code == 48001


def dies_each_time(wire: Wire) -> None:
    """Refuse each token once it has been used, so that every call needs a new one."""

    def answer(request: httpx.Request) -> dict[str, Any]:
        token = request.url.params["access_token"]
        uses = sum(request.url.params["access_token"] == token for request in wire.asked(QUEUE_PATH))
        return EMPTY if uses == 1 and token == wire.token and wire.tokens > 1 else dict(dead(request))

    wire.reply(QUEUE_PATH, answer)


async def test_the_third_token_that_dies_within_ten_minutes_is_told_once_and_nothing_stops(wire: Wire) -> None:
    dies_each_time(wire)
    client = wire.client()
    await client.queue()
    await client.queue()
    with pytest.raises(Unavailable) as caught:
        await client.queue()
    wire.reply(QUEUE_PATH, EMPTY)

    assert "several died within ten minutes" in caught.value.message
    assert "/cgi-bin/stable_token" in caught.value.hint
    assert (caught.value.code, caught.value.may_have_arrived) == (40001, False)
    assert caught.value.__context__ is None
    assert (await client.queue()).total == 0


async def test_tokens_that_die_now_and_then_are_replaced_unseen(wire: Wire) -> None:
    dies_each_time(wire)
    client = wire.client()
    for _ in range(6):
        assert (await client.queue()).total == 0
        wire.now_mono += 301


async def test_a_write_is_made_however_often_tokens_die(wire: Wire) -> None:
    def answer(request: httpx.Request) -> dict[str, Any]:
        return OK if len(wire.asked(TYPING_PATH)) % 2 == 0 else dead(request)

    wire.reply(TYPING_PATH, answer)
    client = wire.client()
    for _ in range(5):
        await client.typing(OPENID)


# The team's own token server


async def test_a_token_of_the_teams_own_is_kept_for_five_minutes(wire: Wire, tmp_path: Path) -> None:
    printed = iter(["own1", "own2"])
    wire.reply(QUEUE_PATH, EMPTY)
    client = wire.client(access_token=lambda: next(printed), token_folder=tmp_path / "data")
    await client.queue()
    wire.now_mono += 299
    await client.queue()
    wire.now_mono += 1
    await client.queue()

    used = [request.url.params["access_token"] for request in wire.asked(QUEUE_PATH)]
    assert used == ["own1", "own1", "own2"]
    assert wire.asked(TOKEN_PATH) == []
    assert not (tmp_path / "data").exists(), "the team's server is the cache"


async def test_the_team_is_asked_once_more_when_its_token_is_dead(wire: Wire) -> None:
    printed = iter(["own1", "own2"])
    only_takes(wire, "own2")
    await wire.client(access_token=lambda: next(printed)).queue()

    assert [request.url.params["access_token"] for request in wire.asked(QUEUE_PATH)] == ["own1", "own2"]


async def test_the_same_dead_token_printed_again_is_the_token_servers_matter(wire: Wire) -> None:
    error = await refused_twice(wire, access_token=lambda: "stuck")

    assert "access_token_command printed the same access token again" in error.message
    assert "stuck" not in error.message + error.hint


async def test_a_command_that_fails_is_told_to_everybody_who_waited_and_asked_again_later(wire: Wire) -> None:
    asked = []

    def fail() -> str:
        asked.append(1)
        raise ConfigError("broken")

    client = wire.client(access_token=fail)
    failures = await asyncio.gather(*(client.queue() for _ in range(5)), return_exceptions=True)
    with pytest.raises(ConfigError):
        await client.queue()

    assert all(isinstance(failure, ConfigError) for failure in failures)
    assert len(asked) == 2
