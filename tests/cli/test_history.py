"""`history show`: what was said, when, by whom."""

import json
from datetime import datetime, timedelta

import pytest

from tests.cli.conftest import Command, Shop, run
from tests.cli.schema import valid
from tests.conftest import HOSTILE

RECORDS = "/customservice/msgrecord/getmsglist"


def test_what_wechat_has_is_printed_in_the_time_zone_of_the_settings(shop: Shop) -> None:
    openid = shop.customer("在吗")
    shop.order("agents/accept", kf_account=shop.kf_account, openid=openid)
    shop.order("say", openid=openid, text="怎么付款？")
    shop.order("agents/say", kf_account=shop.kf_account, openid=openid, text="可以微信支付\n也可以刷卡")
    done = shop.run("history", "show", openid)
    now = datetime.fromtimestamp(shop.state()["now"]) + timedelta(hours=8)  # noqa: DTZ006  # TZ is UTC, Shanghai is not

    assert done.code == 0
    assert done.err.startswith("From 20")
    lines = [line.split("  ", 1) for line in done.out.splitlines()]
    assert [line[1] for line in lines][-2:] == ["< 怎么付款？", f"> {shop.kf_account}: 可以微信支付 也可以刷卡"]
    assert abs(datetime.fromisoformat(lines[-1][0]) - now) < timedelta(minutes=2)


def test_an_agent_is_called_by_the_nickname_this_host_knows(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("send", openid, "嗨", "--agent", "kf2002@lehuo")
    found = valid("history show", kf("history", "show", openid, "--json").out)

    assert (found["is_complete"], found["openid"]) == (True, openid)
    assert [(row["direction"], row["agent"], row["text"]) for row in found["messages"]][-1] == (
        "out",
        "kf2002@lehuo",
        "嗨",
    )


def test_a_span_leaves_out_what_is_before_and_after(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("send", openid, "嗨")

    assert "嗨" in kf("history", "show", openid, "--from", "10m", "--to", "now").out
    assert "嗨" in kf("history", "show", openid, "--since", "10m", "--until", "now").out  # as the other commands say it
    nothing = kf("history", "show", openid, "--from", "3d", "--to", "yesterday")
    assert (nothing.code, nothing.out) == (0, "")
    assert nothing.err.startswith("No messages from 20")


@pytest.mark.parametrize(
    "span", [("--from", "soonish"), ("--from", "1h", "--to", "2h"), ("--from", "today", "--to", "today"), ("--to", "")]
)
def test_a_span_that_is_none_is_wrong_usage(kf: Command, span: tuple[str, ...]) -> None:
    done = kf("history", "show", "oA", *span)

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 2


def test_without_wechat_the_archive_is_printed_and_the_gap_told(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("send", openid, "嗨")
    one_shop.order("faults", kind="errcode", code=65400, path=RECORDS, count=None)
    done, found = kf("history", "show", openid), json.loads(kf("history", "show", openid, "--json").out)

    assert done.code == 1
    assert "嗨" in done.out
    assert "65400" in done.err
    assert found["is_complete"] is False
    assert found["problem"]


def test_a_text_from_outside_steers_no_terminal(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    one_shop.order("agents/accept", kf_account=one_shop.kf_account, openid=openid)
    one_shop.order("say", openid=openid, text=HOSTILE)
    line = kf("history", "show", openid).out.splitlines()[-1]

    assert "\x1b" not in line
    assert "\u202e" not in line
    assert "[/b] [@click=app.quit]x[/] ␛]0;t␇" in line


def test_days_may_be_named_in_chinese(shop: Shop) -> None:
    done = run("history", "show", "oA", "--from", "昨天", **shop.environment, KFCONSOLE_LANGUAGE="zh")

    assert done.code == 0
    assert " 00:00:00" in done.err


def test_a_picture_is_called_what_the_screen_calls_it(shop: Shop) -> None:
    openid = shop.customer("hi")
    shop.order("agents/accept", kf_account=shop.kf_account, openid=openid)
    shop.order("say", openid=openid, type="image", pic_url="https://example.com/1.jpg", media_id="m")
    chinese = {**shop.environment, "KFCONSOLE_LANGUAGE": "zh"}

    assert run("history", "show", openid, **chinese).out.splitlines()[-1].endswith("  < [图片]")
    assert run("history", "search", "--customer", openid, **chinese).out.splitlines()[-1].endswith("  < [图片]")
    found = json.loads(shop.run("history", "show", openid, "--json").out)
    assert found["messages"][-1]["text"] == "[image]"
