"""Long wishes: read a job again, delete it, retry failures. Carried out beside, as errands."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mail.rule import Dialect
from store.causes import KEY_LETTERS
from store.errands import ErrandKind
from web.errors import BadRequest
from web.forms import Form
from web.fragments.progress import require_job
from web.house import house_of
from web.notices import go
from web.security import current_user

CAUSE = re.compile(f"[0-9a-f]{{{KEY_LETTERS}}}")


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
    """`POST /failures/retry`: everything that failed, or what failed for one cause."""
    cause = form.get("cause") or None
    if cause is not None and not CAUSE.fullmatch(cause):
        raise BadRequest("There is no such cause.")
    return _ask(request, ErrandKind.RETRY_FAILED, {"cause": cause})


def stop(request: Request) -> Response:
    """`POST /errands/{id}/stop`: no further step is taken; what is done stays done."""
    errand_id = request.path_params["id"]
    stopped = house_of(request).dispatch.stop_errand(errand_id, actor=current_user(request).actor)
    return go(f"/errands/{errand_id}", notice="errand-stopped" if stopped else "errand-over")


def _ask(request: Request, kind: ErrandKind, parameters: dict[str, Any]) -> Response:
    house = house_of(request)
    errand_id = house.dispatch.ask(kind, parameters, actor=current_user(request).actor)
    house.errands.wake()
    return go(f"/errands/{errand_id}")
