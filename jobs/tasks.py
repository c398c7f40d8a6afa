"""What `rq worker` runs: the functions whose names hang in the queue.

They take a chunk's id and nothing else. RQ imports this module in every work-horse, so it must
stay light: no web framework, no Alembic.
"""

from __future__ import annotations

import logging

from redis import Redis
from redis.exceptions import RedisError
from rq import get_current_job

from jobs.astray import WentAstray, require_same_house
from jobs.attempts import Surroundings, run_slice
from jobs.bell import INSTALLATION, UNHEARD, ring_due
from jobs.guard import die_with_parent
from jobs.reports import hasty, report_from_horse
from jobs.workshop import Workshop, this_worker, workshop_of_process
from store.database import OUTAGES
from store.outage import in_one_line
from store.states import EngineName

log = logging.getLogger(__name__)

# How long RQ keeps the failure of a bell that rang for a worker which went astray.
ASTRAY_SECONDS = 600


def plan_mbox(chunk_id: int) -> dict[str, int]:
    """Find the messages of an mbox and cut it into chunks."""
    return _answer(chunk_id)


def parse_chunk(chunk_id: int) -> dict[str, int]:
    """Read the messages of a chunk."""
    return _answer(chunk_id)


def _answer(chunk_id: int) -> dict[str, int]:
    # First of all: a work-horse whose worker dies would otherwise live on by itself.
    die_with_parent()
    rq_job = get_current_job()
    if rq_job is None:
        raise RuntimeError("this function is run by an RQ worker")
    workshop = workshop_of_process()
    redis = rq_job.connection
    name = rq_job.worker_name or "unknown"
    try:
        require_same_house(workshop, redis, worker=name, expected=rq_job.meta.get(INSTALLATION))
    except WentAstray:
        # Rung again and again, this would fill Redis with a week of the same failure.
        rq_job.failure_ttl = ASTRAY_SECONDS
        raise
    reporting = hasty(redis)

    def ring() -> None:
        _ring(workshop, redis)

    def report() -> None:
        _report(reporting, name)

    report()
    try:
        attempts = run_slice(
            workshop,
            first=chunk_id,
            worker=this_worker(EngineName.RQ, name),
            seconds=workshop.config.slice_seconds,
            surroundings=Surroundings(ring=ring, report=report),
        )
    except OUTAGES as error:
        # Nothing was claimed; the reconciler rings again for whatever waits.
        log.warning("no chunk can be claimed just now: %s", in_one_line(error))
        return {"chunk_id": chunk_id, "attempts": 0}
    ring()
    return {"chunk_id": chunk_id, "attempts": attempts}


def _ring(workshop: Workshop, redis: Redis) -> None:
    try:
        ring_due(workshop.database, redis)
    except UNHEARD as error:
        log.warning("the doorbell was not heard, the reconciler will ring again: %s", error)


def _report(redis: Redis, name: str) -> None:
    try:
        report_from_horse(redis, name)
    except RedisError as error:
        log.debug("what this process holds was not reported: %s", error)
