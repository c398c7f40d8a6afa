"""POST /api/upload/stream: an mbox comes in and becomes a job."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from store.clock import utc_now
from store.jobs import find_job
from store.states import JobState
from store.uploads import Twin
from web.house import House, house_of
from web.intake import Intake, Received
from web.security import current_user
from web.uploading import receive, wants_again


async def upload_stream(request: Request) -> Response:
    """Take a raw body, or the file of a multipart form, and answer 202 with its job.

    The same bytes a second time are not kept twice: the answer then names the job of the first
    upload and carries `duplicate_of`; `?again=1` takes them in all the same.
    """
    house = house_of(request)
    intake = Intake(house, by=current_user(request).actor, again=wants_again(request))
    received = await receive(request, intake, timeout_seconds=house.config.read_timeout_seconds)
    status_url = f"/api/upload/job/{received.job_id}"
    return JSONResponse(
        {
            **_answer(received, status_url),
            **await run_in_threadpool(_twin_status, house, received),
        },
        status_code=202,
        headers={"Location": status_url},
    )


def _answer(received: Received, status_url: str) -> dict[str, object]:
    twin = received.twin
    answer: dict[str, object] = {
        "job_id": received.job_id,
        "status": twin.job_state if twin else JobState.QUEUED,
        "status_url": status_url,
        "sha256": received.sha256,
        "size": received.size,
    }
    return answer | (_twin_json(twin) if twin else {})


def _twin_status(house: House, received: Received) -> dict[str, object]:
    """Where an earlier upload of the same bytes stands, of an archive with its files."""
    if received.twin is None:
        return {}
    with house.database.read() as connection:
        job = find_job(connection, received.twin.job_id, now=utc_now())
    return {} if job is None else {"status": job.status}


def _twin_json(twin: Twin) -> dict[str, object]:
    return {
        "duplicate_of": twin.job_id,
        "duplicate_filename": twin.filename,
        "duplicate_uploaded_at": twin.stored_at.isoformat(),
    }
