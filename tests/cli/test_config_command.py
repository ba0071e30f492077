"""`config path`, `show` and `check`."""

import json
from pathlib import Path

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
