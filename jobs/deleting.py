"""Errands that delete: uploads with their messages, their books and their files, in small steps.

An archive takes along what came out of it. What stays and loses mail by it, archives that have the
same bytes in them, is named in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from jobs.bulk import each_job
from jobs.steps import Steps
from jobs.workshop import Workshop
from store.archives import uploads_inside
from store.clock import utc_now
from store.counted_on import counting_on
from store.database import Transaction
from store.errands import Errand, note_act, note_place
from store.half_done import half_deleted
from store.inside import has_ended_since
from store.job_filter import JobFilter
from store.job_weight import uploads_going
from store.outer import weight_of_upload
from store.own_labels import forget_labels
from store.removing import EMPTIED, delete_range
from store.uploads import (
    Upload,
    UploadState,
    forget_upload,
    mark_deleting,
    require_upload,
)
from store.wishes import cancel_job

STEP_MESSAGES = 500
# Above every offset, and still below the next upload's keys.
EVERYTHING = (1 << 40) - 1
# Under this name the report lists archives that lost mail, the first of them.
LOSING = "losing"
LOST = (LOSING, "archives_losing", "members_lost")
MOST_NAMED = 100


def delete_upload(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Remove an upload: its messages, its books, its mbox."""
    with workshop.database.read() as connection:
        upload = require_upload(connection, int(errand.parameters["upload_id"]))
        files, size = weight_of_upload(connection, upload.id)
    losing = _losing(workshop, errand, lambda asked: {upload.id, *uploads_inside(asked, upload.id)})
    for gone in _remove(workshop, upload):
        steps.done += gone
        yield
    workshop.database.give_back_space(EMPTIED)
    steps.result = {
        "filename": upload.filename,
        "files": files,
        "messages_removed": steps.done,
        "bytes_freed": size,
        **losing,
    }


def delete_jobs(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Remove the uploads of all jobs that match, with their messages, their books, their mbox."""
    files = size = 0
    wanted = JobFilter.from_json(errand.parameters)
    losing = _losing(workshop, errand, lambda asked: uploads_going(asked, wanted))
    for upload_id in _going(workshop, errand, steps, losing):
        with workshop.database.read() as connection:
            upload = require_upload(connection, upload_id)
            weight = weight_of_upload(connection, upload_id)
        steps.half_done = True
        for gone in _remove(workshop, upload):
            steps.done += gone
            yield
        steps.half_done = False
        files, size = files + weight[0], size + weight[1]
        yield
    workshop.database.give_back_space(EMPTIED)
    steps.result = {
        "files": files,
        "messages_removed": steps.done,
        "bytes_freed": size,
        **losing,
    }


def _losing(
    workshop: Workshop, errand: Errand, going: Callable[[Transaction], Collection[int]]
) -> dict[str, Any]:
    """The archives that stay and lose mail, for the report; nothing where there are none.

    Looked for before anything goes, and kept with the errand: begun again, it could not tell.
    """
    if LOSING in errand.place:
        return {name: errand.place[name] for name in LOST}
    with workshop.database.read() as connection:
        found = counting_on(connection, going(connection))
    if not found:
        return {}
    losing = {
        LOSING: [one.to_json() for one in found[:MOST_NAMED]],
        "archives_losing": len(found),
        "members_lost": sum(one.members for one in found),
    }
    with workshop.database.write() as connection:
        note_place(connection, errand.id, losing)
    return losing


def _note_file(
    connection: Transaction, errand: Errand, steps: Steps, losing: dict[str, Any], job_id: str
) -> None:
    steps.touched = steps.touched.and_one(job_id)
    note_place(connection, errand.id, {**losing, **steps.touched.to_place()})


def _going(
    workshop: Workshop, errand: Errand, steps: Steps, losing: dict[str, Any]
) -> Iterator[int]:
    """The uploads of jobs that match, and before them those whose deletion was broken off.

    Errands that delete go one at a time: what is half deleted now is being deleted by nobody.
    """
    with workshop.database.read() as connection:
        left = half_deleted(connection)
    yield from left
    wanted = JobFilter.from_json(errand.parameters).for_deletion()
    for job_id, upload_id in each_job(workshop, errand, wanted):
        with workshop.database.write() as connection:
            upload = require_upload(connection, upload_id)
            if upload.state is UploadState.DELETED:  # with the archive it came out of
                continue
            if wanted.states_or_end and has_ended_since(connection, upload_id, errand.created_at):
                continue  # one of its files went on after the wish: it was not meant
            note_act(
                connection,
                errand,
                "job.delete",
                job_id=job_id,
                now=utc_now(),
                filename=upload.filename,
            )
            _note_file(connection, errand, steps, losing, job_id)
        yield upload_id


def _remove(workshop: Workshop, upload: Upload) -> Iterator[int]:
    """Take an upload away in steps; each answers how many messages it took.

    An archive takes along what came out of it, from the inside outwards.
    """
    with workshop.database.write() as connection:
        jobs = mark_deleting(connection, upload.id)
        for job_id in jobs:
            # Before anything else, so that nothing more comes out of it.
            cancel_job(connection, job_id, now=utc_now())
        inside = uploads_inside(connection, upload.id)
    yield 0
    for upload_id in inside:
        with workshop.database.read() as connection:
            one = require_upload(connection, upload_id)
        if one.state is not UploadState.DELETED:
            yield from _remove(workshop, one)
    while True:
        # Every step keeps workers off anew, or a job that was retried could write behind it.
        with workshop.database.write() as connection:
            for job_id in jobs:
                cancel_job(connection, job_id, now=utc_now())
            gone = delete_range(
                connection, upload_id=upload.id, start=0, stop=EVERYTHING, limit=STEP_MESSAGES
            )
            if not gone:
                forget_upload(connection, upload.id)
                forget_labels(connection, upload.id)
                break
        yield gone
    workshop.spool.remove(upload.spool_name)
