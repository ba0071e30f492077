"""When each list was looked at is kept, so that a report knows what nobody saw."""

import math
from pathlib import Path

from kfconsole.model import Feed
from tests.desk.house import START, WAITING, House, opened

EVER = (0.0, math.inf)


async def test_a_watched_queue_is_one_span_from_the_first_answer_to_the_last(house: House) -> None:
    async with house.polling():
        await house.time.advance(100)

    assert await house.archive.watched(Feed.QUEUE, *EVER) == ((START, START + 100),)


async def test_a_console_that_is_killed_loses_no_more_than_half_a_minute(house: House) -> None:
    async with house.polling():
        await house.time.advance(100)
        ((start_at, end_at),) = await house.archive.watched(Feed.QUEUE, *EVER)

    assert (start_at, end_at >= START + 70) == (START, True)


async def test_answers_that_failed_for_long_leave_a_gap(house: House) -> None:
    async with house.polling():
        await house.time.advance(20)
        house.wire.unreachable += [WAITING] * 4  # backs off for a minute and more
        await house.time.advance(200)
    first, second = await house.archive.watched(Feed.QUEUE, *EVER)

    assert first == (START, START + 20)
    assert first[1] + 15 < second[0]
    assert len(await house.archive.watched(Feed.AGENTS, *EVER)) == 1


async def test_a_console_begun_again_at_once_has_missed_nothing_and_later_it_has(tmp_path: Path) -> None:
    spans = []
    async with opened(tmp_path) as house, house.polling():
        await house.time.advance(20)
    for pause in (10, 60):
        async with opened(tmp_path) as again:
            again.time.sim.set(house.time.sim.now() + pause)
            async with again.polling():
                await again.time.advance(20)
            spans.append(await again.archive.watched(Feed.QUEUE, *EVER))
            house = again

    assert spans == [((START, START + 50),), ((START, START + 50), (START + 110, START + 130))]
