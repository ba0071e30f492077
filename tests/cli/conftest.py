"""Real `kfconsole` processes and a real simulator; for tables of cases, commands in this process."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
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

    def customer(self, *said: str) -> str:
        """Bring a customer, who waits when they say something."""
        openid: str = self.order("customers")["openid"]
        for text in said:
            self.order("say", openid=openid, text=text)
        return openid

    def state(self) -> Mapping[str, Any]:
        """Return everything there is to know."""
        with build_opener(ProxyHandler({})).open(f"{self.base_url}/_sim/state", timeout=SECONDS) as answer:
            found: Mapping[str, Any] = json.load(answer)
            return found

    def disarm(self) -> None:
        """Take back all faults."""
        request = Request(f"{self.base_url}/_sim/faults", method="DELETE")
        build_opener(ProxyHandler({})).open(request, timeout=SECONDS).close()

    def run(self, *arguments: str) -> Done:
        """Run one command on this shop."""
        return run(*arguments, **self.environment)


def current_token(shop: Shop) -> str:
    """Return the token the simulator hands out now, and would to anybody who asks."""
    body = {"grant_type": "client_credential", "appid": shop.app_id, "secret": shop.app_secret}
    request = Request(f"{shop.base_url}/cgi-bin/stable_token", json.dumps(body).encode(), method="POST")
    with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
        return str(json.load(answer)["access_token"])


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


@pytest.fixture(scope="module")
def one_shop() -> Iterator[Shop]:
    """A quiet shop for all tests of a file: each brings customers of its own and leaves agents as they were."""
    with simulator("--scenario", "quiet") as (_process, shop):
        yield shop


Command = Callable[..., Done]


@pytest.fixture
def kf(one_shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Run commands in this process, without a terminal, on the shop of the file."""
    from kfconsole.__main__ import main

    for name, value in one_shop.environment.items():
        monkeypatch.setenv(name, value)

    def run_here(*arguments: str, given: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capsys.readouterr()
        code = main(arguments)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    yield run_here
    one_shop.disarm()


@pytest.fixture
def settings_file(home: Path) -> Path:
    """Where the settings are looked for."""
    return home / ".config/kfconsole/config.toml"


def put(file: Path, text: str, mode: int = 0o600) -> None:
    """Write a settings file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    file.chmod(mode)
