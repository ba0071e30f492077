"""`quota`: what is left of today's calls, and beginning anew."""

import json

from kfconsole.wechat.paths import ALL_DAY, QUEUE
from tests.cli.conftest import Command, Shop
from tests.cli.schema import valid

SEND = "/cgi-bin/message/custom/send"


def test_the_calls_of_a_day_are_printed_with_what_is_left(shop: Shop) -> None:
    shop.order("quota", path=SEND, used=1234)
    done = shop.run("quota")
    lines = [line.split() for line in done.out.splitlines()]

    assert (done.code, done.err) == (0, "")
    assert lines[0] == ["call", "daily", "limit", "used", "today", "left", "today"]
    assert [line[0] for line in lines[1:]] == list(ALL_DAY)
    assert [SEND, "500,000", "1,234", "498,766"] in lines


def test_a_call_without_a_limit_shows_no_number_that_is_none(kf: Command) -> None:
    unlimited = QUEUE
    _head, line = kf("quota", unlimited).out.splitlines()
    (row,) = json.loads(kf("quota", unlimited, "--json").out)["quotas"]

    assert line.split() == [unlimited, "no", "limit", f"{row['used']:,}", "-"]
    assert row["daily_limit"] == 2_147_483_647


def test_json_and_paths_need_no_further_word(kf: Command) -> None:
    found = valid("quota show", kf("quota", SEND, "--json").out)
    same = json.loads(kf("quota", "show", "--json", SEND).out)

    assert found == same
    assert [(row["path"], row["daily_limit"]) for row in found["quotas"]] == [(SEND, 500_000)]


def test_a_path_wechat_does_not_know_is_told_beside_the_others(kf: Command) -> None:
    done = kf("quota", "/cgi-bin/nothing", SEND)

    assert done.code == 1
    assert [line.split()[0] for line in done.out.splitlines()] == ["call", "/cgi-bin/nothing", SEND]
    assert "76021" in done.err


def test_what_is_no_path_is_wrong_usage(kf: Command) -> None:
    done = kf("quota", "cleer")

    assert done.code == 2
    assert "slash" in done.err


def test_one_count_or_all_begin_anew(kf: Command, one_shop: Shop) -> None:
    one_shop.order("quota", path=SEND, used=77)
    one = kf("quota", "clear", SEND, "--yes", "--json")
    after_one = json.loads(kf("quota", SEND, "--json").out)["quotas"][0]["used"]
    one_shop.order("quota", path=SEND, used=78)
    everything = kf("quota", "clear", "--yes", "--json")
    after_all = json.loads(kf("quota", SEND, "--json").out)["quotas"][0]["used"]

    assert (valid("quota clear", one.out), valid("quota clear", everything.out)) == ({"path": SEND}, {"path": None})
    assert (after_one, after_all) == (0, 0)


def test_clearing_without_a_terminal_needs_yes(kf: Command, one_shop: Shop) -> None:
    one_shop.order("quota", path=SEND, used=79)
    done = kf("quota", "clear")

    assert done.code == 2
    assert json.loads(kf("quota", SEND, "--json").out)["quotas"][0]["used"] == 79


def test_a_lost_answer_is_unknown(kf: Command, one_shop: Shop) -> None:
    one_shop.order("faults", kind="cut_after", path="/cgi-bin/clear_quota", count=1)
    done = kf("quota", "clear", "--yes")

    assert done.code == 4
    assert "kfconsole quota" in done.err
