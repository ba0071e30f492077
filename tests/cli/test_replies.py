"""`replies`: the canned replies of the settings' file, and what is wrong with it."""

from pathlib import Path

import pytest

from kfconsole.canned import writing
from kfconsole.cli.output import DONE, REFUSED, USAGE
from tests.cli.conftest import Command, put
from tests.cli.schema import valid


@pytest.fixture
def replies(home: Path) -> Path:
    """Write a file with one mistake."""
    path = home / ".config/kfconsole/replies.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        '[[reply]]\nname = "好"\nfolder = "售后"\nkey = "1"\ntext = "好的\\n{custmer}"\n'
        '[[reply]]\nnam = "x"\ntext = "y"\n',
        encoding="utf-8",
    )
    return path


def test_the_list_shows_what_can_be_read_and_tells_the_rest(kf: Command, replies: Path) -> None:
    done = kf("replies", "list")

    assert done.code == DONE
    assert "1    售后 / 好  好的 {custmer}" in done.out
    assert f"{replies}, line 5: there is no variable {{custmer}}. Did you mean {{customer}}?" in done.err
    assert f"{replies}, line 7: nothing reads nam. Did you mean name?" in done.err


def test_as_json_it_has_all_of_both(kf: Command, replies: Path) -> None:
    printed = valid("replies list", kf("replies", "list", "--json").out)

    assert printed["file"] == str(replies)
    assert printed["replies"] == [
        {
            "name": "好",
            "folder": "售后",
            "key": "1",
            "text": "好的\n{custmer}",
            "bytes": 16,
            "line": 1,
            "unknown_variables": ["custmer"],
        }
    ]
    assert [problem["line"] for problem in printed["problems"]] == [5, 6, 7]


def test_a_check_fails_with_the_lines_that_are_wrong(kf: Command, replies: Path) -> None:
    done = kf("replies", "check")

    assert done.code == REFUSED
    assert done.out == ""
    assert [line.split(":")[0] for line in done.err.splitlines()] == [f"{replies}, line {line}" for line in (5, 6, 7)]


def test_a_file_without_a_mistake_passes(kf: Command, home: Path) -> None:
    writing.create(home / ".config/kfconsole/replies.toml", is_chinese=True)

    done = kf("replies", "check")

    assert done.code == DONE
    assert "8 canned replies, no mistake found" in done.err


def test_without_a_file_it_says_where_it_would_be(kf: Command, home: Path) -> None:
    path = home / ".config/kfconsole/replies.toml"

    assert kf("replies", "path").out == f"{path}\n"
    assert str(path) in kf("replies", "list").err
    assert kf("replies", "check").code == REFUSED
    assert valid("replies list", kf("replies", "list", "--json").out)["is_missing"] is True


@pytest.mark.parametrize(("named", "where"), [("team.toml", ".config/kfconsole/team.toml"), ("~/r.toml", "r.toml")])
def test_the_settings_name_another_file(kf: Command, settings_file: Path, home: Path, named: str, where: str) -> None:
    put(settings_file, f'[replies]\nfile = "{named}"\n')

    assert kf("replies", "path").out == f"{home / where}\n"


@pytest.mark.parametrize("named", ["", "~nobody-here/r.toml", "/"])
def test_what_is_no_file_is_refused_by_name(kf: Command, settings_file: Path, named: str) -> None:
    put(settings_file, f'[replies]\nfile = "{named}"\n')

    done = kf("replies", "path")

    assert done.code == USAGE
    assert "replies.file in" in done.err
