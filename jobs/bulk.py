"""Errands over many at once: retry all failures that match, and acts on all jobs that match.

Generators of small committed steps, as `jobs.errands` carries them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jobs.steps import Steps
from jobs.workshop import Workshop
from store.clock import utc_now
from store.database import Transaction
from store.errands import Errand, ErrandKind, note_act, note_place, take_step
from store.failure_filter import FailureFilter
from store.job_filter import JobFilter, some_jobs
from store.job_runs import end_so_far
from store.meant import some_meant, write_down
from store.retrying import count_failed, failed_jobs, jobs_retried, retry_some
from store.touched import Touched
from store.wish_acts import Wish
from store.wishes_inside import KINDS, first_step, next_step

STEP_CHUNKS = 500
JOBS_AT_ONCE = 50
WISHES = {kind: wish for wish, kind in KINDS.items()}


def retry_failed(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Let every failed chunk that matches go on; what fails again meanwhile is left alone."""
    wanted, asked_at = FailureFilter.from_json(errand.parameters), errand.created_at
    with workshop.database.read() as connection:  # counting may take long, and holds nobody up
        left = count_failed(connection, wanted, failed_by=asked_at)
        meant = failed_jobs(connection, wanted, failed_by=asked_at)
        if errand.place:  # begun again: what it has retried does not fail any more
            meant, steps.touched = (
                Touched.meant_in(errand.place),
                jobs_retried(connection, errand.id),
            )
    reached = set(steps.touched.first)
    steps.done, steps.total = errand.done, errand.done + left
    with workshop.database.write() as connection:
        note_place(connection, errand.id, meant.as_meant() | steps.touched.to_place())
    yield
    while True:
        with workshop.database.write() as connection:
            again = retry_some(
                connection, wanted, errand_id=errand.id, failed_by=asked_at, limit=STEP_CHUNKS
            )
            steps.done += sum(again.values())
            for job_id in sorted(again.keys() - reached):
                steps.touched = steps.touched.and_one(job_id)
            reached |= again.keys()
            note_place(connection, errand.id, meant.as_meant() | steps.touched.to_place())
            take_step(connection, errand.id, done=steps.done, total=steps.total, now=utc_now())
        if not again:
            break
        yield
    steps.result = {"chunks": steps.done}


def retry_jobs(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Let what failed or was cancelled of every job that matches go on."""
    yield from _each_with_members(workshop, errand, steps, Wish.RETRY)
    steps.result = {"chunks": steps.done}


def pause_jobs(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Begin no further chunk of every job that matches and is not over."""
    yield from _each_with_members(workshop, errand, steps, Wish.PAUSE)
    steps.result = {"paused": steps.done}


def resume_jobs(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Let every paused job that matches go on."""
    yield from _each_with_members(workshop, errand, steps, Wish.RESUME)
    steps.result = {"resumed": steps.done}


def cancel_jobs(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Stop every job that matches and is not over."""
    yield from _each_with_members(workshop, errand, steps, Wish.CANCEL)
    steps.result = {"jobs": steps.done}


def act_on_members(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Reach the rest of what came out of one archive; the first were reached when it was asked."""
    steps.done, wanted = errand.done, {**errand.parameters, **errand.place}
    yield from _rest(workshop, errand, steps, WISHES[errand.kind], **wanted)
    steps.result = {"reached": steps.done}


def _each_with_members(
    workshop: Workshop, errand: Errand, steps: Steps, wish: Wish
) -> Iterator[None]:
    steps.done = errand.done
    if errand.place:
        # Begun again: an archive that was in hand may not match any more.
        begun = {name: errand.place[name] for name in ("job_id", "after")}
        yield from _rest(workshop, errand, steps, wish, **begun)
    for job_id, _ in _each_meant(workshop, errand):
        with workshop.database.write() as connection:
            now = utc_now()
            ended = end_so_far(connection, job_id) if wish is Wish.RETRY else {}
            step = first_step(connection, job_id, wish, now=now, errand_id=errand.id)
            if step.did:
                note_act(connection, errand, f"job.{wish}", job_id=job_id, now=now, **ended)
                steps.touched = steps.touched.and_one(job_id)
            steps.done += step.did
            _note_place(connection, errand, steps, job_id=job_id, after=step.after)
            take_step(connection, errand.id, done=steps.done, total=None, now=now)
        yield
        yield from _rest(workshop, errand, steps, wish, job_id=job_id, after=step.after)


def _rest(
    workshop: Workshop,
    errand: Errand,
    steps: Steps,
    wish: Wish,
    *,
    job_id: str,
    after: int | None,
) -> Iterator[None]:
    """What came out of one archive, from a key on, in steps of which each says how far it is."""
    while after is not None:
        with workshop.database.write() as connection:
            now = utc_now()
            step = next_step(
                connection, job_id, wish, after=after, now=now, errand_id=_follows(errand)
            )
            after = step.after
            steps.done += step.jobs if errand.kind in WISHES else step.did
            _note_place(connection, errand, steps, job_id=job_id, after=after)
            take_step(connection, errand.id, done=steps.done, total=None, now=now)
        yield


def _note_place(
    connection: Transaction, errand: Errand, steps: Steps, *, job_id: str, after: int | None
) -> None:
    place = {"job_id": job_id, "after": after, **steps.touched.to_place()}
    note_place(connection, errand.id, place)


def _follows(errand: Errand) -> int | None:
    """The errand that chunks remember as theirs: one that tells what became of them."""
    return errand.id if errand.kind is ErrandKind.RETRY_JOBS else None


def _each_meant(workshop: Workshop, errand: Errand) -> Iterator[tuple[str, int]]:
    """(job, upload) of every job that matches when the errand begins, whatever it changes."""
    wanted = JobFilter.from_json(errand.parameters)
    if not wanted.states_or_end:
        return each_job(workshop, errand, wanted)
    with workshop.database.write() as connection:
        write_down(connection, errand.id, wanted, made_by=errand.created_at)
    # Begun again it goes on behind the last it had in hand.
    begun = errand.place.get("job_id", "")
    return _paged(
        workshop,
        lambda connection, after: some_meant(
            connection, errand.id, after=max(after, begun), limit=JOBS_AT_ONCE
        ),
    )


def each_job(
    workshop: Workshop, errand: Errand, wanted: JobFilter | None = None
) -> Iterator[tuple[str, int]]:
    """(job, upload) of every job that matches; none that came after the wish.

    `wanted`: what the errand asks for, where that is to be taken more strictly.
    """
    meant = wanted or JobFilter.from_json(errand.parameters)
    return _paged(
        workshop,
        lambda connection, after: some_jobs(
            connection, meant, made_by=errand.created_at, after=after, limit=JOBS_AT_ONCE
        ),
    )


def _paged(
    workshop: Workshop, some: Callable[[Transaction, str], list[tuple[str, int]]]
) -> Iterator[tuple[str, int]]:
    after = ""
    while True:
        with workshop.database.read() as connection:
            found = some(connection, after)
        if not found:
            return
        yield from found
        after = found[-1][0]
