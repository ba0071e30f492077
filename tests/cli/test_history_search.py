"""`history search`: messages by what they say, without WeChat, for people and for programs."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from kfconsole.cli.history_search import FoundMessages
from tests.cli.conftest import PROGRAM, Command, Done, Shop, run
from tests.cli.schema import valid
from tests.conftest import HOSTILE
from tests.terminal.session import Session

DAY = 24 * 3600
REPLIED, WROTE = 2002, 2003


def write(shop: Shop, *said: str, openid: str = "oAnn", days_ago: float = 0.5, opercode: int = WROTE) -> None:
    """Let records of an agent's customer be there, a second apart."""
    at = int(shop.state()["now"] - days_ago * DAY)
    worker = shop.kf_account if opercode == REPLIED else ""
    record = {"openid": openid, "opercode": opercode, "worker": worker}
    shop.order("records", records=[{**record, "time": at + place, "text": text} for place, text in enumerate(said)])


def fetch(shop: Shop, *said: str, openid: str = "oAnn") -> None:
    """Put something into the archive that was said days before all that is there."""
    write(shop, *said, openid=openid, days_ago=5)
    assert shop.run("history", "sync", "--since", "6d", "--until", "4d").code == 0


def search(run_here: Callable[..., Done], *words: str) -> FoundMessages:
    printed = run_here("history", "search", *words, "--json").out
    return msgspec.convert(valid("history search", printed), FoundMessages)


def texts(found: FoundMessages) -> list[str]:
    return [message.text for message in found.messages]


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """A shop whose last days are in the archive."""
    write(shop, "我要退款", "什么时候到货？", "ORDER-7788 退款了吗", openid="oAnn")
    write(shop, "已为您退款", openid="oAnn", days_ago=0.4, opercode=REPLIED)
    write(shop, "可以退货吗", openid="oBob", days_ago=1.5)
    assert shop.run("history", "sync", "--since", "3d").code == 0
    return shop


def test_the_newest_come_last_with_time_customer_agent_and_direction(filled: Shop) -> None:
    done = filled.run("history", "search", "退款")
    rows = [line.split() for line in done.out.splitlines()]

    assert done.code == 0
    assert [row[2] for row in rows] == ["oAnn"] * 3
    assert [row[-2:] for row in rows] == [["<", "我要退款"], ["ORDER-7788", "退款了吗"], [">", "已为您退款"]]
    assert rows == sorted(rows, key=lambda row: row[:2])
    assert done.err.startswith("3 messages found.\n")


def test_no_call_is_made_and_none_is_needed(filled: Shop) -> None:
    calls = filled.state()["calls"]
    assert filled.run("history", "search", "退").code == 0
    assert filled.state()["calls"] == calls

    elsewhere = {**filled.environment, "KFCONSOLE_BASE_URL": "http://127.0.0.1:9"}
    assert "我要退款" in run("history", "search", "退款", **elsewhere).out


def test_a_search_is_narrowed_by_options(filled: Shop) -> None:
    def found(*words: str) -> list[str]:
        return texts(search(filled.run, *words))

    assert found("退") == ["可以退货吗", "我要退款", "ORDER-7788 退款了吗", "已为您退款"]
    assert found("order", "退款") == found("ＯＲＤＥＲ　退款") == found("77") == ["ORDER-7788 退款了吗"]
    assert found("退", "--customer", "oBob") == ["可以退货吗"]
    assert found("退", "--since", "1d", "--direction", "in") == ["我要退款", "ORDER-7788 退款了吗"]
    assert found("--direction", "out") == ["已为您退款"]
    assert found("退", "--until", "1d") == ["可以退货吗"]
    assert found("退", "--agent", "kf9999@lehuo") == []
    assert found("退", "--agent", filled.kf_account) == ["已为您退款"]
    assert found("退款", "--limit", "1") == ["已为您退款"]


def test_what_is_not_shown_is_told(filled: Shop) -> None:
    limited = filled.run("history", "search", "退", "--limit", "2")
    assert (limited.code, limited.err) == (0, "The newest 2; --limit and --until show older ones.\n")
    assert search(filled.run, "退", "--limit", "2").has_more

    nothing = filled.run("history", "search", "从未说过", "--since", "2d")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "Nothing was found.\n")


def test_what_was_never_fetched_is_told_with_the_command_that_fetches_it(filled: Shop) -> None:
    done = filled.run("history", "search", "退款", "--since", "10d")
    lines = done.err.splitlines()

    assert lines[1].startswith("Not searched, as it was never fetched from WeChat: from 20")
    assert lines[2].startswith("hint: kfconsole history sync --since '20")
    found = filled.run("history", "search", "退款").err.splitlines()
    assert len(found) == 2
    assert re.fullmatch(r"Nothing from before 20\d\d-\d\d-\d\d \d\d:\d\d was fetched yet\.", found[1])
    assert "never fetched" in filled.run("history", "search", "从未说过").err
    gap = search(filled.run, "退款", "--since", "10d").never_fetched[0]
    assert gap.to_at is not None
    assert abs(gap.to_at - gap.from_at - 7 * DAY) < 120


def test_more_than_a_page_is_found(filled: Shop) -> None:
    fetch(filled, *(f"第{number}句" for number in range(620)), openid="oMany")
    found = search(filled.run, "第", "--limit", "600")

    assert texts(found) == [f"第{number}句" for number in range(20, 620)]
    assert found.has_more


def test_an_index_that_lacks_much_is_finished_first(filled: Shop, home: Path) -> None:
    with closing(sqlite3.connect(home / "data" / f"{filled.app_id}.db")) as connection, connection:
        connection.execute(
            """
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)
            INSERT INTO messages (customer_id, agent_id, kind, text, at, position)
            SELECT (SELECT max(id) FROM customers), (SELECT max(id) FROM agents), 'received', '很久以前' || n, n, 0
            FROM numbers
            """
        )
    found = search(filled.run, "前1")

    assert (found.unsearched, len(found.messages)) == (0, 50)
    assert "很久以前1" in texts(search(filled.run, "前1", "--limit", "5000"))


def test_a_text_from_outside_steers_no_terminal(filled: Shop) -> None:
    fetch(filled, f"{HOSTILE} 退款\n第二行")
    line = filled.run("history", "search", "第二行").out

    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert "退款 第二行" in line


def test_a_terminal_shows_what_was_found_in_bold_and_the_text_around_it(filled: Shop, home: Path) -> None:
    fetch(filled, "很长的话" * 60 + "我想退这双鞋" + "还有很多话" * 60, openid="oLong")
    environment = {**filled.environment, "KFCONSOLE_DATA_DIR": str(home / "data")}
    with Session([*PROGRAM, "history", "search", "退这双"], home=home, environment=environment) as session:
        assert session.wait_for_exit() == 0
        session.wait_for("1 message found")
        row = session.lines()[session.row_of("oLong")]

    assert "我想退这双鞋还有" in row
    assert row.endswith("…")
    assert "\x1b[1m退这双\x1b[0m" in session.output.decode()


def test_what_was_sent_is_found_where_nothing_was_fetched(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    kf("send", openid, "周五前补发")
    done = kf("history", "search", "补发")

    assert (done.code, len(done.out.splitlines())) == (0, 1)
    assert done.err.startswith("1 message found.\n")


def test_what_was_found_stays_on_one_line_of_80_columns(filled: Shop, home: Path) -> None:
    openid = "oLh7e5Dhymf1krm605b7XoyhFa7L"
    said = "很长的话" * 20 + "我想退这双鞋" + "还有很多话" * 20
    write(filled, said, openid=openid, days_ago=5, opercode=REPLIED)
    assert filled.run("history", "sync", "--since", "6d", "--until", "4d").code == 0
    environment = {**filled.environment, "KFCONSOLE_DATA_DIR": str(home / "data")}
    command = [*PROGRAM, "history", "search", "退这双"]
    with Session(command, home=home, size=(80, 24), environment=environment) as session:
        assert session.wait_for_exit() == 0
        session.wait_for("1 message found")

        assert "退这双" in session.lines()[session.row_of(openid)]
        assert session.row_of("1 message found") == session.row_of(openid) + 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Nothing is looked for"),
        ((" ",), "Nothing is looked for"),
        (("退", "--since", "1h", "--until", "2h"), "The span ends before it begins"),
        (("退", "--since", "soonish"), "--since: "),
        (("退", "--limit", "0"), "--limit"),
        (("退", "--direction", "up"), "--direction"),
        (("退", "--customer", "a b"), "--customer"),
    ],
)
def test_wrong_usage_names_the_field(kf: Command, words: tuple[str, ...], said: str) -> None:
    done = kf("history", "search", *words)

    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_json_has_the_whole_text_and_where_a_message_stands(filled: Shop) -> None:
    (message,) = search(filled.run, "到货").messages
    conversation = json.loads(filled.run("history", "show", "oAnn", "--from", "2d", "--json").out)["messages"]

    assert (message.openid, message.direction, message.text) == ("oAnn", "in", "什么时候到货？")
    assert conversation[1]["id"] == message.id
