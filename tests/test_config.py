"""Settings: where they come from, what is refused and in which words, and how they are written."""

import stat
import sys
import tomllib
import traceback
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.pretty import pretty_repr

from kfconsole import config
from kfconsole.config.settings import SECTIONS
from kfconsole.errors import ConfigError

ROOT = Path(__file__).parent.parent
SECRET = "5f2c0ffee5f2c0ffee5f2c0ffee5f2c0"
HOURS = "[[alerts.hours]]\nfrom = '{}'\nto = '{}'\nwarn_after = {}\nlate_after = {}\n"
ACCOUNT = f'[account]\napp_id = "wx1"\napp_secret = "{SECRET}"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """An environment without a settings file."""
    return {"XDG_CONFIG_HOME": str(tmp_path / "nowhere")}


def put(file: Path, text: str) -> Path:
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    return file


def complaint(file: Path, text: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        config.load(put(file, text), environment or {})
    return caught.value.message.replace(str(file), "FILE")


# Where


def test_the_file_given_beats_the_variable_and_the_variable_beats_the_home(home: Path) -> None:
    by_variable = {"KFCONSOLE_CONFIG": "/named.toml"}

    assert config.settings_path(Path("/given.toml"), by_variable) == Path("/given.toml")
    assert config.settings_path(None, by_variable) == Path("/named.toml")
    assert config.settings_path(None, {}) == home / ".config/kfconsole/config.toml"
    assert config.settings_path(None, {"XDG_CONFIG_HOME": "/xdg"}) == Path("/xdg/kfconsole/config.toml")


def test_a_relative_xdg_folder_counts_as_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")

    assert config.settings_path(None, {"XDG_CONFIG_HOME": "here"}) == home / ".config/kfconsole/config.toml"


def test_archive_and_log_are_in_the_data_folder_one_archive_an_account(file: Path) -> None:
    settings = config.load(put(file, ACCOUNT), {"KFCONSOLE_DATA_DIR": "/data"})

    assert settings.archive_path == Path("/data/wx1.db")
    assert settings.log_path == Path("/data/kfconsole.log")


def test_the_data_folder_follows_xdg(home: Path) -> None:
    assert config.data_dir({}) == home / ".local/share/kfconsole"
    assert config.data_dir({"XDG_DATA_HOME": "/xdg"}) == Path("/xdg/kfconsole")


# What


def test_without_a_file_everything_has_its_default(nowhere: dict[str, str]) -> None:
    settings = config.load(None, nowhere)

    assert settings.poll.queue == 2.0
    assert settings.ui.timezone == "Asia/Shanghai"
    assert {origin for _key, _value, origin in settings.shown()} == {"default"}


@pytest.mark.parametrize("is_argument", [True, False])
def test_a_file_that_is_named_and_not_there_is_refused_whatever_the_environment_has(
    file: Path, is_argument: bool
) -> None:
    account = {"KFCONSOLE_APP_ID": "wx2", "KFCONSOLE_APP_SECRET": SECRET}
    with pytest.raises(ConfigError) as caught:
        config.load(*((file, account) if is_argument else (None, {**account, "KFCONSOLE_CONFIG": str(file)})))

    assert caught.value.message == f"There is no settings file {file}."
    assert "kfconsole init" in caught.value.hint


def test_the_example_holds_every_key_with_its_default(file: Path, nowhere: dict[str, str]) -> None:
    example = tomllib.loads((ROOT / "config.example.toml").read_text("utf-8"))
    settings = config.load(put(file, (ROOT / "config.example.toml").read_text("utf-8")), {})

    assert {section: set(keys) for section, keys in example.items()} == {
        section: set(kind.__struct_fields__) for section, kind in SECTIONS.items()
    }
    assert [(key, value) for key, value, _origin in settings.shown()] == [
        (key, value) for key, value, _origin in config.load(None, nowhere).shown()
    ]


def test_every_value_knows_where_it_came_from(file: Path) -> None:
    put(file, ACCOUNT + "[ui]\nlanguage = 'zh'\n[poll]\nqueue = 3\n")
    settings = config.load(file, {"KFCONSOLE_LANGUAGE": "en", "KFCONSOLE_KF_ACCOUNT": ""})
    shown = {key: (value, origin) for key, value, origin in settings.shown()}

    assert shown["ui.language"] == ("en", "KFCONSOLE_LANGUAGE")
    assert shown["poll.queue"] == (3.0, "file")
    assert shown["poll.agents"] == (5.0, "default")
    assert shown["me.kf_account"] == ("", "default")


def test_the_environment_alone_is_enough(nowhere: dict[str, str]) -> None:
    settings = config.load(None, {**nowhere, "KFCONSOLE_APP_ID": "wx2", "KFCONSOLE_APP_SECRET": SECRET})
    settings.require_account()

    assert settings.account.secret() == SECRET


def test_secrets_are_in_no_repr_and_not_shown(file: Path) -> None:
    put(file, ACCOUNT + "[network]\nproxy = 'http://me:hunter2@proxy:8080'\n")
    settings = config.load(file, {})
    shown = {key: value for key, value, _origin in settings.shown()}

    for seen in (repr(settings), pretty_repr(settings)):
        assert SECRET not in seen
        assert "hunter2" not in seen
    assert shown["account.app_secret"] == "********"
    assert shown["network.proxy"] == "http://********@proxy:8080"


def test_limits_follow_the_hour_where_the_users_live(file: Path) -> None:
    put(file, "[alerts]\nwarn_after = 60\nlate_after = 180\n" + HOURS.format("18:00", "09:00", 300, 900))
    settings = config.load(file, {})

    def limits_at(clock: str) -> tuple[int, int]:
        limits = settings.limits_at(datetime.fromisoformat(f"2026-11-20T{clock}+08:00").timestamp())
        return limits.warn_after, limits.late_after

    assert limits_at("17:59") == (60, 180)
    assert limits_at("18:00") == (300, 900)
    assert limits_at("03:00") == (300, 900)
    assert limits_at("08:59") == (300, 900)
    assert limits_at("09:00") == (60, 180)
    assert ("alerts.hours", ("18:00-09:00 300 900",), "file") in settings.shown()


def test_the_time_zone_is_ready_to_use(file: Path, nowhere: dict[str, str]) -> None:
    assert config.load(None, nowhere).ui.zone == ZoneInfo("Asia/Shanghai")
    assert config.load(put(file, "[ui]\ntimezone = 'local'"), {}).ui.zone is None


# What is refused


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[poll]\nqueu = 2\n", "FILE has an unknown setting poll.queu. Did you mean queue?"),
        ("[pol]\nqueue = 2\n", "FILE has an unknown setting [pol]. Did you mean poll?"),
        ("[me]\nzzz = 2\n", "FILE has an unknown setting me.zzz. Known here: kf_account, read_only."),
        ("ui = 3\n", "ui in FILE must be a section: write [ui] on a line of its own."),
        ("[poll]\nqueue = 0.4\n", "poll.queue in FILE: must be a number from 0.5 to 3600"),
        ("[poll]\nqueue = nan\n", "poll.queue in FILE: must be a number from 0.5 to 3600"),
        ("[poll]\nqueue = true\n", "poll.queue in FILE: must be a number from 0.5 to 3600"),
        ("[poll]\nqueue = '2'\n", "poll.queue in FILE: must be a number from 0.5 to 3600"),
        ("[me]\nread_only = 1\n", "me.read_only in FILE: must be true or false"),
        ("[me]\nkf_account = 'kf1'\n", "me.kf_account in FILE: must be a full agent account such as kf2001@shop"),
        ("[me]\nkf_account = 7\n", "me.kf_account in FILE: must be text in quotes"),
        ("[account]\napp_id = '../wx'\n", "account.app_id in FILE: must be letters, digits, '-' and '_'"),
        ("[account]\napp_id = '..'\n", "account.app_id in FILE: must be letters, digits, '-' and '_'"),
        (
            "[account]\napp_secret_command = 'pass show kf'\n",
            'account.app_secret_command in FILE: must be a list of words, such as ["pass", "show", "kf"]',
        ),
        (
            '[account]\naccess_token_command = ["a\\u0000b"]\n',
            'account.access_token_command in FILE: must be a list of words, such as ["pass", "show", "kf"]',
        ),
        (
            "[account]\nbase_url = 'http://api.example.com'\n",
            "account.base_url in FILE: must begin with https:// (plain http only for this host)",
        ),
        (
            "[account]\nbase_url = 'https://127.0.0.1:99999'\n",
            "account.base_url in FILE: must be an address such as https://api.weixin.qq.com",
        ),
        (
            "[network]\nproxy = 'ftp://x'\n",
            'network.proxy in FILE: must be an http://, https:// or socks5:// address, "none" or empty',
        ),
        ("[ui]\nlanguage = 'fr'\n", "ui.language in FILE: must be one of auto, zh, en"),
        ("[ui]\ntheme = ''\n", "ui.theme in FILE: must be the name of a theme, such as textual-dark"),
        (
            "[ui]\ntimezone = 'Mars/Base'\n",
            'ui.timezone in FILE: must be a time zone such as Asia/Shanghai, or "local"',
        ),
        ("[ui]\ntimezone = '../etc'\n", 'ui.timezone in FILE: must be a time zone such as Asia/Shanghai, or "local"'),
        ("[alerts]\nwarn_after = 1.5\n", "alerts.warn_after in FILE: must be a whole number from 1 to 86400"),
        ("[alerts]\nlate_after = 30\n", "alerts.late_after in FILE must not be less than alerts.warn_after."),
        (
            HOURS.format("09:00", "12:00", 30, 90) + HOURS.format("11:59", "13:00", 30, 90),
            "alerts.hours in FILE: entries 1 and 2 share some time of the day; let each time have one",
        ),
        (
            HOURS.format("22:00", "02:00", 30, 90) + HOURS.format("01:00", "03:00", 30, 90),
            "alerts.hours in FILE: entries 1 and 2 share some time of the day; let each time have one",
        ),
        (
            HOURS.format("25:00", "12:00", 30, 90),
            'alerts.hours in FILE: entry 1: from must be a time of the day in quotes, such as "09:00"',
        ),
        (HOURS.format("09:00", "9:00", 30, 90), "alerts.hours in FILE: entry 1: from and to must differ"),
        (
            HOURS.format("09:00", "12:00", 90, 30),
            "alerts.hours in FILE: entry 1: late_after must not be less than warn_after",
        ),
        (
            HOURS.format("09:00", "12:00", 0, 30),
            "alerts.hours in FILE: entry 1: warn_after: must be a whole number from 1 to 86400",
        ),
        ("[[alerts.hours]]\nfrom = '09:00'\n", "alerts.hours in FILE: entry 1: to is missing"),
        (
            "[[alerts.hours]]\nform = '09:00'\n",
            "alerts.hours in FILE: entry 1: form is unknown; known here: from, to, warn_after, late_after",
        ),
        (
            "[alerts]\nhours = '09:00-12:00'\n",
            "alerts.hours in FILE: must be a list of tables such as "
            '{ from = "09:00", to = "12:00", warn_after = 30, late_after = 90 }',
        ),
        ("[archive]\nkeep_days = 0\n", "archive.keep_days in FILE: must be a whole number from 1 to 36500"),
        (
            ACCOUNT + "app_secret_command = ['pass']\n",
            "FILE has both account.app_secret and account.app_secret_command; keep one.",
        ),
        ("[poll\n", "FILE is not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 6)"),
    ],
)
def test_a_wrong_setting_is_told_with_key_file_and_fix(file: Path, text: str, problem: str) -> None:
    assert complaint(file, text) == problem


def test_a_wrong_variable_is_told_by_its_name(file: Path) -> None:
    assert complaint(file, "", {"KFCONSOLE_LANGUAGE": "fr"}) == "KFCONSOLE_LANGUAGE: must be one of auto, zh, en"


def test_no_complaint_repeats_the_secret(file: Path) -> None:
    said = complaint(file, "[account]\napp_secret = 'correct horse battery'\n")

    assert said == "account.app_secret in FILE: must be letters and digits without blanks"


def test_a_hostile_key_is_shown_clean(file: Path) -> None:
    text = '[ui]\n"' + "\\u001b]0;t\\u0007" + '" = 1\n'

    assert "\x1b" not in complaint(file, text)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_with_the_secret_must_be_private_and_the_fix_is_named(file: Path, mode: int) -> None:
    put(file, ACCOUNT).chmod(mode)
    with pytest.raises(ConfigError) as caught:
        config.load(file, {})

    assert caught.value.message == f"{file} holds the secret and can be read by others."
    assert caught.value.hint == f"chmod 600 {file}"


def test_a_file_without_the_secret_may_be_shared(file: Path) -> None:
    put(file, "[account]\napp_id = 'wx1'\napp_secret_command = ['pass']\n").chmod(0o644)

    assert config.load(file, {}).account.app_id == "wx1"


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        config.load(tmp_path, {})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:80", "https://gw.corp/wx"]
)
def test_plain_http_is_for_this_host_only(file: Path, url: str) -> None:
    settings = config.load(put(file, f"[account]\nbase_url = '{url}/'\n"), {})

    assert settings.account.base_url == url


def test_without_an_account_the_next_step_is_named(file: Path, nowhere: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as nothing:
        config.load(None, nowhere).require_account()
    with pytest.raises(ConfigError) as half:
        config.load(put(file, "[account]\napp_id = 'wx1'\n"), {}).require_account()

    assert nothing.value.message.startswith("There are no settings yet (")
    assert "kfconsole init" in nothing.value.hint
    assert "kfconsole demo" in nothing.value.hint
    assert half.value.message.startswith(f"account.app_secret in {file} is missing")


# The secret's command


def with_command(file: Path, *command: str) -> config.Settings:
    return config.load(put(file, f"[account]\napp_id = 'wx1'\napp_secret_command = {list(command)!r}\n"), {})


def test_the_secret_is_the_first_line_the_command_prints(file: Path) -> None:
    settings = with_command(file, sys.executable, "-c", "print(' s3cret \\nlogin: me')")

    assert settings.account.secret() == "s3cret"


def test_the_command_is_run_without_a_shell(file: Path) -> None:
    settings = with_command(file, sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME;x")

    assert settings.account.secret() == "$HOME;x"


def test_the_variable_beats_the_command(file: Path) -> None:
    put(file, "[account]\napp_id = 'wx1'\napp_secret_command = ['false']\n")
    settings = config.load(file, {"KFCONSOLE_APP_SECRET": SECRET})

    assert settings.account.secret() == SECRET
    assert settings.account.app_secret_command == ()


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (("/nowhere/pass",), "/nowhere/pass cannot be run: No such file or directory"),
        ((sys.executable, "-c", "raise SystemExit('locked\\nmore')"), f"{sys.executable} ended with code 1. locked"),
        ((sys.executable, "-c", ""), f"{sys.executable} printed nothing."),
    ],
    ids=["missing", "failing", "silent"],
)
def test_a_command_without_a_secret_says_why(file: Path, command: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_command(file, *command).account.secret()

    assert caught.value.message == f"account.app_secret_command: {problem}"


# The token's command

OWN_TOKEN = "83_" + "Zm9v-_" * 20


def with_token_command(file: Path, *command: str) -> config.Settings:
    return config.load(put(file, f"[account]\napp_id = 'wx1'\naccess_token_command = {list(command)!r}\n"), {})


def test_with_a_command_for_the_token_no_secret_is_needed(file: Path) -> None:
    settings = with_token_command(file, sys.executable, "-c", f"print(' {OWN_TOKEN} \\nexpires: 7200')")
    settings.require_account()

    assert settings.account.access_token() == OWN_TOKEN
    assert settings.account.secret() == ""


def test_with_a_command_for_the_token_an_app_id_is_still_needed(file: Path) -> None:
    settings = config.load(put(file, "[account]\naccess_token_command = ['x']\n"), {})
    with pytest.raises(ConfigError, match=r"account\.app_id in .* is missing"):
        settings.require_account()


def test_without_secret_and_command_both_ways_out_are_named(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(put(file, "[account]\napp_id = 'wx1'\n"), {}).require_account()

    assert caught.value.message == f"account.app_secret in {file} is missing, and so is account.access_token_command."


def test_the_secret_may_stand_beside_the_tokens_command(file: Path) -> None:
    settings = config.load(put(file, ACCOUNT + "access_token_command = ['x']\n"), {})

    assert (settings.account.app_secret, settings.account.access_token_command) == (SECRET, ("x",))


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("print()", "printed nothing."),
        ("print('not found: ' + 'T0K3N')", "printed something else than an access token."),
        ("print('T0K3N' * 1000)", "printed something else than an access token."),
        ("print('令牌T0K3N')", "printed something else than an access token."),
        ("raise SystemExit('no route')", "ended with code 1. no route"),
        (f"raise SystemExit('bad {OWN_TOKEN}T0K3N')", "ended with code 1. bad ********"),
        (f"print('T0K3N'); raise SystemExit('{SECRET} is wrong')", "ended with code 1. ******** is wrong"),
    ],
)
def test_a_command_without_a_token_says_why_and_repeats_nothing_secret(file: Path, program: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_token_command(file, sys.executable, "-c", program).account.access_token()

    assert caught.value.message == f"account.access_token_command: {sys.executable} {problem}"
    assert "T0K3N" not in repr(caught.value)


def test_a_command_that_hangs_is_ended(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfconsole.config.settings.COMMAND_SECONDS", 0.2)
    settings = with_token_command(file, sys.executable, "-c", "import time; print('T0K3N', flush=True); time.sleep(60)")
    with pytest.raises(ConfigError, match=r"gave no answer within 0\.2 seconds") as caught:
        settings.account.access_token()

    assert "T0K3N" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_a_password_in_an_address_of_a_command_is_not_shown(file: Path) -> None:
    settings = with_token_command(file, "curl", "https://me:hunter2@tokens.corp/wx1")
    shown = {key: value for key, value, _origin in settings.shown()}

    assert shown["account.access_token_command"] == ("curl", "https://********@tokens.corp/wx1")


# Writing


def test_what_is_written_is_private_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    config.write(path, {"account": {"app_id": "wx1", "app_secret": SECRET}, "poll": {"queue": 4.0}})
    settings = config.load(path, {})

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (settings.account.app_secret, settings.poll.queue) == (SECRET, 4.0)
    assert [entry.name for entry in path.parent.iterdir()] == ["config.toml"]


def test_a_wrong_value_is_not_written(file: Path) -> None:
    put(file, ACCOUNT)
    with pytest.raises(ConfigError):
        config.write(file, {"poll": {"queue": -1.0}})

    assert file.read_text() == ACCOUNT


def test_a_file_that_came_meanwhile_is_not_overwritten(file: Path) -> None:
    put(file, ACCOUNT)
    with pytest.raises(ConfigError, match="exists already"):
        config.write(file, {"account": {"app_id": "wx2"}})

    assert file.read_text() == ACCOUNT
    assert [entry.name for entry in file.parent.iterdir() if entry.name != "home"] == [file.name]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    in_the_way = tmp_path / "folder"
    in_the_way.write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        config.write(in_the_way / "config.toml", {})

    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "home"] == ["folder"]


def test_a_linked_file_stays_a_link(tmp_path: Path, file: Path) -> None:
    kept = tmp_path / "dotfiles.toml"
    file.symlink_to(kept)
    config.write(file, {"account": {"app_id": "wx1"}})

    assert file.is_symlink()
    assert "wx1" in kept.read_text()


# The language, before anything else


@pytest.mark.parametrize(
    ("text", "environment", "language"),
    [
        ("", {}, "auto"),
        ("[ui]\nlanguage = 'zh'\n", {}, "zh"),
        ("[ui]\nlanguage = 'zh'\n", {"KFCONSOLE_LANGUAGE": "en"}, "en"),
        ("[ui]\nlanguage = 'fr'\n", {}, "auto"),
        ("[ui]\nlanguage = 3\n", {}, "auto"),
        ("ui = 'zh'\n", {}, "auto"),
        ("[ui\n", {}, "auto"),
        ("", {"KFCONSOLE_LANGUAGE": "xx"}, "auto"),
    ],
)
def test_the_language_is_found_without_failing_on_a_bad_file(
    file: Path, text: str, environment: dict[str, str], language: str
) -> None:
    assert config.wanted_language(put(file, text), environment) == language
