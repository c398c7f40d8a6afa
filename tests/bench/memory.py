"""Peak memory of the web process while it receives a huge mbox, and of a worker that parses it.

`python -m tests.bench.memory --bytes 2000000000 [--small 20000000]` runs a real console with its
local thread twice, on a small and on a huge mbox, and prints both and their ratio: memory that is
bounded does not grow with the file.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.harness.console import Console, start_console

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "mbox" / "lists"
MESSAGE_ID = re.compile(rb"\nMessage-I[Dd]: *<")
OPEN = ("queued", "planning", "running")
MEBIBYTE = 1 << 20


def huge_mbox(size: int) -> Iterator[bytes]:
    """Real list mail over and over, each round with Message-IDs of its own, about `size` bytes."""
    mbox = (CORPUS / "linux-samsung-soc-2020-10_11.mbox").read_bytes()
    sent = number = 0
    while sent < size:
        block = MESSAGE_ID.sub(b"\nMessage-ID: <round%d." % number, mbox)
        yield block
        sent += len(block)
        number += 1


class Watch(threading.Thread):
    """Samples the resident memory of a process and, apart, of its children; keeps the peaks."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._stopped = threading.Event()
        self.peak = 0
        self.children_peak = 0

    def run(self) -> None:
        """Sample."""
        while not self._stopped.wait(0.05):
            self.peak = max(self.peak, self._process.memory_info().rss)
            for child in self._process.children(recursive=True):
                self.children_peak = max(self.children_peak, _rss(child))

    def stop(self) -> None:
        """No more samples."""
        self._stopped.set()
        self.join()


def _rss(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run; memory in bytes, times in seconds."""

    size: int
    messages: int
    web_receiving: int
    worker_parsing: int
    receive_seconds: float
    parse_seconds: float

    def line(self, name: str) -> str:
        """The run as a line of the table."""
        return (
            f"| {name} | {self.size / MEBIBYTE:,.0f} | {self.messages:,} "
            f"| {self.web_receiving / MEBIBYTE:,.0f} | {self.worker_parsing / MEBIBYTE:,.0f} "
            f"| {self.size / MEBIBYTE / self.receive_seconds:,.0f} "
            f"| {self.messages / self.parse_seconds:,.0f} |"
        )


def measure(console: Console, *, size: int) -> Measured:
    """Send about `size` bytes, wait for the job's end, and watch."""
    watch = Watch(console.process.pid)
    watch.start()
    began = time.monotonic()
    with console.client(timeout_seconds=600) as client:
        told = client.post("/api/upload/stream", content=huge_mbox(size)).json()
        received = time.monotonic()
        web_receiving = watch.peak
        status: dict[str, Any] = {"status": "queued"}
        while status["status"] in OPEN:
            time.sleep(0.5)
            status = client.get(told["status_url"]).json()
    watch.stop()
    if status["status"] != "finished":
        raise RuntimeError(f"the job ended {status['status']}: {status['error']}")
    return Measured(
        size=told["size"],
        messages=status["progress"]["messages"],
        web_receiving=web_receiving,
        worker_parsing=watch.children_peak,
        receive_seconds=received - began,
        parse_seconds=time.monotonic() - received,
    )


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--bytes", type=int, default=2_000_000_000)
    parser.add_argument("--small", type=int, default=20_000_000)
    args = parser.parse_args()
    print("| file | MiB | messages | web MiB | worker MiB | received MiB/s | messages/s |")
    print("|---|---|---|---|---|---|---|")
    runs = {}
    for name, size in (("small", args.small), ("huge", args.bytes)):
        with tempfile.TemporaryDirectory() as folder:
            console = start_console(Path(folder), settings={})
            try:
                runs[name] = measure(console, size=size)
            finally:
                console.process.stop()
        print(runs[name].line(name), flush=True)
    huge, small = runs["huge"], runs["small"]
    print(
        f"ratio huge / small: web {huge.web_receiving / small.web_receiving:.2f}, "
        f"worker {huge.worker_parsing / small.worker_parsing:.2f}, "
        f"file {huge.size / small.size:.0f}"
    )


if __name__ == "__main__":
    main()
