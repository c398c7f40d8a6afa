"""Where an archive stands with its files: unpacked is not yet read.

The books keep how the unpacking ended, and each file has a job of its own; what people are told
of an archive is drawn from both whenever it is asked for, so that it cannot be out of date. The
rule stands here once, for single archives and for lists of jobs. Pure reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, case, select

from store.archives import POINTING
from store.files_reread import being_reread
from store.states import OPEN_JOB_STATES, JobState
from store.tables import job, upload
from store.tables_archive import archive, member
from store.uploads import UploadState

PAUSED, UNPACKING = "paused", "unpacking"
# Its messages are being taken away, to be read again: its own state then is cancelled, so that
# nobody begins it, but that is no end, and nobody has cancelled it.
REREADING = "rereading"
# Where a job stands, as lists tell it: a paused job is paused, whatever it was doing, and of an
# archive that is under way the plan is the unpacking.
SHOWN_STATES = (
    "queued",
    "planning",
    UNPACKING,
    "running",
    REREADING,
    PAUSED,
    *(one for one in JobState if one.is_over),
)
AT_WORK = frozenset(("planning", UNPACKING, "running"))
UNDER_WAY = frozenset(("queued", "planning", UNPACKING, "running", REREADING))
_FARTHEST = ("running", UNPACKING, "planning", REREADING, "queued")
# What went wrong, the worst first: one such file is enough, as one failed chunk is for a file.
# What somebody cancelled they know of.
_WORST = (JobState.FAILED, JobState.INCOMPLETE, JobState.CANCELLED)
# No database takes any number of parameters in one statement.
_AT_ONCE = 500


def own_standing(
    state: JobState, *, is_archive: bool, is_paused: bool, is_reread: bool = False
) -> str:
    """Where a job stands by itself, whatever came out of it."""
    if is_reread:
        return REREADING
    if state.is_over:
        return state
    if is_paused:
        return PAUSED
    return UNPACKING if is_archive and state is not JobState.QUEUED else state


def with_files(own: str, inside: Collection[str]) -> str:
    """Where an archive stands, given how it and each of its files stand by themselves."""
    if own in UNDER_WAY:
        return own
    if under_way := UNDER_WAY.intersection(inside):
        # What is farthest on: while each of them only waits, so does the archive.
        return next(word for word in _FARTHEST if word in under_way)
    if own == PAUSED or PAUSED in inside:
        return PAUSED
    return next((bad for bad in _WORST if bad == own or bad in inside), own)


def status_with_files(own: JobState, inside: Collection[str]) -> JobState:
    """The same in the words for states, which know no pause."""
    if not own.is_over:
        return own
    found = with_files(own, inside)
    return JobState.RUNNING if found == PAUSED or found in UNDER_WAY else JobState(found)


def own_shown(connection: Connection) -> ColumnElement[str]:
    """Where a job stands by itself, as a column on `job`."""
    return _own_shown(being_reread(connection))


def _own_shown(reread: list[str]) -> ColumnElement[str]:
    is_open = job.c.state.in_(OPEN_JOB_STATES)
    unpacks = and_(
        job.c.state.in_((JobState.PLANNING, JobState.RUNNING)),
        job.c.upload_id.in_(select(archive.c.upload_id)),
    )
    return case(
        *(((job.c.id.in_(reread), REREADING),) if reread else ()),
        (and_(job.c.paused_at.is_not(None), is_open), PAUSED),
        (unpacks, UNPACKING),
        else_=job.c.state,
    )


def shown_state(connection: Connection) -> ColumnElement[str]:
    """Where a job stands, as lists tell it, as a column on `job`; an archive with its files."""
    return both_of_jobs(connection)[1]


def status_of_jobs(connection: Connection) -> ColumnElement[str]:
    """The same in the words for states."""
    return both_of_jobs(connection)[0]


def both_of_jobs(connection: Connection) -> tuple[ColumnElement[str], ColumnElement[str]]:
    """Both of them, looked for once: the state, and where it stands as lists tell it."""
    shown, states = dict[str, list[int]](), dict[str, list[int]]()
    reread = being_reread(connection)
    own_column = _own_shown(reread)
    inside = _inside_all(connection, own_column)
    for upload_id, state, own in _own(connection, sorted(inside), own_column):
        within = inside[upload_id]
        if (standing := with_files(own, within)) != own:
            shown.setdefault(standing, []).append(upload_id)
        # By itself: one that is paused and not over stands by its files, its state does not.
        if (status := status_with_files(state, within)) != state:
            states.setdefault(status, []).append(upload_id)
    status_column: ColumnElement[str] = job.c.state
    if reread:
        status_column = case((job.c.id.in_(reread), JobState.RUNNING), else_=status_column)
    return _instead(states, status_column), _instead(shown, own_column)


def _instead(found: dict[str, list[int]], own: ColumnElement[str]) -> ColumnElement[str]:
    if not found:
        return own
    return case(*((_is_one_of(ids), standing) for standing, ids in found.items()), else_=own)


def _is_one_of(upload_ids: list[int]) -> ColumnElement[bool]:
    # Written out: neither database takes so many parameters.
    written: BindParameter[Any] = bindparam(
        None, sorted(upload_ids), expanding=True, literal_execute=True
    )
    return job.c.upload_id.in_(written)


def _own(
    connection: Connection, upload_ids: list[int], standing: ColumnElement[str]
) -> Iterator[tuple[int, JobState, str]]:
    """(upload, state, standing) of jobs by themselves."""
    for at in range(0, len(upload_ids), _AT_ONCE):
        rows = connection.execute(
            select(job.c.upload_id, job.c.state, standing).where(
                job.c.upload_id.in_(upload_ids[at : at + _AT_ONCE])
            )
        )
        yield from ((upload_id, JobState(state), own) for upload_id, state, own in rows)


def _inside_all(connection: Connection, standing: ColumnElement[str]) -> dict[int, set[str]]:
    """For every archive, how its files stand, however deep; those that are finished left out."""
    if connection.execute(select(archive.c.upload_id).limit(1)).first() is None:
        return {}
    found: dict[int, set[str]] = {}
    around = _around(connection)
    for archive_id, stands in _unfinished(connection, standing):
        reached = [archive_id]
        while reached:
            at = reached.pop()
            if stands not in found.setdefault(at, set()):
                found[at].add(stands)
                reached += around.get(at, ())
    return found


def _unfinished(connection: Connection, standing: ColumnElement[str]) -> Iterable[tuple[int, str]]:
    """(archive, standing) of files that are not finished: of those right in it."""
    there = and_(upload.c.state == UploadState.STORED, job.c.state != JobState.FINISHED)
    came_out = (
        select(upload.c.archive_id, standing)
        .join(job, job.c.upload_id == upload.c.id)
        .where(upload.c.archive_id.is_not(None), there)
    )
    same = (
        select(member.c.archive_id, standing)
        .join(upload, upload.c.id == member.c.upload_id)
        .join(job, job.c.upload_id == upload.c.id)
        .where(member.c.fate.in_(POINTING), there)
    )
    return [(row[0], row[1]) for row in connection.execute(came_out.union(same))]


def _around(connection: Connection) -> dict[int, list[int]]:
    """For each archive, those that it lies in, also as bytes that came before."""
    came_out = (
        select(upload.c.id, upload.c.archive_id)
        .join(archive, archive.c.upload_id == upload.c.id)
        .where(upload.c.archive_id.is_not(None))
    )
    same = (
        select(member.c.upload_id, member.c.archive_id)
        .join(archive, archive.c.upload_id == member.c.upload_id)
        .where(member.c.fate.in_(POINTING))
    )
    found: dict[int, list[int]] = {}
    for inner, outer in connection.execute(came_out.union(same)):
        found.setdefault(inner, []).append(outer)
    return found
