"""Which files are just being read again: errands that other acts on a job have to mind."""

from __future__ import annotations

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
