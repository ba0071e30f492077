"""No fault brings the secret or a token into what a command prints, logs, leaves behind or shows in `ps`."""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from kfconsole.simulator.faults import KINDS
from tests.cli.conftest import PROGRAM, SECONDS, Shop, current_token

TOKEN_PATH = "/cgi-bin/stable_token"
SECRET = "5f2c0ffee5f2c0ffee5f2c0ffee5f2c0"
SECRET_WITH_MARKS = "s3cr3t/of+the=shop&co"
QUEUE_PATH = "/customservice/kfsession/getwaitcase"


def forms(value: str) -> set[str]:
    """Return the value as it may be written: plain, percent-encoded, escaped for JSON."""
    encoded = quote(value, safe="")
    return {value, encoded, encoded.lower(), json.dumps(value)[1:-1], value.replace("/", "\\/")}


def watched(shop: Shop, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command; return its exit code, and all that anybody else on this host could see of it."""
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        env={**os.environ, **shop.environment, "KFCONSOLE_LANGUAGE": "en", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        seen = "".join(_command_lines(process))
        out, err = process.communicate(timeout=SECONDS)
        return process.returncode, seen + out + err


def _command_lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    """Yield the command line of the process while it runs."""
    while process.poll() is None:
        yield Path(f"/proc/{process.pid}/cmdline").read_bytes().decode("utf-8", "replace")
        time.sleep(0.01)


def left_behind(folder: Path) -> str:
    """Return the content of every file but the cache, which must be its owner's alone."""
    content = ""
    for file in folder.rglob("*"):
        if file.suffix == ".json" and file.name.startswith("token-"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        elif file.is_file():
            content += file.read_bytes().decode("utf-8", "replace")
    return content


def disarm(shop: Shop) -> None:
    with build_opener(ProxyHandler({})).open(Request(f"{shop.base_url}/_sim/faults", method="DELETE")):
        pass


@pytest.fixture(scope="module")
def hurry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let commands ask again at once, not after a second: for PYTHONPATH."""
    folder = tmp_path_factory.mktemp("hurry")
    (folder / "sitecustomize.py").write_text(
        "from kfconsole.cli import retries\nretries.FIRST_WAIT_SECONDS = retries.JITTER_SECONDS = 0.01\n"
    )
    return folder


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        (TOKEN_PATH, KINDS[::3]),
        (QUEUE_PATH, KINDS[::2]),
        pytest.param(TOKEN_PATH, KINDS, marks=pytest.mark.soak),
        pytest.param(QUEUE_PATH, KINDS, marks=pytest.mark.soak),
    ],
)
def test_no_fault_shows_them(shop: Shop, home: Path, hurry: Path, path: str, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        token = current_token(shop)
        told = f"bad {shop.app_secret} {token} {json.dumps(token)} {quote(token, safe='')}"
        # Once: what is asked again in patience takes long and shows no more.
        fault = {"kind": kind, "code": 45015, "errmsg": told, "delay_seconds": 0.1, "status": 404}
        shop.order("faults", path=path, count=1, switches={"errmsg_suffix": "both"}, **fault)
        if path == TOKEN_PATH:
            for file in (home / "data").glob("token-*.json"):
                file.unlink()
        _code, seen = watched(shop, "queue", "--json", PYTHONPATH=str(hurry))
        disarm(shop)
        seen += left_behind(home)
        tokens = {token, current_token(shop)}

        assert "queue" in seen, "the command line was looked at"
        leaks = [form for value in (shop.app_secret, *tokens) for form in forms(value) if form in seen]
        assert leaks == [], kind


def test_a_wrong_secret_with_marks_is_shown_in_no_form(shop: Shop, home: Path) -> None:
    escaped = json.dumps(SECRET_WITH_MARKS)
    shop.order(
        "faults", path=TOKEN_PATH, kind="errcode", count=None, code=40125, errmsg=f"bad {escaped} {quote(escaped)}"
    )
    wrong = Shop(shop.base_url, shop.app_id, SECRET_WITH_MARKS, shop.kf_account)
    code, seen = watched(wrong, "queue")

    assert code == 1
    assert [form for form in forms(SECRET_WITH_MARKS) if form in seen + left_behind(home)] == []


def test_a_crash_shows_them_neither(home: Path, tmp_path: Path) -> None:
    # A sitecustomize breaks the program from outside, where everything secret is at hand.
    (tmp_path / "sitecustomize.py").write_text(
        "import kfconsole.config as config\n"
        "whole = config.load\n"
        "def broken(*given, **named):\n"
        "    settings = whole(*given, **named)\n"
        "    raise ZeroDivisionError(f'secret {settings.account.app_secret} {settings!r}')\n"
        "config.load = broken\n"
    )
    done = subprocess.run(
        [*PROGRAM, "queue"],
        env={**os.environ, "KFCONSOLE_APP_ID": "wx1", "KFCONSOLE_APP_SECRET": SECRET, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=SECONDS,
    )

    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr + left_behind(home)
    assert SECRET not in done.stdout + done.stderr + left_behind(home)


def test_what_the_token_command_prints_is_nowhere(shop: Shop, home: Path) -> None:
    token = current_token(shop)
    program = home / "print-token"
    program.write_text(f"#!{sys.executable}\nimport sys\nprint({token!r})\nprint({token!r}, file=sys.stderr)\n")
    program.chmod(0o700)
    settings = home / "kf.toml"
    settings.write_text(f"[account]\naccess_token_command = ['{program}']\n")
    without_secret = Shop(shop.base_url, shop.app_id, "", shop.kf_account)
    code, seen = watched(without_secret, "--config", str(settings), "queue", "--json")
    program.unlink()

    assert code == 0
    assert '"total": 1' in seen
    assert token not in seen + left_behind(home)
    assert list((home / "data").glob("token-*")) == []
