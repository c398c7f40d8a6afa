"""Errands over many at once: retry all failures that match, and acts on all jobs that match.

Generators of small committed steps, as `jobs.errands` carries them out.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobs.steps import Steps
from jobs.workshop import Workshop
from store.clock import utc_now
from store.errands import Errand, note_act, take_step
from store.failure_filter import FailureFilter
from store.job_filter import JobFilter, some_jobs
from store.job_runs import end_so_far
from store.retrying import count_failed, retry_some
from store.wishes_inside import cancel_with_members, retry_with_members

STEP_CHUNKS = 500
JOBS_AT_ONCE = 50


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
            steps.done += again
            take_step(connection, errand.id, done=steps.done, total=steps.total, now=utc_now())
        if not again:
            break
        yield
    steps.result = {"chunks": steps.done}


def retry_jobs(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Let what failed or was cancelled of every job that matches go on."""
    steps.done = errand.done
    for job_id, _ in each_job(workshop, errand):
        with workshop.database.write() as connection:
            ended = end_so_far(connection, job_id)
            chunks = retry_with_members(connection, job_id, errand_id=errand.id)
            if chunks:
                note_act(connection, errand, "job.retry", job_id=job_id, now=utc_now(), **ended)
            steps.done += chunks
            take_step(connection, errand.id, done=steps.done, total=None, now=utc_now())
        yield
    steps.result = {"chunks": steps.done}


def cancel_jobs(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Stop every job that matches and is not over."""
    steps.done = errand.done
    for job_id, _ in each_job(workshop, errand):
        with workshop.database.write() as connection:
            if cancel_with_members(connection, job_id, now=utc_now()):
                note_act(connection, errand, "job.cancel", job_id=job_id, now=utc_now())
                steps.done += 1
            take_step(connection, errand.id, done=steps.done, total=None, now=utc_now())
        yield
    steps.result = {"jobs": steps.done}


def each_job(workshop: Workshop, errand: Errand) -> Iterator[tuple[str, int]]:
    """(job, upload) of every job that matches; none that came after the wish."""
    wanted, after = JobFilter.from_json(errand.parameters), ""
    while True:
        with workshop.database.read() as connection:
            found = some_jobs(
                connection, wanted, made_by=errand.created_at, after=after, limit=JOBS_AT_ONCE
            )
        if not found:
            return
        yield from found
        after = found[-1][0]
