"""`sessions`: who is served by whom, and giving and taking customers."""

import json

import pytest

from tests.cli.conftest import Command, Shop, run
from tests.cli.schema import valid

ME, TOM, OFFLINE = "kf2001@lehuo", "kf2002@lehuo", "kf2003@lehuo"
CREATE, CLOSE = "/customservice/kfsession/create", "/customservice/kfsession/close"
HOLDER = "/customservice/kfsession/getsession"


def served(shop: Shop) -> dict[str, str]:
    return {row["openid"]: row["kf_account"] for row in shop.state()["sessions"]}


def test_a_customer_is_accepted_shown_listed_and_closed(shop: Shop) -> None:
    openid = shop.customer("在吗")
    waiting = shop.run("sessions", "show", openid)
    opened = shop.run("sessions", "open", openid)
    shown = shop.run("sessions", "show", openid)
    listed = shop.run("sessions", "list")
    closed = shop.run("sessions", "close", openid, "--yes")

    assert waiting.out.startswith("waiting ≥00:0")
    assert (opened.code, opened.out, opened.err) == (0, "", f"{ME} now serves {openid}.\n")
    assert shown.out.startswith(f"served by {ME} for 00:0")
    assert listed.out.splitlines()[0].split() == ["customer", "agent", "nickname", "since", "duration"]
    assert listed.out.splitlines()[1].startswith(f"{openid}  kf2001@lehuo  晓雯      20")
    assert (closed.code, closed.err) == (0, f"The session of {openid} with {ME} is closed.\n")
    assert served(shop) == {}


def test_sessions_of_all_agents_are_listed_the_oldest_first(kf: Command, one_shop: Shop) -> None:
    openids = [one_shop.customer("1"), one_shop.customer("2")]
    one_shop.order("agents/accept", kf_account=TOM, openid=openids[0])
    one_shop.order("clock", advance_seconds=70)
    one_shop.order("agents/accept", kf_account=ME, openid=openids[1])
    found = valid("sessions list", kf("sessions", "list", "--json").out)
    toms = valid("sessions list", kf("sessions", "list", "--agent", TOM, "--json").out)
    for openid in openids:
        kf("sessions", "close", openid, "--agent", served(one_shop)[openid], "--yes")

    assert [(row["openid"], row["agent"]) for row in found["sessions"]] == [(openids[0], TOM), (openids[1], ME)]
    assert 70 <= found["sessions"][0]["age_seconds"] <= 100
    assert [row["openid"] for row in toms["sessions"]] == [openids[0]]


def test_only_agents_who_serve_somebody_are_asked(kf: Command, one_shop: Shop) -> None:
    before = one_shop.state()["calls"].get("/customservice/kfsession/getsessionlist", 0)
    done = kf("sessions", "list")

    assert (done.code, done.out, done.err) == (0, "", "Nobody is being served.\n")
    assert one_shop.state()["calls"].get("/customservice/kfsession/getsessionlist", 0) == before


@pytest.mark.parametrize(("said", "state"), [((), "none"), (("hi",), "waiting")])
def test_how_a_customer_stands(kf: Command, one_shop: Shop, said: tuple[str, ...], state: str) -> None:
    openid = one_shop.customer(*said)
    found = valid("sessions show", kf("sessions", "show", openid, "--json").out)

    assert (found["state"], found["agent"]) == (state, "")
    assert (found["since_at"] is None) == (state == "none")
    assert kf("sessions", "show", openid).code == 0


def test_whether_somebody_beyond_the_hundred_named_waits_is_not_known(kf: Command, one_shop: Shop) -> None:
    for _customer in range(101):
        one_shop.customer("?")
    openid = one_shop.customer()
    shown = kf("sessions", "show", openid)

    assert json.loads(kf("sessions", "show", openid, "--json").out)["state"] == "unknown"
    assert shown.out == "nobody serves this customer\n"
    assert "first 100" in shown.err


def test_opening_uses_the_agent_that_is_named(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    done = kf("sessions", "open", openid, "--agent", TOM, "--json")
    closed = kf("sessions", "close", openid, "--agent", TOM, "--yes", "--json")

    assert valid("sessions open", done.out)["agent"] == TOM
    assert valid("sessions close", closed.out) == {"openid": openid, "agent": TOM}


@pytest.mark.parametrize("command", [("open",), ("close", "--yes")])
def test_without_an_agent_the_fix_is_named(shop: Shop, command: tuple[str, ...]) -> None:
    done = run("sessions", *command, shop.customer("hi"), **{**shop.environment, "KFCONSOLE_KF_ACCOUNT": ""})

    assert done.code == 2
    assert "--agent" in done.err
    assert "[me]" in done.err


def test_an_offline_agent_gets_nobody(kf: Command, one_shop: Shop) -> None:
    done = kf("sessions", "open", one_shop.customer("hi"), "--agent", OFFLINE)

    assert done.code == 1
    assert "65415" in done.err


def test_a_customer_of_somebody_else_is_refused_and_the_colleague_named(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    one_shop.order("agents/accept", kf_account=TOM, openid=openid)
    opened, closed = kf("sessions", "open", openid), kf("sessions", "close", openid, "--yes")
    kf("sessions", "close", openid, "--agent", TOM, "--yes")

    assert (opened.code, closed.code) == (1, 1)
    assert TOM in opened.err
    assert TOM in closed.err


def test_closing_what_is_not_open_is_refused(kf: Command, one_shop: Shop) -> None:
    assert kf("sessions", "close", one_shop.customer("hi"), "--yes").code == 1


def test_closing_without_a_terminal_needs_yes(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("sessions", "open", openid)
    done = kf("sessions", "close", openid)

    assert (done.code, served(one_shop)[openid]) == (2, ME)
    assert "--yes" in done.err


@pytest.mark.parametrize(("path", "command"), [(CREATE, ("open",)), (CLOSE, ("close", "--yes"))])
def test_after_a_lost_answer_the_truth_is_told(
    kf: Command, one_shop: Shop, path: str, command: tuple[str, ...]
) -> None:
    openid = one_shop.customer("hi")
    if path == CLOSE:
        kf("sessions", "open", openid)
    one_shop.order("faults", kind="cut_after", path=path, count=1)
    done = kf("sessions", *command, openid)

    assert done.code == 0
    assert (openid in served(one_shop)) == (path == CREATE)


@pytest.mark.parametrize(("path", "command"), [(CREATE, ("open",)), (CLOSE, ("close", "--yes"))])
def test_when_the_truth_cannot_be_learned_the_outcome_is_unknown(
    kf: Command, one_shop: Shop, path: str, command: tuple[str, ...]
) -> None:
    openid = one_shop.customer("hi")
    kf("sessions", "open", openid) if path == CLOSE else None
    one_shop.order("faults", kind="cut_after", path=path, count=1)
    one_shop.order("faults", kind="cut_before", path=HOLDER, count=None)
    done = kf("sessions", *command, openid)

    assert (done.code, done.out) == (4, "")
    assert f"kfconsole sessions show {openid}" in done.err


def test_nothing_happened_is_worth_a_retry(kf: Command, one_shop: Shop) -> None:
    one_shop.order("faults", kind="errcode", code=-1, path=CREATE, count=1)

    assert kf("sessions", "open", one_shop.customer("hi")).code == 3


@pytest.mark.parametrize("openid", ["", "o 1", "…buarV", "oA\x1b[31m"])
def test_a_customer_that_cannot_be_one_is_wrong_usage(kf: Command, openid: str) -> None:
    done = kf("sessions", "show", openid)

    assert done.code == 2
    assert "whole openid" in done.err
    assert "\x1b" not in done.err
