"""Where a job stands between "the bytes came" and "the mail is found", as four steps.

Pure: a job in, steps out. The words of each step are in the template, by the step's name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from store.job_times import JobTimes
from store.jobs import JobView
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Eta:
    """When a job will be done, as a range in seconds from now."""

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
    """By the rate of the last half minute and by the average since the start; None if unknown.

    A job that had been over before has no such average: nobody worked in between.
    """
    progress = job.progress
    if progress.eta_seconds is None or job.started_at is None or not progress.bytes_done:
        return None
    if begun_again:
        return Eta(low_seconds=progress.eta_seconds, high_seconds=progress.eta_seconds)
    elapsed = (now - job.started_at).total_seconds()
    average = (progress.bytes_total - progress.bytes_done) * elapsed / progress.bytes_done
    low, high = sorted((progress.eta_seconds, average))
    return Eta(low_seconds=low, high_seconds=high)
