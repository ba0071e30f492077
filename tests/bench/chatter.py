"""A year of a busy shop: a million messages of 20,000 customers, the same on every run."""

import random
from collections.abc import Iterator

from kfconsole.model import AgentId, CustomerId, MessageKind, Record

CUSTOMERS = 20_000
AGENTS = tuple(AgentId(f"kf{2001 + number}@lehuo") for number in range(12))
FIRST_AT = 1_750_000_000
BUSY_CUSTOMER = CustomerId("oLongTalk0000000000000000000")
BUSY_MESSAGES = 10_000
"""One customer has written as much as this: a conversation of that length has to open as fast as any."""

_COMMON = """
退款 订单 发货 你好 请问 什么 时候 到货 地址 已经 收到 快递 商品 质量 问题 换货 退货 优惠券 客服 谢谢
好的 麻烦 一下 我的 您好 帮我 查询 物流 信息 付款 支付 成功 失败 可以 不能 为什么 尺码 颜色 红色 蓝色
大号 小号 取消 修改 电话 号码 发票 公司 个人 今天 明天 昨天 周末 活动 折扣 会员 积分 兑换 使用 没有
显示 页面 打开 登录 密码 忘记 重置 短信 验证码
"""
WORDS = tuple(_COMMON.split())
_RARE = tuple(chr(0x4E00 + number) for number in range(3000))


def records(count: int, *, seed: int = 1) -> Iterator[Record]:
    """Yield messages in the order they were said, Chinese with numbers in between."""
    chance = random.Random(seed)
    customers = [
        CustomerId(f"o{number:05d}" + "".join(chance.choices("abcdefXYZ0123456789_-", k=22)))
        for number in range(CUSTOMERS)
    ]
    at = FIRST_AT
    for number in range(count):
        at += chance.randint(0, 31_000_000 // count * 2)
        openid = BUSY_CUSTOMER if number < BUSY_MESSAGES else customers[chance.randrange(CUSTOMERS)]
        kind = (MessageKind.RECEIVED, MessageKind.SENT)[chance.random() < 0.5]
        yield Record(openid, AGENTS[hash_of(openid)], kind, sentence(chance), at)


def hash_of(openid: CustomerId) -> int:
    """Return which agent usually serves a customer."""
    return sum(map(ord, openid)) % len(AGENTS)


def sentence(chance: random.Random) -> str:
    """Return something a customer might say; some words are much more common than others."""
    parts: list[str] = []
    for _part in range(chance.randint(3, 9)):
        pick = chance.random()
        if pick < 0.75:
            parts.append(WORDS[int(len(WORDS) * chance.random() ** 2)])
        elif pick < 0.95:
            parts.append(_rare(chance) + _rare(chance))
        else:
            parts.append(str(chance.randint(1000, 99_999_999)))
    return "".join(parts) + chance.choice("。？！，")


def word(chance: random.Random) -> str:
    """Return two characters to look for, common ones as well as any that stand somewhere."""
    return (WORDS[chance.randrange(len(WORDS))] if chance.random() < 0.5 else sentence(chance))[:2]


def _rare(chance: random.Random) -> str:
    return _RARE[int(len(_RARE) * chance.random() ** 2)]
