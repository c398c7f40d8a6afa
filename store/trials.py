"""Trials: one chunk of a cause retried, to see whether the rest is worth it.

A trial is an errand that is done as soon as it is asked for; what matters is what the chunk does
afterwards, and that is read from the chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from store.chunks import UNPACKS
from store.errands import ErrandKind, ErrandState, add_errand, subject_of_cause
from store.states import ChunkState
from store.tables import chunk, upload
from store.tables_watch import errand
from store.wishes import retry_chunk


class TrialStanding(StrEnum):
    """What became of a trial so far."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    SAME = "same"  # failed again as before
    OTHER = "other"  # failed again, but otherwise
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The latest trial of a cause. `cause_now` is the key of what it failed for."""

    errand_id: int
    job_id: str
    seq: int
    unpacks: bool  # the plan of an archive
    filename: str
    standing: TrialStanding
    asked_at: datetime
    ended_at: datetime | None
    cause_now: str | None

    @property
    def is_open(self) -> bool:
        """True while nobody knows how it ends."""
        return self.standing in (TrialStanding.WAITING, TrialStanding.RUNNING)


def begin_trial(
    connection: Connection, cause_key: str, chunk_id: int, *, by: str, now: datetime
) -> tuple[int, str] | None:
    """Retry one chunk of a cause; answers (errand, job), or None when it does not fail for it.

    On None nothing was changed.
    """
    # Locked, or somebody else could retry it before we do.
    job_id = connection.execute(
        select(chunk.c.job_id)
        .where(
            chunk.c.id == chunk_id,
            chunk.c.cause == cause_key,
            chunk.c.state == ChunkState.FAILED,
        )
        .with_for_update()
    ).scalar_one_or_none()
    if job_id is None:
        return None
    errand_id = add_errand(
        connection,
        ErrandKind.TRIAL,
        {"cause": cause_key, "chunk": chunk_id, "job_id": job_id},
        by=by,
        now=now,
        subject=subject_of_cause(cause_key),
    )
    retry_chunk(connection, chunk_id, errand_id=errand_id)
    over = {"state": ErrandState.DONE, "done": 1, "total": 1, "started_at": now, "ended_at": now}
    connection.execute(update(errand).where(errand.c.id == errand_id).values(**over))
    return errand_id, job_id


def latest_trials(connection: Connection, keys: Sequence[str]) -> dict[str, Trial]:
    """The latest trial of each cause, as long as its chunk was not retried otherwise since."""
    subjects = {subject_of_cause(key): key for key in keys}
    latest = (
        select(func.max(errand.c.id).label("id"))
        .where(errand.c.subject.in_(subjects), errand.c.kind == ErrandKind.TRIAL)
        .group_by(errand.c.subject)
        .subquery()
    )
    rows = connection.execute(
        select(
            chunk,
            upload.c.filename,
            UNPACKS.label("unpacks"),
            errand.c.subject,
            errand.c.created_at.label("asked_at"),
        )
        .join(latest, latest.c.id == chunk.c.errand_id)
        .join(errand, errand.c.id == chunk.c.errand_id)
        .join(upload, upload.c.id == chunk.c.upload_id)
    )
    return {subjects[row.subject]: _trial(row) for row in rows}


def _trial(row: Row[Any]) -> Trial:
    return Trial(
        errand_id=row.errand_id,
        job_id=row.job_id,
        seq=row.seq,
        unpacks=bool(row.unpacks),
        filename=row.filename,
        standing=_standing(ChunkState(row.state), same=row.same_cause),
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        cause_now=row.cause,
    )


_STANDINGS = {
    ChunkState.WAITING: TrialStanding.WAITING,
    ChunkState.RUNNING: TrialStanding.RUNNING,
    ChunkState.DONE: TrialStanding.SUCCEEDED,
    ChunkState.CANCELLED: TrialStanding.CANCELLED,
}


def _standing(state: ChunkState, *, same: bool | None) -> TrialStanding:
    return _STANDINGS.get(state, TrialStanding.SAME if same else TrialStanding.OTHER)
