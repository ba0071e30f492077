"""`typing`: shown, not twice, and no more."""

import pytest

from tests.cli.conftest import Command, Shop
from tests.cli.schema import valid


def test_typing_is_shown_and_taken_back(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    shown = kf("typing", openid, "--json")
    cancelled = kf("typing", openid, "--cancel", "--json")

    assert (shown.code, cancelled.code) == (0, 0)
    assert valid("typing", shown.out) == {"openid": openid, "is_typing": True, "seconds": 15}
    assert valid("typing", cancelled.out) == {"openid": openid, "is_typing": False, "seconds": 0}


def test_typing_twice_is_refused_with_wechats_code(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("typing", openid)
    done = kf("typing", openid)

    assert done.code == 1
    assert "45081" in done.err


def test_typing_long_after_the_last_message_is_refused(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    one_shop.order("clock", advance_seconds=40)
    done = kf("typing", openid)

    assert done.code == 1
    assert "45080" in done.err


def test_a_lost_answer_is_told_with_what_it_means(kf: Command, one_shop: Shop) -> None:
    one_shop.order("faults", path="/cgi-bin/message/custom/typing", kind="cut_after", count=1)
    done = kf("typing", one_shop.customer("hi"))

    assert done.code == 4
    assert "Nothing has to be mended" in done.err


@pytest.mark.parametrize("openid", ["", "a b"])
def test_nobody_is_wrong_usage(kf: Command, openid: str) -> None:
    assert kf("typing", openid).code == 2
