"""Names of customers: what WeChat tells by itself, and what people at the desk call them."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from kfconsole.archive import Archive
from kfconsole.desk.facts import ContactsSeen
from kfconsole.desk.remarks import CALL_CUSTOMERS, FIRST_SECONDS, GATHER_SECONDS, NEXT_SECONDS, RETRY_SECONDS
from kfconsole.model import Contact
from kfconsole.simulator.faults import Fault
from tests.desk.house import LI, REMARK, House, customer, opened, until

USERS = "/cgi-bin/user/info/batchget"


def noted(house: House, number: int, remark: str = "", tag_ids: tuple[int, ...] = ()) -> None:
    """Let a customer wait of whom something is noted on mp.weixin.qq.com."""
    known = house.world.add_customer(customer(number))
    known.remark, known.tag_ids = remark, tag_ids
    house.world.say(known.openid, "hi")


def contact(house: House, number: int) -> Contact:
    return house.desk.contacts.get(customer(number), Contact(customer(number)))


async def test_remarks_and_tags_typed_on_wechats_page_appear(house: House) -> None:
    noted(house, 1, "老客户", (101,))
    noted(house, 2)
    house.world.accept(LI, customer(2))
    async with house.polling():
        assert house.calls(USERS) == 0

        await house.time.advance(FIRST_SECONDS + 3)
        await until(lambda: contact(house, 1).remark == "老客户")

    assert contact(house, 1).tags == ("#101",)
    assert house.calls(USERS) == 1
    assert (await house.archive.contacts([customer(1)]))[customer(1)].name == "老客户"


async def test_each_customer_is_asked_about_once_a_run_and_together_with_others(house: House) -> None:
    noted(house, 1)
    async with house.polling():
        await house.time.advance(FIRST_SECONDS + 3)
        await until(lambda: house.calls(USERS) == 1)
        noted(house, 2, "two")
        noted(house, 3, "three")
        await house.time.advance(GATHER_SECONDS - 6)

        assert house.calls(USERS) == 1

        await house.time.advance(10)
        await until(lambda: contact(house, 3).remark == "three")
        await house.time.advance(4 * GATHER_SECONDS)

    assert house.calls(USERS) == 2


async def test_more_than_a_call_takes_are_asked_about_in_several(house: House) -> None:
    for number in range(CALL_CUSTOMERS + 1):
        noted(house, number, f"remark {number}")
        house.world.accept(LI, customer(number))
    async with house.polling():
        await house.time.advance(FIRST_SECONDS + NEXT_SECONDS + 8)
        await until(lambda: all(contact(house, number).remark for number in range(CALL_CUSTOMERS + 1)))

    assert house.calls(USERS) == 2


async def test_an_account_that_may_not_ask_is_left_alone(house: House) -> None:
    noted(house, 1, "老客户")
    house.app.state.faults.arm(Fault(USERS, "errcode", code=48001, count=None))
    async with house.polling():
        await house.time.advance(FIRST_SECONDS + 2 * RETRY_SECONDS)

    assert house.calls(USERS) == 1
    assert all(health.error is None for health in house.desk.health.values())


@pytest.mark.parametrize(("fault", "seconds"), [("errcode", 60), ("unreachable", RETRY_SECONDS)])
async def test_after_a_failure_it_is_asked_again_later(house: House, fault: str, seconds: float) -> None:
    noted(house, 1, "老客户")
    if fault == "errcode":
        house.app.state.faults.arm(Fault(USERS, "errcode", code=45011))
    else:
        house.wire.unreachable.append(USERS)
    async with house.polling():
        await house.time.advance(FIRST_SECONDS + 3)

        assert contact(house, 1).remark == ""

        await house.time.advance(seconds + 15)
        await until(lambda: contact(house, 1).remark == "老客户")


async def test_a_remark_set_here_while_wechat_is_asked_stays(house: House) -> None:
    noted(house, 1, "old")
    async with house.polling():
        await until(lambda: customer(1) in house.desk.contacts)
        newer = ContactsSeen({customer(1): replace(contact(house, 1), remark="new")})
        house.wire.afterwards[USERS] = lambda: house.store.apply(newer)
        await house.time.advance(FIRST_SECONDS + 5)
        await until(lambda: house.calls(USERS) == 1)
        await house.time.advance(5)

    assert contact(house, 1).remark == "new"


async def test_names_are_ours_and_leave_the_archive_for_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        await house.actions.describe(customer(1), alias="王姐", tags=("VIP",))

        assert contact(house, 1).name == "王姐"
        assert contact(house, 1).tags == ("VIP",)
        assert house.calls(REMARK) == 0

    again = Archive(house.path)
    await again.open()
    assert await again.names([customer(1)]) == {customer(1): "王姐"}
    await again.close()


async def test_the_desk_knows_the_names_of_others_once_asked_to(house: House) -> None:
    await house.archive.describe(customer(7), alias="王姐")
    await house.actions.know([customer(7), customer(8)])

    assert contact(house, 7).name == "王姐"
    assert customer(8) in house.desk.contacts
