"""A Redis server of the tests' own, on a free port, keeping nothing unless asked to."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import redis

from tests.harness.processes import Process, bare_environment, start, wait_until_ready
from tests.harness.waiting import accepts_connections, free_port


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A running redis-server; `process.kill()` is a crash, `restarted()` its return."""

    process: Process
    port: int
    folder: Path
    keeps_data: bool
    words: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Its address, as REDIS_URL wants it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """A connection for looking into it."""
        return redis.Redis.from_url(self.url, decode_responses=True)

    def flush(self) -> None:
        """Forget everything."""
        with self.client() as client:
            client.flushall()

    def stop(self) -> None:
        """End it; with `keeps_data`, what it knew is on disk for `restarted()`."""
        self.process.stop()

    def restarted(self) -> RedisServer:
        """The same server again, on the same port, after `stop` or a crash."""
        process = _start(self.folder, self.words, port=self.port, keeps_data=self.keeps_data)
        return replace(self, process=process)


def start_redis(
    folder: Path, *, keeps_data: bool = False, words: tuple[str, ...] = ()
) -> RedisServer:
    """Start a server in `folder`. Raises RuntimeError when redis-server is missing.

    `words` come first on its command line: a configuration file, and further options.
    """
    port = free_port()
    process = _start(folder, words, port=port, keeps_data=keeps_data)
    return RedisServer(process, port, folder, keeps_data, words)


def _start(folder: Path, words: tuple[str, ...], *, port: int, keeps_data: bool) -> Process:
    process = start(
        [
            *(_program(), *words),
            *("--port", str(port), "--bind", "127.0.0.1", "--dir", folder),
            *("--save", "", "--appendonly", "yes" if keeps_data else "no"),
        ],
        name=f"redis-{port}",
        folder=folder,
        environ=bare_environment({}),
    )
    wait_until_ready(process, lambda: accepts_connections(port))
    return process


def _program() -> str:
    found = shutil.which("redis-server")
    if found is None:
        raise RuntimeError(
            "the tests need redis-server; install it (Debian: redis-server), or run `make test`, "
            "which does"
        )
    return found
