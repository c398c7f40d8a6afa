"""`email-parser worker`: RQ's worker with the settings that suit this work.

A unique name (a crashed worker's name blocks RQ for minutes), a short heartbeat with a report of
memory and CPU, the work's modules loaded once, an outage of Redis survived, and a dead work-horse
noted with its cause.
The plain `rq worker` does the same work without these comforts.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from contextlib import suppress
from resource import struct_rusage
from types import FrameType
from typing import Any

from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import StopRequested
from rq.job import Job

import jobs.tasks  # noqa: F401  (loaded here once, inherited by every work-horse)
from jobs.bell import QUEUE_NAME, UNHEARD, ring_due
from jobs.deaths import Memory, cause_of_death, note_death
from jobs.link import work_client
from jobs.proc import memory_limit
from jobs.reports import write_report
from jobs.sightings import PROGRAM_FIELD
from jobs.worker_names import new_name
from jobs.workshop import Workshop
from store.vain import program_version

log = logging.getLogger(__name__)

WORKER_TTL_SECONDS = 60
MONITORING_SECONDS = 10
MAINTENANCE_SECONDS = 60
RESTART_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
# Whoever lived that long had found Redis well.
WELL_SECONDS = 60.0


class NoQueue(Exception):
    """There is no Redis to work for."""


def run_worker(workshop: Workshop, *, burst: bool = False) -> None:
    """Work until asked to stop (SIGTERM or SIGINT: the job under way is finished first).

    With `burst`, until the queue is empty. Raises NoQueue without a REDIS_URL.
    """
    url = workshop.config.redis_url
    if url is None:
        raise NoQueue("a worker needs REDIS_URL; without it the console's local thread works")
    failures = 0
    while True:
        began = time.monotonic()
        if _work_until_it_ends(workshop, url, burst=burst):
            return
        failures = 0 if time.monotonic() - began > WELL_SECONDS else failures
        pause = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
        failures += 1
        log.warning("Redis is away, or was; a new worker starts in %g s", pause)
        time.sleep(pause)


def _work_until_it_ends(workshop: Workshop, url: str, *, burst: bool) -> bool:
    """One worker's life. False when it ended of an outage of Redis, not because it was to end.

    RQ's worker ends when Redis is away at its start, in the middle or at the end of a job, and
    says so in no one way: it raises, or it returns as if all were well.
    """
    worker = None
    try:
        worker = _worker(workshop, url)
        worker.work(burst=burst, logging_level=workshop.config.log_level)
    except RedisError as error:
        log.warning("Redis is away: %s", error)
    except StopRequested:
        return True
    finally:
        _default_signals()
        if worker is not None:
            worker.stop_listening()
    if worker is None:
        return False
    _wait_for_horse(worker.horse_pid)
    return worker.was_asked_to_end or (burst and worker.is_done)


def _default_signals() -> None:
    """Between two workers: RQ's handlers belong to one that is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _wait_for_horse(pid: int) -> None:
    """Let a work-horse that outlived its worker end its job; it needs no Redis for that."""
    if pid:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


class EnduringWorker(Worker):
    """RQ's worker, which remembers why it ended."""

    was_asked_to_end = False
    is_done = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT; what RQ does about it needs Redis, and may fail."""
        self.was_asked_to_end = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def stop_listening(self) -> None:
        """End the thread that listens for commands, where an outage has left it behind.

        It would find Redis again by itself, listen on, and look like a second living worker.
        """
        if self.pubsub_thread is not None:
            self.pubsub_thread.stop()
        if self.pubsub is not None:
            self.pubsub.channels = {}

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """The next job; None when there is none (in a burst) or nobody is to wait any longer."""
        found = super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
        self.is_done = found is None
        return found


class ReportingWorker(EnduringWorker):
    """RQ's worker, which also says which program it is and what it holds."""

    def serialize(self) -> dict[str, Any]:
        """What RQ writes down at birth, and after its record was lost, with our version."""
        return {**super().serialize(), PROGRAM_FIELD: program_version()}

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Beat, and report with it; the work-horse beats once too, before its work begins."""
        super().heartbeat(timeout, pipeline=pipeline)
        if self.is_horse:
            return
        # RQ looks at the first answers of its pipeline by their place: ours come after them.
        reporting = pipeline if pipeline is not None else self.connection.pipeline()
        write_report(reporting, self.name, worker_pid=os.getpid(), horse_pid=self.horse_pid or None)
        if pipeline is None:
            reporting.execute()


def _worker(workshop: Workshop, url: str) -> ReportingWorker:
    name = new_name()
    redis = work_client(url, name=name)

    def horse_killed(_job: Job, pid: int, status: int, usage: struct_rusage) -> None:
        memory = Memory(held=usage.ru_maxrss * 1024, limit=memory_limit())
        how = cause_of_death(os.waitstatus_to_exitcode(status), memory)
        note_death(workshop, pid=pid, how=f"work-horse {pid}: {how}")
        try:
            ring_due(workshop.database, redis)
        except UNHEARD as error:
            log.warning("the reconciler will ring again: %s", error)

    return ReportingWorker(
        [Queue(QUEUE_NAME, connection=redis)],
        name=name,
        connection=redis,
        worker_ttl=WORKER_TTL_SECONDS,
        job_monitoring_interval=MONITORING_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        work_horse_killed_handler=horse_killed,
    )
