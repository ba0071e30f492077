"""What every measure gets: installed programs, servers and homes of their own, and a calm machine."""

import compileall
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.terminal.processes import machine_cpu
from tests.terminal.program import write_settings
from tests.terminal.session import Session
from tests.terminal.wechat_server import WechatServer

CONSOLE, BARE, TABLE = "kfconsole", "kfbench_bare", "kfbench_table"
_PROJECT = Path(__file__).parents[2]
_CALM_SHARE = 0.15  # of all processors, in use by others
_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Bench:
    """The installed programs, and how thoroughly to measure."""

    folder: Path
    is_quick: bool

    def runs(self, thorough: int, quick: int) -> int:
        """Return how often to repeat."""
        return quick if self.is_quick else thorough

    @contextmanager
    def home(self) -> Iterator[Path]:
        """Make an empty home."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            yield Path(name)

    @contextmanager
    def server(self, home: Path, poll_seconds: float | None = None) -> Iterator[WechatServer]:
        """Run a quiet server, and leave settings for it at home."""
        with WechatServer(home) as server:
            write_settings(home, server.account, poll_seconds=poll_seconds)
            yield server

    def settle_at(self, home: Path, server: WechatServer) -> None:
        """Leave settings for a server at home."""
        write_settings(home, server.account)

    def start(self, module: str, home: Path) -> Session:
        """Start an installed program on a terminal."""
        return Session([sys.executable, "-P", "-m", module], home=home, environment=self._environment())

    def _environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": os.fspath(self.folder / "installed")}


@contextmanager
def prepared(*, is_quick: bool) -> Iterator[Bench]:
    """Install the console from a wheel, and the reference programs beside it: both run from compiled files."""
    with tempfile.TemporaryDirectory(prefix="kfconsole-bench-") as name:
        folder = Path(name)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", name, os.fspath(_PROJECT)], check=True
        )
        wheel = next(folder.glob("*.whl"))
        subprocess.run([*pip, "install", "--no-deps", "--target", folder / "installed", wheel], check=True)
        shutil.copytree(Path(__file__).with_name("reference"), folder / "installed", dirs_exist_ok=True)
        compileall.compile_dir(folder / "installed", quiet=2)
        yield Bench(folder, is_quick)


def wait_until_calm() -> bool:
    """Wait until the machine has nothing else to do; False when it never had."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        idle, total = machine_cpu()
        time.sleep(_LOOK_SECONDS)
        idle_after, total_after = machine_cpu()
        if 1 - (idle_after - idle) / max(1, total_after - total) <= _CALM_SHARE:
            return True
    return False
