import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kfconsole.desk.splitting import MAX_TEXT_BYTES, split, text_bytes
from kfconsole.errors import NotPossible

LINK = '<a href="https://lehuo.example/orders?id=8842&from=kf">查看订单</a>'
FAMILY, FLAG, HEART, THUMB = "👨‍👩‍👧‍👦", "🇨🇳", "❤️", "👍🏽"
TOKENS = ["汉", "字", "a", "7", "é", "가", "ᄀ" + "ᅡ", FAMILY, FLAG, HEART, THUMB, LINK, "[微笑]", "/::)"]
BLANKS = [" ", "\n", "\n\n", "\u3000", "\t"]
ENDS = ["。", "！", "？”", "…", "，", "、", ". ", "!", ";"]

tokens = st.lists(st.sampled_from([*TOKENS, *BLANKS, *ENDS]), max_size=120)


def bare(text: str) -> str:
    """The text without its blanks, which alone may be lost."""
    return "".join(text.split())


def is_made_of(part: str, wholes: list[str]) -> int | None:
    """How many of the wholes, without blanks, make up exactly this part; None when it ends within one."""
    left, used = bare(part), 0
    for whole in wholes:
        if not left:
            break
        if not left.startswith(bare(whole)):
            return None
        left = left.removeprefix(bare(whole))
        used += 1
    return None if left else used


# -- properties --------------------------------------------------------------------------------------------------------


@given(st.text(max_size=300), st.integers(min_value=4, max_value=80))
@example("a" + "\u0301" * 50, 8)
@example(FAMILY * 5, 7)
@example(" " * 50 + "a" + " " * 50, 8)
@example("\r\n" * 9, 4)
def test_no_part_is_too_long_and_nothing_is_lost(text: str, limit_bytes: int) -> None:
    try:
        parts = split(text, limit_bytes)
    except NotPossible:
        assert "</a" in text.lower()
        return
    assert all(text_bytes(part) <= limit_bytes for part in parts)
    assert bare("".join(parts)) == bare(text)
    if len(parts) > 1:
        assert all(part and part == part.strip() for part in parts)


@given(tokens, st.integers(min_value=80, max_value=200))
def test_no_cut_falls_into_a_character_a_link_or_a_code(wholes: list[str], limit_bytes: int) -> None:
    parts = split("".join(wholes), limit_bytes)
    left = [whole for whole in wholes if bare(whole)]
    for part in parts:
        used = is_made_of(part, left)
        assert used is not None, (part, left)
        left = left[used:]
    assert not left


@given(tokens, st.integers(min_value=80, max_value=200))
def test_no_part_could_be_saved(wholes: list[str], limit_bytes: int) -> None:
    text = "".join(wholes)
    parts = split(text, limit_bytes)
    # As many as when each takes all that fits: of what is kept whole the longest has 62 bytes.
    longest = max((text_bytes(whole) for whole in wholes), default=0)
    assert (len(parts) - 1) * (limit_bytes - longest * 2) <= text_bytes(text)


@given(st.text(max_size=200))
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    assert split(text, max(4, text_bytes(text))) == (text,)
    assert split(split(text)[0]) == split(text)


@given(st.text(st.characters(codec="utf-8")))
def test_bytes_are_those_that_are_sent(text: str) -> None:
    assert text_bytes(text) == len(text.encode())


@given(tokens, st.integers(min_value=80, max_value=200))
def test_parts_are_not_split_again(wholes: list[str], limit_bytes: int) -> None:
    for part in split("".join(wholes), limit_bytes):
        assert split(part, limit_bytes) == (part,)


# -- where it is cut ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("第一段说完了\n\n第二段在这里", ("第一段说完了", "第二段在这里")),
        ("第一句。第二句话。第三句", ("第一句。", "第二句话。第三句")),
        ("他说：“好的。”然后就走了啊", ("他说：“好的。”", "然后就走了啊")),
        ("真的吗？！那好吧就这样了啊", ("真的吗？！", "那好吧就这样了啊")),
        ("前半句话在这，后半句话在那", ("前半句话在这，", "后半句话在那")),
        ("It costs 3.14 dollars. Is that ok", ("It costs 3.14 dollars.", "Is that ok")),
        ("abcdefghij klmnopqrst uvwxyz", ("abcdefghij", "klmnopqrst uvwxyz")),
        ("订单号8842-1107已经发出去了", ("订单号8842-1107", "已经发出去了")),
        ("一二三四五六七八九十", ("一二三四五", "六七八九十")),
    ],
)
def test_a_text_is_cut_where_a_reader_pauses(text: str, parts: tuple[str, ...]) -> None:
    limit_bytes = max(text_bytes(part) for part in parts)
    assert split(text, max(limit_bytes, 24)) == parts


def test_a_greeting_alone_is_no_part_when_a_sentence_ends_further_down() -> None:
    text = "您好！\n" + "请您先退出再重新登录一次，看看是否恢复正常。" * 40
    first, second = split(text)
    assert first.startswith("您好！\n请您")
    assert abs(text_bytes(first) - text_bytes(second)) < MAX_TEXT_BYTES / 4


def test_parts_are_about_even() -> None:
    sizes = [text_bytes(part) for part in split("这是一句话，很短。" * 250)]
    assert len(sizes) == 4
    assert max(sizes) - min(sizes) < 100


def test_a_link_longer_than_a_message_is_refused() -> None:
    link = f'<a href="https://lehuo.example/{"x" * MAX_TEXT_BYTES}">点这里</a>'
    with pytest.raises(NotPossible, match="2048 bytes: <a href=") as refused:
        split(f"您好，{link}")
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 120


def test_a_tag_that_never_ends_is_no_link() -> None:
    assert len(split("<a " + "汉" * 700)) == 2
    assert len(split("<a href='x'>" + "汉" * 700)) == 2


def test_an_address_longer_than_a_message_is_cut() -> None:
    assert len(split("https://lehuo.example/" + "x" * MAX_TEXT_BYTES)) == 2


def test_a_limit_below_one_character_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="limit_bytes"):
        split("汉字", 3)


@pytest.mark.parametrize(
    "text",
    ["这是一句话，里面有内容。" * 5_500, "x" * 200_000, "<a " * 66_000, "[a]" * 66_000, FLAG * 25_000, "。”" * 33_000],
    ids=["sentences", "one word", "tags", "codes", "flags", "ends"],
)
def test_a_long_text_does_not_hold_the_console(text: str) -> None:
    times = []
    for _round in range(3):
        began = time.process_time()
        split(text)
        times.append(time.process_time() - began)
    assert min(times) < 0.1
