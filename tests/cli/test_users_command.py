"""`users`: what WeChat tells of customers, and our notes on them."""

from tests.cli.conftest import Command, Shop
from tests.cli.schema import valid


def test_a_remark_is_set_shown_and_deleted(shop: Shop) -> None:
    openid = shop.customer("hi")
    noted = shop.run("users", "remark", openid, "王姐", "--json")
    shown = shop.run("users", "show", openid)
    deleted = shop.run("users", "remark", openid, "")

    assert (noted.code, noted.err) == (0, f"The remark of {openid} is now: 王姐\n")
    assert valid("users remark", noted.out) == {"openid": openid, "remark": "王姐"}
    assert shown.out.splitlines()[0].split() == ["customer", "follows", "since", "remark", "tags"]
    assert " 王姐 " in shown.out.splitlines()[1]
    assert deleted.err == f"{openid} has no remark any more.\n"
    assert "王姐" not in shop.run("users", "show", openid).out


def test_a_customer_is_called_by_the_remark_wechat_told_last(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("users", "remark", openid, "王姐")
    kf("send", openid, "hello")
    named = kf("history", "export", openid).out
    kf("users", "remark", openid, "")

    assert "王姐" in named
    assert "王姐" not in kf("history", "export", openid).out


def test_several_are_shown_in_the_order_asked_for(kf: Command, one_shop: Shop) -> None:
    openids = [one_shop.customer("hi"), one_shop.customer(), one_shop.customer()]
    one_shop.order("act", openid=openids[1], action="unfollow")
    found = valid("users show", kf("users", "show", *openids, "--json").out)
    shown = kf("users", "show", *openids).out.splitlines()

    assert [(user["openid"], user["is_following"]) for user in found["users"]] == [
        (openids[0], True),
        (openids[1], False),
        (openids[2], True),
    ]
    assert "does not follow" in shown[2]


def test_a_remark_that_is_too_long_is_foreseen(kf: Command, one_shop: Shop) -> None:
    assert kf("users", "remark", one_shop.customer(), "字" * 10).code == 1
    assert kf("users", "remark", one_shop.customer(), "字" * 9).code == 0


def test_after_a_lost_answer_the_truth_is_told(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    one_shop.order("faults", kind="cut_after", path="/cgi-bin/user/info/updateremark", count=1)

    assert kf("users", "remark", openid, "张").code == 0


def test_nobody_is_wrong_usage(kf: Command) -> None:
    assert kf("users", "show").code == 2
