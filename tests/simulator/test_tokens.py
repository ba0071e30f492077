"""How long tokens live, and what a bad one answers."""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kfconsole.simulator import DEFAULT_APP_ID, DEFAULT_APP_SECRET, SimClock, World
from kfconsole.simulator.codes import Refused
from kfconsole.simulator.tokens import Tokens
from tests.simulator.conftest import NOON, Wire

QUEUE = "/customservice/kfsession/getwaitcase"
GOOD = {"grant_type": "client_credential", "appid": DEFAULT_APP_ID, "secret": DEFAULT_APP_SECRET}
BAD_CREDENTIALS = [
    ({"grant_type": "x"}, 40002),
    ({"grant_type": ""}, 40002),
    ({"appid": ""}, 41002),
    ({"appid": "wxother"}, 40013),
    ({"secret": ""}, 41004),
    ({"secret": "wrong"}, 40125),
]


async def _stable(wire: Wire, **more: object) -> dict[str, Any]:
    response = await wire.http.post("/cgi-bin/stable_token", json={**GOOD, **more})
    answer: dict[str, Any] = response.json()
    return answer


async def _code(wire: Wire, token: str) -> int:
    answer = (await wire.http.get(QUEUE, params={"access_token": token})).json()
    return int(answer.get("errcode", 0))


async def test_a_token_opens_the_calls_and_carries_no_errcode(wire: Wire) -> None:
    answer = (await wire.http.get("/cgi-bin/token", params=GOOD)).json()

    assert list(answer) == ["access_token", "expires_in"]
    assert answer["expires_in"] == 7200
    assert await _code(wire, answer["access_token"]) == 0


@pytest.mark.parametrize(("change", "code"), BAD_CREDENTIALS)
async def test_bad_credentials_answer(wire: Wire, change: dict[str, str], code: int) -> None:
    plain = (await wire.http.get("/cgi-bin/token", params={**GOOD, **change})).json()

    assert plain["errcode"] == code
    assert (await _stable(wire, **change))["errcode"] == code


async def test_the_token_before_works_five_minutes_beside_its_successor(wire: Wire, clock: SimClock) -> None:
    first = (await wire.http.get("/cgi-bin/token", params=GOOD)).json()["access_token"]
    second = (await wire.http.get("/cgi-bin/token", params=GOOD)).json()["access_token"]
    assert first != second
    clock.advance(299)
    assert await _code(wire, first) == 0
    clock.advance(1)
    assert await _code(wire, first) == 40001
    assert await _code(wire, second) == 0


async def test_a_token_expires_after_two_hours(wire: Wire, clock: SimClock) -> None:
    token = (await _stable(wire))["access_token"]
    clock.advance(7199)
    assert await _code(wire, token) == 0
    clock.advance(1)
    assert await _code(wire, token) == 42001


async def test_missing_malformed_and_unknown_tokens_differ(wire: Wire) -> None:
    assert await _code(wire, "") == 41001
    assert await _code(wire, "short") == 40014
    assert await _code(wire, "x" * 512) == 40001


async def test_the_stable_token_stays_the_same_until_five_minutes_before_its_end(wire: Wire, clock: SimClock) -> None:
    first = await _stable(wire)
    clock.advance(6899)
    again = await _stable(wire)
    assert again == {"access_token": first["access_token"], "expires_in": 301}
    clock.advance(1)
    renewed = await _stable(wire)
    assert renewed["access_token"] != first["access_token"]
    assert renewed["expires_in"] == 7200
    assert await _code(wire, first["access_token"]) == 0


async def test_a_forced_refresh_kills_the_token_at_once_but_not_within_thirty_seconds(
    wire: Wire, clock: SimClock
) -> None:
    first = (await _stable(wire))["access_token"]
    second = (await _stable(wire, force_refresh=True))["access_token"]
    assert await _code(wire, first) == 40001
    clock.advance(29)
    assert (await _stable(wire, force_refresh=True))["access_token"] == second
    clock.advance(1)
    assert (await _stable(wire, force_refresh=True))["access_token"] != second


async def test_a_token_can_be_forced_twenty_times_a_day(world: World, wire: Wire, clock: SimClock) -> None:
    forced = set()
    for _ in range(25):
        forced.add((await _stable(wire, force_refresh=True))["access_token"])
        clock.advance(31)
    assert len(forced) == 20

    world.switches = replace(world.switches, early_forced_refresh_code=45009)
    assert (await _stable(wire, force_refresh=True))["errcode"] == 45009
    clock.advance(24 * 3600)
    assert (await _stable(wire, force_refresh=True))["access_token"] not in forced


async def test_the_two_kinds_of_token_do_not_displace_each_other(wire: Wire, clock: SimClock) -> None:
    stable = (await _stable(wire))["access_token"]
    for _ in range(2):
        await wire.http.get("/cgi-bin/token", params=GOOD)
    clock.advance(600)

    assert await _code(wire, stable) == 0


@pytest.mark.parametrize("issue", [Tokens.issue, Tokens.stable])
def test_tokens_look_real(issue: Callable[[Tokens, float], Any]) -> None:
    assert re.fullmatch(r"\d\d_[A-Za-z0-9_-]{133}", issue(Tokens(random.Random(3)), NOON).value)


def test_the_memory_of_tokens_is_bounded() -> None:
    tokens = Tokens(random.Random(3))
    first = tokens.issue(NOON).value
    for _ in range(2000):
        tokens.issue(NOON)

    with pytest.raises(Refused, match="40001"):
        tokens.check(first, NOON)
