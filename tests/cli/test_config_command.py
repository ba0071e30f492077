"""`config path`, `show` and `check`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import put, run

ACCOUNT = '[account]\napp_id = "wx1"\napp_secret = "5f2c0ffee"\n'


def test_path_is_printed_whether_the_file_exists_or_not(settings_file: Path) -> None:
    assert run("config", "path").out == f"{settings_file}\n"
    assert run("--config", "/x.toml", "config", "path").out == "/x.toml\n"


def test_show_masks_the_secret_and_names_each_origin(settings_file: Path) -> None:
    put(settings_file, ACCOUNT)
    done = run("config", "show", KFCONSOLE_KF_ACCOUNT="kf1@shop")

    assert done.code == 0
    assert "5f2c0ffee" not in done.out
    assert 'account.app_secret = "********"  # file' in done.out.splitlines()
    assert 'me.kf_account = "kf1@shop"  # KFCONSOLE_KF_ACCOUNT' in done.out.splitlines()
    assert "poll.queue = 2.0  # default" in done.out.splitlines()


def test_show_speaks_json(settings_file: Path) -> None:
    put(settings_file, ACCOUNT)
    shown = json.loads(run("config", "show", "--json").out)

    assert shown["account.app_id"] == {"value": "wx1", "origin": "file"}


def test_check_is_content_with_a_good_file(settings_file: Path) -> None:
    put(settings_file, ACCOUNT)
    done = run("config", "check")

    assert (done.code, done.out, done.err) == (0, "", f"No mistake found in {settings_file}.\n")


def test_check_refuses_a_file_that_others_can_read(settings_file: Path) -> None:
    put(settings_file, ACCOUNT, 0o644)
    done = run("config", "check")

    assert done.code == 2
    assert f"chmod 600 {settings_file}" in done.err


# Keys

KEYS = ACCOUNT + "[keys]\n"


def test_check_names_every_key_that_cannot_be(settings_file: Path) -> None:
    put(settings_file, KEYS + 'repl = "r"\nreply = "Ctrl+Shift+R, foo"\naccept = "x"\n')
    done = run("config", "check")

    assert done.code == 2
    assert done.err.splitlines() == [
        f"kfconsole: keys.repl in {settings_file}: there is no command of this name. Did you mean reply?",
        f"keys.reply in {settings_file}: Ctrl+Shift+R never arrives: a terminal sends Ctrl+R for it.",
        f"keys.reply in {settings_file}: “foo” is no key. Write keys as a, ?, F5, Esc, Space or Ctrl+R.",
        f"keys.accept in {settings_file}: x is close_session already; give that another key, or none: "
        'close_session = ""',
        "hint: Correct [keys], or take the lines away. 'kfconsole config keys' prints all commands and their keys.",
    ]


@pytest.mark.parametrize("value", ["3", "[1]", '[""]', "{ a = 1 }", "true"])
def test_check_refuses_what_is_no_text(settings_file: Path, value: str) -> None:
    put(settings_file, KEYS + f"reply = {value}\n")
    done = run("config", "check")

    assert done.code == 2
    assert f"keys.reply in {settings_file}: must be keys in quotes" in done.err


def test_check_warns_of_what_tmux_may_take(settings_file: Path) -> None:
    put(settings_file, KEYS + 'reply = "ctrl+b"\n')
    done = run("config", "check", TMUX="/tmp/tmux,1,0")

    assert done.code == 0
    assert done.err.startswith("keys.reply: tmux takes Ctrl+B for itself")


def test_a_command_without_keys_does_not_care_for_them(settings_file: Path) -> None:
    put(settings_file, KEYS + 'reply = "foo"\n')

    assert run("config", "show").code == 0


def test_keys_are_printed_with_what_the_settings_changed(settings_file: Path) -> None:
    put(settings_file, KEYS + 'reply = ["F5", "i"]\ntyping = ""\nfilter = ","\n')
    done = run("config", "keys")
    rows = {row.split()[0]: row for row in done.out.splitlines()}

    assert done.code == 0
    assert rows["reply"].split()[1:3] == ["F5", "i"]
    assert rows["filter"].split()[1] == ","
    shown = {row["command"]: row for row in json.loads(run("config", "keys", "--json").out)}
    assert shown["reply"] == {
        "command": "reply",
        "keys": ["F5", "i"],
        "place": "anywhere",
        "description": "Write a reply to the customer",
        "is_changed": True,
    }
    assert shown["typing"]["keys"] == []
    assert not shown["accept"]["is_changed"]


def test_keys_that_cannot_be_still_leave_the_table_to_mend_them_by(settings_file: Path) -> None:
    put(settings_file, KEYS + 'reply = "foo"\n')
    done = run("config", "keys")

    assert done.code == 2
    assert "accept_next" in done.out
    assert "“foo” is no key" in done.err


def test_show_names_the_keys_of_the_file(settings_file: Path) -> None:
    put(settings_file, KEYS + 'reply = "F5, i"\n')

    assert 'keys.reply = ["F5", "i"]  # file' in run("config", "show").out.splitlines()


def test_checking_keys_loads_no_textual() -> None:
    code = "import sys; from kfconsole.ui import keymap; print('textual' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
