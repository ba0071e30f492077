"""What happened before the demo begins: yesterday's and this morning's talks, and the sessions under way.

Played on the world's own clock, moved back, so that records, windows and session times come out as they would have.
"""

import random
from collections.abc import Sequence

from kfconsole.simulator.shop import phrases
from kfconsole.simulator.shop.shopper import Shopper
from kfconsole.simulator.world import World

Line = tuple[str, str]
"""Who speaks (`c` the customer, `a` the agent), and the text."""

COMPLAINT: tuple[Line, ...] = (
    ("c", "你好，我要投诉"),
    ("a", "您好，我是晓雯，请您说一下具体情况"),
    ("c", phrases.LONG_COMPLAINT),
    ("a", "非常抱歉让您反复说明，这件事由我跟到底。请稍等，我先看前面的记录"),
    ("c", "[image]"),
    ("c", "[image]"),
    ("c", "[voice]"),
    ("a", "看到照片了，杯盖确实有裂纹。给您换新还是退款，您看哪种方便？"),
    ("c", "换新吧，但是要满足：\n1. 今天发\n2. 发顺丰\n3. 给个单号"),
)
"""A session under way, recorded from the first answer on: long text, pictures, a voice message, line breaks."""

ODDITIES: tuple[Line, ...] = (
    ("c", "在吗"),
    ("a", "在的，请问有什么可以帮您？"),
    ("c", "[b]不要[/b]再发短信了，退订也没用"),
    ("a", "抱歉打扰您，请提供一下手机尾号，我帮您关闭营销短信"),
    ("c", "７７１９　（全角打的，看得清吗）"),
    ("a", "看得清，已经为您关闭"),
    ("c", "[/"),
    ("c", "😅手滑了"),
    (
        "c",
        "顺便问下这个链接是你们的吗 https://shop.example.com/activity/2026?from=sms&id=8842&utm_source=%E7%9F%AD%E4%BF%A1",
    ),
    ("a", "是我们的活动页面，可以放心打开哦"),
    ("c", "👨‍👩‍👧‍👦一家人都在用，谢啦❤️"),
)
"""Markup-like text, full-width digits, a URL, joined emoji."""


def play_lines(world: World, openid: str, kf_account: str, lines: Sequence[Line], *, seconds_ago: float) -> None:
    """Play a written talk, one line every 25 seconds; the session stays open."""
    for number, (speaker, text) in enumerate(lines):
        with world.clock.moved(25.0 * number - seconds_ago):
            if speaker == "c":
                world.say(openid, text)
                continue
            if not world.holder(openid):
                world.accept(kf_account, openid)
            world.reply(kf_account, openid, text)


def play_talk(
    world: World, shopper: Shopper, kf_account: str, rng: random.Random, *, seconds_ago: float, turns: int = 99
) -> None:
    """Play a talk that the shopper's topic writes; the session stays open, the customer has the last word."""
    with world.clock.moved(-seconds_ago):
        shopper.open_now()
    seconds_ago -= rng.uniform(15, 60)
    with world.clock.moved(-seconds_ago):
        world.accept(kf_account, shopper.openid)
    for _turn in range(turns):
        if shopper.is_content:
            break
        seconds_ago -= rng.uniform(8, 25)
        line = shopper.line_for_agent()
        with world.clock.moved(-seconds_ago):
            world.reply(kf_account, shopper.openid, line)
        seconds_ago -= rng.uniform(5, 20)
        with world.clock.moved(-seconds_ago):
            shopper.answer_now(line)


def close_talk(world: World, openid: str, *, seconds_ago: float) -> None:
    """Say goodbye and close the session of a talk that is over."""
    with world.clock.moved(-seconds_ago):
        kf_account = world.holder(openid)
        world.reply(kf_account, openid, phrases.FAREWELLS[0])
        world.close(kf_account, openid)
