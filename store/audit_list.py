"""The audit log as a list: narrowed by who, what, to what and when, paged by key both ways.

What an entry is, and how entries are chained, is `store.audit`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, false, func, or_, select

from store.audit import AuditEntry, entry_of
from store.job_acts import on_archives_around
from store.paging import Page, Place, Turn, keyed, page_of
from store.tables_people import audit
from store.touched import reached

LONGEST_ID = 200
# Values to choose from, and subjects that are written out in a query.
MOST_DIFFERENT = 1_000
MOST_KINDS = 50
# Behind every text that begins alike.
LAST = "\U0010ffff"
# Kinds of subjects whose names may be in capitals.
NAMED = ("worker", "account", "token")


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
    query = select(audit).where(*_conditions(connection, wanted))

    def fetch(place: Place | None, backwards: bool, limit: int) -> Sequence[AuditEntry]:
        down = newest_first != backwards
        ordered = keyed(query, (audit.c.id,), place=place, down=down, limit=limit)
        return [entry_of(row) for row in connection.execute(ordered)]

    return page_of(fetch, turn=turn, size=size)


def actors(connection: Connection) -> tuple[str, ...]:
    """Everybody who has an entry, in alphabetical order; the first 1,000."""
    return tuple(sorted(_different(connection, audit.c.actor)))


def actions(connection: Connection) -> tuple[str, ...]:
    """Everything that was ever done, in alphabetical order of the codes; the first 1,000."""
    return tuple(sorted(_different(connection, audit.c.action)))


def _different(
    connection: Connection, column: ColumnElement[str], *, beginning: str = ""
) -> list[str]:
    """The different values of an indexed column, up to `MOST_DIFFERENT`.

    From each to the next through the index: DISTINCT would walk through the whole log.
    """
    # Not min(), and one lower bound only: else SQLite reads everything in between.
    ordered = select(column).where(column < beginning + LAST).order_by(column).limit(1)
    first = ordered.where(column >= beginning).scalar_subquery()
    walk = select(first.label("value")).cte("walk", recursive=True)
    following = ordered.where(column > walk.c.value).correlate(walk).scalar_subquery()
    walk = walk.union_all(select(following).where(walk.c.value.is_not(None)))
    values = select(walk.c.value).where(walk.c.value.is_not(None)).limit(MOST_DIFFERENT)
    return list(connection.execute(values).scalars())


def _kinds(connection: Connection, wanted: AuditFilter) -> list[str]:
    """What entries are about: the kind that is asked for, else every one that occurs."""
    if wanted.kind:
        return [wanted.kind]
    kinds: list[str] = []
    beyond = ""
    while len(kinds) < MOST_KINDS:
        beginning = select(audit.c.subject).where(audit.c.subject > beyond)
        following = beginning.order_by(audit.c.subject).limit(1)
        subject: str | None = connection.execute(following).scalar_one_or_none()
        if subject is None:
            break
        kind = subject.partition(":")[0]
        kinds.append(kind)
        beyond = f"{kind}:{LAST}"
    return kinds


def _subjects(
    connection: Connection, wanted: AuditFilter, kinds: Sequence[str]
) -> Sequence[str] | None:
    """The subjects that are meant, written out; None when they are too many for that."""
    subject_id = (wanted.subject_id or "")[:LONGEST_ID].lower()
    found: list[str] = []
    for kind in kinds:
        # Ids of ours are in small letters and lead to their place in the index; names of people
        # and machines may be in capitals, and are few.
        named = kind in NAMED
        of_kind = _different(
            connection, audit.c.subject, beginning=f"{kind}:{'' if named else subject_id}"
        )
        if len(of_kind) == MOST_DIFFERENT:
            return None
        found += [one for one in of_kind if one.lower().startswith(f"{kind}:{subject_id}")]
        if not subject_id:
            found.append(kind)
    if wanted.subject_id and "job" in (wanted.kind, None):
        # A job that was only ever reached by acts over many has no entry of its own.
        found.append(f"job:{subject_id}")
        found += _errands_about(connection, [one for one in found if one.startswith("job:")])
    return found


def _errands_about(connection: Connection, jobs: Sequence[str]) -> list[str]:
    """What was asked for on a job's page is an errand, whose end names the errand alone; and what
    was asked for of many and has reached one of these."""
    asked = select(audit.c.detail).where(audit.c.subject.in_(jobs))
    details = connection.execute(asked.limit(MOST_DIFFERENT)).scalars()
    numbers = {json.loads(detail).get("errand") for detail in details}
    numbers |= set(reached(connection, (one.removeprefix("job:") for one in jobs)))
    return [f"errand:{number}" for number in sorted(filter(None, numbers))]


def _conditions(connection: Connection, wanted: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, values in ((audit.c.actor, wanted.actors), (audit.c.action, wanted.actions)):
        if values is not None:
            found.append(column.in_(values) if values else false())
    if wanted.kind or wanted.subject_id:
        subjects = _subjects(connection, wanted, kinds := _kinds(connection, wanted))
        about = _about(wanted, subjects, kinds)
        # Of one job also what was done to the archive around it.
        jobs = {one.removeprefix("job:") for one in subjects or () if one.startswith("job:")}
        around = on_archives_around(connection, jobs) if len(jobs) == 1 else []
        found.append(or_(about, *around))
    if wanted.since is not None:
        found.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(audit.c.at < wanted.until)
    return found


def _about(
    wanted: AuditFilter, subjects: Sequence[str] | None, kinds: Sequence[str]
) -> ColumnElement[bool]:
    if subjects is not None:
        return audit.c.subject.in_(subjects) if subjects else false()
    # So many that a walk back from the newest entry soon meets some of them.
    subject_id = (wanted.subject_id or "")[:LONGEST_ID].lower()
    subject = func.lower(audit.c.subject)
    return or_(*(subject.startswith(f"{kind}:{subject_id}", autoescape=True) for kind in kinds))
