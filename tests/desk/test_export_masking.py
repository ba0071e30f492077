"""Masking: no openid and no number that can be called leaves in any format, and a customer keeps one name in a file."""

import re
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.content import Menu, MenuItem, News
from kfconsole.desk.formats import Format, People, writer
from kfconsole.desk.formats.masking import Mask
from kfconsole.model import AgentId, CustomerId, Delivery, Message, MessageId, MessageKind
from kfconsole.text import clean

KEY = b"0123456789abcdef"
ANN = CustomerId("oLh7e5AnnAnnAnnAnn_AnnAnn-An")
ME = AgentId("kf2001@shop")
TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

openids = st.text(alphabet=TOKEN, min_size=27, max_size=27).map(lambda rest: CustomerId(f"o{rest}"))
digits = st.sampled_from("0123456789")
mobiles = st.builds(
    lambda second, rest: f"1{second}{rest}", st.sampled_from("3456789"), st.text(digits, min_size=9, max_size=9)
)
gaps = st.sampled_from(["", "", "", " ", "-", ".", "\u00a0", "\u3000", "–", "\u200b", "·"])
around = st.text(alphabet="好，。电话：:()（）[]@#a Z\n\"'", max_size=6)
signs = st.sampled_from(["", "+86", "+86 ", "86", "0086", "(+86)", "+86-", "＋８６", "0"])


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str]:
    """Return a mobile number, and how somebody wrote it."""
    number = draw(mobiles)
    parts = [number[:3], number[3:7], number[7:]] if draw(st.booleans()) else list(number)
    typed = "".join(f"{part}{draw(gaps)}" for part in parts[:-1]) + parts[-1]
    if draw(st.booleans()):
        typed = typed.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    return number, draw(signs) + typed


def bare(text: str) -> str:
    """The text with digits as people dial them."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"(?<=\d)[ .·\u2013\u200b\-]{1,3}(?=\d)", "", plain)


def message(text: str, openid: CustomerId = ANN, **more: str) -> Message:
    return Message(MessageId(1), openid, ME, MessageKind.SENT, text, 1e9, Delivery.REFUSED, more.get("reason", ""))


def masked_file(form: Format, messages: Sequence[Message], nick: str = "小李") -> str:
    mask = Mask(KEY)
    made = writer(form, None)
    return made.head() + made.write(mask.messages(messages), People({}, mask.nicks({ME: nick})))


@pytest.mark.parametrize("form", Format)
@given(planted=st.lists(st.tuples(around, numbers()), min_size=1, max_size=4), end=around)
def test_no_mobile_number_survives_in_any_format(
    form: Format, planted: list[tuple[str, tuple[str, str]]], end: str
) -> None:
    text = clean("".join(f"{before} {typed}；" for before, (_number, typed) in planted) + end)
    file = bare(masked_file(form, [message(text, reason=text)], nick=text))

    assert [number for _before, (number, _typed) in planted if number in file] == []


@pytest.mark.parametrize("form", Format)
@given(whose=openids, others=st.lists(st.tuples(st.sampled_from(["", " ", "好", "=", "/", "_"]), openids), max_size=3))
def test_no_openid_survives_in_any_format(
    form: Format, whose: CustomerId, others: list[tuple[str, CustomerId]]
) -> None:
    text = f"id{whose}id" + "".join(f"{before}{openid}，" for before, openid in others)
    file = masked_file(form, [message(text, whose, reason=text)], nick=text)

    assert [openid for openid in (whose, *(openid for _before, openid in others)) if openid in file] == []


@given(text=st.text(alphabet="0123456789 +-()１３８好ox@.X") | st.text())
def test_masking_twice_changes_nothing_more(text: str) -> None:
    mask = Mask(KEY)
    once = mask.text(clean(text), ANN)

    assert mask.text(once, ANN) == once
    assert clean(once) == once


@pytest.mark.parametrize(
    ("typed", "masked"),
    [
        ("电话13812345678", "电话138****5678"),
        ("+86 138 1234 5678。", "+86 138****5678。"),
        ("86-138-1234-5678", "86-138****5678"),
        ("008613812345678", "0086138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("13812345678 13912345678", "138****5678 139****5678"),
        ("房间1512 138 1234 5678", "房间1512 138****5678"),
        ("13812345678转1234", "138****5678转1234"),
        ("（138）12345678", "（138****5678"),
        ("wx13812345678", "wx138****5678"),
        ("010-62345678", "010-****5678"),
        ("（０７５５）８６０１２３４５", "（０７５５）****2345"),
        ("0912-3456789", "0912-***6789"),
        ("+86 755 8601 2345", "+86 755 ****2345"),
        ("+86 (0)755 8601 2345", "+86 (0)755 ****2345"),
        ("(+86) 21-62345678", "(+86) 21-****5678"),
        ("86-10-62345678", "86-10-****5678"),
        ("身份证11010519491231002X", "身份证1****************X"),
        ("110105 19491231 002x", "1****************X"),
        ("2026-11-20 110105-19491231-002x", "2026-11-20 1****************X"),
        ("卡号6222021234567890128", "卡号6222 **** **** 0128"),
        ("6222021234567894 100元", "6222 **** **** 7894 100元"),
        ("6222 0212 3456 7894 2 1张", "6222 **** **** 7894 2 1张"),
        ("zhang.san@qq.com", "z***@qq.com"),
        ("13812345678@139.com", "1***@139.com"),
    ],
)
def test_numbers_are_masked_as_is_usual_in_china(typed: str, masked: str) -> None:
    assert Mask(KEY).text(typed) == masked


@pytest.mark.parametrize(
    "text",
    [
        "订单2013812345678901",
        "1763856000000",
        "110105194912310021",
        "6222021234567890129",
        "862162345678",
        "10:04:05",
        "2026-11-23",
        "kf2001@lehuo",
        "¥1380.00",
        "A1234567890123456789012345678",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert Mask(KEY).text(text) == text


def test_a_customer_has_one_name_in_a_file_and_another_in_the_next() -> None:
    mask, other = Mask(KEY), Mask(KEY[::-1])
    name = mask.customer(ANN)

    assert re.fullmatch("customer-[a-z]{10}", name)
    assert mask.customer(ANN) == mask.text(ANN) == mask.message(message("a")).openid == name
    assert other.customer(ANN) != name
    assert len({mask.customer(CustomerId(f"o{number}")) for number in range(10_000)}) == 10_000


def test_the_customer_is_found_in_the_text_whatever_the_openid_looks_like() -> None:
    mask = Mask(KEY)
    odd = CustomerId("o-odd.one")

    assert mask.message(message("xo-odd.oney", odd)).text == f"x{mask.customer(odd)}y"


def test_what_was_sent_beside_words_is_masked_too() -> None:
    menu = Menu((MenuItem("1", f"找{ANN}"),), "打13812345678", "")
    news = News("好", f"https://a.cn/?openid={ANN}&tel=13812345678")
    sent = [Message(MessageId(1), ANN, ME, MessageKind.SENT, "", 1e9, content=content) for content in (menu, news)]
    found = [Mask(KEY).message(message).content for message in sent]

    assert "13812345678" not in repr(found)
    assert ANN not in repr(found)


STRANGE = {
    "digits": "1" * 100_000,
    "spaced": "138 " * 30_000,
    "word": "a" * 100_000,
    "addresses": "a@" * 50_000,
    "openids": "o" * 100_000,
    "cards": "62" * 50_000,
    "cards apart": "62 " * 30_000,
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_a_strange_text_is_masked_in_no_time(text: str) -> None:
    assert Mask(KEY).text(text, ANN)
