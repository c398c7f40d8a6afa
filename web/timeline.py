"""Where a job stands between "the bytes came" and "the mail is found", as four steps.

Pure: a job in, steps out. The words of each step are in the template, by the step's name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from store.job_times import JobTimes
from store.job_view import JobView
from store.states import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `mark`: ahead, now, paused, done, warn, bad or stopped. `share`: from 0 to 1.

    `seconds` is how long it took, or has taken so far; None before it began.
    """

    name: str  # upload, plan, parse, searchable
    mark: str
    share: float
    started_at: datetime | None = None
    seconds: float | None = None


# What is left is done between the two speeds seen, and this much sooner or later.
SOONER, LATER = 0.9, 1.25
# The books are closed after the last chunk.
CLOSING_SECONDS = 1.0
# Up to so many seconds a time left is told in steps of so many.
STEPS = ((60, 5), (180, 10), (600, 30), (3600, 60), (86400, 300), (float("inf"), 3600))


@dataclass(frozen=True, slots=True, kw_only=True)
class Eta:
    """When a job will be done, as a range in seconds from now, no finer than it can be known.

    `low_seconds` is 0 where it may be any moment.
    """

    low_seconds: float
    high_seconds: float


def steps_of(
    job: JobView, times: JobTimes, *, since: datetime | None, now: datetime
) -> tuple[Step, ...]:
    """The four steps of a job, each with when it began and how long it took.

    Mail becomes searchable with every batch that is read, so the last step begins with the first
    chunk and ends with the job. `since`: when the job was begun again after it had been over; a
    step that spans the time between has no length.
    """
    spans = {
        "upload": (times.upload_began, times.upload_ended),
        "plan": (times.plan_began, times.plan_ended),
        "parse": (times.parse_began, times.parse_ended),
        "searchable": (times.parse_began, job.finished_at),
    }
    return tuple(
        replace(step, started_at=began, seconds=_took(step, began, ended, since=since, now=now))
        for step in _marked(job)
        if (span := spans[step.name])
        for began, ended in [span if step.mark != "ahead" else (None, None)]
    )


def _took(
    step: Step,
    began: datetime | None,
    ended: datetime | None,
    *,
    since: datetime | None,
    now: datetime,
) -> float | None:
    until = now if step.mark == "now" else ended
    if began is None or until is None or (since is not None and began < since < until):
        return None
    return (until - began).total_seconds()


def _marked(job: JobView) -> tuple[Step, ...]:
    progress = job.progress
    planned = progress.bytes_planned / max(progress.bytes_total, 1)
    read = progress.bytes_done / max(progress.bytes_total, 1)
    planning_over = planned >= 1 and job.state not in (JobState.QUEUED, JobState.PLANNING)
    return (
        Step(name="upload", mark="done", share=1.0),
        Step(name="plan", mark="done" if planning_over else _mark(job), share=planned),
        Step(name="parse", mark=_mark(job) if planning_over else "ahead", share=read),
        Step(name="searchable", mark=_end_mark(job, started=progress.met > 0), share=read),
    )


def all_is_read(job: JobView) -> bool:
    """True of a job that failed when every byte was read and stored: in its last step."""
    read = job.progress
    return (
        job.state is JobState.FAILED
        and not job.is_archive
        and 0 < read.bytes_total <= min(read.bytes_done, read.bytes_planned)
    )


def _end(job: JobView) -> str:
    """The mark of a job that is over. Of what is quarantined, less is found than was sent."""
    mark = _ENDS[job.state]
    if all_is_read(job):
        mark = "done"
    return "warn" if mark == "done" and job.progress.quarantined else mark


_ENDS = {
    JobState.FINISHED: "done",
    JobState.INCOMPLETE: "warn",
    JobState.FAILED: "bad",
    JobState.CANCELLED: "stopped",
}


def _mark(job: JobView) -> str:
    if job.progress.chunks_failed:
        return "bad"
    return _ENDS.get(job.state, "ahead" if job.state is JobState.QUEUED else _open_mark(job))


def _open_mark(job: JobView) -> str:
    # What is under way when a job is paused is finished first, but that is no reading on.
    return "paused" if job.paused_at else "now"


def _end_mark(job: JobView, *, started: bool) -> str:
    if job.state.is_over:
        return _end(job) if started or job.state is JobState.FINISHED else "stopped"
    return _open_mark(job) if started else "ahead"


def eta_of(job: JobView, *, begun_again: bool, now: datetime) -> Eta | None:
    """By the speed of the last half minute and by the average since the start; None if unknown.

    The last chunk is read by one worker alone, and chunks that are held by somebody who fell
    silent, or rest before a retry, are waited for. A job that had been over before has no average:
    nobody worked in between.
    """
    progress = job.progress
    speed, pace = progress.bytes_per_second, progress.pace
    if speed is None or pace is None or job.started_at is None or not progress.bytes_done:
        return None
    left = progress.bytes_total - progress.bytes_done
    speeds = [speed]
    if not begun_again:
        speeds.append(progress.bytes_done / max((now - job.started_at).total_seconds(), 1e-3))
    readers = max(pace.readers, 1)
    chunk = min(left, progress.bytes_total / max(progress.chunks_total, 1))
    alone = chunk / (speed / readers) * (1 - 1 / readers)
    high = (left / min(speeds) + alone) * LATER + CLOSING_SECONDS
    return rough(left / max(speeds) * SOONER, max(high, pace.held_seconds + CLOSING_SECONDS))


def rough(low: float, high: float) -> Eta:
    """A range of seconds, rounded outwards to what a person would say."""
    step = next(step for most, step in STEPS if high <= most)
    return Eta(low_seconds=low // step * step, high_seconds=-(-high // step) * step)
