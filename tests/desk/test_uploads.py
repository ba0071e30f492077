"""One upload serves several messages, as long as WeChat has it and the file is the same."""

import os
from pathlib import Path

import pytest

from kfconsole.content import Image
from kfconsole.desk.uploads import MOST_USES, examine
from kfconsole.errors import NotPossible, Unavailable
from kfconsole.model import Delivery, MediaKind
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import ME, House, customer, opened

ANN = customer(1)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
DAY_SECONDS = 86_400


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "退货 单.png"
    file.write_bytes(PNG)
    return file


def change_in_secret(file: Path) -> None:
    changed_ns = file.stat().st_mtime_ns
    file.write_bytes(PNG[:-1] + b"x")
    os.utime(file, ns=(changed_ns, changed_ns))


def take_away(file: Path) -> None:
    file.unlink()


async def media_id(house: House, file: Path, kind: MediaKind = MediaKind.IMAGE) -> str:
    return (await house.actions.media_of(kind, file)).media_id


async def test_the_same_bytes_are_uploaded_once_whatever_they_are_called(
    house: House, file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(PNG)

    assert await media_id(house, file) == await media_id(house, file) == await media_id(house, copy)
    assert house.calls(at.UPLOAD) == 1


async def test_a_file_that_changed_is_uploaded_anew_even_under_the_same_name_and_size(house: House, file: Path) -> None:
    before = await media_id(house, file)
    change_in_secret(file)

    assert await media_id(house, file) != before


async def test_an_upload_is_not_relied_on_until_its_last_hour(house: House, file: Path) -> None:
    before = await media_id(house, file)
    house.time.sim.set(house.time.sim.now() + 3 * DAY_SECONDS - 3_000)

    assert await media_id(house, file) != before


async def test_an_upload_goes_into_so_many_messages_and_no_more(house: House, file: Path) -> None:
    used = [await media_id(house, file) for _time in range(MOST_USES + 1)]

    assert (len(set(used[:-1])), len(set(used))) == (1, 2)


async def test_what_wechat_does_not_know_any_more_is_uploaded_anew(house: House, file: Path) -> None:
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    await house.actions.open(ANN)
    before = await media_id(house, file)
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=40007))
    refused = await house.actions.send(ANN, Image(before, file.name))

    assert refused.delivery is Delivery.REFUSED
    assert await media_id(house, file) != before


async def test_a_lost_answer_is_not_remembered_as_an_upload(house: House, file: Path) -> None:
    house.wire.lost.append(at.UPLOAD)
    with pytest.raises(Unavailable):
        await media_id(house, file)

    assert await media_id(house, file)
    assert house.calls(at.UPLOAD) == 2


async def test_a_file_that_is_gone_is_not_found_among_what_was_uploaded(house: House, file: Path) -> None:
    await media_id(house, file)
    take_away(file)
    with pytest.raises(NotPossible, match="cannot be read"):
        await media_id(house, file)


async def test_a_read_only_console_hands_out_nothing(tmp_path: Path, file: Path) -> None:
    async with opened(tmp_path, read_only=True) as house:
        with pytest.raises(NotPossible, match="read-only"):
            await media_id(house, file)
        with pytest.raises(NotPossible, match="read-only"):
            house.actions.check_answering()
        assert house.all_calls() == 0


def test_a_file_is_examined_as_the_client_examines_it(file: Path) -> None:
    found = examine(MediaKind.IMAGE, file)

    assert (found.type.ending, found.byte_count, found.seconds) == ("png", len(PNG), None)
    with pytest.raises(NotPossible, match="of a type WeChat does not take here"):
        examine(MediaKind.COVER, file)
