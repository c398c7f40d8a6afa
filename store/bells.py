"""Which waiting chunks the queue has been told of, and which it must be told of (the outbox)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select, update

from store.chunk_names import in_log
from store.claims import is_paused
from store.states import ChunkKind, ChunkState
from store.tables import chunk
from store.turns import FAIREST_FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    """A chunk that the queue is to be told of. `is_first`: its turn is before all others'."""

    chunk_id: int
    job_id: str
    seq: int
    kind: ChunkKind
    is_first: bool

    @property
    def in_words(self) -> str:
        """For the logs of workers: the number in its file, as pages call it, and the id."""
        return f"{self.kind} {in_log(self.chunk_id, job_id=self.job_id, seq=self.seq)}"


def due_bells(connection: Connection, *, now: datetime, window: int, hanging: int) -> list[Bell]:
    """Due chunks without a bell, fairest first, as many as the window leaves room for.

    Bells of chunks that were taken meanwhile lead to work as well as others, so all that are
    `hanging` count. But one is always rung for: those that hang may be of somebody else.
    """
    rung = connection.execute(
        select(func.count())
        .select_from(chunk)
        .where(chunk.c.state == ChunkState.WAITING, chunk.c.rung_at.is_not(None))
    ).scalar_one()
    room = window - max(rung, hanging)
    rows = connection.execute(
        select(chunk.c.id, chunk.c.job_id, chunk.c.seq, chunk.c.kind, chunk.c.turn)
        .where(chunk.c.state == ChunkState.WAITING, chunk.c.rung_at.is_(None))
        .where(or_(chunk.c.not_before.is_(None), chunk.c.not_before <= now), ~is_paused())
        .order_by(*FAIREST_FIRST)
        .limit(max(room, 0 if rung else 1))
        .with_for_update(skip_locked=True)
    )
    return [
        Bell(
            chunk_id=row.id,
            job_id=row.job_id,
            seq=row.seq,
            kind=ChunkKind(row.kind),
            is_first=row.turn == 0,
        )
        for row in rows
    ]


def mark_rung(connection: Connection, bells: Sequence[Bell], *, now: datetime) -> None:
    """Note that the bells are being rung."""
    connection.execute(
        update(chunk).where(chunk.c.id.in_([bell.chunk_id for bell in bells])).values(rung_at=now)
    )


def unring(connection: Connection, bells: Sequence[Bell]) -> None:
    """The queue did not hear: ring again later."""
    connection.execute(
        update(chunk)
        .where(chunk.c.id.in_([bell.chunk_id for bell in bells]))
        .where(chunk.c.state == ChunkState.WAITING)
        .values(rung_at=None)
    )


def forget_unheard(
    connection: Connection, *, hanging: set[int], now: datetime, patience_seconds: float
) -> int:
    """Bells that were rung a while ago, hang nowhere and were not answered will be rung again.

    `hanging` are the chunks whose bells are in the queue. Answers how many were forgotten.
    """
    rows = connection.execute(
        select(chunk.c.id)
        .where(chunk.c.state == ChunkState.WAITING)
        .where(chunk.c.rung_at < now - timedelta(seconds=patience_seconds))
    )
    unheard = [chunk_id for chunk_id in rows.scalars() if chunk_id not in hanging]
    connection.execute(
        update(chunk)
        .where(chunk.c.id.in_(unheard), chunk.c.state == ChunkState.WAITING)
        .values(rung_at=None)
    )
    return len(unheard)
