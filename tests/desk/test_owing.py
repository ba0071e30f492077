"""Notes about who is handed back: every console shows them, so the act itself bounds them."""

import pytest

from kfconsole.desk.owing import MAX_NOTE_CHARACTERS, note_of
from kfconsole.desk.supervising import plan_of
from kfconsole.errors import NotPossible
from tests.desk.house import ME, House, customer

ANN = customer(1)


async def test_a_note_that_is_too_long_is_refused_before_anything_is_done(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.actions.accept(ANN)
        long = "x" * (MAX_NOTE_CHARACTERS + 1)
        (row,) = plan_of(house.desk, (ANN,), house.clock.now())
        for act in (house.actions.hand_back(ANN, note=long), house.actions.end_planned(row, note=long)):
            with pytest.raises(NotPossible, match="201 characters of at most 200"):
                await act

        assert house.world.holder(ANN) == ME
        assert await house.archive.owed() == ()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" 发票\nwanted ", "发票 wanted"), ("\x1b[31mred", "␛[31mred"), ("x" * 200 + "\n", "x" * 200), ("", "")],
)
def test_a_note_is_kept_as_one_clean_line(typed: str, kept: str) -> None:
    assert note_of(typed) == kept
