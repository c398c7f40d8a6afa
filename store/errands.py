"""Errands: long work that people ask for beside parsing, with progress and an end.

Only the books: who asked for what, how far it is, how it ended. Doing it is `jobs.errands`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, insert, or_, select, update

from store.audit import record_of_job
from store.tables_watch import errand


class ErrandKind(StrEnum):
    """What is to be done."""

    DELETE_UPLOAD = "delete_upload"  # {"upload_id": …}
    READ_AGAIN = "read_again"  # {"job_id": …, "from_seq": …, "dialect": … or null}
    RETRY_FAILED = "retry_failed"  # a FailureFilter as JSON
    # {"cause": …, "chunk": …, "job_id": …}; done when it is asked for, see store.trials
    TRIAL = "trial"
    RETRY_JOBS = "retry_jobs"  # a JobFilter as JSON, as for the next three and DELETE_JOBS
    PAUSE_JOBS = "pause_jobs"
    RESUME_JOBS = "resume_jobs"
    CANCEL_JOBS = "cancel_jobs"
    # {"job_id": …, "after": …}: the rest of what came out of an archive, see store.wishes_inside
    PAUSE_MEMBERS = "pause_members"
    RESUME_MEMBERS = "resume_members"
    CANCEL_MEMBERS = "cancel_members"
    RETRY_MEMBERS = "retry_members"
    DELETE_JOBS = "delete_jobs"
    EXPORT = "export"  # {"query": …, "format": …, "labelled": …}
    LABEL = "label"  # {"query": …, "label": …}
    UNLABEL = "unlabel"  # the same
    READ_FOUND = "read_found"  # {"query": …, "charset": …, "dialect": …, "wide": …}


class Lane(StrEnum):
    """Errands of different lanes go side by side, those of one after each other.

    What takes files away is one lane: what is half deleted is being deleted by nobody else.
    """

    FILES = "errands"
    WORK = "errands:work"
    MAIL = "errands:mail"
    EXPORTS = "errands:exports"


KINDS_OF: dict[Lane, tuple[ErrandKind, ...]] = {
    Lane.FILES: (ErrandKind.DELETE_UPLOAD, ErrandKind.READ_AGAIN, ErrandKind.DELETE_JOBS),
    Lane.WORK: (
        ErrandKind.RETRY_FAILED,
        ErrandKind.TRIAL,
        ErrandKind.RETRY_JOBS,
        ErrandKind.PAUSE_JOBS,
        ErrandKind.RESUME_JOBS,
        ErrandKind.CANCEL_JOBS,
        ErrandKind.PAUSE_MEMBERS,
        ErrandKind.RESUME_MEMBERS,
        ErrandKind.CANCEL_MEMBERS,
        ErrandKind.RETRY_MEMBERS,
    ),
    Lane.MAIL: (ErrandKind.LABEL, ErrandKind.UNLABEL, ErrandKind.READ_FOUND),
    Lane.EXPORTS: (ErrandKind.EXPORT,),
}


class ErrandStopped(Exception):
    """Somebody has stopped the errand: the step under way is undone, and no further one taken."""


class ErrandState(StrEnum):
    """Where an errand stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


OPEN_ERRAND_STATES = (ErrandState.WAITING, ErrandState.RUNNING)
# Once begun these go on to their end: half of one would be mail without books, or a file that
# neither is there nor can be deleted.
ALL_OR_NOTHING = (ErrandKind.DELETE_UPLOAD, ErrandKind.READ_AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One errand. `done` and `total` count whatever the kind counts: messages, chunks."""

    id: int
    kind: ErrandKind
    parameters: dict[str, Any]
    state: ErrandState
    done: int
    total: int | None
    result: dict[str, Any] | None
    error: str | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    subject: str | None
    place: dict[str, Any]  # of kinds that go through many: how far, and their sums; {} at first

    @property
    def is_open(self) -> bool:
        """True while it is being carried out, or waits for that."""
        return self.state in OPEN_ERRAND_STATES

    @property
    def can_stop(self) -> bool:
        """True while it may be left as it is."""
        return self.state is ErrandState.WAITING or (
            self.state is ErrandState.RUNNING and self.kind not in ALL_OR_NOTHING
        )


def subject_of_cause(key: str) -> str:
    """How errands name the cause they are about."""
    return f"cause:{key}"


def add_errand(
    connection: Connection,
    kind: ErrandKind,
    parameters: dict[str, Any],
    *,
    by: str,
    now: datetime,
    subject: str | None = None,
) -> int:
    """Ask for something to be done; answers the errand's id."""
    inserted = connection.execute(
        insert(errand)
        .values(
            kind=kind,
            parameters=json.dumps(parameters, ensure_ascii=False),
            state=ErrandState.WAITING,
            created_at=now,
            created_by=by,
            subject=subject,
        )
        .returning(errand.c.id)
    )
    return int(inserted.scalar_one())


def next_errand(connection: Connection, lane: Lane | None = None) -> Errand | None:
    """The oldest errand that is not over, of one lane or of any."""
    query = select(errand).where(errand.c.state.in_(OPEN_ERRAND_STATES))
    if lane is not None:
        query = query.where(errand.c.kind.in_(KINDS_OF[lane]))
    row = connection.execute(query.order_by(errand.c.id).limit(1)).one_or_none()
    return None if row is None else _as_errand(row)


def find_errand(connection: Connection, errand_id: int) -> Errand | None:
    """The errand of that id."""
    row = connection.execute(select(errand).where(errand.c.id == errand_id)).one_or_none()
    return None if row is None else _as_errand(row)


def list_errands(
    connection: Connection,
    *,
    states: Sequence[ErrandState] = (),
    kind: ErrandKind | None = None,
    subject: str | None = None,
    by: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int | None = 50,
) -> list[Errand]:
    """Newest first, asked for in [since, until); `before` is the id of the last one seen."""
    query = select(errand).order_by(errand.c.id.desc()).limit(limit)
    if states:
        # Written out: only so does SQLite see that the index of the open ones is enough.
        written: BindParameter[Any] = bindparam(
            None, [str(one) for one in states], expanding=True, literal_execute=True
        )
        query = query.where(errand.c.state.in_(written))
    if kind is not None:
        query = query.where(errand.c.kind == kind)
    if subject is not None:
        query = query.where(errand.c.subject == subject)
    if by is not None:
        query = query.where(errand.c.created_by == by)
    if since is not None:
        query = query.where(errand.c.created_at >= since)
    if until is not None:
        query = query.where(errand.c.created_at < until)
    if before is not None:
        query = query.where(errand.c.id < before)
    return [_as_errand(row) for row in connection.execute(query)]


def who_asked(connection: Connection) -> list[str]:
    """Everybody who has ever asked for an errand, as the books name them."""
    people = select(errand.c.created_by).distinct().order_by(errand.c.created_by)
    return list(connection.execute(people).scalars())


def note_progress(
    connection: Connection, errand_id: int, *, done: int, total: int | None, now: datetime
) -> bool:
    """Say how far it is; False when somebody has stopped it meanwhile."""
    noted = connection.execute(
        update(errand)
        .where(errand.c.id == errand_id, errand.c.state.in_(OPEN_ERRAND_STATES))
        .values(state=ErrandState.RUNNING, done=done, total=total)
    )
    connection.execute(
        update(errand)
        .where(errand.c.id == errand_id, errand.c.started_at.is_(None))
        .values(started_at=now)
    )
    return noted.rowcount == 1


def take_step(
    connection: Connection, errand_id: int, *, done: int, total: int | None, now: datetime
) -> None:
    """Commit the progress with the step itself. Raises ErrandStopped, which undoes the step."""
    if not note_progress(connection, errand_id, done=done, total=total, now=now):
        raise ErrandStopped


def note_place(connection: Connection, errand_id: int, place: dict[str, Any]) -> None:
    """Commit how far it has come with the step itself: begun again, it goes on from there."""
    connection.execute(
        update(errand)
        .where(errand.c.id == errand_id)
        .values(place=json.dumps(place, ensure_ascii=False))
    )


def note_act(
    connection: Connection,
    asked: Errand,
    action: str,
    *,
    job_id: str,
    now: datetime,
    **detail: str,
) -> None:
    """An entry in the audit log for what an errand did to one job."""
    record_of_job(
        connection, job_id, action, actor=asked.created_by, now=now, errand=asked.id, **detail
    )


def end_errand(
    connection: Connection,
    errand_id: int,
    *,
    state: ErrandState,
    now: datetime,
    result: dict[str, Any] | None = None,
    error: str | None = None,
) -> bool:
    """It is over; False when it was over before."""
    ended = connection.execute(
        update(errand)
        .where(errand.c.id == errand_id, errand.c.state.in_(OPEN_ERRAND_STATES))
        .values(
            state=state,
            ended_at=now,
            error=error,
            result=None if result is None else json.dumps(result, ensure_ascii=False),
        )
    )
    return ended.rowcount == 1


def break_errand(connection: Connection, errand_id: int, *, now: datetime) -> bool:
    """Let no further step be taken; False when it is over, or has to go on to its end."""
    may_stop = or_(errand.c.state == ErrandState.WAITING, errand.c.kind.not_in(ALL_OR_NOTHING))
    stopped = connection.execute(
        update(errand)
        .where(errand.c.id == errand_id, errand.c.state.in_(OPEN_ERRAND_STATES), may_stop)
        .values(state=ErrandState.STOPPED, ended_at=now)
    )
    return stopped.rowcount == 1


def _as_errand(row: Row[Any]) -> Errand:
    return Errand(
        id=row.id,
        kind=ErrandKind(row.kind),
        parameters=json.loads(row.parameters),
        state=ErrandState(row.state),
        done=row.done,
        total=row.total,
        result=json.loads(row.result) if row.result else None,
        error=row.error,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        subject=row.subject,
        place=json.loads(row.place) if row.place else {},
    )
