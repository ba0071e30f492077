import asyncio
import json
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from kfconsole.desk import ServerClock
from kfconsole.desk.feeds.messages import OVERLAP_SECONDS, MessagesFeed
from kfconsole.errors import AuthError, Unavailable
from kfconsole.model import AgentId, Feed
from kfconsole.simulator import DEFAULT_APP_ID, DEFAULT_APP_SECRET
from kfconsole.simulator.faults import Fault
from kfconsole.simulator.requestlog import Request
from kfconsole.wechat import KfClient
from tests.desk import house as at
from tests.desk.house import LI, ME, START, House, customer, opened, until


async def test_everything_is_on_the_desk_after_the_first_round(house: House) -> None:
    house.world.say(customer(1), "hello")
    house.world.say(customer(2), "hi")
    house.world.accept(LI, customer(2))
    house.world.say(customer(2), "there?")

    async with house.polling():
        assert house.waiting() == [customer(1)]
        assert {agent.id: (agent.is_online, agent.session_count) for agent in house.desk.agents} == {
            ME: (True, 0),
            LI: (True, 1),
        }
        assert house.served() == {customer(2): LI}
        contact = house.desk.contacts[customer(2)]
        assert contact.last_message is not None
        assert contact.last_message.text == "there?"
        assert all(health.error is None for health in house.desk.health.values())
        assert len(house.desk.health) == 4


async def test_the_next_question_follows_the_last_answer_by_the_interval(house: House) -> None:
    async with house.polling():
        asked = house.calls(at.WAITING)
        await house.time.advance(1.9)
        assert house.calls(at.WAITING) == asked
        await house.time.advance(0.2)
        assert house.calls(at.WAITING) == asked + 1


async def test_a_wake_ends_the_wait_and_is_kept_while_a_question_is_under_way(house: House) -> None:
    async with house.polling():
        asked = house.calls(at.WAITING)
        house.app.state.faults.hold(at.WAITING)
        house.poller.wake(Feed.QUEUE)
        await until(lambda: house.app.state.faults.waiting.get(at.WAITING, 0) == 1)
        house.poller.wake(Feed.QUEUE)
        house.poller.wake(Feed.QUEUE)
        house.app.state.faults.release()
        await house.time.settle(4)

        assert house.calls(at.WAITING) == asked + 2


async def test_a_failing_feed_asks_more_and_more_rarely_and_recovers(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "status", count=7))
        asked_at: list[float] = []
        for _second in range(300):
            before = house.calls(at.WAITING)
            await house.time.advance(1)
            asked_at += [house.time.sim.now()] * (house.calls(at.WAITING) - before)
            if house.desk.health[Feed.QUEUE].error is None and len(asked_at) > 3:
                break
        gaps = [later - earlier for earlier, later in pairwise(asked_at)]

        assert gaps[:7] == [4, 8, 16, 32, 60, 60, 60]
        assert house.desk.health[Feed.QUEUE].error is None


async def test_a_failing_feed_says_since_when_and_when_it_asks_again(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "status", count=None))
        await house.time.advance(2)
        health = house.desk.health[Feed.QUEUE]

        assert isinstance(health.error, Unavailable)
        assert health.failing_since_mono == house.time.monotonic()
        assert health.retry_mono == house.time.monotonic() + 4
        assert house.desk.health[Feed.AGENTS].error is None


async def test_after_a_wrong_secret_nobody_asks_until_told_to(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=65400))
        await house.time.advance(2, resting=0)
        await until(lambda: all(isinstance(h.error, AuthError) for h in house.desk.health.values()))
        asked = house.all_calls()
        assert [health.retry_mono for health in house.desk.health.values()] == [None] * 4

        house.poller.wake(Feed.QUEUE)
        house.time.sim.advance(3600)
        for _turn in range(50):
            await asyncio.sleep(0)
        assert house.all_calls() == asked

        house.poller.wake()
        await house.time.settle(4)
        assert all(health.error is None for health in house.desk.health.values())


async def test_an_archive_that_fails_is_no_failure_of_wechats_and_tried_again(house: House) -> None:
    async with house.polling():
        with closing(sqlite3.connect(house.archive._path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # another program holds the file
            house.world.say(customer(1), "hello")
            await house.time.advance(2)
            assert house.desk.archive_trouble is not None
            assert "locked" in house.desk.archive_trouble.message
            assert all(health.error is None for health in house.desk.health.values())
            assert house.waiting() == [customer(1)]

        await house.time.advance(5)
        assert house.desk.archive_trouble is None


async def test_sessions_are_asked_for_when_the_load_of_an_agent_changes(house: House) -> None:
    async with house.polling():
        house.world.say(customer(1), "hello")
        house.world.accept(LI, customer(1))
        await house.time.advance(5)

        assert house.served() == {customer(1): LI}
        house.world.close(LI, customer(1))
        await house.time.advance(5)
        assert house.served() == {}


async def test_an_agent_who_went_offline_is_asked_once_more(house: House) -> None:
    house.world.say(customer(1), "hello")
    house.world.accept(LI, customer(1))
    async with house.polling():
        house.world.close(LI, customer(1))
        house.world.go_online(LI, False)
        await house.time.advance(5)

        assert house.served() == {}


async def test_customers_swapped_behind_an_unchanged_number_are_found_within_a_minute(house: House) -> None:
    for number in (1, 2):
        house.world.say(customer(number), "hello")
    house.world.accept(LI, customer(1))
    async with house.polling():
        house.world.close(LI, customer(1))
        house.world.accept(LI, customer(2))
        await house.time.advance(66)

        assert house.served() == {customer(2): LI}


async def test_customers_swapped_behind_an_unchanged_number_are_found_as_soon_as_the_records_tell(house: House) -> None:
    for number in (1, 2):
        house.world.say(customer(number), "hello")
    house.world.accept(LI, customer(1))
    async with house.polling():
        house.world.close(LI, customer(1))
        house.world.accept(LI, customer(2))
        house.world.reply(LI, customer(2), "what can I do for you?")
        await house.time.advance(5)

        assert house.served() == {customer(2): LI}
        house.app.state.requests.clear()
        await house.time.advance(30)
        asked = [request.query for request in house.app.state.requests.of(at.SESSIONS)]
        assert not any("li" in query for query in asked)  # nothing new was said


async def test_the_focused_agent_is_asked_first_and_every_time(house: House) -> None:
    async with house.polling():
        house.poller.focus(LI)
        await house.time.settle(4)
        house.app.state.requests.clear()
        await house.time.advance(5)

        asked = [request.query for request in house.app.state.requests.of(at.SESSIONS)]
        assert ["li" in query for query in asked] == [True, False]


async def test_at_most_eight_session_lists_are_asked_for_at_once(house: House) -> None:
    for number in range(12):
        agent = f"a{number}@shop"
        house.world.add_agent(agent, "A")
        house.world.say(customer(number), "hello")
        house.world.accept(agent, customer(number))
    house.app.state.faults.hold(at.SESSIONS)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(house.poller.run())
        await until(lambda: house.app.state.faults.waiting.get(at.SESSIONS, 0) >= 1)
        house.app.state.faults.release()
        await house.time.settle(4)
        house.app.state.faults.hold(at.SESSIONS)
        house.poller.wake()
        await until(lambda: house.app.state.faults.waiting.get(at.SESSIONS, 0) == 8)
        for _turn in range(50):
            await asyncio.sleep(0)
        assert house.app.state.faults.waiting[at.SESSIONS] == 8
        house.app.state.faults.release()
        await house.time.settle(4)
        assert len(house.served()) == 12
        task.cancel()


async def test_fifty_quiet_agents_cost_a_quarter_of_asking_everybody(house: House) -> None:
    for number in range(48):
        agent = f"a{number}@shop"
        house.world.add_agent(agent, "A")
        house.world.say(customer(number), "hello")
        house.world.accept(agent, customer(number))
    async with house.polling():
        await house.time.advance(70)
        before = house.all_calls()
        await house.time.advance(600)
        calls_a_round = (house.all_calls() - before) / (600 / 5)

        assert calls_a_round <= 0.25 * (2 + 50)


async def test_the_list_of_agents_is_asked_for_once_a_minute_or_for_an_unknown_account(house: House) -> None:
    async with house.polling():
        asked = house.calls(at.AGENTS)
        await house.time.advance(50)
        assert house.calls(at.AGENTS) == asked

        house.world.add_agent("new@shop", "New")
        await house.time.advance(5)
        assert house.calls(at.AGENTS) == asked + 1
        assert "New" in [agent.nick for agent in house.desk.agents]

        house.poller.wake()
        await house.time.settle(4)
        assert house.calls(at.AGENTS) == asked + 2


def window(request: Request) -> tuple[float, float]:
    body = json.loads(request.body)
    return body["starttime"] - START, body["endtime"] - START


async def test_messages_are_read_for_a_day_first_and_then_with_an_overlap(house: House) -> None:
    async with house.polling():
        await house.time.advance(3)
        await house.time.advance(3)

    assert [window(request) for request in house.app.state.requests.of(at.RECORDS)] == [
        (-86400, 0),
        (-120, 3),
        (-117, 6),
    ]


async def test_after_a_gap_the_whole_day_is_read_again(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.RECORDS, "status", count=6))
        await house.time.advance(230)
        windows = [window(request) for request in house.app.state.requests.of(at.RECORDS)]

        assert windows[1] == (-120, 3)
        assert windows[7][1] - windows[7][0] == 86400


async def test_a_late_record_is_still_found(house: House) -> None:
    house.world.say(customer(1), "hello")
    house.world.accept(ME, customer(1))
    async with house.polling():
        await house.time.advance(60)
        house.world.write_records([(customer(1), 2003, START + 5, ME, "came late")])
        await house.time.advance(3)

        message = house.desk.contacts[customer(1)].last_message
        assert message is not None
        assert message.text == "came late"


async def test_a_message_joins_the_open_conversation_and_counts_as_read_there(house: House) -> None:
    for number in (1, 2):
        house.world.say(customer(number), "hello")
        house.world.accept(ME, customer(number))
    async with house.polling():
        await house.actions.open(customer(1))
        house.time.sim.advance(1)
        for number in (1, 2):
            house.world.say(customer(number), "and now?")
        await house.time.advance(3)

        assert [message.text for message in house.shown()] == ["and now?"]
        assert house.desk.contacts[customer(1)].unread == 0
        assert house.desk.contacts[customer(2)].unread == 1


async def test_a_host_clock_that_is_wrong_does_not_spoil_the_windows(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        wrong = ServerClock(house.time.monotonic, lambda: START + 7200)
        client = KfClient(
            base_url="http://127.0.0.1:9",
            app_id=DEFAULT_APP_ID,
            app_secret=DEFAULT_APP_SECRET,
            transport=house.wire,
            monotonic=house.time.monotonic,
            on_date=wrong.learn,
        )
        await MessagesFeed(client, house.archive, house.store, wrong).ask()
        await client.aclose()

        newest = await house.archive.newest_fetched_at()
        assert newest is not None
        assert abs(newest - (START - OVERLAP_SECONDS)) <= 1


async def test_the_next_start_shows_the_last_desk_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        async with house.polling():
            await house.time.advance(2)
            house.world.say(customer(1), "hello")
            house.world.say(customer(2), "hello")
            await house.time.advance(2)
            house.world.accept(LI, customer(2))
            await house.time.advance(6)
        before = house.desk

    async with opened(tmp_path) as house:
        await house.poller.remember()

        assert house.desk.remembered_at is not None
        assert house.desk.queue == before.queue
        assert house.desk.queue[0].is_exact
        assert (house.desk.agents, house.desk.sessions) == (before.agents, before.sessions)
        assert house.desk.health == {}


async def test_nothing_is_written_and_only_freshness_is_told_while_nothing_changes(house: House) -> None:
    house.world.say(customer(1), "hello")
    async with house.polling():
        await house.time.advance(20)
        before = house.desk
        await house.time.advance(20)

        assert house.desk.queue is before.queue
        assert house.desk.agents is before.agents
        assert house.desk.sessions is before.sessions
        assert house.desk.contacts is before.contacts


async def test_everybody_in_a_long_list_becomes_known(house: House) -> None:
    for number in range(1_100):
        house.world.say(customer(number), "hello")
        house.world.accept(LI, customer(number))
    async with house.polling():
        assert len(house.desk.sessions) == 1_100
        assert house.desk.contacts.keys() >= house.served().keys()


async def test_an_account_that_is_gone_serves_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path, me=AgentId("gone@shop")) as house, house.polling():
        assert house.desk.health[Feed.SESSIONS].error is None


async def test_a_refused_list_of_one_agent_does_not_hide_the_others(house: House) -> None:
    house.world.say(customer(1), "hello")
    house.world.accept(LI, customer(1))
    house.app.state.faults.arm(Fault(at.SESSIONS, "errcode", code=65416))
    async with house.polling():
        await house.time.advance(5)

        assert house.served() == {customer(1): LI}


async def test_an_act_while_sessions_cannot_be_asked_for_is_not_forgotten(house: House) -> None:
    async with house.polling():
        house.world.say(customer(1), "hello")
        house.app.state.faults.arm(Fault(at.SESSIONS, "status", count=2))
        await house.actions.accept(customer(1), LI)
        house.world.close(LI, customer(1))
        await house.time.advance(30)

        assert house.served() == {}


async def test_a_question_under_way_when_all_stopped_is_the_last_one(house: House) -> None:
    async with house.polling():
        house.app.state.faults.hold(at.RECORDS)
        house.app.state.faults.hold(at.ONLINE)
        house.poller.wake(Feed.MESSAGES, Feed.AGENTS)
        await until(lambda: house.app.state.faults.waiting.get(at.RECORDS, 0) == 1)
        await until(lambda: house.app.state.faults.waiting.get(at.ONLINE, 0) == 1)
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=65400))
        house.wire.lost.append(at.ONLINE)
        house.poller.wake(Feed.QUEUE)
        await house.time.settle(0)
        house.app.state.faults.release()
        for _turn in range(300):
            await asyncio.sleep(0)
        await house.time.settle(0)

        assert {type(health.error) for health in house.desk.health.values()} == {AuthError}


async def test_a_failure_asked_before_it_was_mended_stops_nobody(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=65400))
        house.app.state.faults.hold(at.WAITING)
        house.poller.wake(Feed.QUEUE)
        await until(lambda: house.app.state.faults.waiting.get(at.WAITING, 0) == 1)
        house.poller.wake()
        house.app.state.faults.release()
        await house.time.settle(4)

        assert all(health.error is None for health in house.desk.health.values())
