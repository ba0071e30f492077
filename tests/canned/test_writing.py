"""Changing the file of canned replies: what people wrote around them stays, and nothing is half-written."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfconsole.canned import Library, Reply, read, writing
from kfconsole.errors import ConfigError
from kfconsole.text import clean

BY_HAND = """\
# ours

[[reply]]   # the first
name = 'one'
text = '''
a
# no remark'''   # why

# about two
[[reply]]
name = "two"
key = "2"
text = "b"
# the end
"""


def written(tmp_path: Path, text: str = BY_HAND) -> Library:
    path = tmp_path / "replies.toml"
    path.write_text(text, encoding="utf-8")
    return read(path)


def source(library: Library) -> str:
    return library.path.read_text()


def test_a_new_reply_comes_last_and_all_else_stays(tmp_path: Path) -> None:
    library = writing.add(written(tmp_path), Reply("新", '一\n"二"', "3", "售后"))

    added = '\n[[reply]]\nname = "新"\nkey = "3"\nfolder = "售后"\ntext = """\n一\n"二\\""""\n'
    assert source(library).startswith(BY_HAND + "\n[[reply]]")
    assert library.replies[-1].text == '一\n"二"'
    assert [reply.name for reply in library.replies] == ["one", "two", "新"]
    assert source(library).count("\n") == (BY_HAND + added).count("\n")


def test_a_change_touches_only_what_changed(tmp_path: Path) -> None:
    before = written(tmp_path)

    library = writing.change(before, before.replies[1], Reply("two", "c", "", "f"))

    assert source(library) == BY_HAND.replace('key = "2"\ntext = "b"', 'folder = "f"\ntext = "c"')


def test_a_field_that_stands_there_empty_is_filled(tmp_path: Path) -> None:
    before = written(tmp_path, '[[reply]]\nname = "a"\nkey = ""\ntext = "b"\n')

    library = writing.change(before, before.replies[0], Reply("a", "b", "1"))

    assert source(library) == '[[reply]]\nname = "a"\nkey = "1"\ntext = "b"\n'


def test_a_deleted_reply_is_gone_and_the_remarks_behind_it_stay(tmp_path: Path) -> None:
    before = written(tmp_path)

    library = writing.delete(before, before.replies[0])

    assert source(library) == BY_HAND[: BY_HAND.index("[[")] + BY_HAND[BY_HAND.index("# about") :]
    library = writing.delete(library, library.replies[0])
    assert source(library) == "# ours\n\n# about two\n# the end\n"


def test_links_modes_and_line_ends_are_kept(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_bytes(b"\xef\xbb\xbf" + BY_HAND.replace("\n", "\r\n").encode())
    target.chmod(0o640)
    (tmp_path / "replies.toml").symlink_to(target)
    before = read(tmp_path / "replies.toml")

    library = writing.change(writing.add(before, Reply("x", "y")), before.replies[0], Reply("eins", "a"))

    assert library.path.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf#")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_a_file_that_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    before = written(tmp_path)
    before.path.write_text(BY_HAND + "# somebody else\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="has changed meanwhile"):
        writing.add(before, Reply("x", "y"))
    assert source(before) == BY_HAND + "# somebody else\n"


def test_a_broken_file_is_not_written_and_the_line_is_named(tmp_path: Path) -> None:
    broken = BY_HAND + '[[reply]]\nname = "x\n'
    before = written(tmp_path, broken)

    acts: tuple[Callable[[], Library], ...] = (
        lambda: writing.add(before, Reply("x", "y")),
        lambda: writing.change(before, before.replies[0], Reply("x", "y")),
        lambda: writing.delete(before, before.replies[0]),
    )
    for act in acts:
        with pytest.raises(ConfigError, match="cannot be changed from here") as raised:
            act()
        assert "line 16" in raised.value.hint
    assert source(before) == broken


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("", "x"), "no name"),
        (Reply("x", " \n"), "no text"),
        (Reply("ONE", "x"), "called one already"),
        (Reply("x", "x", "2"), "the key 2 belongs to two"),
        (Reply("x", "{custmer}"), "no variable {custmer}"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(tmp_path: Path, reply: Reply, words: str) -> None:
    before = written(tmp_path)
    with pytest.raises(ConfigError, match=words):
        writing.add(before, reply)
    assert source(before) == BY_HAND


def test_a_full_disk_or_a_folder_one_may_not_write_leaves_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written(tmp_path)

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConfigError, match="cannot be written: No space left"):
        writing.add(before, Reply("x", "y"))
    assert source(before) == BY_HAND
    assert [entry.name for entry in tmp_path.iterdir()] == ["home", "replies.toml"]


@pytest.mark.parametrize("is_chinese", [True, False])
@pytest.mark.parametrize("is_empty", [True, False])
def test_the_first_file_has_no_mistake_and_is_never_put_over_another(
    tmp_path: Path, is_chinese: bool, is_empty: bool
) -> None:
    path = tmp_path / "new" / "replies.toml"
    library = writing.create(path, is_chinese=is_chinese, is_empty=is_empty)

    assert library.problems == ()
    assert bool(library.replies) != is_empty
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert writing.add(library, Reply("x", "y")).replies[-1].name == "x"
    with pytest.raises(ConfigError, match="exists already"):
        writing.create(path, is_chinese=is_chinese)


TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
REPLIES = st.builds(
    Reply,
    name=TEXTS,
    text=st.one_of(
        TEXTS,
        st.lists(st.sampled_from(['"', "'", "\\", "\n", "[[reply]]\n", "#", "{{", "汉"]), min_size=1).map("".join),
    ),
    folder=st.sampled_from(["", "售后"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(REPLIES, min_size=1, max_size=4))
def test_what_is_kept_is_read_as_it_was_written(tmp_path: Path, replies: list[Reply]) -> None:
    library = written(tmp_path, "# nothing yet")
    kept: list[str] = []
    for reply in replies:
        with suppress(ConfigError):  # blank ones, and those of one name
            library = writing.add(library, reply)
            kept.append(clean(reply.text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n"))
    assert [reply.text for reply in library.replies] == kept
    while library.replies:
        library = writing.change(library, library.replies[0], Reply("#", "'''\n[[x]]\n\"\"\""))
        library = writing.delete(library, library.replies[0])
    assert source(library).startswith("# nothing yet")
