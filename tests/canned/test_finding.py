"""Which canned replies are found, and which comes first."""

from kfconsole import finding
from kfconsole.canned import Finder, Reply, same_key

REPLIES = (
    Reply("问候", "您好，退款的事我来处理"),
    Reply("退款进度", "一般 1 到 3 天"),
    Reply("申请退款", "请在订单里申请", folder="售后"),
    Reply("Refund", "tk"),
)


def found(typed: str, used: dict[str, int] | None = None) -> list[str]:
    finding.prepare()
    return [reply.name for reply in Finder(REPLIES).found(typed, used or {})]


def test_the_name_comes_before_the_text_and_its_beginning_before_its_middle() -> None:
    assert found("退款") == ["退款进度", "申请退款", "问候"]


def test_pinyin_and_initials_find_names_and_how_texts_begin() -> None:
    assert found("tuikuan")[:2] == ["退款进度", "申请退款"]
    assert found("tkjd") == ["退款进度"]
    assert found("shouhou") == ["申请退款"]
    assert found("nh") == ["问候"]


def test_without_words_what_was_used_last_comes_first() -> None:
    assert found("", {"申请退款": 1, "Refund": 2}) == ["Refund", "申请退款", "问候", "退款进度"]


def test_what_was_used_last_breaks_a_tie_but_not_the_rank() -> None:
    assert found("退款", {"问候": 9, "申请退款": 1}) == ["退款进度", "申请退款", "问候"]


def test_wide_and_capital_keys_are_the_same_key() -> None:
    replies = (Reply("a", "a", "t"), Reply("b", "b"))

    assert same_key(replies, "Ｔ") is replies[0]
    assert same_key(replies, "x") is None
