"""Workers as an operator starts them: the plain `rq worker --url …`, and our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.harness.processes import Process, bare_environment, program, start, wait_until_ready


def start_rq_worker(
    folder: Path,
    *,
    environ: Mapping[str, str],
    name: str,
    words: Sequence[str] = (),
    url: str | None = None,
) -> Process:
    """Start a plain worker and wait until it listens; at `url`, or the REDIS_URL of `environ`."""
    command = [program("rq"), "worker", "--url", url or environ["REDIS_URL"], *words]
    return _start(command, folder=folder, environ=environ, name=name)


def start_our_worker(
    folder: Path, *, environ: Mapping[str, str], name: str, words: Sequence[str] = ()
) -> Process:
    """Start `email-parser worker` with `environ` and wait until it listens."""
    command = [program("email-parser"), "worker", *words]
    return _start(command, folder=folder, environ=environ, name=name)


def _start(
    command: Sequence[str], *, folder: Path, environ: Mapping[str, str], name: str
) -> Process:
    process = start(command, name=name, folder=folder, environ=bare_environment(environ))
    wait_until_ready(process, lambda: "Listening on" in process.log())
    return process
