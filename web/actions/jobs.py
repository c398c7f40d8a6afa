"""What may be asked of jobs: pause, go on, cancel. Each act is audited where it is done."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from store.jobs import kind_of_job
from store.uploads import UploadKind
from web.asked import job_id_of
from web.forms import Form, own_address
from web.house import house_of
from web.notices import go
from web.security import current_user


def cancel_job(request: Request) -> Response:
    """`POST /jobs/{id}/cancel`: the job stops where it is."""
    job_id = job_id_of(request)
    stopped = house_of(request).dispatch.cancel(job_id, actor=current_user(request).actor)
    return _back(request, job_id, "cancelled" if stopped else None)


def _back(request: Request, job_id: str, done: str | None) -> Response:
    """To the job, told in the words for what it is; None: there was nothing to do any more."""
    if done is None:
        return go(f"/jobs/{job_id}", notice="too-late")
    with house_of(request).database.read() as connection:
        kind = kind_of_job(connection, job_id)
    return go(f"/jobs/{job_id}", notice=f"{done}-archive" if kind is UploadKind.ARCHIVE else done)


def retry_chunk(request: Request, form: Form) -> Response:
    """`POST /chunks/{id}/retry`: this one chunk, as a trial."""
    chunk_id = int(request.path_params["id"])
    retried = house_of(request).dispatch.retry_chunk(chunk_id, actor=current_user(request).actor)
    target = own_address(form.get("next"), default="/failures")
    return go(target, notice="retried-one" if retried else "nothing-to-retry")


def stop_chunk(request: Request, form: Form) -> Response:
    """`POST /chunks/{id}/stop`: its attempt does not run on; the rest of the job does."""
    chunk_id = int(request.path_params["id"])
    stopped = house_of(request).dispatch.stop_chunk(chunk_id, actor=current_user(request).actor)
    target = own_address(form.get("next"), default="/workers")
    return go(target, notice="chunk-stopped" if stopped else "chunk-not-running")


def pause_job(request: Request) -> Response:
    """`POST /jobs/{id}/pause`: no further chunk is begun."""
    job_id = job_id_of(request)
    paused = house_of(request).dispatch.pause(job_id, actor=current_user(request).actor)
    return _back(request, job_id, "paused" if paused else None)


def resume_job(request: Request) -> Response:
    """`POST /jobs/{id}/resume`: it goes on."""
    job_id = job_id_of(request)
    resumed = house_of(request).dispatch.resume(job_id, actor=current_user(request).actor)
    return _back(request, job_id, "resumed" if resumed else None)
