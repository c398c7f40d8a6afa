"""What programs may ask of a job beside retry and cancel: pause, read again, delete."""

from __future__ import annotations

import json
from dataclasses import asdict
from json import JSONDecodeError
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mail.mbox import Dialect
from store.counted_on import counting_on_upload
from store.errands import Errand, ErrandKind, find_errand
from store.forecast import messages_with_members
from store.outer import weight_of_upload
from store.retrying import Aftermath
from web.api.jobs import job_json, require_job
from web.errand_lines import lines_of
from web.errors import BadRequest, NotFound
from web.given_away import may_fetch, may_stop
from web.house import house_of
from web.security import current_user

# The highest number of a chunk or an errand that a database knows.
HIGHEST = (1 << 31) - 1


def pause(request: Request) -> Response:
    """Begin no further chunk of a job; those under way are finished."""
    job = require_job(request)
    if not house_of(request).dispatch.pause(job.id, actor=current_user(request).actor):
        raise HTTPException(409, "This job is over or paused already.")
    return JSONResponse(job_json(request, require_job(request)))


def resume(request: Request) -> Response:
    """Let a paused job go on."""
    job = require_job(request)
    if not house_of(request).dispatch.resume(job.id, actor=current_user(request).actor):
        raise HTTPException(409, "This job is not paused.")
    return JSONResponse(job_json(request, require_job(request)), 202)


def delete(request: Request) -> Response:
    """Delete the upload of a job: its messages, its books, its mbox. Cannot be undone."""
    job = require_job(request)
    return asked_for(request, ErrandKind.DELETE_UPLOAD, {"upload_id": job.upload_id})


def deletion(request: Request) -> Response:
    """What deleting the upload of a job would take away. Changes nothing."""
    job = require_job(request)
    with house_of(request).database.read() as connection:
        files, size = weight_of_upload(connection, job.upload_id)
        messages = messages_with_members(connection, job.upload_id)
        counted_on = counting_on_upload(connection, job.upload_id)
    return JSONResponse(
        {
            "job_id": job.id,
            "files": files,
            "bytes": size,
            "messages": messages,
            "counted_on": [asdict(one) for one in counted_on],
        }
    )


async def read_again(request: Request) -> Response:
    """Read a job's mbox again: all of it, or `{"from_seq": n}`; `{"dialect": …}` sets the rule."""
    return await run_in_threadpool(_read_again, request, await request.body())


def _read_again(request: Request, body: bytes) -> Response:
    job = require_job(request)
    wish = wish_of(body)
    from_seq, dialect = wish.get("from_seq", 0), wish.get("dialect")
    if type(from_seq) is not int or not 0 <= from_seq <= HIGHEST:
        raise BadRequest("from_seq is the number of a chunk, or 0 for the whole file.")
    if dialect is not None and (not isinstance(dialect, str) or dialect not in set(Dialect)):
        raise BadRequest(f"dialect is one of {', '.join(Dialect)}.")
    if dialect is not None and from_seq:
        raise BadRequest("Another dialect cuts the file anew: it goes with the whole file only.")
    parameters = {"job_id": job.id, "from_seq": from_seq, "dialect": dialect}
    return asked_for(request, ErrandKind.READ_AGAIN, parameters)


def wish_of(body: bytes) -> dict[str, Any]:
    """What a body asks for, as a JSON object; empty for no body. Raises BadRequest."""
    if not body:
        return {}
    try:
        wish = json.loads(body)
        json.dumps(wish, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadRequest(
            "The body holds half a letter: a surrogate without its other half."
        ) from None
    except (JSONDecodeError, UnicodeDecodeError):
        raise BadRequest("The body is not JSON.") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    if not isinstance(wish, dict):
        raise BadRequest("The body is not a JSON object.")
    return wish


def asked_for(request: Request, kind: ErrandKind, parameters: dict[str, Any]) -> Response:
    """Have an errand done beside: 202, and where it stands."""
    house = house_of(request)
    errand_id = house.dispatch.ask(kind, parameters, actor=current_user(request).actor)
    house.errands.wake()
    status_url = f"/api/errands/{errand_id}"
    answer = {"errand_id": errand_id, "status_url": status_url}
    return JSONResponse(answer, 202, headers={"Location": status_url})


def errand(request: Request) -> Response:
    """Where an errand stands."""
    return JSONResponse(_errand_json(request, _require_errand(request)))


def stop_errand(request: Request) -> Response:
    """Take no further step of an errand; what is done stays done."""
    found = _require_errand(request)
    if not may_stop(request, found):
        raise HTTPException(403, "Your role does not allow this.")
    if not house_of(request).dispatch.stop_errand(found.id, actor=current_user(request).actor):
        raise HTTPException(409, "This errand is over, or has begun what must not be half done.")
    return JSONResponse(_errand_json(request, _require_errand(request)))


def _require_errand(request: Request) -> Errand:
    errand_id, found = request.path_params["errand_id"], None
    if errand_id <= HIGHEST:
        with house_of(request).database.read() as connection:
            found = find_errand(connection, errand_id)
    # Of exports only those who may fetch them are told, as under /api/exports.
    hidden = found is not None and found.kind is ErrandKind.EXPORT and not may_fetch(request, found)
    if found is None or hidden:
        raise NotFound("There is no errand with this id.")
    return found


def _errand_json(request: Request, found: Errand) -> dict[str, Any]:
    line = lines_of(house_of(request).database, [found])[0]
    return {
        "errand_id": found.id,
        "kind": found.kind,
        "parameters": found.parameters,
        "status": found.state,
        "done": found.done,
        "total": found.total,
        "result": found.result,
        "came_to": _came_to(line.aftermath) if line.aftermath else None,
        "error": found.error,
        "created_at": found.created_at.isoformat(),
        "ended_at": found.ended_at.isoformat() if found.ended_at else None,
    }


def _came_to(after: Aftermath) -> dict[str, Any]:
    """What became of the chunks that a retry let go on."""
    return {
        "waiting": after.waiting,
        "running": after.running,
        "succeeded": after.succeeded,
        "failed_same": after.same,
        "failed_other": after.other,
        "cancelled": after.cancelled,
        "taken_back": after.elsewhere,
    }
