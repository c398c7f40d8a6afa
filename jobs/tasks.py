"""What `rq worker` runs: the functions whose names hang in the queue.

They take a chunk's id and nothing else. RQ imports this module in every work-horse, so it must
stay light: no web framework, no Alembic.
"""

from __future__ import annotations

import logging

from redis import Redis
from redis.exceptions import RedisError
from rq import get_current_job

from jobs.attempts import Surroundings, run_slice
from jobs.bell import QueueUnreachable, ring_due
from jobs.guard import die_with_parent
from jobs.reports import hasty, report_from_horse
from jobs.workshop import Workshop, this_worker, workshop_of_process
from store.claims import newest_chunk
from store.states import EngineName

log = logging.getLogger(__name__)


class UnknownChunk(LookupError):
    """The bell names a chunk that this worker's database does not have."""


def plan_mbox(chunk_id: int) -> dict[str, int]:
    """Find the messages of an mbox and cut it into chunks."""
    return _answer(chunk_id)


def parse_chunk(chunk_id: int) -> dict[str, int]:
    """Read the messages of a chunk."""
    return _answer(chunk_id)


def _answer(chunk_id: int) -> dict[str, int]:
    # First of all: a work-horse whose worker dies would otherwise live on by itself.
    die_with_parent()
    workshop = workshop_of_process()
    _require_database_of(workshop, chunk_id)
    rq_job = get_current_job()
    if rq_job is None:
        raise RuntimeError("this function is run by an RQ worker")
    redis = rq_job.connection
    name = rq_job.worker_name or "unknown"

    reporting = hasty(redis)

    def ring() -> None:
        _ring(workshop, redis)

    def report() -> None:
        _report(reporting, name)

    report()
    attempts = run_slice(
        workshop,
        first=chunk_id,
        worker=this_worker(EngineName.RQ, name),
        seconds=workshop.config.slice_seconds,
        surroundings=Surroundings(ring=ring, report=report),
    )
    ring()
    return {"chunk_id": chunk_id, "attempts": attempts}


def _require_database_of(workshop: Workshop, chunk_id: int) -> None:
    with workshop.database.read() as connection:
        # A chunk that is merely gone was deleted after its bell was rung; later ones exist then.
        if chunk_id > newest_chunk(connection):
            raise UnknownChunk(
                f"chunk {chunk_id} is not in this worker's database: "
                "does it have the console's DATABASE_URL and DATA_DIR?"
            )


def _ring(workshop: Workshop, redis: Redis) -> None:
    try:
        ring_due(workshop.database, redis)
    except QueueUnreachable as error:
        log.warning("the doorbell was not heard, the reconciler will ring again: %s", error)


def _report(redis: Redis, name: str) -> None:
    try:
        report_from_horse(redis, name)
    except RedisError as error:
        log.debug("what this process holds was not reported: %s", error)
