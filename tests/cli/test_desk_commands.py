"""`status` and `queue` against a real simulator: what they print, and how they fail."""

import json
import stat
from pathlib import Path

import pytest
import stamina

from kfconsole.cli.retries import ATTEMPTS
from tests.cli.conftest import Command, Shop, run


def test_status_counts_agents_waits_and_sessions(shop: Shop) -> None:
    done = shop.run("status", "--json")
    status = json.loads(done.out)

    assert (done.code, done.err) == (0, "")
    assert (status["agents_online"], status["agents_total"]) == (2, 4)
    assert (status["queue_total"], status["sessions"]) == (1, 0)
    assert status["longest_wait_is_exact"] is False
    assert set(status) == {
        "at",
        "agents_online",
        "agents_total",
        "queue_total",
        "longest_wait_seconds",
        "longest_wait_is_exact",
        "sessions",
        "sessions_is_exact",
    }


def test_status_is_readable_without_json(shop: Shop) -> None:
    shop.order("agents/accept", kf_account=shop.kf_account)
    done = shop.run("status")

    assert done.code == 0
    assert done.out.splitlines() == [
        "agents online  2 of 4",
        "waiting        0",
        "longest wait   -",
        "sessions       ≥1",
    ]


def test_queue_names_who_waits_and_a_later_run_knows_the_wait_exactly(shop: Shop) -> None:
    first = json.loads(shop.run("queue", "--json").out)
    openid = shop.order("customers")["openid"]
    shop.order("say", openid=openid, text="在吗")
    second = json.loads(shop.run("queue", "--json").out)

    assert (first["total"], len(first["rows"])) == (1, 1)
    assert second["total"] == 2
    assert [(row["openid"], row["is_exact"]) for row in second["rows"]] == [
        (first["rows"][0]["openid"], False),
        (openid, True),
    ]
    assert set(second["rows"][0]) == {
        "openid",
        "wait_seconds",
        "is_exact",
        "last_message_at",
        "message_count",
        "name",
    }


def test_queue_marks_a_lower_bound(shop: Shop) -> None:
    shop.order("clock", advance_seconds=760)
    done = shop.run("queue")

    assert done.code == 0
    assert done.out.strip().startswith("≥12:4")


def test_a_terminal_without_our_characters_is_no_reason_to_crash(shop: Shop) -> None:
    done = run("queue", **shop.environment, PYTHONIOENCODING="ascii")

    assert done.code == 0
    assert done.out.strip().startswith("?00:")


def test_waiting_customers_beyond_the_hundred_named_are_told_of(shop: Shop) -> None:
    for _customer in range(101):
        shop.order("say", openid=shop.order("customers")["openid"], text="?")
    done = shop.run("queue")

    assert len(done.out.splitlines()) == 100
    assert done.err == "2 more are waiting; WeChat does not name them.\n"


def test_an_empty_queue_says_so_beside_the_data(shop: Shop) -> None:
    shop.order("agents/accept", kf_account=shop.kf_account)
    done = shop.run("queue")

    assert (done.code, done.out, done.err) == (0, "", "Nobody waits.\n")


@pytest.mark.parametrize("words", [("queue", "--json"), ("status", "--json")])
def test_a_question_that_was_not_answered_is_asked_again(shop: Shop, words: tuple[str, ...]) -> None:
    shop.order("faults", path="/customservice/kfsession/getwaitcase", kind="cut_after", count=1)
    done = shop.run(*words)

    assert done.code == 0
    assert json.loads(done.out)["at"] > 0
    assert done.err.endswith("Asking again.\n")


def test_data_and_talk_do_not_mix(shop: Shop) -> None:
    done = shop.run("queue", "--json")

    assert done.err == ""
    assert len(done.out.splitlines()) == 1


# Exit codes


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ({"kind": "errcode", "code": 48001}, 1, "48001"),
        ({"kind": "errcode", "code": 65400}, 1, "65400"),
        ({"kind": "errcode", "code": 45009}, 3, "45009"),
        ({"kind": "errcode", "code": -1}, 3, "-1"),
        ({"kind": "status", "status": 502}, 3, "502"),
        ({"kind": "cut_before"}, 3, ""),
        ({"kind": "garbage"}, 3, ""),
    ],
)
def test_the_exit_code_says_what_a_script_should_do(
    kf: Command, one_shop: Shop, fault: dict[str, object], code: int, said: str
) -> None:
    one_shop.order("faults", path="/customservice/kfsession/getwaitcase", count=None, **fault)
    with stamina.set_testing(True, attempts=ATTEMPTS):
        done = kf("queue")
    lines = done.err.splitlines()

    assert done.code == code
    assert done.out == ""
    assert any(line.startswith("kfconsole: ") for line in lines[-2:])
    assert said in done.err
    assert len(lines) <= 3


def test_nobody_at_the_address_means_retry_later(kf: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFCONSOLE_BASE_URL", "http://127.0.0.1:9")
    with stamina.set_testing(True, attempts=ATTEMPTS):
        done = kf("status")

    assert done.code == 3
    assert "\nkfconsole: 127.0.0.1:9 " in done.err


def test_a_wrong_secret_is_refused_and_never_repeated(shop: Shop) -> None:
    wrong = "f00dfacef00dfacef00dfacef00dface"
    done = run("status", **{**shop.environment, "KFCONSOLE_APP_SECRET": wrong})

    assert done.code == 1
    assert wrong not in done.err


def test_a_damaged_archive_is_an_error_of_this_host(shop: Shop, home: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / f"{shop.app_id}.db").write_bytes(b"no database" * 100)
    done = shop.run("queue")

    assert done.code == 2
    assert f"{shop.app_id}.db" in done.err


# The log


def test_the_log_has_one_line_a_call_and_nothing_secret(shop: Shop, home: Path) -> None:
    openid = json.loads(shop.run("queue", "--json").out)["rows"][0]["openid"]
    log = home / "data" / "kfconsole.log"
    text = log.read_text("utf-8")

    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert [line.split()[2:5] for line in text.splitlines()] == [
        ["POST", "/cgi-bin/stable_token", "code=0"],
        ["GET", "/customservice/kfsession/getwaitcase", "code=0"],
    ]
    assert shop.app_secret not in text
    assert "access_token" not in text
    assert openid not in text
