"""Real `kfconsole` processes and a real simulator."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

PROGRAM = (sys.executable, "-m", "kfconsole")
SECONDS = 60  # far beyond what any command takes, also on a busy machine


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str


def run(*arguments: str, given: str | None = None, **environment: str) -> Done:
    """Run one command without a terminal, speaking English unless told otherwise."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "LANG": "C.UTF-8", **environment},
        timeout=SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Shop:
    """A simulator in a process of its own."""

    base_url: str
    app_id: str
    app_secret: str
    kf_account: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KFCONSOLE_BASE_URL": self.base_url,
            "KFCONSOLE_APP_ID": self.app_id,
            "KFCONSOLE_APP_SECRET": self.app_secret,
            "KFCONSOLE_KF_ACCOUNT": self.kf_account,
        }

    def order(self, control: str, **values: object) -> Mapping[str, Any]:
        """Move the people or the wire."""
        request = Request(f"{self.base_url}/_sim/{control}", json.dumps(values).encode(), method="POST")
        with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            found: Mapping[str, Any] = json.load(answer)
            return found

    def run(self, *arguments: str) -> Done:
        """Run one command on this shop."""
        return run(*arguments, **self.environment)


@contextmanager
def simulator(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], Shop]]:
    """Serve a shop that ends with the block."""
    with subprocess.Popen(
        [*PROGRAM, "simulate", "--until-stdin-closes", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process, Shop(**json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(SECONDS)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A quiet shop: four agents, two online, one customer waiting."""
    with simulator("--scenario", "quiet") as (_process, shop):
        yield shop


@pytest.fixture
def settings_file(home: Path) -> Path:
    """Where the settings are looked for."""
    return home / ".config/kfconsole/config.toml"


def put(file: Path, text: str, mode: int = 0o600) -> None:
    """Write a settings file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    file.chmod(mode)
