"""Which files are just being read again: errands that other acts on a job have to mind.

What is shown of such a job, while its messages are being taken away, hangs on them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from store.errands import (
    OPEN_ERRAND_STATES,
    Errand,
    ErrandKind,
    ErrandState,
    break_errand,
    list_errands,
    note_place,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReading:
    """An errand that reads a job's file again and is not over: it removes messages first.

    `began_at` is None while it waits for others; nothing of the job has changed by then.
    """

    errand_id: int
    asked_at: datetime
    began_at: datetime | None
    from_seq: int  # the chunk from which on; 0 for the whole file
    removed: int  # messages
    to_remove: int | None  # of so many; None before they were counted
    is_cancelled: bool  # somebody has asked that nothing be read afterwards

    @property
    def has_begun(self) -> bool:
        """True once the job's books are no longer what they were."""
        return self.began_at is not None


def files_read_again(connection: Connection) -> dict[str, FileReading]:
    """By job; of several that wait for one job, the first."""
    found: dict[str, FileReading] = {}
    for one in _readings(connection):
        found.setdefault(one.parameters.get("job_id", ""), _reading(one))
    return found


def _reading(asked: Errand) -> FileReading:
    has_begun = asked.state is ErrandState.RUNNING
    return FileReading(
        errand_id=asked.id,
        asked_at=asked.created_at,
        began_at=(asked.started_at or asked.created_at) if has_begun else None,
        from_seq=int(asked.parameters.get("from_seq") or 0),
        removed=asked.done,
        to_remove=asked.total,
        is_cancelled=bool(asked.place.get("cancelled")),
    )


def being_reread(connection: Connection) -> list[str]:
    """The jobs whose messages are being taken away at this moment, to be read again."""
    found = files_read_again(connection)
    return sorted(job_id for job_id, one in found.items() if one.has_begun)


def reading_again(connection: Connection, job_id: str) -> Errand | None:
    """The errand that reads a job's file again and is not over."""
    found = _readings(connection)
    return next((one for one in found if one.parameters.get("job_id") == job_id), None)


def jobs_read_again(connection: Connection) -> set[str]:
    """The jobs whose files are being read again, or are about to be."""
    return {one.parameters.get("job_id", "") for one in _readings(connection)}


def _readings(connection: Connection) -> list[Errand]:
    """Oldest first."""
    newest_first = list_errands(
        connection, states=OPEN_ERRAND_STATES, kind=ErrandKind.READ_AGAIN, limit=None
    )
    return newest_first[::-1]


def cancel_reading(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """Of the errand that reads a job's file again: never begin it, or leave it cancelled at its
    end, as mail must not stay half taken away. False when there is none."""
    found = reading_again(connection, job_id)
    if found is None:
        return False
    if found.state is ErrandState.WAITING and break_errand(connection, found.id, now=now):
        return True
    note_place(connection, found.id, {"cancelled": True})
    return True
