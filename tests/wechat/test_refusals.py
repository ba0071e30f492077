"""What each refusal of WeChat becomes."""

from typing import Any

import pytest

from kfconsole.content import Text
from kfconsole.errors import ApiError, AuthError, RateLimited, Rejected, Unavailable
from kfconsole.wechat import codes
from kfconsole.wechat.advice import ADVICE, RETRY_WORDS, SAYS, UNKNOWN, Retry, account, advice_for
from kfconsole.wechat.codes import CODE
from tests.wechat.wire import ADD_PATH, AGENT, OPENID, QUEUE_PATH, SEND_PATH, TOKEN_PATH, Wire

DISPLACEMENTS = (account.DISPLACED, account.STILL_HANDED_OUT, account.STILL_PRINTED, account.DISPLACED_AGAIN)
RID = "5f3ded7d-22929d02-4ba1f5f6"


async def refused(wire: Wire, code: object, errmsg: object = "no") -> ApiError:
    wire.reply(SEND_PATH, {"errcode": code, "errmsg": errmsg})
    with pytest.raises(ApiError) as caught:
        await wire.client().send(OPENID, Text("hi"), AGENT)
    return caught.value


WHOLE_ACCOUNT = [40013, 40125, 40164, 40243, 41002, 41004, 43003, 50004, 50007, 65400, 89501, 89503, 89506, 89507]
ONE_CALL = [40200, 48001, 48004, 61007]


@pytest.mark.parametrize("code", WHOLE_ACCOUNT + ONE_CALL)
async def test_what_somebody_must_mend_is_an_auth_error(wire: Wire, code: int) -> None:
    error = await refused(wire, code)

    assert type(error) is AuthError
    assert error.code == code
    assert error.hint
    assert error.is_whole_account is (code in WHOLE_ACCOUNT)


async def test_a_test_account_that_adds_an_agent_has_no_customer_service(wire: Wire) -> None:
    wire.reply(ADD_PATH, {"errcode": 61450, "errmsg": "system error"})
    with pytest.raises(AuthError) as caught:
        await wire.client().add_agent(AGENT, "晓雯")

    assert not caught.value.is_whole_account
    assert "Test accounts" in caught.value.hint


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
        ("invalid ip 222.244.93.197 hint: [0n_4Ua06088051!]", "222.244.93.197"),
        ("invalid ip 2001:db8::7, not in whitelist", "2001:db8::7"),
        ("invalid ip ::ffff:10.0.0.7, not in whitelist", "10.0.0.7"),
        ("invalid ip ::FFFF:10.0.0.7 ipv6 ::ffff:10.0.0.7, not in whitelist", "10.0.0.7"),
        ("invalid ip 10.0.0.7 ipv6 2001:db8::7, not in whitelist", "10.0.0.7 (IPv6: 2001:db8::7)"),
        ("invalid ip 10.0.0.7.", "10.0.0.7"),
        ("not in whitelist", "of this machine"),
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
    assert caught.value.is_whole_account
    assert len(wire.asked(TOKEN_PATH)) == 1


@pytest.mark.parametrize("errmsg", ["ok", "", "in a normal state", None])
async def test_code_0_is_success_whatever_the_words(wire: Wire, errmsg: Any) -> None:
    wire.reply(SEND_PATH, {"errcode": 0, "errmsg": errmsg})

    await wire.client().send(OPENID, Text("hi"), AGENT)


async def test_words_are_chinese_for_chinese_readers(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfconsole.wechat.refusal._", lambda english: f"译{english}")

    assert (await refused(wire, 65415)).message.startswith("译")


# The advice

GENERAL = """
-1 0 40001 40002 40003 40004 40005 40006 40007 40008 40009 40013 40014 40033 40035 40038 40066 40092 40097 40113 40118
40121 40125 40132 40137 40164 40165 40166 40200 40213 40214 40243 41001 41002 41004 41005 41006 41009 42001 43001 43002
43003 43004 43019 44001 44002 44003 44004 45001 45002 45003 45004 45005 45006 45007 45008 45009 45011 45015 45047 45050
45056 45065 45066 45067 45072 45080 45081 45086 45087 45093 45094 45098 45099 45102 45103 46001 46004 47001 47002 48001
48002 48004 48006 48008 50001 50002 50004 50005 50007 61007 70000 89501 89503 89506 89507
"""
"""§3.1 and §2.3 of the API's document."""
DIAGNOSIS = "76001 76002 76003 76004 76021 76022"
"""§9."""
DOCUMENTED = [
    *map(int, f"{GENERAL} {DIAGNOSIS}".split()),
    *range(65400, 65418),  # §3.2
    61400,
    61401,
    *range(61450, 61460),  # §3.3
]
NEEDS_NO_FIX = {0, 45081}
"""Nothing is wrong."""


@pytest.mark.parametrize("code", DOCUMENTED)
def test_every_documented_code_has_a_name_a_cause_and_a_fix(code: int) -> None:
    advice = ADVICE[code]

    assert code in set(CODE)
    assert advice_for("/x", code) is advice
    assert bool(advice.fix) is (code not in NEEDS_NO_FIX)


def test_only_documented_codes_have_advice_and_words() -> None:
    assert set(ADVICE) == set(DOCUMENTED) == set(CODE)
    assert set(SAYS) <= set(DOCUMENTED)
    assert all(words.isascii() for words in SAYS.values())


def test_causes_and_fixes_are_sentences_that_can_be_filled_in() -> None:
    for advice in [*ADVICE.values(), UNKNOWN, *DISPLACEMENTS]:
        assert advice.cause.format(code=1, errmsg="no", address="::1").endswith(".")
        assert not advice.fix or advice.fix.format().endswith(".")


def test_what_a_page_mends_can_be_tried_again_and_every_way_has_words() -> None:
    assert [code for code, advice in ADVICE.items() if advice.page and advice.retry is Retry.NO] == []
    assert set(RETRY_WORDS) == set(Retry) == {advice.retry for advice in ADVICE.values()}


@pytest.mark.parametrize(
    ("code", "retry"),
    [
        (-1, Retry.SOON),
        (40001, Retry.NEW_TOKEN),
        (40014, Retry.NEW_TOKEN),
        (42001, Retry.NEW_TOKEN),
        (40164, Retry.AFTER_CHANGE),
        (45009, Retry.TOMORROW),
        (45011, Retry.NEXT_MINUTE),
        (45015, Retry.AFTER_CUSTOMER),
        (45047, Retry.AFTER_CUSTOMER),
        (48006, Retry.NEXT_MONTH),
        (65416, Retry.NO),
    ],
)
def test_whether_asking_again_helps(code: int, retry: Retry) -> None:
    assert ADVICE[code].retry is retry


def test_the_retired_system_has_the_advice_of_todays() -> None:
    retired = {code: codes.modern(code) for code in CODE if codes.modern(code) != code}

    assert len(retired) == 8
    assert all(today and ADVICE[code] is ADVICE[today] for code, today in retired.items())


@pytest.mark.parametrize(
    ("retired", "today"), [(61458, 65414), (61459, 65415), (61452, 65401), (65414, 65414), (None, None)]
)
def test_codes_of_the_retired_system_map_to_todays(retired: int | None, today: int | None) -> None:
    assert codes.modern(retired) == today
