"""Carry out an errand in small committed steps.

Every step may be repeated, so an errand whose console was killed is simply begun again. Whose turn
it is decides `jobs.errand_runner`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from jobs.bulk import (
    WISHES,
    act_on_members,
    cancel_jobs,
    pause_jobs,
    resume_jobs,
    retry_failed,
    retry_jobs,
)
from jobs.deleting import EVERYTHING, STEP_MESSAGES, delete_jobs, delete_upload
from jobs.exporting import write_export
from jobs.found import label_found, read_found, unlabel_found
from jobs.steps import CannotDo, Steps
from jobs.workshop import Workshop
from mail.mbox import Dialect, Rule
from store.audit import record
from store.clock import utc_now
from store.database import OUTAGES, Transaction
from store.errands import (
    Errand,
    ErrandKind,
    ErrandState,
    ErrandStopped,
    end_errand,
    find_errand,
    note_progress,
)
from store.forecast import is_more, messages_from
from store.job_view import JobView
from store.jobs import find_job
from store.meant import forget_meant
from store.outage import passes
from store.read_anew import plan_anew, rewind_chunks, set_aside, start_of
from store.removing import delete_range
from store.retried_ends import note_untold
from store.rules import rule_of_upload
from store.spool import SpoolError
from store.touched import Touched
from store.uploads import Upload, require_upload
from store.wishes import cancel_job

log = logging.getLogger(__name__)

Doer = Callable[[Workshop, Errand, Steps], Iterator[None]]


def run_errand(workshop: Workshop, errand: Errand, *, still_mine: Callable[[], bool]) -> None:
    """Carry out one errand to its end, or until somebody stops it or the lease is gone."""
    # What was done before a kill is not undone by it.
    touched = Touched.from_place(errand.place)
    steps = Steps(done=errand.done, total=errand.total, touched=touched)
    if not _note(workshop, errand, steps):
        return
    try:
        for _ in DOERS[errand.kind](workshop, errand, steps):
            goes_on = _note(workshop, errand, steps) or steps.half_done
            if not goes_on or not still_mine():
                return
    except ErrandStopped:
        return
    except Exception as error:
        if isinstance(error, OUTAGES) and passes(error):
            raise
        # A refusal is an answer that somebody reads; only a bug needs its traceback.
        refused = isinstance(error, CannotDo)
        log.error("errand %s failed: %s", errand.id, error, exc_info=not refused)
        _end(workshop, errand, ErrandState.FAILED, error=str(error) or type(error).__name__)
        return
    _end(workshop, errand, ErrandState.DONE, result=steps.result)


def _note(workshop: Workshop, errand: Errand, steps: Steps) -> bool:
    with workshop.database.write() as connection:
        return note_progress(
            connection, errand.id, done=steps.done, total=steps.total, now=utc_now()
        )


def _end(
    workshop: Workshop,
    errand: Errand,
    state: ErrandState,
    *,
    result: dict[str, Any] | None = None,
    error: str | None = None,
) -> None:
    now = utc_now()
    with workshop.database.write() as connection:
        end_errand(connection, errand.id, state=state, now=now, result=result, error=error)
        forget_meant(connection, errand.id)
        if state is ErrandState.DONE:
            note_untold(connection, errand)
        record(
            connection,
            actor=errand.created_by,
            action=f"errand.{state}",
            subject=f"errand:{errand.id}",
            now=now,
            detail={"kind": errand.kind, **errand.parameters, **_numbers(result)},
        )


def _numbers(result: dict[str, Any] | None) -> dict[str, Any]:
    """What the audit log keeps of a result; lists are for the errand's own page."""
    return {name: value for name, value in (result or {}).items() if not isinstance(value, list)}


def read_again(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Read a job's mbox again: from a chunk on, or all of it, perhaps by another rule."""
    job_id, from_seq = errand.parameters["job_id"], int(errand.parameters.get("from_seq") or 0)
    with workshop.database.write() as connection:
        job = find_job(connection, job_id, now=utc_now())
        if job is None:
            raise CannotDo("The job is gone.")
        if job.is_archive:
            raise CannotDo("An archive is not read again; the files that came out of it can be.")
        start = start_of(connection, job_id, from_seq=from_seq)
        _require_mbox(workshop, require_upload(connection, job.upload_id))
        to_remove = messages_from(connection, job.upload_id, start)
        _require_as_said(errand, removed=to_remove)
        if steps.total is None:  # begun again after a kill, the books hold none of them any more
            steps.total = to_remove
        set_aside(connection, job_id, start=start, now=utc_now())
    yield
    while True:
        with workshop.database.write() as connection:
            set_aside(connection, job_id, start=start, now=utc_now())
            gone = delete_range(
                connection,
                upload_id=job.upload_id,
                start=start,
                stop=EVERYTHING,
                limit=STEP_MESSAGES,
            )
            if not gone:
                _begin_anew(connection, errand, job, from_seq=from_seq)
        if not gone:
            break
        steps.done += gone
        yield
    steps.result = {"messages_removed": steps.done}


def _begin_anew(connection: Transaction, errand: Errand, job: JobView, *, from_seq: int) -> None:
    if from_seq:
        rewind_chunks(connection, job.id, from_seq=from_seq)
    else:
        seen = rule_of_upload(connection, job.upload_id)
        plan_anew(connection, job.id, rule=rule_text(errand.parameters.get("dialect"), seen=seen))
    meanwhile = find_errand(connection, errand.id)
    if meanwhile is not None and meanwhile.place.get("cancelled"):
        cancel_job(connection, job.id, now=utc_now())


def _require_mbox(workshop: Workshop, upload: Upload) -> None:
    """Nothing is removed that could not be read again."""
    try:
        with workshop.spool.source(upload.spool_name, size=upload.size or 0):
            pass
    except SpoolError as error:
        raise CannotDo(f"Nothing was removed: {error}") from None


def _require_as_said(errand: Errand, *, removed: int) -> None:
    """Nothing is removed that nobody was told of, however long the errand has waited."""
    said = errand.parameters.get("removed_as_said")
    if said is not None and is_more(removed, than_said=int(said)):
        raise CannotDo(
            f"{said} messages were to be removed, by now it would be {removed}. Ask again."
        )


def rule_text(dialect: str | None, *, seen: dict[str, Any] | None) -> str | None:
    """The rule for a dialect as the job keeps it; None to detect it afresh.

    `seen` is the rule the file was read by before: what it says of the line ends stays true.
    """
    if dialect is None:
        return None
    rule = Rule.of(Dialect(dialect), seen=Rule.from_json(seen) if seen else None)
    return json.dumps(rule.to_json())


DOERS: dict[ErrandKind, Doer] = {
    ErrandKind.DELETE_UPLOAD: delete_upload,
    ErrandKind.READ_AGAIN: read_again,
    ErrandKind.RETRY_FAILED: retry_failed,
    ErrandKind.EXPORT: write_export,
    ErrandKind.RETRY_JOBS: retry_jobs,
    ErrandKind.PAUSE_JOBS: pause_jobs,
    ErrandKind.RESUME_JOBS: resume_jobs,
    ErrandKind.CANCEL_JOBS: cancel_jobs,
    ErrandKind.DELETE_JOBS: delete_jobs,
    ErrandKind.LABEL: label_found,
    ErrandKind.UNLABEL: unlabel_found,
    ErrandKind.READ_FOUND: read_found,
    **dict.fromkeys(WISHES, act_on_members),
}
