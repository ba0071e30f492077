"""What is asked before it is done: on a terminal, on stderr, with No as the answer that needs no thought."""

import os
import pty
import subprocess

import pytest

from tests.cli.conftest import PROGRAM, SECONDS, Done, Shop

TOM = "kf2002@lehuo"


def answered(shop: Shop, answer: str, *arguments: str) -> Done:
    """Run a command on a terminal of its own and type the answer; what it prints as data goes elsewhere."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "LANG": "C.UTF-8", **shop.environment},
        start_new_session=True,
    ) as process:
        os.close(theirs)
        os.write(ours, answer.encode())
        out = process.communicate(timeout=SECONDS)[0].decode()
    said = b""
    try:
        while part := os.read(ours, 4096):
            said += part
    except OSError:  # the other end is closed: there is no more
        pass
    os.close(ours)
    return Done(process.returncode, out, said.decode())


def is_there(shop: Shop, agent: str) -> bool:
    return any(row["kf_account"] == agent for row in shop.state()["agents"])


@pytest.mark.parametrize("answer", ["\n", "n\n"])
def test_without_a_yes_nothing_is_removed(shop: Shop, answer: str) -> None:
    openid = shop.customer("hi")
    shop.order("agents/accept", kf_account=TOM, openid=openid)
    done = answered(shop, answer, "agents", "remove", TOM)

    assert (done.code, done.out) == (130, "")
    assert f"The agent is serving 1 customer: {openid}." in done.err
    assert "not documented" in done.err
    assert f"Remove {TOM} (Tom)? [y/N]" in done.err
    assert "Nothing was done." in done.err
    assert is_there(shop, TOM)


def test_a_yes_removes(shop: Shop) -> None:
    done = answered(shop, "y\n", "agents", "remove", TOM, "--json")

    assert done.code == 0
    assert done.out.startswith('{"agent": "kf2002@lehuo"')
    assert not is_there(shop, TOM)


def test_a_session_is_closed_after_a_yes_only(shop: Shop) -> None:
    openid = shop.customer("hi")
    shop.order("agents/accept", kf_account=shop.kf_account, openid=openid)
    kept = answered(shop, "n\n", "sessions", "close", openid)
    before = shop.state()["sessions"]
    closed = answered(shop, "y\n", "sessions", "close", openid)

    assert (kept.code, len(before)) == (130, 1)
    assert f"Close the session of {openid} with {shop.kf_account}?" in kept.err
    assert (closed.code, shop.state()["sessions"]) == (0, [])


def test_counts_are_cleared_after_a_yes_only(shop: Shop) -> None:
    assert answered(shop, "n\n", "quota", "clear").code == 130
    done = answered(shop, "y\n", "quota", "clear")

    assert done.code == 0
    assert "10 times a month" in done.err


def test_a_question_left_unanswered_leaves_the_prompt_a_line_of_its_own(shop: Shop) -> None:
    done = answered(shop, "\x04", "quota", "clear")

    assert done.code == 2
    assert "[y/N]: \r\nkfconsole: " in done.err
