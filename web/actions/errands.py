"""Long wishes: read a job again, delete it, retry failures. Carried out beside, as errands."""

from __future__ import annotations

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.counted_on import counting_on_upload
from store.errands import ErrandKind, find_errand, subject_of_cause
from store.failure_lists import failed_ids
from store.files_reread import reading_again
from store.forecast import Forecast, Reach, forecast, is_more, messages_with_members
from store.job_view import JobView
from store.states import OPEN_JOB_STATES
from web.errors import BadRequest, NotFound
from web.failure_query import filter_of, key_of
from web.forms import Form
from web.fragments.progress import require_job
from web.given_away import HIGHEST, may_stop
from web.house import house_of
from web.job_query import KINDS, JobAct, job_act, job_filter
from web.notices import go
from web.pages.ask import MOVED_ON, Act, ask_about
from web.pages.failures_retry import ask_again as ask_again_to_retry
from web.pages.failures_retry import weighed
from web.pages.jobs_bulk import ask_again, dry_run
from web.pages.read_again import choices, dialect_in, seq_in
from web.security import current_user


def read_again(request: Request, form: Form) -> Response:
    """`POST /jobs/{id}/read-again`: one of the three choices, if it still does what was said."""
    job, reach = require_job(request), _reach(form)
    from_seq, dialect = seq_in(form), dialect_in(form)
    if dialect is not None and reach is not Reach.ALL:
        raise BadRequest("Another dialect cuts the file anew: it goes with the whole file only.")
    with house_of(request).database.read() as connection:
        try:
            now = forecast(connection, job.id, reach=reach, from_seq=from_seq or 0)
        except LookupError:
            raise NotFound("This file has no such chunk.") from None
    if not _is_as_said(form, job, now):
        return choices(request, job, from_seq=from_seq, dialect=dialect, meant=reach, changed=True)
    if reach is Reach.FAILED:
        begun = house_of(request).dispatch.retry(job.id, actor=current_user(request).actor)
        retried = "retried-archive" if job.is_archive else "retried"
        notice = retried if begun.is_heard else _why_not(request, job.id)
        return go(f"/jobs/{job.id}", notice=notice)
    wish = {"job_id": job.id, "from_seq": now.from_seq, "dialect": dialect}
    return _ask(request, ErrandKind.READ_AGAIN, {**wish, "removed_as_said": said_in(form)})


def _why_not(request: Request, job_id: str) -> str:
    with house_of(request).database.read() as connection:
        is_read_again = reading_again(connection, job_id) is not None
    return "being-read-again" if is_read_again else "nothing-to-retry"


def _reach(form: Form) -> Reach:
    try:
        return Reach(form.get("reach", ""))
    except ValueError:
        raise BadRequest("Say how much is to be read again.") from None


def _is_as_said(form: Form, job: JobView, now: Forecast) -> bool:
    """False when more would happen than the person was told."""
    chunks, removed = whole_in(form, "chunks"), said_in(form)
    was_open = form.get("state", "") in OPEN_JOB_STATES
    if was_open is job.state.is_over or is_more(now.removed, than_said=removed):
        return False
    match now.reach:
        case Reach.FAILED:
            return now.chunks == chunks
        case Reach.ONWARD:
            return now.chunks <= chunks
        case Reach.ALL:
            return True


def said_in(form: Form) -> int:
    """How many messages the person was told would be removed. Raises BadRequest."""
    return whole_in(form, "removed")


def whole_in(form: Form, name: str) -> int:
    """A whole number of a form; 0 when it is not there. Raises BadRequest for anything else."""
    text = form.get(name) or "0"
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise BadRequest("This form has a number in it that is none.")
    return int(text)


def delete(request: Request, form: Form) -> Response:
    """`POST /jobs/{id}/delete`: the upload, its messages and its bytes, once somebody is sure."""
    job = require_job(request)
    with house_of(request).database.read() as connection:
        removed = messages_with_members(connection, job.upload_id)
        lost = sum(one.members for one in counting_on_upload(connection, job.upload_id))
    if form.get("sure") != "yes":
        return ask_about(request, job, Act.DELETE, trouble="Deleting has to be confirmed.")
    if is_more(removed, than_said=said_in(form)) or lost > whole_in(form, "lost"):
        return ask_about(request, job, Act.DELETE, trouble=MOVED_ON)
    wish = {"upload_id": job.upload_id, "job_id": job.id}
    return _ask(request, ErrandKind.DELETE_UPLOAD, wish)


def retry_failed(request: Request, form: Form) -> Response:
    """`POST /failures/retry`: everything that failed, or what matches of it."""
    wanted = filter_of(form, now=utc_now())
    view = weighed(request, wanted)
    if form.get("said", view.said) != view.said:
        return ask_again_to_retry(request, view)
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
    """`POST /jobs/bulk`: retry, pause, let go on, cancel or delete every job that matches."""
    act = job_act(form)
    if act is JobAct.DELETE and form.get("sure") != "yes":
        raise BadRequest("Deleting has to be confirmed.")
    wanted = job_filter(form)
    view = dry_run(request, act, wanted)
    # What cannot be undone is done to what was counted before only.
    unsaid = "" if act is JobAct.DELETE else view.said
    if form.get("said", unsaid) != view.said:
        return ask_again(request, view)
    return _ask(request, KINDS[act], wanted.to_json())


def stop(request: Request) -> Response:
    """`POST /errands/{id}/stop`: no further step is taken; what is done stays done."""
    errand_id = request.path_params["id"]
    house = house_of(request)
    with house.database.read() as connection:
        asked = find_errand(connection, errand_id) if errand_id <= HIGHEST else None
    if asked is None or not may_stop(request, asked):
        raise HTTPException(403, "Your role does not allow this.")
    if house.dispatch.stop_errand(errand_id, actor=current_user(request).actor):
        return go(f"/errands/{errand_id}", notice="errand-stopped")
    with house.database.read() as connection:
        errand = find_errand(connection, errand_id)
    goes_on = errand is not None and errand.is_open
    return go(f"/errands/{errand_id}", notice="errand-goes-on" if goes_on else "errand-over")


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
