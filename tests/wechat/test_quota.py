"""Limits, diagnosis and the two token calls: what is asked, what is read, and what stays hidden."""

from typing import Any

import httpx
import pytest

from kfconsole.errors import ApiError, AuthError, NotPossible, Rejected, Unavailable
from kfconsole.model import Quota, RequestInfo
from kfconsole.wechat import Token
from tests.wechat.wire import (
    CLASSIC_TOKEN_PATH,
    CLEAR_BY_SECRET_PATH,
    CLEAR_ONE_PATH,
    CLEAR_PATH,
    OK,
    OPENID,
    QUOTA_PATH,
    RID_PATH,
    SECRET,
    SEND_PATH,
    TOKEN_PATH,
    TYPING_PATH,
    Wire,
)

RID = "617682e0-09059ac5-34a8e2ea"
DAY = {"daily_limit": 500_000, "used": 12, "remain": 499_988}


@pytest.mark.parametrize(
    ("answer", "quota"),
    [
        ({"quota": DAY}, Quota(500_000, 12, 499_988, None, None)),
        ({"quota": DAY, "rate_limit": None}, Quota(500_000, 12, 499_988, None, None)),
        ({"quota": DAY, "rate_limit": {}}, Quota(500_000, 12, 499_988, None, None)),
        (
            {"quota": {name: str(value) for name, value in DAY.items()}, "rate_limit": {"call_count": 9}},
            Quota(500_000, 12, 499_988, 9, None),
        ),
        (
            {
                "quota": {**DAY, "remain": -3},
                "rate_limit": {"call_count": 1000, "refresh_second": 60},
                "component_rate_limit": {"call_count": 5, "refresh_second": 5},
            },
            Quota(500_000, 12, 0, 1000, 60),
        ),
    ],
)
async def test_a_quota_is_read_with_and_without_the_limit_of_a_short_while(
    wire: Wire, answer: dict[str, Any], quota: Quota
) -> None:
    wire.reply(QUOTA_PATH, {**OK, **answer})

    assert await wire.client().quota(SEND_PATH) == quota
    assert wire.body(QUOTA_PATH) == {"cgi_path": SEND_PATH}


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (OK, "quota"),
        ({"quota": {"daily_limit": 1, "used": 1}}, "quota.remain"),
        ({"quota": {**DAY, "used": -1}}, "quota.used"),
        ({"quota": {**DAY, "remain": "-1"}}, "quota.remain"),
    ],
)
async def test_a_quota_of_wrong_shape_names_the_field(wire: Wire, answer: dict[str, Any], field: str) -> None:
    wire.reply(QUOTA_PATH, answer)
    with pytest.raises(Unavailable) as caught:
        await wire.client().quota(SEND_PATH)

    assert caught.value.message == f"WeChat's answer could not be read: field {field}."


@pytest.mark.parametrize("path", ["", "cgi-bin/token", "https://api.weixin.qq.com/cgi-bin/token", "/", "/a b", "/客服"])
async def test_what_is_no_path_is_not_asked_for(wire: Wire, path: str) -> None:
    client = wire.client()
    for ask in (client.quota, client.clear_quota_of):
        with pytest.raises(NotPossible) as caught:
            await ask(path)
        assert caught.value.hint
    assert wire.requests == []


async def test_counts_are_cleared_for_all_calls_or_one(wire: Wire) -> None:
    client = wire.client()
    await client.clear_quota()
    await client.clear_quota_of(SEND_PATH)

    assert wire.body(CLEAR_PATH) == {"appid": "wx1"}
    assert wire.body(CLEAR_ONE_PATH) == {"cgi_path": SEND_PATH}


async def test_counts_are_cleared_without_a_token_when_none_can_be_fetched(wire: Wire) -> None:
    wire.reply(TOKEN_PATH, {"errcode": 45009, "errmsg": "reach max api daily quota limit"})
    await wire.client(app_secret=lambda: SECRET).clear_quota_with_secret()

    (asked,) = wire.requests
    assert (asked.url.path, asked.url.query) == (CLEAR_BY_SECRET_PATH, b"")
    assert wire.body(CLEAR_BY_SECRET_PATH) == {"appid": "wx1", "appsecret": SECRET}


async def test_a_lost_answer_to_clearing_leaves_it_in_doubt(wire: Wire) -> None:
    for path in (CLEAR_PATH, CLEAR_ONE_PATH, CLEAR_BY_SECRET_PATH):
        wire.reply(path, httpx.ReadTimeout(""))
    client = wire.client()
    for clear in (client.clear_quota(), client.clear_quota_of(SEND_PATH), client.clear_quota_with_secret()):
        with pytest.raises(Unavailable) as caught:
            await clear
        assert caught.value.may_have_arrived


async def test_what_became_of_a_call_is_told(wire: Wire) -> None:
    response = '{"errcode":45009,"errmsg":"reach max api daily quota limit rid: 617682e0-09059ac5-34a8e2ea"}'
    seen = {
        "invoke_time": 1635156704,
        "cost_in_ms": "30",
        "request_url": "access_token=50_Im7xxxx&openid=o1",
        "request_body": '{"text":"a\x1b]0;t\x07\nb"}',
        "response_body": response,
        "client_ip": "1.2.3.4",
    }
    wire.reply(RID_PATH, {**OK, "request": seen})

    assert await wire.client().request_info(RID) == RequestInfo(
        at=1635156704,
        cost_milliseconds=30,
        url="access_token=***&openid=o1",
        request='{"text":"a␛]0;t␇\nb"}',
        response=response,
        client_address="1.2.3.4",
    )
    assert wire.body(RID_PATH) == {"rid": RID}


async def test_what_became_of_a_call_may_be_told_sparsely(wire: Wire) -> None:
    wire.reply(RID_PATH, {**OK, "request": {"invoke_time": 1, "request_body": ""}})

    assert await wire.client().request_info(RID) == RequestInfo(1, 0, "", "", "", "")


OTHERS_TOKEN = "50_Im7-others_token"
SHOWING = [
    f"access_token={OTHERS_TOKEN}&x=1",
    f"a=1&ACCESS_TOKEN={OTHERS_TOKEN}",
    f"access_token%3D{OTHERS_TOKEN}",
    f'{{"access_token":"{OTHERS_TOKEN}","expires_in":7200}}',
    f'{{"access_token" : "{OTHERS_TOKEN}"}}',
    f'{{\\"access_token\\":\\"{OTHERS_TOKEN}\\"}}',
    f'{{"appid":"wx1","secret":"{OTHERS_TOKEN}"}}',
    f'{{"appsecret":"{OTHERS_TOKEN}"}}',
    f"grant_type=client_credential&appid=wx1&secret={OTHERS_TOKEN}",
]


@pytest.mark.parametrize("told", SHOWING)
@pytest.mark.parametrize("field", ["request_url", "request_body", "response_body"])
async def test_the_story_of_a_call_shows_nobodys_token(wire: Wire, field: str, told: str) -> None:
    wire.reply(RID_PATH, {**OK, "request": {"invoke_time": 1, field: told}})
    info = await wire.client().request_info(RID)

    assert OTHERS_TOKEN not in repr(info)
    assert "***" in repr(info)


async def test_the_story_of_a_call_shows_our_own_secrets_nowhere(wire: Wire) -> None:
    def tell(request: httpx.Request) -> dict[str, Any]:
        ours = f"{SECRET} {request.url.params['access_token']}"
        return {**OK, "request": {"invoke_time": 1, "request_url": ours, "request_body": ours, "response_body": ours}}

    wire.reply(RID_PATH, tell)
    info = await wire.client().request_info(RID)

    assert (info.url, info.request, info.response) == ("*** ***", "*** ***", "*** ***")


@pytest.mark.parametrize(
    "rid", ["", "rid", "617682e0-09059ac5", f"{RID}-{RID}", f"{RID}\n", "g17682e0-09059ac5-34a8e2ea"]
)
async def test_what_is_no_request_id_is_not_asked_for(wire: Wire, rid: str) -> None:
    with pytest.raises(NotPossible) as caught:
        await wire.client().request_info(rid)

    assert caught.value.hint
    assert wire.requests == []


@pytest.mark.parametrize("code", [76001, 76002, 76003, 76004, 76021, 76022, 48006])
async def test_refusals_of_diagnosis_keep_their_codes(wire: Wire, code: int) -> None:
    for path in (RID_PATH, QUOTA_PATH, CLEAR_PATH):
        wire.reply(path, {"errcode": code, "errmsg": "no"})
    client = wire.client()
    for ask in (client.request_info(RID), client.quota(SEND_PATH), client.clear_quota()):
        with pytest.raises(Rejected) as caught:
            await ask
        assert caught.value.code == code


async def test_a_stable_token_is_fetched_for_others_and_forced_only_on_demand(wire: Wire) -> None:
    client = wire.client()
    token = await client.stable_token()

    assert (token.value, token.lifetime_seconds) == (wire.token, 7200)
    credentials = {"grant_type": "client_credential", "appid": "wx1", "secret": SECRET}
    assert wire.body(TOKEN_PATH) == credentials
    await client.stable_token(force_refresh=True)
    assert wire.body(TOKEN_PATH) == {**credentials, "force_refresh": True}


async def test_a_classic_token_is_asked_for_by_get(wire: Wire) -> None:
    wire.reply(CLASSIC_TOKEN_PATH, {"access_token": "classic", "expires_in": "7200"})
    token = await wire.client().classic_token()

    assert (token.value, token.lifetime_seconds) == ("classic", 7200)
    (asked,) = wire.requests
    assert (asked.method, asked.content) == ("GET", b"")
    assert dict(asked.url.params) == {"grant_type": "client_credential", "appid": "wx1", "secret": SECRET}


def test_a_token_does_not_show_its_value() -> None:
    assert "abc" not in f"{Token('abc', 7200.0)!r} {Token('abc', 7200.0)!s}"


@pytest.mark.parametrize("reply", [httpx.ReadTimeout(""), b"", {"errcode": 40164, "errmsg": f"invalid ip {SECRET}"}])
async def test_a_failed_token_call_shows_no_secret(wire: Wire, reply: Any) -> None:
    wire.reply(CLASSIC_TOKEN_PATH, reply).reply(TOKEN_PATH, reply)
    client = wire.client()
    for ask in (client.classic_token(), client.stable_token(), client.stable_token(force_refresh=True)):
        with pytest.raises(ApiError) as caught:
            await ask
        assert SECRET not in repr(vars(caught.value)) + str(caught.value) + repr(wire.entries)


async def test_a_lost_answer_leaves_in_doubt_whether_a_token_was_replaced(wire: Wire) -> None:
    wire.reply(CLASSIC_TOKEN_PATH, httpx.ReadTimeout("")).reply(TOKEN_PATH, httpx.ReadTimeout(""))
    client = wire.client()
    in_doubt = []
    for ask in (client.classic_token(), client.stable_token(force_refresh=True), client.stable_token()):
        with pytest.raises(Unavailable) as caught:
            await ask
        in_doubt.append(caught.value.may_have_arrived)

    assert in_doubt == [True, True, False]


async def test_a_token_fetched_for_others_is_hidden_in_what_is_said_later(wire: Wire) -> None:
    wire.reply(CLASSIC_TOKEN_PATH, {"access_token": "classic-token-value", "expires_in": 7200})
    wire.reply(TYPING_PATH, {"errcode": 99999, "errmsg": "saw classic-token-value"})
    client = wire.client()
    await client.classic_token()
    with pytest.raises(ApiError) as caught:
        await client.typing(OPENID)

    assert caught.value.errmsg == "saw ***"


@pytest.mark.parametrize("answer", [{}, {"access_token": " ", "expires_in": 1}, {"access_token": "t"}])
async def test_a_token_answer_without_a_token_is_no_answer(wire: Wire, answer: dict[str, Any]) -> None:
    wire.reply(CLASSIC_TOKEN_PATH, answer)
    with pytest.raises(Unavailable):
        await wire.client().classic_token()


async def test_a_wrong_secret_is_an_auth_error_on_both_paths(wire: Wire) -> None:
    refused = {"errcode": 40125, "errmsg": "invalid appsecret"}
    wire.reply(CLASSIC_TOKEN_PATH, refused).reply(TOKEN_PATH, refused)
    for ask in (wire.client().classic_token(), wire.client().stable_token()):
        with pytest.raises(AuthError):
            await ask
