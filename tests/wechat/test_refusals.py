"""What each refusal of WeChat becomes."""

from typing import Any

import pytest

from kfconsole.content import Text
from kfconsole.errors import ApiError, AuthError, RateLimited, Rejected, Unavailable
from kfconsole.wechat import codes
from kfconsole.wechat.advice import ADVICE, UNKNOWN
from kfconsole.wechat.codes import CODE
from tests.wechat.wire import AGENT, OPENID, QUEUE_PATH, SEND_PATH, TOKEN_PATH, Wire

RID = "5f3ded7d-22929d02-4ba1f5f6"


async def refused(wire: Wire, code: object, errmsg: object = "no") -> ApiError:
    wire.reply(SEND_PATH, {"errcode": code, "errmsg": errmsg})
    with pytest.raises(ApiError) as caught:
        await wire.client().send(OPENID, Text("hi"), AGENT)
    return caught.value


@pytest.mark.parametrize(
    "code", [40013, 40125, 40164, 40243, 41002, 41004, 48001, 48004, 50004, 50007, 65400, 89501, 89503, 89506, 89507]
)
async def test_what_somebody_must_mend_is_an_auth_error(wire: Wire, code: int) -> None:
    error = await refused(wire, code)

    assert type(error) is AuthError
    assert error.code == code
    assert error.hint


@pytest.mark.parametrize("code", [45009, 45011])
async def test_limits_say_when_to_ask_again(wire: Wire, code: int) -> None:
    error = await refused(wire, code)

    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 60


async def test_a_busy_wechat_did_not_act(wire: Wire) -> None:
    error = await refused(wire, -1, "system error")

    assert isinstance(error, Unavailable)
    assert (error.code, error.may_have_arrived) == (-1, False)


@pytest.mark.parametrize(
    "code", [40003, 45002, 45015, 45047, 45080, 48002, 61450, 61458, 65401, 65414, 65415, 99999, -2]
)
async def test_everything_else_is_a_refusal_of_this_one_call(wire: Wire, code: int) -> None:
    error = await refused(wire, code)

    assert type(error) is Rejected
    assert (error.code, error.path, error.errmsg) == (code, SEND_PATH, "no")


async def test_an_errcode_may_be_a_string(wire: Wire) -> None:
    assert (await refused(wire, "45047")).code == CODE.REPLIES_USED_UP


async def test_an_unknown_code_is_shown_with_wechats_words(wire: Wire) -> None:
    error = await refused(wire, 99999, "some {odd} reason")

    assert error.message == "WeChat refused with code 99999: some {odd} reason."


@pytest.mark.parametrize("errmsg", ["", None, 5, ["x"]])
async def test_a_refusal_without_words_still_reads(wire: Wire, errmsg: Any) -> None:
    error = await refused(wire, 99999, errmsg)

    assert error.message == "WeChat refused with code 99999: no reason given."


@pytest.mark.parametrize(
    ("errmsg", "words", "rid"),
    [
        (f"response out of time limit rid: {RID}", "response out of time limit", RID),
        (f"invalid args hint: [yG-93BCba] rid: {RID}", "invalid args hint: [yG-93BCba]", RID),
        ("api unauthorized hint: [0n_4Ua06088051!]", "api unauthorized hint: [0n_4Ua06088051!]", ""),
        ("x" * 5000, "x" * 300, ""),
        (f"{'x' * 5000} rid: {RID}", "x" * 300, RID),
        ("a\x1b]0;t\x07\nb", "a␛]0;t␇ b", ""),
    ],
)
async def test_the_request_id_is_split_off_and_the_words_are_clean_and_short(
    wire: Wire, errmsg: str, words: str, rid: str
) -> None:
    error = await refused(wire, 45015, errmsg)

    assert (error.errmsg, error.rid) == (words, rid)


@pytest.mark.parametrize(
    ("errmsg", "address"),
    [
        ("invalid ip 222.244.93.197 ipv6 ::ffff:222.244.93.197, not in whitelist rid: " + RID, "222.244.93.197"),
        ("invalid ip 2001:db8::7, not in whitelist", "2001:db8::7"),
        ("not in whitelist", "this machine"),
    ],
)
async def test_a_missing_whitelist_entry_names_the_address_wechat_saw(wire: Wire, errmsg: str, address: str) -> None:
    wire.reply(TOKEN_PATH, {"errcode": 40164, "errmsg": errmsg})
    with pytest.raises(AuthError) as caught:
        await wire.client().queue()

    assert caught.value.message == f"WeChat does not accept calls from the address {address}."
    assert "whitelist" in caught.value.hint
    assert wire.asked(QUEUE_PATH) == []


@pytest.mark.parametrize(("code", "cause"), [(40001, "The app secret is wrong."), (61450, None)])
async def test_on_the_tokens_path_codes_are_about_the_account(wire: Wire, code: int, cause: str | None) -> None:
    wire.reply(TOKEN_PATH, {"errcode": code, "errmsg": "no"})
    with pytest.raises(AuthError) as caught:
        await wire.client().queue()

    assert cause in (None, caught.value.message)
    assert len(wire.asked(TOKEN_PATH)) == 1


@pytest.mark.parametrize("errmsg", ["ok", "", "in a normal state", None])
async def test_code_0_is_success_whatever_the_words(wire: Wire, errmsg: Any) -> None:
    wire.reply(SEND_PATH, {"errcode": 0, "errmsg": errmsg})

    await wire.client().send(OPENID, Text("hi"), AGENT)


async def test_words_are_chinese_for_chinese_readers(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfconsole.wechat.refusal._", lambda english: f"译{english}")

    assert (await refused(wire, 65415)).message.startswith("译")


def test_every_code_with_a_name_has_advice_or_a_successor_with_advice() -> None:
    missing = [code for code in CODE if code != CODE.OK and code not in ADVICE and codes.modern(code) not in ADVICE]

    assert missing == []


def test_causes_are_sentences() -> None:
    for advice in [*ADVICE.values(), UNKNOWN]:
        assert advice.cause.endswith(".")
        assert not advice.fix or advice.fix.endswith(".")


@pytest.mark.parametrize(
    ("retired", "today"), [(61458, 65414), (61459, 65415), (61452, 65401), (65414, 65414), (None, None)]
)
def test_codes_of_the_retired_system_map_to_todays(retired: int | None, today: int | None) -> None:
    assert codes.modern(retired) == today
