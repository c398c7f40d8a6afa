"""Long wishes: read a job again, delete it, retry failures. Carried out beside, as errands."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mail.rule import Dialect
from store.clock import utc_now
from store.errands import ErrandKind, subject_of_cause
from store.failure_lists import failed_ids
from web.errors import BadRequest
from web.failure_query import filter_of, key_of
from web.forms import Form
from web.fragments.progress import require_job
from web.house import house_of
from web.job_query import KINDS, JobAct, job_act, job_filter
from web.notices import go
from web.security import current_user


def read_again(request: Request, form: Form) -> Response:
    """`POST /jobs/{id}/read-again`: from a chunk on, or the whole file by another dialect."""
    job, from_seq, dialect = (
        require_job(request),
        form.get("from_seq", "0"),
        form.get("dialect") or None,
    )
    if not from_seq.isdecimal() or len(from_seq) > 9:
        raise BadRequest("The chunk to begin with is a number, or 0 for the whole file.")
    if dialect is not None and dialect not in set(Dialect):
        raise BadRequest("There is no such dialect.")
    if dialect is not None and int(from_seq):
        raise BadRequest("Another dialect cuts the file anew: it goes with the whole file only.")
    parameters = {"job_id": job.id, "from_seq": int(from_seq), "dialect": dialect}
    return _ask(request, ErrandKind.READ_AGAIN, parameters)


def delete(request: Request, form: Form) -> Response:
    """`POST /jobs/{id}/delete`: the upload, its messages and its bytes."""
    if form.get("sure") != "yes":
        raise BadRequest("Deleting has to be confirmed.")
    return _ask(request, ErrandKind.DELETE_UPLOAD, {"upload_id": require_job(request).upload_id})


def retry_failed(request: Request, form: Form) -> Response:
    """`POST /failures/retry`: everything that failed, or what matches of it."""
    wanted = filter_of(form, now=utc_now())
    subject = subject_of_cause(wanted.cause) if wanted.cause else None
    return _ask(request, ErrandKind.RETRY_FAILED, wanted.to_json(), subject=subject)


def try_one(request: Request, form: Form) -> Response:
    """`POST /failures/{key}/trial`: one chunk, the latest unless the form names another."""
    key, named = key_of(request), form.get("chunk", "")
    if named and not re.fullmatch(r"\d{1,18}", named):
        raise BadRequest("This form cannot be read.")
    house = house_of(request)
    with house.database.read() as connection:
        chunk_ids = [int(named)] if named else failed_ids(connection, key, limit=1)
    actor = current_user(request).actor
    begun = any(house.dispatch.try_one(key, chunk_id, actor=actor) for chunk_id in chunk_ids)
    return go(f"/failures/{key}", notice="trial" if begun else "no-trial")


def act_on_jobs(request: Request, form: Form) -> Response:
    """`POST /jobs/bulk`: retry, cancel or delete every job that matches."""
    act = job_act(form)
    if act is JobAct.DELETE and form.get("sure") != "yes":
        raise BadRequest("Deleting has to be confirmed.")
    return _ask(request, KINDS[act], job_filter(form).to_json())


def stop(request: Request) -> Response:
    """`POST /errands/{id}/stop`: no further step is taken; what is done stays done."""
    errand_id = request.path_params["id"]
    stopped = house_of(request).dispatch.stop_errand(errand_id, actor=current_user(request).actor)
    return go(f"/errands/{errand_id}", notice="errand-stopped" if stopped else "errand-over")


def _ask(
    request: Request,
    kind: ErrandKind,
    parameters: dict[str, Any],
    *,
    subject: str | None = None,
) -> Response:
    house, actor = house_of(request), current_user(request).actor
    errand_id = house.dispatch.ask(kind, parameters, actor=actor, subject=subject)
    house.errands.wake()
    return go(f"/errands/{errand_id}")
