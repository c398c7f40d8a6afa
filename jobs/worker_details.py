"""What is told of a few workers besides how they stand: what they hold, and what they did of late.

Pure reads, of the workers that are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from redis.exceptions import RedisError

from jobs.health_view import WorkerHealth
from jobs.link import QueueLink
from jobs.record import moment_of, number_of
from jobs.reports import Report, read_reports
from jobs.sightings import whole_records
from store.database import Database
from store.states import EngineName
from store.tallies import Tally, tallies

# For how long back it is told what workers did.
TALLIED = timedelta(hours=1)


def with_details(
    workers: Sequence[WorkerHealth], *, link: QueueLink | None
) -> tuple[WorkerHealth, ...]:
    """The same workers with what RQ and they themselves tell besides, as far as Redis has it."""
    names = [worker.name for worker in workers if worker.engine is EngineName.RQ]
    if link is None or not names or not link.state().reachable:
        return tuple(workers)
    try:
        records = whole_records(link.redis, names)
        reports = read_reports(link.redis, names)
    except RedisError:
        return tuple(workers)
    return tuple(
        _detailed(worker, records.get(worker.name, {}), reports.get(worker.name))
        for worker in workers
    )


def _detailed(
    worker: WorkerHealth, record: Mapping[str, str], report: Report | None
) -> WorkerHealth:
    return replace(
        worker,
        rq=record.get("version"),
        started_at=moment_of(record.get("birth")) or worker.started_at,
        working_seconds=number_of(record.get("total_working_time")),
        report=report,
        program=worker.program or (report.program if report else None),
        pid=worker.pid or (report.worker.pid if report and report.worker else None),
    )


def with_tallies(
    workers: Sequence[WorkerHealth], *, database: Database, now: datetime
) -> tuple[WorkerHealth, ...]:
    """The same workers with what they did of late, and where, if nothing else tells that."""
    names = {worker.name for worker in workers}
    with database.read() as connection:
        found = tallies(connection, names, since=now - TALLIED)
    return tuple(_tallied(worker, found.get(worker.name)) for worker in workers)


def _tallied(worker: WorkerHealth, tally: Tally | None) -> WorkerHealth:
    return replace(worker, tally=tally, host=worker.host or (tally.host if tally else None))
