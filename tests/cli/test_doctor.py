"""`doctor` as a process: every kind of trouble gets its line, its fix and the exit code; nothing hangs or changes."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROGRAM, SECONDS, Done, Shop, put, run
from tests.cli.schema import valid

ACCOUNT = '[account]\napp_id = "wx1"\napp_secret = "5f2c0ffee"\n'


def states(done: Done) -> dict[str, str]:
    """Return the worst state of each check."""
    order = ("skipped", "ok", "warn", "fail")
    found: dict[str, str] = {}
    for finding in valid("doctor", done.out)["checks"]:
        known = found.get(finding["check"], "skipped")
        found[finding["check"]] = max(known, finding["state"], key=order.index)
    return found


def finding(done: Done, check: str) -> Mapping[str, Any]:
    return next(row for row in valid("doctor", done.out)["checks"] if row["check"] == check)


def examine(shop: Shop, **environment: str) -> Done:
    return run("doctor", "--json", **{**shop.environment, **environment})


def test_a_shop_in_order_is_healthy(shop: Shop) -> None:
    done = examine(shop)
    found = states(done)

    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["is_healthy"] is True
    assert {check for check, state in found.items() if state == "fail"} == set()
    assert [found[check] for check in ("settings", "account", "sqlite", "name", "connection", "token", "me")] == [
        "ok"
    ] * 7
    assert [found[check] for check in ("terminal", "colours", "size", "certificate")] == ["skipped"] * 4


def test_people_get_one_line_a_check_in_their_language_with_words_and_marks(shop: Shop) -> None:
    done = run("doctor", **shop.environment)
    lines = done.out.splitlines()

    assert done.code == 0
    assert "✓ ok       token             fetched from WeChat" in lines
    unbound = next(line for line in lines if "not bound" in line)
    assert unbound.startswith("! warning  agents")
    assert lines[lines.index(unbound) + 1].strip().startswith("→ ")
    assert done.err == "1 warning\n"


def test_a_second_run_uses_the_token_of_the_first(shop: Shop) -> None:
    examine(shop)
    done = examine(shop)

    assert "earlier run" in finding(done, "token")["text"]


@pytest.mark.parametrize(
    ("path", "code", "check", "said"),
    [
        ("/cgi-bin/stable_token", 40164, "token", "address"),
        ("/cgi-bin/stable_token", 89503, "token", "administrator"),
        ("/cgi-bin/stable_token", 40125, "token", "secret"),
        ("/cgi-bin/customservice/getkflist", 65400, "customer service", "customer service"),
        ("/cgi-bin/customservice/getkflist", 48001, "customer service", "permission"),
    ],
)
def test_what_wechat_refuses_is_told_with_its_fix_and_ends_the_rest(
    shop: Shop, path: str, code: int, check: str, said: str
) -> None:
    shop.order("faults", path=path, kind="errcode", code=code, count=None)
    done = examine(shop)
    told = finding(done, check)

    assert done.code == 1
    assert told["state"] == "fail"
    assert str(code) in told["text"]
    assert said in told["text"].lower() + told["hint"].lower()
    assert told["hint"]
    assert states(done)["agents"] == states(done)["quota"] == "skipped"
    assert states(done)["clock"] == "ok"


def test_the_secret_never_shows(shop: Shop) -> None:
    wrong = "f00dfacef00dfacef00dfacef00dface"
    done = examine(shop, KFCONSOLE_APP_SECRET=wrong)
    people = run("doctor", **{**shop.environment, "KFCONSOLE_APP_SECRET": wrong})

    assert done.code == people.code == 1
    assert finding(done, "token")["state"] == "fail"
    assert wrong not in done.out + done.err + people.out + people.err


@pytest.mark.parametrize(("seconds", "state"), [(2, "ok"), (60, "warn"), (-60, "warn"), (4000, "fail")])
def test_a_clock_that_is_off_is_told(shop: Shop, seconds: int, state: str) -> None:
    shop.order("faults", path="*", kind="date_skew", skew_seconds=seconds, count=None)
    told = finding(examine(shop), "clock")

    assert told["state"] == state
    assert bool(told["hint"]) is (state != "ok")


@pytest.mark.parametrize(
    ("kf_account", "state"), [("kf9@shop", "fail"), ("kf2004@lehuo", "fail"), ("kf2003@lehuo", "warn"), ("", "ok")]
)
def test_who_answers_must_be_there_bound_and_online(shop: Shop, kf_account: str, state: str) -> None:
    assert finding(examine(shop, KFCONSOLE_KF_ACCOUNT=kf_account), "me")["state"] == state


def test_the_quota_names_only_calls_that_have_a_limit(shop: Shop) -> None:
    told = finding(examine(shop), "quota")["text"]

    assert "/cgi-bin/message/custom/send 500,000/500,000" in told
    assert "2147483647" not in told.replace(",", "")


def test_a_quota_wechat_does_not_tell_is_no_failure(shop: Shop) -> None:
    shop.order("faults", path="/cgi-bin/openapi/quota/get", kind="errcode", code=48001, count=None)
    done = examine(shop)

    assert (done.code, states(done)["quota"]) == (0, "skipped")


def test_nobody_at_the_address_is_a_failed_connection_and_the_rest_is_skipped() -> None:
    done = run(
        "doctor", "--json", KFCONSOLE_APP_ID="wx1", KFCONSOLE_APP_SECRET="s", KFCONSOLE_BASE_URL="http://127.0.0.1:9"
    )

    assert done.code == 1
    assert finding(done, "connection")["text"] == "127.0.0.1:9 refused the connection."
    assert finding(done, "token")["text"] == "after 'connection' failed"


def test_a_server_that_says_nothing_is_given_up(settings_file: Path) -> None:
    put(settings_file, ACCOUNT)
    with socket.create_server(("127.0.0.1", 0)) as server:
        began = time.monotonic()
        done = run("doctor", "--json", KFCONSOLE_BASE_URL=f"https://127.0.0.1:{server.getsockname()[1]}")

    assert time.monotonic() - began < SECONDS / 2
    assert done.code == 1
    assert states(done)["connection"] == "fail"


def test_a_proxy_is_named_without_its_password(settings_file: Path) -> None:
    put(settings_file, ACCOUNT + '[network]\nproxy = "http://li:s3same@127.0.0.1:9"\n')
    done = run("doctor", "--json")

    assert finding(done, "proxy")["text"].endswith("127.0.0.1:9 ([network] proxy)")
    assert states(done)["connection"] == "fail"
    assert "s3same" not in done.out


def test_without_settings_the_next_step_is_named() -> None:
    done = run("doctor", "--json")

    assert done.code == 1
    assert "kfconsole init" in finding(done, "account")["hint"]
    assert finding(done, "token")["text"] == "after 'account' failed"


def test_settings_that_cannot_be_read_leave_the_checks_of_this_host(settings_file: Path) -> None:
    put(settings_file, ACCOUNT, 0o644)
    done = run("doctor", "--json")

    assert done.code == 1
    assert finding(done, "settings")["hint"] == f"chmod 600 {settings_file}"
    assert (states(done)["files"], states(done)["sqlite"]) == ("skipped", "ok")


def test_it_changes_nothing_on_this_host_but_keeps_the_token(shop: Shop, home: Path) -> None:
    examine(shop)

    assert {path.name.split("-")[0] for path in home.rglob("*") if path.is_file()} <= {"token"}


@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here")
def test_inside_tmux_its_options_are_looked_at(tmp_path: Path) -> None:
    tmux = ("tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null")
    out = tmp_path / "out"
    program = f"{' '.join(PROGRAM)} doctor --json > {out}.part; mv {out}.part {out}"
    try:
        subprocess.run((*tmux, "new-session", "-d", "-x", "100", "-y", "30", "cat"), check=True, timeout=SECONDS)
        for option in (("-g", "bell-action", "none"), ("-s", "set-clipboard", "off"), ("-s", "escape-time", "400")):
            subprocess.run((*tmux, "set", *option), check=True, timeout=SECONDS)
        subprocess.run((*tmux, "new-window", f"{program}; tmux wait-for -S done"), check=True, timeout=SECONDS)
        subprocess.run((*tmux, "wait-for", "done"), check=True, timeout=SECONDS)
    finally:
        subprocess.run((*tmux, "kill-server"), check=False, timeout=SECONDS)
    done = Done(1, out.read_text("utf-8"), "")

    assert {check: state for check, state in states(done).items() if check.startswith("tmux")} == {
        "tmux bell": "warn",
        "tmux clipboard": "warn",
        "tmux terminal": "ok",
        "tmux escape-time": "warn",
    }
    assert finding(done, "tmux bell")["hint"] == "tmux set -g bell-action any"
