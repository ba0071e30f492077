import sqlite3
from pathlib import Path

from kfconsole.archive import Archive
from kfconsole.model import Agent, AgentId, Desk, Session, Waiting
from tests.archive.world import ANN, BOB, COLLEAGUE, ME, T

QUEUE = (Waiting(ANN, T, T - 60.5, is_exact=True, message_count=3), Waiting(BOB, T + 1, T + 1.0, is_exact=False))
DESK = Desk(
    me=ME,
    agents=(
        Agent(
            ME, "小明 \u2028 [b]", kf_id="1001", is_online=True, session_count=2, picture_url="http://p", wechat_id="w"
        ),
        Agent(
            COLLEAGUE, "", is_bound=False, invite_status="waiting", invited_wechat_id="li", invite_expires_at=T + 86400
        ),
    ),
    queue=QUEUE,
    queue_total=140,
    sessions=(Session(ANN, ME, T), Session(BOB, COLLEAGUE, T + 1)),
)


async def test_an_archive_without_a_past_remembers_nothing(archive: Archive) -> None:
    assert await archive.saved_queue() is None
    assert await archive.saved_desk() is None


async def test_waits_survive_a_restart(archive: Archive, path: Path) -> None:
    await archive.save_queue((), False, T)
    await archive.save_queue(QUEUE, True, T + 0.5)
    await archive.close()

    restarted = Archive(path)
    await restarted.open()

    assert await restarted.saved_queue() == (QUEUE, True, T + 0.5)
    await restarted.close()


async def test_an_empty_queue_is_remembered_as_empty(archive: Archive) -> None:
    await archive.save_queue((), True, T)

    assert await archive.saved_queue() == ((), True, T)


async def test_the_desk_is_remembered_with_the_time_it_was_seen(archive: Archive) -> None:
    await archive.save_desk(DESK, T + 0.5)

    assert await archive.saved_desk() == Desk(
        agents=DESK.agents, queue=QUEUE, queue_total=140, sessions=DESK.sessions, remembered_at=T + 0.5
    )


async def test_a_large_desk_is_remembered_whole(archive: Archive) -> None:
    sessions = tuple(Session(type(ANN)(f"o{number}"), AgentId("kf1@shop"), T) for number in range(1200))
    await archive.save_desk(Desk(sessions=sessions), T)

    remembered = await archive.saved_desk()

    assert remembered is not None
    assert remembered.sessions == sessions


async def test_a_row_that_cannot_be_read_costs_only_itself(archive: Archive, path: Path) -> None:
    await archive.save_queue(QUEUE, True, T)
    await archive.save_desk(DESK, T)
    unreadable = "\n".join(["{", "[]", '{"openid": "o"}', '{"openid": "o", "last_message_at": Infinity}', "null"])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE saved SET rows = ? || char(10) || rows, head = '[1]'", (unreadable,))
    connection.close()

    queue = await archive.saved_queue()
    desk = await archive.saved_desk()

    assert queue == (QUEUE, False, T)  # a lost row may have been anybody: the list proves nobody's absence
    assert desk is not None
    assert (desk.agents, desk.queue, desk.sessions, desk.queue_total) == (DESK.agents, QUEUE, DESK.sessions, 2)


async def test_agents_the_first_version_kept_are_still_known(archive: Archive, path: Path) -> None:
    await archive.save_desk(Desk(), T)
    row = (
        '{"id": "kf2001@shop", "nick": "Ann", "kf_id": "1001", "is_bound": true, "invite_status": "", '
        '"is_online": true, "session_count": 2}'
    )
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE saved SET rows = ? WHERE name = 'desk.agents'", (row,))
    connection.close()

    desk = await archive.saved_desk()

    assert desk is not None
    assert desk.agents == (Agent(ME, "Ann", kf_id="1001", is_online=True, session_count=2),)
