"""The audit log as a list: narrowed by who, what, to what and when, paged by key both ways.

What an entry is, and how entries are chained, is `store.audit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, false, func, or_, select

from store.audit import AuditEntry, entry_of
from store.paging import Page, Place, Turn, keyed, page_of
from store.tables import audit

LONGEST_ID = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries. None means any; `actors` and `actions` are those that are meant.

    `subject_id` is the beginning of an id; `since` counts, `until` does not.
    """

    actors: tuple[str, ...] | None = None
    actions: tuple[str, ...] | None = None
    kind: str | None = None  # "job", "errand" …
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def page_of_entries(
    connection: Connection, wanted: AuditFilter, *, turn: Turn, size: int, newest_first: bool = True
) -> Page[AuditEntry]:
    """One page, in the order of time. Places are (id,)."""
    query = select(audit).where(*_conditions(wanted))

    def fetch(place: Place | None, backwards: bool, limit: int) -> Sequence[AuditEntry]:
        down = newest_first != backwards
        ordered = keyed(query, (audit.c.id,), place=place, down=down, limit=limit)
        return [entry_of(row) for row in connection.execute(ordered)]

    return page_of(fetch, turn=turn, size=size)


def actors(connection: Connection) -> tuple[str, ...]:
    """Everybody who has an entry, in alphabetical order."""
    return tuple(sorted(connection.execute(select(audit.c.actor).distinct()).scalars()))


def actions(connection: Connection) -> tuple[str, ...]:
    """Everything that was ever done, in alphabetical order of the codes."""
    return tuple(sorted(connection.execute(select(audit.c.action).distinct()).scalars()))


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, values in ((audit.c.actor, wanted.actors), (audit.c.action, wanted.actions)):
        if values is not None:
            found.append(column.in_(values) if values else false())
    if wanted.kind or wanted.subject_id:
        found.append(_about(wanted.kind or "", (wanted.subject_id or "")[:LONGEST_ID]))
    if wanted.since is not None:
        found.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(audit.c.at < wanted.until)
    return found


def _about(kind: str, subject_id: str) -> ColumnElement[bool]:
    # LIKE tells capitals apart on one database and not on the other.
    subject = func.lower(audit.c.subject)
    if not kind:
        return subject.contains(f":{subject_id.lower()}", autoescape=True)
    begins = subject.startswith(f"{kind}:{subject_id}".lower(), autoescape=True)
    if not subject_id:
        return or_(begins, audit.c.subject == kind)
    if kind != "job":
        return begins
    # What was asked for on a job's page is an errand, and names the job in its details.
    errand = audit.c.action.startswith("errand.")
    return or_(
        begins, errand & audit.c.detail.contains(f'"job_id": "{subject_id}', autoescape=True)
    )
