"""How long tokens live, and what a bad one answers."""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kfconsole.simulator import DEFAULT_APP_ID, DEFAULT_APP_SECRET, SimClock, World, create_app
from kfconsole.simulator.codes import Refused
from kfconsole.simulator.tokens import Tokens
from tests.simulator.conftest import NOON, WEN, Wire

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


# Rules with a switch


@pytest.mark.parametrize(("displaces", "code"), [(False, 0), (True, 40001)])
async def test_whether_the_kinds_displace_each_other_is_a_switch(
    world: World, wire: Wire, clock: SimClock, displaces: bool, code: int
) -> None:
    world.switches = replace(world.switches, token_kinds_displace=displaces)
    stable = (await _stable(wire))["access_token"]
    plain = (await wire.http.get("/cgi-bin/token", params=GOOD)).json()["access_token"]
    clock.advance(299)
    assert [await _code(wire, token) for token in (stable, plain)] == [0, 0]
    clock.advance(1)
    assert [await _code(wire, token) for token in (stable, plain)] == [code, 0]

    renewed = (await _stable(wire))["access_token"]
    assert (renewed == stable) == (not displaces)
    clock.advance(300)
    assert [await _code(wire, token) for token in (renewed, plain)] == [0, code]


@pytest.mark.parametrize(("displaces", "code"), [(False, 0), (True, 40001)])
async def test_a_forced_token_displaces_the_other_kind_at_once_if_at_all(
    world: World, wire: Wire, displaces: bool, code: int
) -> None:
    world.switches = replace(world.switches, token_kinds_displace=displaces)
    plain = (await wire.http.get("/cgi-bin/token", params=GOOD)).json()["access_token"]
    forced = (await _stable(wire, force_refresh=True))["access_token"]

    assert [await _code(wire, token) for token in (forced, plain)] == [0, code]


async def test_a_stable_token_is_never_answered_with_less_than_five_minutes(wire: Wire, clock: SimClock) -> None:
    lives = []
    for _ in range(60):
        lives.append((await _stable(wire))["expires_in"])
        clock.advance(241)

    assert min(lives) >= 300
    assert max(lives) == 7200


async def test_only_true_forces(wire: Wire, clock: SimClock) -> None:
    first = (await _stable(wire))["access_token"]
    clock.advance(60)

    assert {(await _stable(wire, force_refresh=value))["access_token"] for value in (False, None, "true", 1)} == {first}


@pytest.mark.parametrize("fetch", ["token", "stable_token"])
@pytest.mark.parametrize("code", [40243, 50004, 50007, 89501, 89503, 89506, 89507])
async def test_good_credentials_may_answer(world: World, wire: Wire, fetch: str, code: int) -> None:
    world.switches = replace(world.switches, token_outcome_code=code)

    assert (await _fetched(wire, fetch))["errcode"] == code
    assert (await _fetched(wire, fetch, appid="wxother"))["errcode"] == 40013


@pytest.mark.parametrize("fetch", ["token", "stable_token"])
async def test_a_wrong_secret_may_answer_the_other_documented_code(world: World, wire: Wire, fetch: str) -> None:
    world.switches = replace(world.switches, wrong_secret_code=40001)

    assert (await _fetched(wire, fetch, secret="wrong"))["errcode"] == 40001


@pytest.mark.parametrize("fetch", ["token", "stable_token"])
@pytest.mark.parametrize(
    ("address", "suffix", "text"),
    [
        (
            "203.0.113.9",
            "rid",
            r"invalid ip 203\.0\.113\.9 ipv6 ::ffff:203\.0\.113\.9, not in whitelist rid: [-0-9a-f]{26}",
        ),
        ("2001:db8::1", "rid", r"invalid ip 2001:db8::1 ipv6 2001:db8::1, not in whitelist rid: [-0-9a-f]{26}"),
        ("203.0.113.9", "hint", r"invalid ip 203\.0\.113\.9, not in whitelist hint: \[[-\w]{16}\]"),
    ],
)
async def test_an_address_that_is_not_on_the_list_is_named(
    world: World, fetch: str, address: str, suffix: str, text: str
) -> None:
    world.switches = replace(world.switches, ip_whitelist="198.51.100.7  127.0.0.1", errmsg_suffix=suffix)
    transport = httpx.ASGITransport(create_app(world), client=(address, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
        wire = Wire(http, world)
        answer = await _fetched(wire, fetch)
        assert (await _fetched(wire, fetch, secret=""))["errcode"] == 41004
        assert await _code(wire, wire.token) == 0  # calls are not checked, only the fetching of tokens

    assert answer["errcode"] == 40164
    assert re.fullmatch(text, answer["errmsg"])


@pytest.mark.parametrize("fetch", ["token", "stable_token"])
async def test_an_address_on_the_list_gets_its_token(world: World, wire: Wire, fetch: str) -> None:
    world.switches = replace(world.switches, ip_whitelist="198.51.100.7 127.0.0.1")

    assert "access_token" in await _fetched(wire, fetch)


async def test_a_token_counts_in_the_query_alone(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    body = {"kf_account": WEN, "openid": "oA", "access_token": wire.token}
    headers = {"Authorization": f"Bearer {wire.token}"}
    answer = (await wire.http.post("/customservice/kfsession/create", json=body, headers=headers)).json()

    assert answer["errcode"] == 41001
    assert not world.holder("oA")


async def test_credentials_of_the_stable_token_count_in_the_body_alone(wire: Wire) -> None:
    assert (await wire.http.post("/cgi-bin/stable_token", params=GOOD, json={})).json()["errcode"] == 40002
    assert (await wire.http.post("/cgi-bin/stable_token", params=GOOD)).json()["errcode"] == 44002
    assert (await wire.http.post("/cgi-bin/stable_token", data=GOOD)).json()["errcode"] == 47001
    assert (await wire.http.get("/cgi-bin/stable_token", params=GOOD)).json()["errcode"] == 43002
    assert (await wire.http.post("/cgi-bin/token", json=GOOD)).json()["errcode"] == 43001


async def _fetched(wire: Wire, fetch: str, **changes: str) -> dict[str, Any]:
    given = {**GOOD, **changes}
    if fetch == "stable_token":
        return await _stable(wire, **changes)
    answer: dict[str, Any] = (await wire.http.get("/cgi-bin/token", params=given)).json()
    return answer
