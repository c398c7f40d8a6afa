"""What was done to one job: its own entries in the audit log, and acts over many that reached it.

An act on the archive that a file came out of reaches the file as well. Pure reads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from store.audit import AuditEntry, entry_of
from store.outer import jobs_around
from store.tables import job
from store.tables_people import audit
from store.touched import reached
from store.wish_acts import Wish

# What the detail of an entry about many files says of this one.
REACHED_HERE = "reached_here"
_OF_ARCHIVES = tuple(f"job.{wish}" for wish in Wish)
# An archive may have been acted on before a file came out of it; written out in a query.
MOST_ERRANDS = 1_000


def acts_on(connection: Connection, job_id: str, *, limit: int) -> list[AuditEntry]:
    """Everything that was done to a job, newest first. Entries about others keep their subject."""
    errands = reached(connection, [job_id])
    about = [
        audit.c.subject == f"job:{job_id}",
        audit.c.subject.in_([f"errand:{number}" for number in sorted(errands)[-MOST_ERRANDS:]]),
        *on_archives_around(connection, [job_id]),
    ]
    rows = connection.execute(
        select(audit).where(or_(*about)).order_by(audit.c.id.desc()).limit(limit)
    )
    return [_with_number(entry_of(row), errands) for row in rows]


def _with_number(entry: AuditEntry, errands: dict[int, int]) -> AuditEntry:
    kind, _, number = entry.subject.partition(":")
    if kind != "errand" or entry.action.endswith((".done", ".failed", ".stop", ".over")):
        return entry
    return replace(entry, detail={**entry.detail, REACHED_HERE: errands[int(number)]})


def on_archives_around(
    connection: Connection, job_ids: Collection[str]
) -> list[ColumnElement[bool]]:
    """Conditions on `audit`, any of them to be met: acts on archives that reached these jobs."""
    found: list[ColumnElement[bool]] = []
    inside = select(job.c.id, job.c.upload_id, job.c.created_at).where(job.c.id.in_(job_ids))
    for row in connection.execute(inside):
        around = jobs_around(connection, row.upload_id) - {row.id}
        if around:
            subjects = [f"job:{one}" for one in sorted(around)]
            found.append(
                and_(
                    audit.c.subject.in_(subjects),
                    audit.c.action.in_(_OF_ARCHIVES),
                    audit.c.at >= row.created_at,
                )
            )
    return found
