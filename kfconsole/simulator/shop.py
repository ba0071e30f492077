"""The demo: 乐活小店 in the middle of a working day."""

import asyncio
from collections.abc import Awaitable, Callable

from kfconsole.simulator.world import World

Sleep = Callable[[float], Awaitable[None]]


def open_shop(
    world: World, *, seed: int, speed: float = 1.0, sleep: Sleep = asyncio.sleep
) -> Callable[[], Awaitable[None]]:
    """Fill the world with the shop's people and return the driver of their day."""
    for kf_account, nickname in (("kf2001@lehuo", "晓雯"), ("kf2002@lehuo", "Tom"), ("kf2003@lehuo", "小美")):
        world.add_agent(kf_account, nickname)
    world.add_agent("kf2004@lehuo", "阿强", online=False)
    world.add_agent("kf2005@lehuo", "新人小周", bound=False, invite_wx="zhou_2026")
    for number in range(8):
        openid = world.add_customer().openid
        world.say(openid, f"你好，想问一下订单 {seed}{number}")
        if number < 3:
            world.accept("kf2001@lehuo", openid)

    async def idle() -> None:
        await sleep(0 * speed)

    return idle
