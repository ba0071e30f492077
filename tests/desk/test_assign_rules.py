"""Rules for automatic assignment: what is wrong in the file, who is given to whom, and why the others stay."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kfconsole.config.assigning import AssignRule, parse_rules, read_rules
from kfconsole.config.hours import DailySpan
from kfconsole.desk.assign_rules import Moment, verdicts
from kfconsole.errors import ConfigError
from kfconsole.model import Agent, AgentId, Contact, Desk, Session, Waiting
from tests.desk.house import customer

FILE = Path("assign.toml")
A, B = AgentId("a@shop"), AgentId("b@shop")
ANN, BOB, EVE = customer(1), customer(2), customer(3)
AGENTS = (Agent(A, "Ann", is_online=True, session_count=2), Agent(B, "Bo", is_online=True))


def waiting(*since: float) -> tuple[Waiting, ...]:
    return tuple(Waiting(customer(n + 1), int(at), at, is_exact=True) for n, at in enumerate(since))


def desk(*since: float, agents: tuple[Agent, ...] = AGENTS, **parts: object) -> Desk:
    return Desk(agents=agents, queue=waiting(*since), queue_total=len(since), **parts)  # type: ignore[arg-type]


def given(rules: list[AssignRule], at: Desk, now: float = 100.0) -> list[tuple[str, str | None]]:
    return [(verdict.rule, verdict.agent) for verdict in verdicts(rules, Moment(at, now, UTC))]


def test_a_whole_file_is_read() -> None:
    rules = parse_rules(
        """
        [[rule]]
        name = "VIP"
        tags = ["VIP", "老客"]
        agents = ["a@shop"]
        max_sessions = 6
        [[rule]]
        name = "nights"
        wait_over = 60
        name_contains = "王"
        hours = ["22:00-08:00", "12:00-13:00"]
        strategy = "round_robin"
        """.encode(),
        FILE,
    )

    assert rules == (
        AssignRule("VIP", tags=("VIP", "老客"), agents=("a@shop",), max_sessions=6),
        AssignRule(
            "nights",
            wait_over=60,
            name_contains="王",
            hours=(DailySpan(1320, 480), DailySpan(720, 780)),
            strategy="round_robin",
        ),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no rule"),
        ("[[rule]]\nname = 3", "rule 1 (1), name: must be text"),
        ("[[rule]]\n", "rule 1 (1), name: the rule has no name"),
        ('[[rule]]\nname = "x"\nwait_over = -1', "rule 1 (x), wait_over: must be a whole number from 0"),
        ('[[rule]]\nname = "x"\nwait_over = true', "wait_over: must be a whole number"),
        ('[[rule]]\nname = "x"\ntags = "VIP"', 'tags: must be texts in brackets, such as ["VIP"'),
        ('[[rule]]\nname = "x"\nagents = ["kf2001"]', "agents: kf2001 is no full agent account"),
        ('[[rule]]\nname = "x"\nhours = "9-18"', "hours: must be times of the day"),
        ('[[rule]]\nname = "x"\nmax_sessions = 0', "max_sessions: must be a whole number from 1 to 1000"),
        ('[[rule]]\nname = "x"\nstrategy = "random"', "strategy: must be one of: least_loaded, round_robin"),
        ('[[rule]]\nname = "x"\nmax_session = 3', "max_session: nothing reads this. Did you mean max_sessions?"),
        ('[[rule]]\nname = "x"\nname_contains = " "', "name_contains: must be text"),
        ('[rule]\nname = "x"', "in two brackets"),
        ('[[rules]]\nname = "x"', "rules: nothing reads this. Did you mean rule?"),
        ('[[rule]]\nname = "x"\n[[rule]]\nname = "x"', "rule 2 (x), name: an earlier rule has this name"),
        ('[[rule]]\nname = "x', "not valid TOML"),
        ("a = \xff", "not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_file_rule_field_and_fix(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_rules(text.encode("latin-1"), FILE)

    assert said in refused.value.message
    assert "assign.toml" in refused.value.message


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "assign.toml"
    file.write_text('[[rule]]\nname = "x"\nwait_over = -1\n[[rule]]\nname = "y"\nstrategy = "z"\n')
    with pytest.raises(ConfigError) as refused:
        read_rules(file)

    assert len(refused.value.message.splitlines()) == 2
    with pytest.raises(ConfigError, match="no file of rules"):
        read_rules(tmp_path / "none.toml")


def test_the_longest_waiting_come_first_and_each_makes_an_agent_busier() -> None:
    rules = [AssignRule("all")]

    assert [verdict.openid for verdict in verdicts(rules, Moment(desk(50.0, 20.0, 70.0), 100.0, UTC))] == [
        BOB,
        ANN,
        EVE,
    ]
    assert given(rules, desk(1.0, 2.0, 3.0, 4.0)) == [("all", B), ("all", B), ("all", A), ("all", B)]


def test_round_robin_takes_turns_whatever_the_load() -> None:
    rules = [AssignRule("turns", strategy="round_robin")]

    assert given(rules, desk(1.0, 2.0, 3.0)) == [("turns", A), ("turns", B), ("turns", A)]


def test_the_first_rule_whose_conditions_hold_decides() -> None:
    contacts = {ANN: Contact(ANN, tags=("vip",)), BOB: Contact(BOB, remark="王女士")}
    rules = [
        AssignRule("tag", tags=("VIP",), agents=(A,)),
        AssignRule("name", name_contains="王", agents=(A,)),
        AssignRule("late", wait_over=90),
    ]

    assert given(rules, desk(95.0, 96.0, 97.0, contacts=contacts)) == [("tag", A), ("name", A), ("", None)]
    (verdict,) = verdicts(rules, Moment(desk(95.0), 100.0, UTC))
    assert verdict.why_not == (
        ("tag", "has none of the tags"),
        ("name", "is called something else"),
        ("late", "waits for less than 90 s"),
    )


def test_full_and_offline_agents_get_nobody_and_it_is_said() -> None:
    rules = [AssignRule("few", max_sessions=1)]
    at = desk(1.0, 2.0, agents=AGENTS)

    assert given(rules, at) == [("few", B), ("", None)]
    assert verdicts(rules, Moment(at, 9.0, UTC))[1].why_not == (("few", "each of the agents has 1 or more in session"),)
    offline = [AssignRule("off", agents=("c@shop",))]
    assert verdicts(offline, Moment(at, 9.0, UTC))[0].why_not == (("off", "none of the agents is online"),)


def test_who_is_served_already_or_rests_is_not_given_away() -> None:
    at = desk(1.0, 2.0, sessions=(Session(ANN, A, 3),))
    (verdict,) = verdicts([AssignRule("all")], Moment(at, 9.0, UTC, resting=frozenset({BOB})))

    assert (verdict.openid, verdict.agent) == (BOB, None)
    assert "a moment ago" in verdict.why_not[0][1]


def test_a_rule_with_hours_holds_in_each_of_them_alone() -> None:
    rules = [AssignRule("off hours", hours=(DailySpan(22 * 60, 8 * 60), DailySpan(12 * 60, 13 * 60)))]

    def holds(hour: int) -> bool:
        now = datetime(2025, 6, 15, hour, tzinfo=UTC).timestamp()
        return given(rules, desk(now - 9), now) == [("off hours", B)]

    assert [hour for hour in range(24) if holds(hour)] == [*range(8), 12, 22, 23]
