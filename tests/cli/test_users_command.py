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
    assert shown.out.splitlines()[0].split() == ["customer", "follows", "since", "remark", "tags", "alias"]
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


def test_a_customer_is_called_and_tagged_as_we_like_and_wechat_hears_nothing(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    named = kf("users", "alias", openid, " 王\n姐 ", "--json")
    tagged = kf("users", "tag", openid, "VIP，急", "VIP", "--json")
    shown = kf("users", "show", openid, "--json")
    (row,) = valid("queue", kf("queue", "--json").out)["rows"][-1:]
    line = next(line for line in kf("queue").out.splitlines() if openid in line)

    assert valid("users alias", named.out) == {"openid": openid, "alias": "王 姐"}
    assert valid("users tag", tagged.out) == {"openid": openid, "tags": ["VIP", "急"]}
    assert (named.err, tagged.err) == (
        f"{openid} is now called: 王 姐\n",
        f"The tags of {openid} are now: VIP, 急\n",
    )
    assert [(user["alias"], user["tags"]) for user in valid("users show", shown.out)["users"]] == [
        ("王 姐", ["VIP", "急"])
    ]
    assert (row["openid"], row["name"]) == (openid, "王 姐")
    assert line.endswith(f"{openid}  王 姐")
    assert kf("users", "alias", openid, "").err == f"{openid} has no alias any more.\n"
    assert kf("users", "tag", openid).err == f"{openid} has no tags of ours any more.\n"


def test_tags_of_wechat_stand_beside_ours_and_only_they_are_replaced(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("users", "tag", openid, "VIP")
    kf("users", "show", openid)
    refused = kf("users", "tag", openid, "#101")

    assert " VIP " in kf("users", "show", openid).out
    assert refused.code == 1
    assert "mp.weixin.qq.com" in refused.err


def test_a_name_that_fits_no_row_is_refused(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")

    assert kf("users", "alias", openid, "长" * 21).code == 1
    assert kf("users", "alias", openid, "长" * 20).code == 0
    assert kf("users", "tag", openid, *map(str, range(11))).code == 1
    assert kf("users", "tag", openid, "长" * 11).code == 1


def test_a_session_names_the_customer(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("sessions", "open", openid)
    kf("users", "alias", openid, "王姐")

    sessions = valid("sessions list", kf("sessions", "list", "--json").out)["sessions"]

    assert "王姐" in {row["name"] for row in sessions}
    assert "王姐" in kf("sessions", "list").out
    assert valid("sessions show", kf("sessions", "show", openid, "--json").out)["name"] == "王姐"
