"""The file of canned replies: what is wrong with one entry is named with its line, and takes no other away."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.canned import Library, Reply, read, read_again
from kfconsole.canned.reading import parse
from kfconsole.canned.replies import MAX_FILE_BYTES, MAX_TEXT_BYTES
from tests.conftest import HOSTILE

GOOD = '[[reply]]\nname = "好"\ntext = "好的"\n'


def names(source: str) -> list[str]:
    return [reply.name for reply in parse(source.encode())[0]]


def told(source: str | bytes) -> list[tuple[int, str]]:
    data = source.encode() if isinstance(source, str) else source
    return [(problem.line, problem.message) for problem in parse(data)[1]]


def test_an_entry_has_name_text_key_folder_and_the_line_it_begins_in() -> None:
    source = '# 说明\n\n[[reply]]\nname = " 退款\\n进度 "\nfolder = "售后"\nkey = "t"\ntext = """\n一\n二"""\n' + GOOD

    replies, problems = parse(source.encode())

    assert problems == ()
    assert replies[0] == Reply("退款 进度", "一\n二", "t", "售后", line=3, number=0)
    assert (replies[1].name, replies[1].line, replies[1].number) == ("好", 10, 1)


@pytest.mark.parametrize(
    ("broken", "line", "words"),
    [
        ('[[reply]]\nname = "x"\ntext = "no end\n', 3, "the quotes of this line are not closed"),
        ('[[reply]]\nname = “x”\ntext = "y"\n', 2, 'these are not the quotes of TOML; write "…"'),
        ('[[reply]]\nname = 退款\ntext = "y"\n', 2, 'a text stands in quotes: "…"'),
        ('[[reply]]\nname = "x"\ntext = "y" z\n', 3, "not valid TOML"),
        ('[[reply]]\nname = "x"\ntext = """\nno end\nmore\n', 3, "no quotes at its end"),
        ('[[reply]]\nname = "x"\n', 1, "has no text"),
        ('[[reply]]\ntext = "x"\n', 1, "has no name"),
        ('[[reply]]\nname = "x"\ntext = 3\n', 3, "text must be text in quotes"),
        ('[[reply]]\nname = "x"\ntxt = "x"\n', 3, "Did you mean text?"),
        ('[[reply]]\nname = "x"\nname = "y"\ntext = "x"\n', 3, "not valid TOML"),
        ('[[replys]]\nname = "x"\ntext = "x"\n', 1, "Did you mean [[reply]]?"),
        ('[reply]\nname = "x"\ntext = "x"\n', 1, "in two brackets"),
        pytest.param("[[reply]]\nname = " + "9" * 5000 + "\n", 2, "not valid TOML", id="endless"),
        (f'[[reply]]\nname = "x"\ntext = "{"x" * (MAX_TEXT_BYTES + 1)}"\n', 3, "longer than 10,240 bytes"),
        (f'[[reply]]\nname = "{"x" * 61}"\ntext = "x"\n', 2, "longer than 60 characters"),
    ],
)
def test_a_broken_entry_is_named_with_its_line_and_the_others_work(broken: str, line: int, words: str) -> None:
    before = '[[reply]]\nname = "first"\ntext = "x"\n'

    assert names(before + broken + GOOD) == ["first", "好"]
    problems = told(before + broken + GOOD)
    assert any(at == line + 3 and words in message for at, message in problems), problems


def test_what_is_not_utf_8_is_named_and_the_others_work() -> None:
    data = GOOD.encode() + '[[reply]]\nname = "x"\ntext = "退款"\n'.encode("gbk") + GOOD.replace("好", "也好").encode()

    assert [reply.name for reply in parse(data)[0]] == ["好", "也好"]
    assert [(6, "this is not UTF-8; save the file as UTF-8.")] == told(data)


def test_a_mark_of_the_byte_order_and_line_ends_of_windows_are_no_part_of_a_text() -> None:
    data = b"\xef\xbb\xbf" + '[[reply]]\r\nname = "x"\r\ntext = """\r\n一\r\n二"""\r\n'.encode()

    assert [reply.text for reply in parse(data)[0]] == ["一\n二"]


def test_a_line_of_a_text_that_looks_like_a_head_is_text() -> None:
    text = "好的\n[Smile]\n[[reply]]\n# no remark"

    assert [reply.text for reply in parse(f'[[reply]]\nname = "x"\ntext = """\n{text}"""\n{GOOD}'.encode())[0]] == [
        text,
        "好的",
    ]


def test_an_unknown_key_is_named_and_its_entry_works() -> None:
    source = '[[reply]]\nname = "x"\ntext = "y"\nkeys = "1"\n'

    assert names(source) == ["x"]
    assert told(source) == [(4, "nothing reads keys. Did you mean key?")]


def test_doubles_are_named_and_the_first_has_the_key() -> None:
    source = "".join(f'[[reply]]\nname = "同"\ntext = "{text}"\nkey = "K"\n' for text in "ab")

    assert [(reply.text, reply.key) for reply in parse(source.encode())[0]] == [("a", "K"), ("b", "")]
    assert told(source) == [
        (5, "line 1 has a reply of this name already: 同."),
        (5, "the key K belongs to 同, in line 1."),
    ]


@pytest.mark.parametrize("key", ["ab", " ", "\\t"])
def test_a_key_that_is_no_single_character_is_named_and_its_entry_works(key: str) -> None:
    source = f'[[reply]]\nname = "x"\ntext = "y"\nkey = "{key}"\n'

    assert names(source) == ["x"]
    assert told(source) == [(4, "key must be one character, such as 1.")]


def test_an_unknown_variable_is_named_in_its_line_and_its_entry_stays_to_be_mended() -> None:
    source = '[[reply]]\nname = "x"\ntext = """\n{customer}好\n{custmer} {{other}} { }"""\n'

    assert [reply.unknown for reply in parse(source.encode())[0]] == [("custmer",)]
    assert told(source) == [(5, "there is no variable {custmer}. Did you mean {customer}?")]


def test_hostile_text_is_clean_where_it_enters() -> None:
    written = HOSTILE.replace("\x1b", "\\u001b").replace("\x07", "\\u0007")

    replies, problems = parse(f'[[reply]]\nname = "{written}"\ntext = "{written}"\n"{written}" = 1\n'.encode())

    for said in (replies[0].name, replies[0].text, problems[0].message):
        assert not set(said) & {"\x1b", "\x07", "\u202e"}


def test_a_missing_file_is_no_problem_and_a_link_to_nothing_is_one(tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(tmp_path / "gone.toml")

    assert read(tmp_path / "none.toml") == Library(tmp_path / "none.toml", is_missing=True)
    assert "link to a file that is not there" in read(link).problems[0].message
    assert not read(link).is_missing


def test_what_is_no_file_or_too_large_is_told(tmp_path: Path) -> None:
    (tmp_path / "large.toml").write_bytes(b"#" * (MAX_FILE_BYTES + 1))

    assert "Is a directory" in read(tmp_path).problems[0].told(tmp_path)
    assert "larger than 2 MB" in read(tmp_path / "large.toml").problems[0].message


def test_only_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "replies.toml"
    path.write_text(GOOD, encoding="utf-8")
    before = read(path)

    assert read_again(before) is before
    path.write_text(GOOD + GOOD.replace("好", "更好"), encoding="utf-8")
    assert [reply.name for reply in read_again(before).replies] == ["好", "更好"]
    path.unlink()
    assert read_again(before).is_missing


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    parse(data)


FRAGMENTS = st.sampled_from(
    [
        "[[reply]]\n",
        'name = "x"\n',
        'text = """\n',
        '"""\n',
        "'''\n",
        'text = "{agent}"\n',
        "[Smile]\n",
        "a = [\n",
        "]\n",
    ]
)


@given(st.lists(FRAGMENTS, max_size=12))
def test_a_good_entry_at_the_end_is_read_whatever_stands_before(fragments: list[str]) -> None:
    source = "".join(fragments)
    replies, problems = parse(f"{source}\n{GOOD}".encode())

    is_open = source.count('"""') % 2 or source.count("'''") % 2
    assert is_open or "好" in [reply.name for reply in replies], (source, problems)


def test_thousands_of_broken_entries_are_read_in_a_moment() -> None:
    source = '[[reply]]\nname = "x"\ntext = """open\n' * 500

    assert len(told(source)) >= 500


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_what_is_no_file_is_told_and_keeps_nobody_waiting(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(path := tmp_path / "replies.toml")

    library = read(path)

    assert library.replies == ()
    assert [problem.message for problem in library.problems] == ["it cannot be read: it is no file"]
    assert read_again(library).problems == library.problems
