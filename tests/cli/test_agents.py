"""`agents`: what is printed of them, and what is done to them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Shop, run
from tests.cli.schema import valid
from tests.pictures import jpeg


def nicks(kf: Command) -> dict[str, str]:
    return {row["agent"]: row["nick"] for row in json.loads(kf("agents", "list", "--json").out)["agents"]}


def test_the_list_lines_up_whatever_the_script_of_the_nicknames(shop: Shop) -> None:
    openid = shop.state()["queue"][0]["openid"]
    shop.order("agents/accept", kf_account=shop.kf_account, openid=openid)
    done = shop.run("agents", "list")

    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:4] == [
        "agent         nickname  state    sessions  WeChat user",
        "kf2001@lehuo  晓雯      online          1  wx_kf2001",
        "kf2002@lehuo  Tom       online          0  wx_kf2002",
        "kf2003@lehuo  小美      offline         0  wx_kf2003",
    ]
    assert lines[4].startswith("kf2004@lehuo  新人小周  invited         0  zhou_2026, until 20")


def test_the_list_is_translated_and_still_lines_up(shop: Shop) -> None:
    done = run("agents", "online", **shop.environment, KFCONSOLE_LANGUAGE="zh")

    assert done.code == 0
    assert "晓雯" in done.out


def test_json_has_every_agent(kf: Command) -> None:
    found = valid("agents list", kf("agents", "list", "--json").out)
    new = found["agents"][3]

    assert [row["agent"] for row in found["agents"]][:3] == ["kf2001@lehuo", "kf2002@lehuo", "kf2003@lehuo"]
    assert (new["is_bound"], new["invited_wechat_id"], new["invite_status"]) == (False, "zhou_2026", "waiting")
    assert new["invite_expires_at"] > found["at"]


def test_online_names_only_who_is_online(kf: Command) -> None:
    found = valid("agents online", kf("agents", "online", "--json").out)

    assert [row["agent"] for row in found["agents"]] == ["kf2001@lehuo", "kf2002@lehuo"]
    assert kf("agents", "online").out.splitlines()[2].split() == ["kf2002@lehuo", "Tom", "0"]


def test_a_question_whose_answer_did_not_come_is_asked_again(kf: Command, one_shop: Shop) -> None:
    one_shop.order("faults", kind="errcode", code=-1, path="/cgi-bin/customservice/getkflist", count=1)
    done = kf("agents", "list", "--json")

    assert (done.code, done.err) == (0, "WeChat is busy. Asking again.\n")
    assert valid("agents list", done.out)["agents"]


def test_an_agent_is_added_renamed_invited_and_removed(kf: Command) -> None:
    added = kf("agents", "add", "kf2009@lehuo", "小李", "--json")
    assert (added.code, added.err) == (0, "Added kf2009@lehuo (小李).\n")
    assert valid("agents add", added.out) == {"agent": "kf2009@lehuo", "nick": "小李"}

    renamed = kf("agents", "rename", "kf2009@lehuo", "李姐", "--json")
    assert valid("agents rename", renamed.out) == {"agent": "kf2009@lehuo", "nick": "李姐"}
    assert nicks(kf)["kf2009@lehuo"] == "李姐"

    invited = kf("agents", "invite", "kf2009@lehuo", "li_jie", "--json")
    assert valid("agents invite", invited.out) == {"agent": "kf2009@lehuo", "wechat_id": "li_jie"}
    assert "invited" in kf("agents", "list").out.splitlines()[-1]

    removed = kf("agents", "remove", "kf2009@lehuo", "--yes", "--json")
    assert valid("agents remove", removed.out) == {"agent": "kf2009@lehuo", "nick": "李姐", "sessions": 0}
    assert "kf2009@lehuo" not in nicks(kf)


def test_what_wechat_refuses_is_told_with_its_code(kf: Command) -> None:
    done = kf("agents", "add", "kf2001@lehuo", "again")

    assert (done.code, done.out) == (1, "")
    assert "65406" in done.err


def test_a_picture_is_set(kf: Command, tmp_path: Path) -> None:
    file = tmp_path / "me.jpg"
    file.write_bytes(jpeg())
    done = kf("agents", "avatar", "kf2001@lehuo", str(file), "--json")

    assert (done.code, done.err) == (0, "kf2001@lehuo has a new picture.\n")
    assert valid("agents avatar", done.out) == {"agent": "kf2001@lehuo", "file": str(file)}


def test_a_picture_that_cannot_be_one_is_refused_before_anything_is_sent(kf: Command, tmp_path: Path) -> None:
    file = tmp_path / "me.jpg"
    file.write_bytes(b"no picture")

    assert kf("agents", "avatar", "kf2001@lehuo", str(file)).code == 1
    assert kf("agents", "avatar", "kf2001@lehuo", str(tmp_path / "missing.jpg")).code == 2


def test_removing_without_a_terminal_needs_yes_and_does_nothing_else(kf: Command) -> None:
    done = kf("agents", "remove", "kf2003@lehuo")

    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err
    assert "kf2003@lehuo" in nicks(kf)


def test_whom_the_agent_serves_is_counted_by_wechats_word(kf: Command, one_shop: Shop) -> None:
    one_shop.order("agents", kf_account="kf2012@lehuo", nickname="小十二")
    openid = one_shop.customer("在吗")
    one_shop.order("agents/accept", kf_account="kf2012@lehuo", openid=openid)
    done = kf("agents", "remove", "kf2012@lehuo", "--yes", "--json")

    assert valid("agents remove", done.out) == {"agent": "kf2012@lehuo", "nick": "小十二", "sessions": 1}
    assert "kf2012@lehuo" not in nicks(kf)


def test_what_cannot_be_is_foreseen_with_wechats_code_and_asks_for_nothing(kf: Command) -> None:
    for words, code in (
        (("add", "kf-9@lehuo", "小九"), "65404"),
        (("add", "kf2009@lehuo", "小\x1b九"), "65403"),
        (("add", "kf2009@lehuo", "一" * 17), "65403"),
        (("rename", "kf2001@lehuo", ""), "65403"),
        (("invite", "kf2001@lehuo", "li_jie"), "65412"),
        (("invite", "kf2004@lehuo", "li_jie"), "65411"),
    ):
        done = kf("agents", *words)

        assert (done.code, done.out) == (1, "")
        assert code in done.err
        assert "hint: " in done.err
        assert "\x1b" not in done.err


def test_a_picture_that_is_not_as_wechat_likes_it_is_set_with_a_word_of_caution(kf: Command, tmp_path: Path) -> None:
    file = tmp_path / "me.jpg"
    file.write_bytes(jpeg(300, 200))
    done = kf("agents", "avatar", "kf2001@lehuo", str(file))

    assert done.code == 0
    assert "not square" in done.err


def test_removing_nobody_is_foreseen(kf: Command) -> None:
    done = kf("agents", "remove", "kf2999@lehuo", "--yes")

    assert done.code == 1
    assert "kf2999@lehuo" in done.err


@pytest.mark.parametrize("agent", ["kf2001", "", "kf 2001@shop", "kf2001@shop\x1b[31m", "@shop"])
def test_an_agent_that_cannot_be_one_is_wrong_usage(kf: Command, agent: str) -> None:
    done = kf("agents", "rename", agent, "x")

    assert done.code == 2
    assert "kf2001@shop" in done.err
    assert "\x1b" not in done.err


def test_a_nickname_is_one_line_and_steers_no_terminal(kf: Command, one_shop: Shop) -> None:
    one_shop.order("agents", kf_account="kf2666@lehuo", nickname="[/b]\x1b[31m\n红")
    line = kf("agents", "list").out.splitlines()[-1]
    kf("agents", "remove", "kf2666@lehuo", "--yes")

    assert "\x1b" not in line
    assert "[/b]␛[31m 红  online" in line


def test_after_a_lost_answer_the_truth_is_told(kf: Command, one_shop: Shop) -> None:
    one_shop.order("faults", kind="cut_after", path="/customservice/kfaccount/add", count=1)
    done = kf("agents", "add", "kf2010@lehuo", "小十")
    kf("agents", "remove", "kf2010@lehuo", "--yes")

    assert (done.code, done.err) == (0, "Added kf2010@lehuo (小十).\n")


def test_an_answer_nobody_can_replace_is_unknown_and_says_where_to_look(kf: Command, one_shop: Shop) -> None:
    one_shop.order("faults", kind="cut_after", path="/customservice/kfaccount/add", count=1)
    one_shop.order("faults", kind="cut_before", path="/cgi-bin/customservice/getkflist", count=None)
    done = kf("agents", "add", "kf2011@lehuo", "小十一")
    one_shop.disarm()
    kf("agents", "remove", "kf2011@lehuo", "--yes")

    assert done.code == 4
    assert "kfconsole agents list" in done.err
