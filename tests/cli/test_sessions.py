"""`sessions`: who is served by whom, and giving and taking customers."""

import json
import os
import re
import signal
import subprocess

import pytest

from tests.cli.conftest import PROGRAM, SECONDS, Command, Shop, run
from tests.cli.schema import valid

ME, TOM, OFFLINE = "kf2001@lehuo", "kf2002@lehuo", "kf2003@lehuo"
CREATE, CLOSE = "/customservice/kfsession/create", "/customservice/kfsession/close"
HOLDER = "/customservice/kfsession/getsession"
LIST = "/customservice/kfsession/getsessionlist"


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
    assert listed.out.splitlines()[0].split() == ["customer", "agent", "nickname", "since", "duration", "name"]
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


def test_only_agents_who_may_serve_somebody_are_asked(kf: Command, one_shop: Shop) -> None:
    before = one_shop.state()["calls"].get(LIST, 0)
    done = kf("sessions", "list")

    assert (done.code, done.out, done.err) == (0, "", "Nobody is being served.\n")
    assert one_shop.state()["calls"].get(LIST, 0) == before + 1  # how many an agent has who is offline no list tells


def test_whom_an_agent_serves_who_went_offline_is_listed(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    one_shop.order("agents/accept", kf_account=TOM, openid=openid)
    one_shop.order("agents/online", kf_account=TOM, online=False)
    found = valid("sessions list", kf("sessions", "list", "--json").out)
    status = valid("status", kf("status", "--json").out)
    one_shop.order("agents/online", kf_account=TOM, online=True)
    kf("sessions", "close", openid, "--agent", TOM, "--yes")

    assert [(row["openid"], row["agent"]) for row in found["sessions"]] == [(openid, TOM)]
    assert (status["sessions"], status["sessions_is_exact"]) == (0, False)


@pytest.mark.parametrize(("code", "is_missing"), [(65401, False), (65402, False), (65413, True)])
def test_one_agent_of_whom_wechat_does_not_tell_hides_not_the_others(
    kf: Command, one_shop: Shop, code: int, is_missing: bool
) -> None:
    openids = [one_shop.customer("1"), one_shop.customer("2")]
    for agent, openid in zip((ME, TOM), openids, strict=True):
        one_shop.order("agents/accept", kf_account=agent, openid=openid)
    one_shop.order("faults", kind="errcode", code=code, path=LIST, count=1)
    done = kf("sessions", "list", "--json")
    for agent, openid in zip((ME, TOM), openids, strict=True):
        kf("sessions", "close", openid, "--agent", agent, "--yes")

    found = valid("sessions list", done.out)
    assert (done.code, len(found["not_asked"])) == ((1, 1) if is_missing else (0, 0))
    assert [name in done.err for name in found["not_asked"]] == [True] * len(found["not_asked"])
    assert len(found["sessions"]) >= 1


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
    assert re.search(rf"Whether .*{openid[-6:]}.* is not known\. ", done.err)
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


def test_a_customer_is_handed_to_another_agent(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("sessions", "open", openid)
    done = kf("sessions", "transfer", openid, "--to", TOM, "--json")
    again = kf("sessions", "transfer", openid, "--to", TOM)
    back = kf("sessions", "transfer", openid, "--to", ME, "--from", TOM)

    assert json.loads(done.out) == {
        "openid": openid,
        "from_agent": ME,
        "to_agent": TOM,
        "outcome": "transferred",
        "agent": TOM,
    }
    assert (done.code, done.err) == (0, f"…{openid[-6:]} is now with Tom.\n")
    assert (again.code, again.out) == (1, "")
    assert "is with Tom already" in again.err
    assert back.code == 0
    assert served(one_shop)[openid] == ME


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--to", OFFLINE), 1, "is offline"),
        (("--to", "nobody@lehuo"), 1, "no agent nobody@lehuo"),
        (("--to", TOM, "--from", OFFLINE), 1, "they are with 晓雯 now"),
        ((), 2, "--to"),
        (("--to", "tom"), 2, "full agent account"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_and_nothing_is_done(
    kf: Command, one_shop: Shop, words: tuple[str, ...], code: int, said: str
) -> None:
    openid = one_shop.customer("hi")
    kf("sessions", "open", openid)
    before = one_shop.state()["calls"].get(CLOSE, 0)
    done = kf("sessions", "transfer", openid, *words)

    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert one_shop.state()["calls"].get(CLOSE, 0) == before
    assert served(one_shop)[openid] == ME


def test_a_customer_whom_nobody_serves_is_not_transferred(kf: Command, one_shop: Shop) -> None:
    done = kf("sessions", "transfer", one_shop.customer("hi"), "--to", TOM)

    assert done.code == 1
    assert "no session any more" in done.err


@pytest.mark.parametrize(
    ("error", "count", "code", "outcome"),
    [(65415, 1, 1, "given_back"), (45011, 1, 3, "given_back"), (65415, None, 1, "nobody"), (-1, None, 4, "nobody")],
)
def test_a_transfer_that_fails_half_way_says_who_has_them(
    kf: Command, one_shop: Shop, error: int, count: int | None, code: int, outcome: str
) -> None:
    openid = one_shop.customer("hi")
    kf("sessions", "open", openid)
    one_shop.order("faults", kind="errcode", code=error, path=CREATE, count=count)
    done = kf("sessions", "transfer", openid, "--to", TOM, "--json")

    assert done.code == code
    assert json.loads(done.out)["outcome"] == outcome
    assert served(one_shop).get(openid) == (ME if outcome == "given_back" else None)
    if outcome == "nobody":
        assert f"kfconsole sessions open {openid} --agent KF" in done.err


@pytest.mark.parametrize("path", [CLOSE, CREATE])
def test_a_lost_answer_does_not_keep_a_transfer_from_being_done(kf: Command, one_shop: Shop, path: str) -> None:
    openid = one_shop.customer("hi")
    kf("sessions", "open", openid)
    one_shop.order("faults", kind="cut_after", path=path, count=1)

    assert kf("sessions", "transfer", openid, "--to", TOM).code == 0
    assert served(one_shop)[openid] == TOM


def test_a_transfer_nobody_can_tell_about_is_unknown(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("sessions", "open", openid)
    one_shop.order("faults", kind="cut_after", path=CREATE, count=1)
    one_shop.order("faults", kind="cut_before", path=HOLDER, after=1, count=None)
    done = kf("sessions", "transfer", openid, "--to", TOM)

    assert (done.code, done.out) == (4, "")
    assert f"kfconsole sessions show {openid}" in done.err


def test_ctrl_c_in_the_middle_of_a_transfer_ends_it_first_and_tells_how(shop: Shop) -> None:
    openid = shop.customer("hi")
    shop.run("sessions", "open", openid)
    shop.order("hold", path=CREATE)
    with subprocess.Popen(
        [*PROGRAM, "sessions", "transfer", openid, "--to", TOM],
        env={**os.environ, "LANG": "C.UTF-8", **shop.environment},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        while shop.state()["calls"].get(CREATE, 0) < 2:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        said = process.stderr.readline()
        shop.order("release", path=CREATE)
        said += process.communicate(timeout=SECONDS)[1]

    assert process.returncode == 130
    assert said.strip().splitlines() == [
        "The transfer is ended first, as nobody may have the customer now.",
        f"…{openid[-6:]} is now with Tom.",
    ]
    assert served(shop)[openid] == TOM
