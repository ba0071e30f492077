"""What WeChat's refusals about agents' accounts mean where it is known what was asked."""

import pytest

from kfconsole.errors import AuthError, Rejected
from kfconsole.wechat.refusal import refusal

ACCOUNTS = "/customservice/kfaccount"


@pytest.mark.parametrize(
    ("call", "code", "cause", "fix"),
    [
        ("add", 61451, "account or the nickname", "6 Chinese or 12 Latin"),
        ("update", 61451, "account or the nickname", "try a shorter one"),
        ("add", 65403, "nickname", "words that WeChat forbids"),
        ("uploadheadimg", 40005, "this picture", "JPG"),
        ("uploadheadimg", 40009, "this picture", "5 MB"),
        ("uploadheadimg", 61457, "this picture", "640×640"),
    ],
)
def test_a_refusal_says_what_to_do_about_this_call(call: str, code: int, cause: str, fix: str) -> None:
    error = refusal(f"{ACCOUNTS}/{call}", code, "no")

    assert isinstance(error, Rejected)
    assert cause in error.message
    assert fix in error.hint


@pytest.mark.parametrize("call", ["add", "update", "del", "inviteworker", "uploadheadimg"])
def test_an_account_that_may_not_manage_agents_is_told_the_way_by_hand(call: str) -> None:
    error = refusal(f"{ACCOUNTS}/{call}", 48001, "api unauthorized")

    assert isinstance(error, AuthError)
    assert not error.is_whole_account
    assert "by hand" in error.hint


def test_elsewhere_the_same_codes_mean_what_they_always_meant() -> None:
    assert "this picture" not in refusal("/cgi-bin/media/upload", 40005, "no").message
    assert "by hand" not in refusal("/cgi-bin/user/info", 48001, "no").hint
