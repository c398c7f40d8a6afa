"""RQ workers as an operator starts them: the plain `rq worker --url …`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.harness.processes import Process, bare_environment, program, start, wait_until_ready


def start_rq_worker(
    folder: Path, *, environ: Mapping[str, str], name: str, words: tuple[str, ...] = ()
) -> Process:
    """Start a plain worker with `environ` (REDIS_URL among it) and wait until it listens."""
    process = start(
        [program("rq"), "worker", "--url", environ["REDIS_URL"], *words],
        name=name,
        folder=folder,
        environ=bare_environment(environ),
    )
    wait_until_ready(process, lambda: "Listening on" in process.log())
    return process
