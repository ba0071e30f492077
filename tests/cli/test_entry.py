"""The entry: help, language, settings, terminals, crashes."""

import os
import subprocess
from pathlib import Path

import pytest

from kfconsole.__main__ import main
from kfconsole.cli.help_pages import CellFormatter
from kfconsole.cli.root import COMMANDS
from kfconsole.config import ENVIRONMENT
from kfconsole.text import width_cells
from tests.cli.conftest import PROGRAM, Shop, put, run


def test_help_names_every_command() -> None:
    done = run("--help")

    assert (done.code, done.err) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name} " in done.out


def test_help_fits_the_terminal_in_chinese_too() -> None:
    pages = [run(*name, "--help", LANG="zh_CN.UTF-8", COLUMNS="80").out for name in ((), ("queue",), ("simulate",))]

    assert max(width_cells(line) for page in pages for line in page.splitlines()) <= 80


def test_help_is_chinese_where_the_locale_is() -> None:
    by_locale = run("--help", LANG="zh_CN.UTF-8")
    by_variable = run("--help", KFCONSOLE_LANGUAGE="zh")

    assert by_locale.out == by_variable.out
    assert "用法" in by_locale.out
    assert "Show this message" not in by_locale.out


def test_the_settings_file_chooses_the_language(settings_file: Path, tmp_path: Path) -> None:
    put(settings_file, "[ui]\nlanguage = 'zh'\n")
    other = tmp_path / "other.toml"
    put(other, "[ui]\nlanguage = 'en'\n")

    assert "用法" in run("status", "--help").out
    assert "Usage" in run("--config", str(other), "status", "--help").out


def test_version() -> None:
    assert run("--version").out.startswith("kfconsole 0.")


def test_without_settings_the_next_step_is_named() -> None:
    done = run()

    assert done.code == 2
    assert "kfconsole init" in done.err
    assert "kfconsole demo" in done.err


def test_without_a_terminal_the_console_says_so() -> None:
    done = run(KFCONSOLE_APP_ID="wx1", KFCONSOLE_APP_SECRET="s")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kfconsole: The console needs a terminal")
    assert run("demo").err == done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("quue",), "kfconsole: No such command 'quue'. Did you mean queue?"),
        (("nothing-like-it",), "kfconsole: No such command 'nothing-like-it'."),
        (("send", "o1", "-5 yuan"), "kfconsole: No such option '-5'."),
        (("status", "--jsn"), "kfconsole: No such option '--jsn'"),
        (("simulate", "--port", "70000"), "kfconsole: Invalid value for '--port'"),
        (("simulate", "--scenario", "x"), "kfconsole: Invalid value for '--scenario': choose one of shop, "),
        (("demo", "--size", "3x"), "kfconsole: Invalid value for '--size': must be columns and rows"),
    ],
)
def test_wrong_usage_is_one_line_and_a_hint(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(said)
    assert len(done.err.splitlines()) == 2


def test_words_that_look_like_an_option_are_told_where_to_go() -> None:
    assert run("send", "o1", "-5 yuan").err.endswith("Words that begin with '-' go behind '--'.\n")
    assert "go behind" not in run("status", "--jsn").err


def test_what_is_missing_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("completion").err.startswith("kfconsole: Missing argument '{bash|zsh|fish}'.\n")
    words = {"Missing argument {name}.": "缺少参数 {name}。"}
    monkeypatch.setattr("kfconsole.cli.root._", lambda said: words.get(said, said))

    assert main(["send"]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "kfconsole: 缺少参数 'OPENID'。"


def test_help_has_the_colons_of_its_language_and_lines_up(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"Usage:": "用法：", "{title}:": "{title}："}
    monkeypatch.setattr("kfconsole.cli.help_pages._", lambda said: words.get(said, said))
    page = CellFormatter(width=42)
    page.write_usage("kfconsole send", "[OPTIONS] [WORDS]... OPENID")
    page.write_usage("kfconsole status")
    with page.section("选项"):
        page.write_dl([("--json", "JSON")])
    narrow = CellFormatter(width=24)
    narrow.write_usage("kfconsole history show", "[OPTIONS] OPENID")

    assert page.getvalue().splitlines() == [
        "用法：kfconsole send [OPTIONS] [WORDS]...",
        "                     OPENID",
        "用法：kfconsole status",
        "",
        "选项：",
        "  --json  JSON",
    ]
    assert narrow.getvalue() == "用法：kfconsole history show\n    [OPTIONS] OPENID\n"


def test_a_group_without_a_command_shows_its_help_and_nothing_else() -> None:
    done = run("agents")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: kfconsole agents ")
    assert "hint" not in done.err


def test_a_wrong_setting_is_wrong_usage(settings_file: Path) -> None:
    put(settings_file, "[poll]\nqueu = 1\n")
    done = run("status")

    assert done.code == 2
    assert done.err == f"kfconsole: {settings_file} has an unknown setting poll.queu. Did you mean queue?\n"


def test_a_reader_that_goes_away_is_no_failure(shop: Shop) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*PROGRAM, "queue", "--json"],
        env={**os.environ, **shop.environment},
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_output_that_cannot_be_written_is_told_after_what_was_done(shop: Shop) -> None:
    openid = shop.customer("hi")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "send", openid, "hello", "--json"],
            env={**os.environ, **shop.environment},
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"Sent to {openid} in the name of {shop.kf_account}.",
        "kfconsole: The output cannot be written: No space left on device",
    ]


def test_a_crash_is_one_line_and_its_traceback_is_in_the_log_without_secrets(home: Path, tmp_path: Path) -> None:
    # A sitecustomize breaks the program from outside, as a broken installation would.
    (tmp_path / "sitecustomize.py").write_text(
        "import kfconsole.config as config\n"
        "def broken(*_, **_names):\n"
        "    raise ZeroDivisionError('access_token=abc&secret=5f2c0ffee')\n"
        "config.load = broken\n"
    )
    done = run("status", PYTHONPATH=str(tmp_path))
    log = (home / "data" / "kfconsole.log").read_text("utf-8")

    assert done.code == 1
    assert done.err.splitlines()[0].startswith("kfconsole: This is a mistake in kfconsole: ZeroDivisionError")
    assert str(home / "data" / "kfconsole.log") in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in log
    assert "5f2c0ffee" not in done.err + log
    assert "abc" not in done.err + log


def test_the_readme_names_every_command_and_variable() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")

    assert [name for name in COMMANDS if f"kfconsole {name}" not in readme] == []
    assert [name for name in (*ENVIRONMENT, "KFCONSOLE_DATA_DIR", "KFCONSOLE_CONFIG") if name not in readme] == []
