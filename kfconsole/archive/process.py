"""Which process writes, and whose it is, so that another one can tell later whether it still lives."""

import json
import os
import platform
import pwd
import re
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import astuple

from kfconsole.text import clean

_PROC = Path("/proc")
_STARTED = 19  # starttime is field 22 of stat; the fields after the command's closing bracket begin at 3
_PS_SECONDS = 5


class Process(Struct, frozen=True):
    """One process, told apart from any later one that gets the same number."""

    host: str
    """The host, and where there is one the namespace, whose process numbers these are."""
    boot: str
    """The start of the host; empty where it cannot be read."""
    pid: int
    started: str
    """When the process began, in the host's own notation; empty where it cannot be read."""

    @classmethod
    def current(cls) -> "Process":
        """Return the running process."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Return the process that has a number now."""
        return cls(_host(), _boot(), pid, _started(pid) or "")

    def is_alive(self) -> bool | None:
        """Whether it still runs; None when that cannot be told from here."""
        if self.host != _host() or not self.started:
            return None
        if self.boot != _boot():
            return False
        return _started(self.pid) == self.started

    def encoded(self) -> str:
        """Return it as text for the archive."""
        return json.dumps(astuple(self))

    @classmethod
    def decoded(cls, text: str) -> "Process | None":
        """Read what `encoded` wrote; None when it is something else."""
        with suppress(ValueError, TypeError):
            host, boot, pid, started = json.loads(text)
            return cls(str(host), str(boot), int(pid), str(started))
        return None


def user_name(number: int) -> str:
    """Return a user's name by the host's list of users."""
    try:
        return clean(pwd.getpwuid(number).pw_name)
    except KeyError:  # a number without a name, as in some containers
        return str(number)


def _host() -> str:
    namespace = ""
    with suppress(OSError):
        namespace = str((_PROC / "self/ns/pid").readlink())
    return f"{platform.node()} {namespace}".strip()


def _boot() -> str:
    with suppress(OSError):
        return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    return ""


def _started(pid: int) -> str | None:
    if (_PROC / "self/stat").exists():
        return _started_by_proc(pid)
    return started_by_ps(pid)


def _started_by_proc(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the command may hold blanks and brackets itself
    return None if fields[0] in "ZX" else fields[_STARTED]


def started_by_ps(pid: int) -> str | None:
    """Return when a living process began, in UTC and English; None when it is none."""
    import subprocess  # only where there is no /proc: importing it takes as long as the question

    # Fixed zone and language: lstart is written in the reader's own.
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC0"}
    command = ["ps", "-o", "state=", "-o", "lstart=", "-p", str(pid)]
    try:
        answer = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_PS_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.fullmatch(r"\s*(\S+)\s+(.*\S)\s*", answer.stdout)
    if found is None or found[1].startswith("Z"):
        return None
    return found[2]
