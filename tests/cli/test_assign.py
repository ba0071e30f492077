"""`assign` and the commands of whoever watches the floor: a plan first, and what came of each row."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfconsole import config
from kfconsole.archive import Archive
from kfconsole.cli.assign import RuleRow
from kfconsole.config.assigning import AssignRule, parse_rules
from kfconsole.model import Feed
from kfconsole.text import width_cells
from tests.cli.conftest import Command, Shop
from tests.cli.schema import valid

ME, TOM = "kf2001@lehuo", "kf2002@lehuo"
CREATE, CLOSE = "/customservice/kfsession/create", "/customservice/kfsession/close"


@pytest.fixture
def clean_shop(one_shop: Shop) -> Iterator[Shop]:
    """A shop where nobody is served, and nobody waits from before."""

    def clear() -> None:
        state = one_shop.state()
        for openid in [row["openid"] for row in state["queue"]]:
            one_shop.order("agents/accept", kf_account=ME, openid=openid)
        for row in one_shop.state()["sessions"]:
            one_shop.order("agents/close", kf_account=row["kf_account"], openid=row["openid"])

    clear()
    yield one_shop
    clear()


def served(shop: Shop) -> dict[str, str]:
    return {row["openid"]: row["kf_account"] for row in shop.state()["sessions"]}


def rules_file(text: str) -> Path:
    path = Path(os.environ["XDG_CONFIG_HOME"], "kfconsole", "assign.toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_longest_waiting_goes_to_who_has_the_least_to_do(kf: Command, clean_shop: Shop) -> None:
    first, second = clean_shop.customer("hi"), clean_shop.customer("hi")
    clean_shop.order("agents/accept", kf_account=TOM, openid=second)
    refused = kf("assign", "longest")
    done = kf("assign", "longest", "--yes", "--json")

    assert refused.code == 2
    assert done.code == 0, done.err
    assert valid("assign longest", done.out)["openid"] == first
    assert served(clean_shop)[first] == ME
    assert kf("assign", "longest", "--yes").code == 1


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(kf: Command, clean_shop: Shop) -> None:
    first, second = clean_shop.customer("hi"), clean_shop.customer("hi")
    rules_file(f'[[rule]]\nname = "one"\nagents = ["{TOM}"]\nmax_sessions = 1\n')
    before = clean_shop.state()["calls"].get(CREATE, 0)
    found = valid("assign dry-run", kf("assign", "dry-run", "--json").out)
    told = kf("assign", "dry-run")

    assert [(row["openid"], row["agent"], row["rule"]) for row in found["rows"]] == [
        (first, TOM, "one"),
        (second, "", ""),
    ]
    assert found["rows"][1]["why_not"] == [{"rule": "one", "reason": "each of the agents has 1 or more in session"}]
    assert f"to {TOM}, by the rule one" in told.out
    assert clean_shop.state()["calls"].get(CREATE, 0) == before
    assert served(clean_shop) == {}


def test_rules_are_checked_and_printed(kf: Command) -> None:
    assert "no file of rules" in kf("assign", "rules").err
    path = rules_file('[[rule]]\nname = "one"\nwait_over = -3\n')
    wrong = kf("assign", "rules")
    path.write_text('[[rule]]\nname = "one"\nwait_over = 30\n')
    right = kf("assign", "rules")

    assert (wrong.code, right.code) == (2, 0)
    assert "rule 1 (one), wait_over: must be a whole number from 0 to 86400." in wrong.err
    assert right.out == "one\n"
    assert "They are off" in right.err
    assert valid("assign rules", kf("assign", "rules", "--json").out)["rules"][0]["wait_over"] == 30


def test_rules_as_json_hide_no_field_of_a_rule(kf: Command) -> None:
    rules_file('[[rule]]\nname = "night"\nhours = ["22:00-06:00", "9:05-9:30"]\n')
    (rule,) = json.loads(kf("assign", "rules", "--json").out)["rules"]

    assert rule["hours"] == ["22:00-06:00", "09:05-09:30"]
    assert set(AssignRule.__struct_fields__) <= set(RuleRow.__struct_fields__)


def test_a_colleagues_customer_is_taken_over(kf: Command, clean_shop: Shop) -> None:
    openid = clean_shop.customer("hi")
    assert kf("sessions", "take-over", openid, "--yes").code == 1
    clean_shop.order("agents/accept", kf_account=TOM, openid=openid)
    done = kf("sessions", "take-over", openid, "--yes", "--json")

    assert done.code == 0, done.err
    assert valid("sessions take-over", done.out)["from_agent"] == TOM
    assert served(clean_shop) == {openid: ME}


def test_who_is_handed_back_is_owed_an_answer_until_accepted(kf: Command, clean_shop: Shop) -> None:
    openids = [clean_shop.customer("hi"), clean_shop.customer("hi")]
    for openid in openids:
        clean_shop.order("agents/accept", kf_account=TOM, openid=openid)
    clean_shop.order("clock", advance_seconds=30)
    done = kf("sessions", "hand-back", *openids, "--note", "发票", "--yes", "--json")
    owed = valid("sessions owed", kf("sessions", "owed", "--json").out)

    assert done.code == 0, done.err
    assert [row["result"] for row in valid("sessions hand-back", done.out)["rows"]] == ["done", "done"]
    assert served(clean_shop) == {}
    assert [(row["openid"], row["agent"], row["note"]) for row in owed["owed"]] == [
        (openid, TOM, "发票") for openid in openids
    ]
    clean_shop.order("clock", advance_seconds=5)
    assert kf("sessions", "open", openids[0]).code == 0
    listed = kf("sessions", "owed")
    assert [line.split()[1] for line in listed.out.splitlines()] == ["customer", openids[1]]
    assert owed["seen_at"] is None
    assert "No console here has looked at the sessions yet" in listed.err
    assert kf("sessions", "owed", "--remove", openids[1], "--yes").code == 0
    assert kf("sessions", "owed", "--remove", openids[1], "--yes").code == 1
    assert "Nobody is owed" in kf("sessions", "owed").err


def test_a_note_is_one_clean_line_and_too_long_a_one_is_refused_before_anything(kf: Command, clean_shop: Shop) -> None:
    openid = clean_shop.customer("hi")
    clean_shop.order("agents/accept", kf_account=TOM, openid=openid)
    calls = clean_shop.state()["calls"]
    long = kf("sessions", "hand-back", openid, "--note", "x" * 1201, "--yes")
    unchanged = clean_shop.state()["calls"]
    note = "发票\nline \x1b[31mtwo " + "y" * 180
    done = kf("sessions", "hand-back", openid, "--note", note, "--yes")
    listed = kf("sessions", "owed")

    assert (long.code, done.code) == (1, 0)
    assert "The note has 1,201 characters of at most 200" in long.err
    assert unchanged == calls
    assert listed.out.splitlines()[1].endswith("  发票 line ␛[31mtwo " + "y" * 180)
    assert len(listed.out.splitlines()) == 2


def test_the_list_of_those_owed_an_answer_lines_up(kf: Command, clean_shop: Shop) -> None:
    openids = [clean_shop.customer("hi"), clean_shop.customer("hi")]
    for openid, agent in zip(openids, (ME, TOM), strict=True):
        clean_shop.order("agents/accept", kf_account=agent, openid=openid)
        assert kf("sessions", "hand-back", openid, "--note", "明天", "--yes").code == 0
    assert kf("users", "alias", openids[0], "阿芳").code == 0
    head, *rows = kf("sessions", "owed").out.splitlines()

    assert head.split() == ["duration", "customer", "agent", "name", "note"]
    assert {width_cells(row[: row.index("明天")]) for row in rows} == {width_cells(head[: head.index("note")])}


@pytest.mark.parametrize(("seconds", "said"), [(10, "Sessions looked at until"), (600, "Stale: no console here")])
def test_the_list_of_those_owed_an_answer_says_how_old_it_is(
    kf: Command, clean_shop: Shop, seconds: int, said: str
) -> None:
    openid = clean_shop.customer("hi")
    clean_shop.order("agents/accept", kf_account=TOM, openid=openid)
    assert kf("sessions", "hand-back", openid, "--yes").code == 0
    seen_at = time.time() - seconds

    async def look() -> None:
        archive = Archive(config.load(None).archive_path)
        await archive.open()
        await archive.note_watched(Feed.SESSIONS, seen_at - 60, seen_at)
        await archive.close()

    asyncio.run(look())

    assert said in kf("sessions", "owed").err
    assert valid("sessions owed", kf("sessions", "owed", "--json").out)["seen_at"] == seen_at


def test_several_are_closed_or_none_where_one_has_no_session(kf: Command, clean_shop: Shop) -> None:
    openids = [clean_shop.customer("hi"), clean_shop.customer("hi")]
    stranger = clean_shop.customer()
    for openid in openids:
        clean_shop.order("agents/accept", kf_account=TOM, openid=openid)
    refused = kf("sessions", "close-several", *openids, stranger, "--yes")
    unasked = kf("sessions", "close-several", *openids)
    assert (refused.code, unasked.code) == (1, 2)
    assert len(served(clean_shop)) == 2
    done = kf("sessions", "close-several", *openids, "--yes")

    assert done.code == 0, done.err
    assert f"{openids[0]}: done" in done.err
    assert served(clean_shop) == {}


def test_the_help_of_rules_has_a_rule_that_can_be_copied_with_every_field(kf: Command) -> None:
    help_page = kf("assign", "rules", "--help").out
    lines = [line.strip() for line in help_page.splitlines()]
    begin = lines.index("[[rule]]")
    (rule,) = parse_rules("\n".join(lines[begin : lines.index("", begin)]).encode(), Path("assign.toml"))

    assert all(getattr(rule, name) for name in AssignRule.__struct_fields__)
