"""What the kernel tells of a process, and how much memory it may hold.

Reads /proc and the cgroups, so it knows nothing on other systems than Linux: None then.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")
_RESIDENT = re.compile(rb"^VmRSS:\s+(\d+) kB", re.MULTILINE)
_HIGH_WATER = re.compile(rb"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_MACHINE = re.compile(rb"^MemTotal:\s+(\d+) kB", re.MULTILINE)
# An unlimited group of cgroup v1 says so by a number near 2 ** 63.
NO_LIMIT = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUse:
    """What one process holds and has taken: bytes, seconds of CPU, seconds since it began."""

    pid: int
    memory_bytes: int
    peak_bytes: int
    cpu_seconds: float
    age_seconds: float

    @property
    def cpu_share(self) -> float:
        """Of one core, over its whole life."""
        return self.cpu_seconds / max(self.age_seconds, 0.01)


def use_of(pid: int, *, root: Path = ROOT) -> ProcessUse | None:
    """Ask; None when there is no such process, or it has ended already."""
    try:
        status = (root / f"proc/{pid}/status").read_bytes()
        stat = (root / f"proc/{pid}/stat").read_bytes()
        uptime = (root / "proc/uptime").read_bytes()
    except OSError:
        return None
    memory, peak = _kibibytes(_RESIDENT, status), _kibibytes(_HIGH_WATER, status)
    if memory is None or peak is None:  # a zombie holds nothing
        return None
    # The name of the program may hold spaces and brackets; what counts comes after the last one.
    fields = stat[stat.rindex(b")") + 2 :].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return ProcessUse(
        pid=pid,
        memory_bytes=memory,
        peak_bytes=peak,
        cpu_seconds=(int(fields[11]) + int(fields[12])) / ticks,
        age_seconds=max(float(uptime.split()[0]) - int(fields[19]) / ticks, 0.0),
    )


def _kibibytes(pattern: re.Pattern[bytes], text: bytes) -> int | None:
    found = pattern.search(text)
    return int(found[1]) * 1024 if found else None


def memory_limit(*, root: Path = ROOT) -> int | None:
    """The most bytes this process may hold: its cgroup's limit, or else the machine's memory."""
    limits = [*_cgroup_limits(root), *_machine_memory(root)]
    return min(limits, default=None)


def _machine_memory(root: Path) -> Iterator[int]:
    text = _read(root / "proc/meminfo")
    total = _kibibytes(_MACHINE, text) if text else None
    if total is not None:
        yield total


def _cgroup_limits(root: Path) -> Iterator[int]:
    for line in (_read(root / "proc/self/cgroup") or b"").decode().splitlines():
        _, controllers, group = line.split(":", 2)
        if not controllers:
            yield from _limits_along(root / "sys/fs/cgroup", group, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _limits_along(root / "sys/fs/cgroup/memory", group, "memory.limit_in_bytes")


def _limits_along(mount: Path, group: str, name: str) -> Iterator[int]:
    """The limit of a group and of all above it; inside a container only the mount itself shows."""
    place = mount / group.strip("/")
    while True:
        text = (_read(place / name) or b"").strip()
        if text.isdigit() and int(text) < NO_LIMIT:
            yield int(text)
        if place == mount:
            return
        place = place.parent


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
