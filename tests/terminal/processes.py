"""What a process and its children cost, read from /proc."""

import contextlib
import os
import re
import time
from pathlib import Path

_PROC = Path("/proc")
_CPU_STAT_FIELDS = slice(1, 9)


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [pid]
    for parent in found:
        for children in (_PROC / str(parent) / "task").glob("*/children"):
            found += map(int, _read(children).split())
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a tree so far, reaped children included."""
    total = 0.0
    for member in tree(pid):
        fields = _read(_PROC / str(member) / "stat").rpartition(")")[2].split()
        with contextlib.suppress(OSError, IndexError):  # it ended meanwhile
            reaped = int(fields[13]) + int(fields[14])
            total += reaped / os.sysconf("SC_CLK_TCK") + time.clock_gettime((~member << 3) | 2)
    return total


def memory_mb(pid: int) -> float:
    """Return the resident memory of a tree."""
    kilobytes = [
        re.search(r"^Rss:\s*(\d+)", _read(_PROC / str(member) / "smaps_rollup"), re.MULTILINE) for member in tree(pid)
    ]
    return sum(int(found[1]) for found in kilobytes if found) / 1024


def machine_cpu() -> tuple[int, int]:
    """Return the machine's idle and total processor ticks so far."""
    ticks = [int(field) for field in _read(_PROC / "stat").partition("\n")[0].split()[_CPU_STAT_FIELDS]]
    return ticks[3] + ticks[4], sum(ticks)


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text("utf-8")
    return ""
