"""Which files an errand over many jobs has reached: the first of them, and how many in all.

Kept with the errand's place, so that it is committed with each step and outlives the errand.
Few are kept, however many there are: they are for people, who know by them what was meant. All of
them are kept the other way round, one small row for each: a job's lists name what reached it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from store.tables_watch import errand, errand_job

MOST_NAMED = 3
_KEY, _MEANT = "touched", "meant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """The jobs of those files, the first of them by id, and the number of all."""

    first: tuple[str, ...] = ()
    count: int = 0

    @property
    def subjects(self) -> tuple[str, ...]:
        """The first of them, as `store.file_names` takes them."""
        return tuple(f"job:{job_id}" for job_id in self.first)

    def and_one(self, job_id: str) -> Self:
        """With one file more. An errand that is begun again may name its last one twice."""
        if job_id in self.first:
            return self
        first = (*self.first, job_id)[:MOST_NAMED]
        return replace(self, first=first, count=self.count + 1)

    def to_place(self) -> dict[str, Any]:
        """Its part of an errand's place; nothing where nothing was reached."""
        return {_KEY: self._kept()} if self.count else {}

    def as_meant(self) -> dict[str, Any]:
        """The same of files that are still to be reached."""
        return {_MEANT: self._kept()} if self.count else {}

    def _kept(self) -> dict[str, Any]:
        return {"first": list(self.first), "count": self.count}

    @classmethod
    def of(cls, jobs: Iterable[str], *, count: int) -> Self:
        """Some jobs of so many."""
        return cls(first=tuple(jobs)[:MOST_NAMED], count=count)

    @classmethod
    def from_place(cls, place: Mapping[str, Any]) -> Self:
        """What `to_place` wrote; nothing of errands that name one file themselves."""
        return cls._read(place.get(_KEY))

    @classmethod
    def instead(cls, place: Mapping[str, Any], reached: Self) -> dict[str, Any]:
        """A place in which those are reached, and no others."""
        return {name: kept for name, kept in place.items() if name != _KEY} | reached.to_place()

    @classmethod
    def meant_in(cls, place: Mapping[str, Any]) -> Self:
        """What `as_meant` wrote."""
        return cls._read(place.get(_MEANT))

    @classmethod
    def told(cls, place: Mapping[str, Any], *, is_open: bool) -> Self:
        """What people are told: while an errand is open what it is for, then what it reached."""
        meant = cls.meant_in(place) if is_open else cls()
        return meant if meant.count else cls.from_place(place)

    @classmethod
    def _read(cls, kept: Mapping[str, Any] | None) -> Self:
        return cls.of(kept["first"], count=kept["count"]) if kept else cls()


def touched_by(connection: Connection, errand_ids: Iterable[int]) -> dict[int, Touched]:
    """What some errands have reached, or are still to reach; those without any left out."""
    rows = connection.execute(
        select(errand.c.id, errand.c.place, errand.c.ended_at).where(
            errand.c.id.in_(sorted(set(errand_ids))), errand.c.place.is_not(None)
        )
    )
    found = {
        row.id: Touched.told(json.loads(row.place), is_open=row.ended_at is None) for row in rows
    }
    return {errand_id: touched for errand_id, touched in found.items() if touched.count}


def note_reached(connection: Connection, errand_id: int, jobs: Mapping[str, int]) -> None:
    """An errand has reached so many chunks, or whatever it counts, of each of some jobs.

    In the transaction that does it; what is noted twice of a job is added up.
    """
    if not jobs:
        return
    insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    rows = [
        {"errand_id": errand_id, "job_id": job_id, "number": number}
        for job_id, number in sorted(jobs.items())
    ]
    noted = insert(errand_job).values(rows)
    more = errand_job.c.number + noted.excluded.number
    key = [errand_job.c.errand_id, errand_job.c.job_id]
    connection.execute(noted.on_conflict_do_update(index_elements=key, set_={"number": more}))


def reached(connection: Connection, job_ids: Iterable[str]) -> dict[int, int]:
    """The errands over many that have reached any of some jobs, with how much of them."""
    rows = connection.execute(
        select(errand_job.c.errand_id, errand_job.c.number)
        .where(errand_job.c.job_id.in_(sorted(set(job_ids))))
        .order_by(errand_job.c.errand_id)
    )
    found: dict[int, int] = {}
    for row in rows:
        found[row.errand_id] = found.get(row.errand_id, 0) + row.number
    return found
