"""Errands over many at once: retry all failures that match, and acts on all jobs that match.

Generators of small committed steps, as `jobs.errands` carries them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from jobs.steps import Steps, Stopped
from jobs.workshop import Workshop
from store.audit import record
from store.clock import utc_now
from store.errands import Errand, note_progress
from store.failure_filter import FailureFilter
from store.job_filter import JobFilter, some_jobs
from store.retrying import count_failed, retry_some
from store.wishes import cancel_job, retry_job

STEP_CHUNKS = 500
STEP_JOBS = 20

# What is done to one job; answers how many chunks (or jobs) it moved, 0 for none.
Act = Callable[[Connection, str, Errand, datetime], int]


def retry_failed(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Let every failed chunk that matches go on; what fails again meanwhile is left alone."""
    wanted, asked_at = FailureFilter.from_json(errand.parameters), errand.created_at
    with workshop.database.read() as connection:
        left = count_failed(connection, wanted, failed_by=asked_at)
    steps.done, steps.total = errand.done, errand.done + left
    yield
    while True:
        with workshop.database.write() as connection:
            again = retry_some(
                connection, wanted, errand_id=errand.id, failed_by=asked_at, limit=STEP_CHUNKS
            )
            _note(connection, errand, steps, further=again)
        if not again:
            break
        yield
    steps.result = {"chunks": steps.done}


def _note(connection: Connection, errand: Errand, steps: Steps, *, further: int) -> None:
    """Commit the progress with the step itself. Raises Stopped, and so undoes the step."""
    done = steps.done + further
    if not note_progress(connection, errand.id, done=done, total=steps.total, now=utc_now()):
        raise Stopped
    steps.done = done


def retry_jobs(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Let what failed or was cancelled of every job that matches go on."""
    yield from _each_job(workshop, errand, steps, act=_retry, name="job.retry")
    steps.result = {"chunks": steps.done}


def _retry(connection: Connection, job_id: str, errand: Errand, _now: datetime) -> int:
    return retry_job(connection, job_id, errand_id=errand.id)


def cancel_jobs(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Stop every job that matches and is not over."""
    yield from _each_job(workshop, errand, steps, act=_cancel, name="job.cancel")
    steps.result = {"jobs": steps.done}


def _cancel(connection: Connection, job_id: str, _errand: Errand, now: datetime) -> int:
    return int(cancel_job(connection, job_id, now=now))


def _each_job(
    workshop: Workshop, errand: Errand, steps: Steps, *, act: Act, name: str
) -> Iterator[None]:
    """Do it to some jobs a step, with an entry in the audit log for each that it moved."""
    steps.done = errand.done
    for found in pages_of_jobs(workshop, errand):
        with workshop.database.write() as connection:
            moved = 0
            for job_id, _ in found:
                count = act(connection, job_id, errand, utc_now())
                moved += count
                if count:
                    _record(connection, errand, job_id, name=name)
            _note(connection, errand, steps, further=moved)
        yield


def pages_of_jobs(workshop: Workshop, errand: Errand) -> Iterator[list[tuple[str, int]]]:
    """(job, upload) of the jobs that match, some at a time; none that came after the wish."""
    wanted, after = JobFilter.from_json(errand.parameters), ""
    while True:
        with workshop.database.read() as connection:
            found = some_jobs(
                connection, wanted, made_by=errand.created_at, after=after, limit=STEP_JOBS
            )
        if not found:
            return
        yield found
        after = found[-1][0]


def _record(connection: Connection, errand: Errand, job_id: str, *, name: str) -> None:
    record(
        connection,
        actor=errand.created_by,
        action=name,
        subject=f"job:{job_id}",
        now=utc_now(),
        detail={"errand": errand.id},
    )
