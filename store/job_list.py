"""Jobs as a list: filtered, sorted by what an operator asks for, paged by key both ways.

What one job is, and how far it is, is `store.jobs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    case,
    cast,
    func,
    select,
    type_coerce,
)

from store.block_sums import MET
from store.comparing import lowered
from store.held import totals_of_all
from store.job_filter import JobFilter, jobs_of_filter
from store.job_view import JobView
from store.jobs import shown_jobs, views_of
from store.overall import SHOWN_STATES, shown_state, status_of_jobs
from store.paging import Page, Place, Turn, keyed, page_of
from store.states import OPEN_JOB_STATES
from store.tables import job, job_rest, upload
from store.tables_watch import block_sum

# A name sorts by its beginning, so that a place in the list fits into an address.
SORTED_CHARACTERS = 200


class JobSort(StrEnum):
    """What jobs are sorted by."""

    ADDED = "added"  # when its file was whole, or came out of its archive
    SIZE = "size"
    MESSAGES = "messages"
    DURATION = "duration"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job, and its place in the list."""

    job: JobView
    place: Place


def page_of_jobs(
    connection: Connection,
    wanted: JobFilter,
    *,
    sort: JobSort,
    down: bool,
    turn: Turn,
    size: int,
    now: datetime,
) -> Page[ListedJob]:
    """One page of the list."""
    query, value = _sorted(connection, sort)
    query = query.where(*jobs_of_filter(connection, wanted))

    def fetch(place: Place | None, backwards: bool, limit: int) -> Sequence[Place]:
        ordered = keyed(query, (value, job.c.id), place=place, down=down != backwards, limit=limit)
        return [tuple(row) for row in connection.execute(ordered)]

    found = page_of(fetch, turn=turn, size=size)
    return Page(
        rows=_listed(connection, found.rows, now=now),
        has_previous=found.has_previous,
        has_next=found.has_next,
    )


def _listed(
    connection: Connection, places: Sequence[Place], *, now: datetime
) -> tuple[ListedJob, ...]:
    ids = [job_id for _, job_id in places]
    query = shown_jobs().where(job.c.id.in_(ids))
    views = {view.id: view for view in views_of(connection, query, now=now)}
    return tuple(ListedJob(views[place[1]], place) for place in places if place[1] in views)


def counts_by_state(connection: Connection, wanted: JobFilter) -> dict[str, int]:
    """How many jobs stand where, of those that meet everything else that is wanted."""
    state = shown_state(connection).label("shown_state")
    query = shown_jobs().with_only_columns(state, func.count(), maintain_column_froms=True)
    query = query.where(*jobs_of_filter(connection, replace(wanted, states=()))).group_by(state)
    rows = connection.execute(query)
    found = {name: int(number) for name, number in rows}
    return {name: found[name] for name in SHOWN_STATES if name in found}


def count_jobs(connection: Connection, wanted: JobFilter) -> int:
    """How many jobs match."""
    query = shown_jobs().with_only_columns(func.count(), maintain_column_froms=True)
    found = connection.execute(query.where(*jobs_of_filter(connection, wanted)))
    return int(found.scalar_one())


def uploaders(connection: Connection) -> tuple[str, ...]:
    """Everybody who has uploaded something, in alphabetical order."""
    return tuple(sorted(connection.execute(select(job.c.created_by).distinct()).scalars()))


def _sorted(connection: Connection, sort: JobSort) -> tuple[Select[Any], ColumnElement[Any]]:
    """A query for (value sorted by, job id), and that value."""
    if sort is JobSort.MESSAGES:
        return _by_messages()
    if sort is JobSort.DURATION:
        return _by_duration(connection)
    value = _value(connection, sort)
    return shown_jobs().with_only_columns(value, job.c.id, maintain_column_froms=True), value


def _value(connection: Connection, sort: JobSort) -> ColumnElement[Any]:
    match sort:
        case JobSort.SIZE:
            return upload.c.size
        case JobSort.NAME:
            return func.substr(lowered(connection, upload.c.filename), 1, SORTED_CHARACTERS)
        case _:
            return job.c.created_at


def _by_duration(connection: Connection) -> tuple[Select[Any], ColumnElement[Any]]:
    """By the time worked: up to the last file of an archive, without the rests between runs.

    Two rests of an archive that overlap count twice here, which is rare and moves it by a place.
    """
    totals, rested = totals_of_all().subquery("totals"), _rested(connection).subquery("rested")
    last = type_coerce(func.coalesce(totals.c.last_end, job.c.finished_at), job.c.finished_at.type)
    ended = case((last > job.c.finished_at, last), else_=job.c.finished_at)
    took = _milliseconds(connection, job.c.created_at, ended)
    worked = took - func.coalesce(rested.c.milliseconds, 0)
    # Of what is not over nobody knows how long it will have taken.
    is_over = status_of_jobs(connection).not_in(OPEN_JOB_STATES)
    value = case((is_over, func.coalesce(worked, -1)), else_=-1)
    query = (
        shown_jobs()
        .outerjoin(totals, totals.c.around == job.c.upload_id)
        .outerjoin(rested, rested.c.job_id == job.c.id)
    )
    return query.with_only_columns(value, job.c.id, maintain_column_froms=True), value


def _rested(connection: Connection) -> Select[Any]:
    length = _milliseconds(connection, job_rest.c.since, job_rest.c.until)
    total = cast(func.sum(length), BigInteger).label("milliseconds")
    return select(job_rest.c.job_id, total).group_by(job_rest.c.job_id)


def _milliseconds(
    connection: Connection, begun: ColumnElement[Any], ended: ColumnElement[Any]
) -> ColumnElement[int]:
    """From one time to another; NULL where one of them is."""
    if connection.dialect.name == "sqlite":
        days = func.julianday(type_coerce(ended, Text)) - func.julianday(type_coerce(begun, Text))
        return cast(func.round(days * 86_400_000), Integer)
    return cast(func.round(func.extract("epoch", ended - begun) * 1000), BigInteger)


def _by_messages() -> tuple[Select[Any], ColumnElement[Any]]:
    number = cast(func.sum(MET), BigInteger).label("number")
    sums = select(block_sum.c.job_id, number).group_by(block_sum.c.job_id).subquery()
    totals = totals_of_all().subquery("totals")
    value = func.coalesce(totals.c.messages, sums.c.number, 0)
    query = (
        shown_jobs()
        .outerjoin(sums, sums.c.job_id == job.c.id)
        .outerjoin(totals, totals.c.around == job.c.upload_id)
    )
    return query.with_only_columns(value, job.c.id, maintain_column_froms=True), value
