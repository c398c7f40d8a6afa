"""Jobs for programs: where they stand, their ledger, retry and cancel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from store.clock import now_of, utc_now
from store.engines import engines_of
from store.job_filter import upload_in
from store.job_progress import Progress
from store.job_view import JobView
from store.jobs import find_job, list_jobs
from store.ledger import Balance, balance, entries_of
from store.standstill import standstills
from store.states import JobState
from web.api.members import members_json, members_sum_json
from web.api.parameters import whole_parameter
from web.asked import JOB_ID, moment
from web.errors import BadRequest, NotFound
from web.house import house_of
from web.moment import at_one_moment
from web.security import current_user
from web.spooled import why_unreadable

LEDGER_PAGE = 1000


def job_status(request: Request) -> Response:
    """Where a job stands."""
    job, told = _standing(request)
    return JSONResponse({**told, "unreadable": why_unreadable(house_of(request), job)})


@at_one_moment
def _standing(request: Request) -> tuple[JobView, dict[str, Any]]:
    job = require_job(request)
    with house_of(request).database.read() as connection:
        engines = engines_of(connection, job.id)
    return job, {
        **job_json(request, job),
        "engines": engines,
        "error": job.error or _why_it_rests(request, job),
        "members": members_sum_json(request, job),
    }


def _why_it_rests(request: Request, job: JobView) -> str | None:
    """What keeps a job that is not over from going on, in one line; None when nothing does."""
    if job.is_settled:
        return None
    with house_of(request).database.read() as connection:
        resting = standstills(connection, now=now_of(connection))
    return "; ".join(f"{one.host} rests: {one.reason}" for one in resting) or None


def job_list(request: Request) -> Response:
    """Jobs, newest first; `?status=` and `?archive=` filter, `?limit=` bounds, `?after=` is next.

    `?archive=` is the number of the upload they came out of.
    """
    limit = whole_parameter(request, "limit", default=50, low=1, high=500)
    with house_of(request).database.read() as connection:
        jobs = list_jobs(
            connection,
            now=utc_now(),
            states=_states(request),
            before=_cursor(request.query_params.get("after")),
            archive_id=_archive(request),
            limit=limit,
        )
    last = jobs[-1] if len(jobs) == limit else None
    return JSONResponse(
        {
            "jobs": [job_json(request, job) for job in jobs],
            "next": _place(last) if last else None,
        }
    )


def _place(job: JobView) -> str:
    # With Z for the zone: a plus sign would have to be escaped in an address.
    return f"{job.created_at.isoformat().replace('+00:00', 'Z')}_{job.id}"


def _states(request: Request) -> list[JobState]:
    asked = request.query_params.getlist("status")
    if unknown := [value for value in asked if value not in set(JobState)]:
        raise BadRequest(f"There is no status “{unknown[0]}”; it is one of {', '.join(JobState)}.")
    return [JobState(value) for value in asked]


def _archive(request: Request) -> int | None:
    try:
        return upload_in(request.query_params.get("archive"))
    except ValueError:
        raise BadRequest("archive is the number of an upload.") from None


def _cursor(text: str | None) -> tuple[datetime, str] | None:
    if text is None:
        return None
    at, _, job_id = text.rpartition("_")
    when = moment(at)
    if when is None or not JOB_ID.fullmatch(job_id):
        raise BadRequest("after is not a place in this list.")
    return when, job_id


def require_job(request: Request) -> JobView:
    """The job that the address names. Raises NotFound."""
    job_id, found = request.path_params["job_id"], None
    if JOB_ID.fullmatch(job_id):
        with house_of(request).database.read() as connection:
            found = find_job(connection, job_id, now=utc_now())
    if found is None:
        raise NotFound("There is no job with this id.")
    return found


def job_json(request: Request, job: JobView) -> dict[str, Any]:
    """A job as the API tells it."""
    return {
        "job_id": job.id,
        "upload_id": job.upload_id,
        "filename": job.filename,
        "status": job.status,
        "unpacking": unpacking_json(job),
        "progress": progress_json(job.progress),
        "engine": job.engine or house_of(request).dispatch.engine,
        "error": job.error,
        "sha256": job.sha256,
        "size": job.size,
        "dialect": (job.rule or {}).get("dialect"),
        "created_at": _time(job.created_at),
        "started_at": _time(job.started_at),
        "finished_at": _time(job.ended_at),
        "paused_at": _time(job.paused_at),
        "reading_again": reading_json(job),
        "kind": job.kind,
        "archive": None
        if job.archive is None
        else {
            "job_id": job.archive.job_id,
            "upload_id": job.archive.upload_id,
            "filename": job.archive.filename,
            "damage": job.damage,
        },
    }


def reading_json(job: JobView) -> dict[str, Any] | None:
    """The errand that reads a file again, or waits to; None when there is none.

    While it is `removing` messages, the `status` of the job is running.
    """
    if job.reading is None:
        return None
    return {
        "errand_id": job.reading.errand_id,
        "asked_at": _time(job.reading.asked_at),
        "since": _time(job.reading.began_at),
        "removing": job.is_reread,
        "messages_removed": job.reading.removed,
        "messages_to_remove": job.reading.to_remove,
    }


def unpacking_json(job: JobView) -> dict[str, Any] | None:
    """How the unpacking of an archive stands, which says nothing of its files; None for a file."""
    if not job.is_archive:
        return None
    done = job.progress.bytes_unpacked
    return {"status": job.state, "bytes_done": done, "bytes_total": job.size}


def progress_json(progress: Progress) -> dict[str, Any]:
    """How far a job is; sizes in bytes."""
    return {
        "bytes_done": progress.bytes_done,
        "bytes_total": progress.bytes_total,
        "chunks_done": progress.chunks_done,
        "chunks_failed": progress.chunks_failed,
        "chunks_total": progress.chunks_total,
        "chunks_running": progress.chunks_running,
        "met": progress.met,
        "messages": progress.messages,
        "duplicates": progress.duplicates,
        "quarantined": progress.quarantined,
        "all_messages": progress.met,
        "expected_messages": progress.expected_messages,
        "bytes_per_second": progress.bytes_per_second,
        "eta_seconds": progress.eta_seconds,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def job_ledger(request: Request) -> Response:
    """The ledger of a job's mbox: its sum, and its entries from `?after=` (a byte offset) on."""
    job = require_job(request)
    after = whole_parameter(request, "after", default=-1, low=-1, high=1 << 62)
    with house_of(request).database.read() as connection:
        books = balance(connection, job.upload_id, size=job.size)
        entries = entries_of(connection, job.upload_id, after=after, limit=LEDGER_PAGE)
    return JSONResponse(
        {
            "job_id": job.id,
            "size": job.size,
            "sha256": job.sha256,
            **balance_json(books),
            "entries": [
                {
                    "offset": entry.start,
                    "length": entry.length,
                    "kind": entry.kind,
                    "messages": entry.messages,
                }
                for entry in entries
            ],
            "next": entries[-1].start if len(entries) == LEDGER_PAGE else None,
        }
    )


def job_members(request: Request) -> Response:
    """The members of an archive's job; none for a job that is no archive."""
    return members_json(request, require_job(request))


def balance_json(books: Balance) -> dict[str, Any]:
    """The sum of a ledger as the API tells it."""
    return {
        "balances": books.balances,
        "accounted": books.accounted,
        "bytes_by_kind": books.bytes_by_kind,
        "messages_by_kind": books.messages_by_kind,
        "gaps": [{"offset": start, "length": length} for start, length in books.gaps],
    }


def retry(request: Request) -> Response:
    """Let failed and cancelled chunks go on from where they got to."""
    job = require_job(request)
    begun = house_of(request).dispatch.retry(job.id, actor=current_user(request).actor)
    if not begun.is_heard:
        raise HTTPException(409, f"This job is {job.state}; there is nothing to retry.")
    job_now = job_json(request, require_job(request))
    return JSONResponse({**job_now, "retried_chunks": begun.did}, 202)


def cancel(request: Request) -> Response:
    """Stop a job where it is; what is committed stays."""
    job = require_job(request)
    if not house_of(request).dispatch.cancel(job.id, actor=current_user(request).actor):
        raise HTTPException(409, f"This job is {job.state}; there is nothing to cancel.")
    return JSONResponse(job_json(request, require_job(request)))
