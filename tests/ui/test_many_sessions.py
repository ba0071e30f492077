"""Thousands of sessions: their rows are made a part at a time, and an act still finds the customer at once."""

from pathlib import Path

from kfconsole.desk.parts import MANY
from kfconsole.model import Agent, Contact, CustomerId, Desk, Session
from kfconsole.simulator import World
from kfconsole.ui import lists, rows
from tests.ui.console import COLLEAGUE, ME, OFFLINE, running, short, small_shop, waiting


def many(count: int) -> Desk:
    sessions = tuple(
        Session(CustomerId(f"oCustomer{number:06}"), (ME, COLLEAGUE)[number % 3 > 0], number) for number in range(count)
    )
    contacts = {session.openid: Contact(openid=session.openid) for session in sessions[::2]}
    return Desk(me=ME, agents=(Agent(id=ME, nick="晓雯"),), sessions=sessions, contacts=contacts)


def test_rows_made_in_parts_are_the_same_and_no_part_is_large() -> None:
    desk = many(1_000)
    whole = rows.session_rows(desk)
    parts = list(rows.session_rows_in_parts(desk, rows.NO_ROWS, 64))

    assert rows.mine_first(parts) == whole
    assert [row.is_mine for row in whole] == [True] * 334 + [False] * 666
    assert max(len(mine) + len(others) for mine, others in parts) <= 64
    again = rows.mine_first(list(rows.session_rows_in_parts(desk, {row.id: row for row in whole}, 64)))
    assert all(row is known for row, known in zip(again, whole, strict=True))


def test_a_part_is_no_larger_than_what_is_made_at_once() -> None:
    assert lists.PART_ROWS <= MANY


async def test_many_sessions_are_followed_and_the_one_just_accepted_is_selected_at_once(tmp_path: Path) -> None:
    world = World()
    small_shop(world)
    served = waiting(world, MANY + 50)
    for openid in served:
        world.accept(COLLEAGUE, openid)
    (last,) = waiting(world)
    async with running(tmp_path, world) as console:
        pane = console.desk_screen.sessions
        await console.until(lambda: len(pane.rows) == len(served))
        await console.choose(last)
        await console.press("a")
        await console.until(lambda: pane.current_id == last)
        assert pane.rows[0].id == last  # mine come first
        world.close(COLLEAGUE, served[0])
        await console.until(lambda: all(row.id != served[0] for row in pane.rows))
        assert len(pane.rows) == len(served)
        assert short(last) in console.text()
    assert OFFLINE not in {session.agent for session in console.desk.sessions}
