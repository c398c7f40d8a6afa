"""Of what a process died, in words, and what the kernel tells of one that lives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.deaths import Memory, cause_of_death, cause_of_silence
from jobs.proc import memory_limit, use_of

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("exit_code", "memory", "words"),
    [
        (
            -9,
            Memory(held=1_900_000_000, limit=2 * GB),
            "signal 9 (SIGKILL); it held 1.9 GB of a limit of 2.0 GB: probably out of memory",
        ),
        (
            -9,
            Memory(held=120_000_000, limit=2 * GB),
            "signal 9 (SIGKILL); it held 120 MB of a limit of 2.0 GB: "
            "killed by hand or by the kernel",
        ),
        (-9, Memory(), "signal 9 (SIGKILL): killed by hand or by the kernel"),
        (-11, Memory(), "signal 11 (SIGSEGV): a library written in C crashed"),
        (-63, Memory(), "signal 63"),
        (3, Memory(), "exit status 3"),
    ],
)
def test_a_death_is_told_in_words(exit_code: int, memory: Memory, words: str) -> None:
    assert cause_of_death(exit_code, memory) == words


def test_silence_near_the_limit_is_probably_a_lack_of_memory() -> None:
    near = Memory(held=1_900_000_000, limit=2 * GB)

    assert "probably out of memory" in (cause_of_silence(near) or "")
    assert cause_of_silence(Memory(held=120_000_000, limit=2 * GB)) is None


def test_the_kernel_tells_of_this_process_and_of_none_that_is_gone() -> None:
    use = use_of(os.getpid())

    assert use is not None
    assert use.peak_bytes >= use.memory_bytes > 1 << 20
    assert use.cpu_seconds > 0
    assert use.cpu_share > 0
    assert use_of(1 << 30) is None


def file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_narrowest_limit_of_all_groups_above_counts(tmp_path: Path) -> None:
    file(tmp_path / "proc/meminfo", "MemTotal:       8000000 kB\n")
    file(tmp_path / "proc/self/cgroup", "0::/work.slice/worker.service\n")
    groups = tmp_path / "sys/fs/cgroup"
    file(groups / "work.slice/memory.max", "2000000000\n")
    file(groups / "work.slice/worker.service/memory.max", "max\n")

    assert memory_limit(root=tmp_path) == 2_000_000_000


def test_without_a_limit_it_is_the_memory_of_the_machine(tmp_path: Path) -> None:
    file(tmp_path / "proc/meminfo", "MemTotal:       8000000 kB\n")
    file(tmp_path / "proc/self/cgroup", "9:memory:/docker\n")
    file(tmp_path / "sys/fs/cgroup/memory/memory.limit_in_bytes", f"{(1 << 63) - 4096}\n")

    assert memory_limit(root=tmp_path) == 8_000_000 * 1024
    assert memory_limit(root=tmp_path / "nowhere") is None
