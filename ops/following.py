"""Follow jobs from the command line until they are over.

Without Redis it also offers to do the work: the local thread holds a lease, so when the console
is at it already, this one only watches.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

from jobs.engine import Engine
from jobs.workshop import Workshop
from store.clock import utc_now
from store.inside import jobs_inside
from store.job_progress import Progress
from store.jobs import JobView, find_job
from store.states import JobState

LOOK_SECONDS = 0.5


def follow(engine: Engine, job_ids: Sequence[str]) -> bool:
    """Show progress until every job is over. True when all of them finished."""
    engine.start()
    try:
        ends = [end for job_id in job_ids for end in _follow_with_members(engine.workshop, job_id)]
    finally:
        engine.stop()
    return all(end.state is JobState.FINISHED for end in ends)


def _follow_with_members(workshop: Workshop, job_id: str) -> Iterator[JobView]:
    """The job, and what has come out of it by its end, however deep."""
    yield _follow_one(workshop, job_id)
    followed: set[str] = set()
    while True:
        with workshop.database.read() as connection:
            inside = {one for one, _ in jobs_inside(connection, job_id)} - followed
        if not inside:
            return
        for one in sorted(inside):
            followed.add(one)
            yield _follow_one(workshop, one)


def _follow_one(workshop: Workshop, job_id: str) -> JobView:
    while not (view := _look(workshop, job_id)).state.is_over:
        _show(view, end="\r")
        time.sleep(LOOK_SECONDS)
    _show(view, end="\n")
    return view


def _look(workshop: Workshop, job_id: str) -> JobView:
    with workshop.database.read() as connection:
        view = find_job(connection, job_id, now=utc_now())
    if view is None:
        raise LookupError(f"job {job_id} has disappeared")
    return view


def _show(view: JobView, *, end: str) -> None:
    if end == "\r" and not sys.stderr.isatty():
        return
    sys.stderr.write("\x1b[K" if end == "\r" else "")
    print(progress_line(view), end=end, file=sys.stderr, flush=True)


def progress_line(view: JobView) -> str:
    """Where a job stands, in one line."""
    progress = view.progress
    share = progress.bytes_done / progress.bytes_total if progress.bytes_total else 1.0
    line = (
        f"{view.filename}: {view.state}, {share:.0%}, {messages_of(progress)} messages, "
        f"{progress.duplicates} of them known already, {progress.quarantined} quarantined"
    )
    return f"{line}: {view.error}" if view.error else line


def messages_of(progress: Progress) -> int:
    """Every message that was met, whatever became of it."""
    return progress.messages + progress.duplicates + progress.quarantined
