"""`explain`: codes without an account, requests by asking WeChat."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from kfconsole.wechat.advice import ADVICE
from tests.cli.conftest import Shop, run

QUEUE_PATH = "/customservice/kfsession/getwaitcase"
RID = re.compile(r"rid=([0-9a-f-]{26})")


def test_a_code_is_explained_without_settings_or_network() -> None:
    done = run("explain", "40164")

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "code   40164 invalid ip ..., not in whitelist",
        "cause  WeChat does not accept calls from the address of this machine.",
        "fix    Add it to the IP whitelist of the account on the WeChat platform; it works after some minutes.",
        "again  when it has been mended",
        "page   mp.weixin.qq.com: Settings & Development > Basic configuration > IP whitelist",
    ]


def test_what_there_is_nothing_to_say_of_is_left_out() -> None:
    assert run("explain", "45081").out.splitlines() == [
        "code   45081 you are already typing",
        "cause  The customer already sees that you are typing.",
        "again  would not help",
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("-1",), -1),
        (("0",), 0),
        (("61458",), 61458),
        (('{"errcode":45047,"errmsg":"out of response count limit"}',), 45047),
        (("{'errcode':", "'-1'}"), -1),
    ],
)
def test_a_code_may_be_negative_or_stand_in_an_answer(words: tuple[str, ...], code: int) -> None:
    found = json.loads(run("explain", *words, "--json").out)

    assert found["request"] is None
    assert [one["code"] for one in found["codes"]] == [code]


def test_json_has_every_part() -> None:
    (code,) = json.loads(run("explain", "--json", "45009").out)["codes"]

    assert code == {
        "code": 45009,
        "says": "reach max api daily quota limit",
        "cause": "The account has used up WeChat's limit for this call.",
        "fix": "The daily limit starts anew at midnight; longer poll intervals use less of it.",
        "retry": "tomorrow",
        "page": "mp.weixin.qq.com: Settings & Development > API permissions",
    }


@pytest.mark.parametrize("arguments", [("12345",), ("-2", "--json")])
def test_an_unknown_code_is_refused(arguments: tuple[str, ...]) -> None:
    done = run("explain", *arguments)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"kfconsole: Nothing is known about code {arguments[0]}.")


@pytest.mark.parametrize("words", ["hello", "--jsn", "1234567890", "5f3ded7d-22929d02-4ba1f5f6a", "4.5", "４５０４７"])
def test_what_is_neither_code_nor_request_is_wrong_usage(words: str) -> None:
    done = run("explain", words)

    assert (done.code, done.out) == (2, "")
    assert "neither a code such as 45047 nor a request id" in done.err


def test_without_a_code_all_are_listed_in_order() -> None:
    lines = run("explain").out.splitlines()
    codes = [one["code"] for one in json.loads(run("explain", "--json").out)["codes"]]

    assert [int(line.split()[0]) for line in lines] == codes == sorted(ADVICE)
    assert "  45047  " not in lines
    assert " 45047  All replies allowed for this customer are used up." in lines


# Requests


@pytest.fixture
def rid(shop: Shop, home: Any) -> str:
    shop.order("faults", path=QUEUE_PATH, kind="errcode", code=48001)
    assert shop.run("queue").code == 1
    found: list[str] = RID.findall((home / "data" / "kfconsole.log").read_text("utf-8"))
    return found[-1]


def pairs(out: str) -> Mapping[str, str]:
    return dict(re.split(r"  +", line, maxsplit=1) for line in out.splitlines())


def test_a_request_is_asked_for_and_its_answer_explained(shop: Shop, rid: str) -> None:
    done = shop.run("explain", rid)
    said = pairs(done.out)

    assert (done.code, done.err) == (0, "")
    assert said["request"] == rid
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", said["time"])
    assert "48001" in said["answer"]
    assert said["code"] == "48001 api unauthorized"
    assert said["cause"] == "The account has no permission for this."


@pytest.mark.parametrize("form", ["api unauthorized rid: {rid}", "{rid}.", '{{"errmsg":"x rid: {rid}"}}'])
def test_a_request_id_is_found_in_a_line(shop: Shop, rid: str, form: str) -> None:
    found = json.loads(shop.run("explain", *form.format(rid=rid).split(), "--json").out)

    assert found["request"]["rid"] == rid
    assert found["request"]["at"] == int(rid[:8], 16)
    assert [one["code"] for one in found["codes"]] == [48001]


def test_times_are_those_of_the_settings(shop: Shop, rid: str, home: Any) -> None:
    (home / "utc.toml").write_text("[ui]\ntimezone = 'UTC'\n")
    china, utc = shop.run("explain", rid), shop.run("--config", str(home / "utc.toml"), "explain", rid)

    assert pairs(china.out)["time"] != pairs(utc.out)["time"]


def test_a_request_nobody_knows_is_refused_with_what_to_do(shop: Shop) -> None:
    done = shop.run("explain", "5f3ded7d-22929d02-4ba1f5f6")

    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 2


def test_a_request_needs_an_account() -> None:
    assert run("explain", "5f3ded7d-22929d02-4ba1f5f6").code == 2
