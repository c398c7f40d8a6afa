"""Which engines took part in a job: a console that worked by itself, RQ workers, or both."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, union_all

from store.states import EngineName
from store.tables import attempt

# No index tells of engines, and a job may have hundreds of thousands of attempts: of so many of
# its first and as many of its latest it is looked up, which is all of most jobs.
LOOKED_AT = 5_000


def engines_of(
    connection: Connection, job_id: str, *, looked_at: int = LOOKED_AT
) -> tuple[EngineName, ...]:
    """The engines that made attempts of a job, the first to come first; none before its first."""
    own = select(attempt.c.engine, attempt.c.started_at).where(attempt.c.job_id == job_id)
    place = (attempt.c.started_at, attempt.c.id)
    first = own.order_by(*place).limit(looked_at).subquery()
    latest = own.order_by(*(one.desc() for one in place)).limit(looked_at).subquery()
    both = union_all(select(first), select(latest)).subquery()
    began = func.min(both.c.started_at)
    query = select(both.c.engine).group_by(both.c.engine).order_by(began, both.c.engine)
    return tuple(map(EngineName, connection.execute(query).scalars()))
