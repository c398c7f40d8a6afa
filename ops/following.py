"""Follow jobs from the command line until they are over, archives until their last file is.

Without Redis it also offers to do the work: the local thread holds a lease, so when the console
is at it already, this one only watches.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from enum import IntEnum

from jobs.engine import Engine
from jobs.workshop import Workshop
from ops.archive_summary import summary_of
from store.clock import utc_now
from store.inside import jobs_inside
from store.job_progress import Progress
from store.job_view import JobView
from store.jobs import find_job
from store.states import JobState

LOOK_SECONDS = 0.5


class Ending(IntEnum):
    """How it was with all that was followed; the exit status that says so."""

    FINISHED = 0
    NOT_FINISHED = 1  # something failed, is incomplete or was cancelled
    PAUSED = 3  # nothing of the kind, but something waits for a person


def follow(engine: Engine, job_ids: Sequence[str]) -> Ending:
    """Show progress until every job is over, with its files, or waits for a person alone.

    Whoever follows cannot let go on what somebody has paused, and is not to wait for ever.
    """
    engine.start()
    try:
        ends = [_follow_with_files(engine.workshop, job_id) for job_id in job_ids]
    finally:
        engine.stop()
    return _ending(ends)


def _ending(ends: Sequence[JobView]) -> Ending:
    waiting = [end for end in ends if end.waits_for_a_person]
    badly = any(end.held.ended_badly for end in waiting if end.held)
    if badly or any(end.is_settled and end.status is not JobState.FINISHED for end in ends):
        return Ending.NOT_FINISHED
    return Ending.PAUSED if waiting else Ending.FINISHED


def _follow_with_files(workshop: Workshop, job_id: str) -> JobView:
    """The job at its end; what comes out of it, however deep, is told file by file meanwhile."""
    told: set[str] = set()
    while not (view := _look(workshop, job_id)).is_settled and not view.waits_for_a_person:
        _tell_files(workshop, view, told)
        _show(view, end="\r")
        time.sleep(LOOK_SECONDS)
    _tell_files(workshop, view, told)
    _show(view, end="\n")
    for line in summary_of(workshop, view):
        print(line, file=sys.stderr, flush=True)
    if view.waits_for_a_person:
        why = _what_is_paused(view)
        print(f"{view.filename}: not waited for any longer: {why}", file=sys.stderr)
    return view


def _what_is_paused(view: JobView) -> str:
    if before := view.waits_for_others:
        files = (
            "1 file that came before is" if before == 1 else f"{before} files that came before are"
        )
        return f"{files} paused; all that came out of the archive is over"
    if view.held is None or not view.state.is_over:
        return "it is paused until somebody lets it go on"
    number = view.held.paused_here + view.held.paused_before
    files = "1 file of it is" if number == 1 else f"{number} files of it are"
    return f"{files} paused until somebody lets them go on"


def _tell_files(workshop: Workshop, view: JobView, told: set[str]) -> None:
    """A line for each file that has come to its end since."""
    if not view.is_archive:
        return
    with workshop.database.read() as connection:
        over = [one for one, state in jobs_inside(connection, view.id) if state.is_over]
    for job_id in over:
        if job_id not in told and (file := _look(workshop, job_id)).is_settled:
            told.add(job_id)
            _show(file, end="\n")


def _look(workshop: Workshop, job_id: str) -> JobView:
    with workshop.database.read() as connection:
        view = find_job(connection, job_id, now=utc_now())
    if view is None:
        raise LookupError(f"job {job_id} has disappeared")
    return view


def _show(view: JobView, *, end: str) -> None:
    if end == "\r" and not sys.stderr.isatty():
        return
    sys.stderr.write("\x1b[K" if sys.stderr.isatty() else "")
    print(progress_line(view), end=end, file=sys.stderr, flush=True)


def progress_line(view: JobView) -> str:
    """Where a job stands, in one line."""
    progress = view.progress
    share = progress.bytes_done / progress.bytes_total if progress.bytes_total else 1.0
    files = f"{view.held.over} of {view.held.files} files over, " if view.held else ""
    line = (
        f"{view.filename}: {view.standing}, {share:.0%}, {files}"
        f"{messages_of(progress)} messages, "
        f"{progress.duplicates} of them known already, {progress.quarantined} quarantined"
    )
    return f"{line}: {view.error}" if view.error else line


def messages_of(progress: Progress) -> int:
    """Every message that was met, whatever became of it."""
    return progress.messages + progress.duplicates + progress.quarantined
