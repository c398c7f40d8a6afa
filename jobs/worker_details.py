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
from jobs.worker_names import process_told_by
from store.database import Database, Transaction
from store.states import EngineName
from store.tallies import Tally, first_begun, tallies, tally_of

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
    """The same workers with what they did of late, and where, if nothing else tells that.

    What the process of one of ours did under a former name, before an outage of Redis, counts too.
    """
    names, since = {worker.name for worker in workers}, now - TALLIED
    with database.read() as connection:
        found: dict[str, Tally | None] = dict(tallies(connection, names, since=since))
        for name, former in _former_names(connection, workers, since=since).items():
            found[name] = tally_of(connection, {name, *former}, since=since)
    return tuple(_tallied(worker, found.get(worker.name)) for worker in workers)


def _former_names(
    connection: Transaction, workers: Sequence[WorkerHealth], *, since: datetime
) -> dict[str, set[str]]:
    """Under which names the processes of our workers worked since then, besides their own."""
    begun = {worker.name: _begun_at(worker) for worker in workers if _may_be_renamed(worker, since)}
    known = {name: at for name, at in begun.items() if at is not None}
    if not known:
        return {}
    first = first_begun(connection, {process_told_by(name) or name for name in known}, since=since)
    former = {
        name: {
            other
            for other, first_at in first.items()
            if process_told_by(other) == process_told_by(name)
            and other not in known
            and first_at >= at
        }
        for name, at in known.items()
    }
    return {name: others for name, others in former.items() if others}


def _may_be_renamed(worker: WorkerHealth, since: datetime) -> bool:
    is_young = worker.started_at is None or worker.started_at > since
    return is_young and process_told_by(worker.name) is not None


def _begun_at(worker: WorkerHealth) -> datetime | None:
    """When its process began, as far as it reports that."""
    if worker.report is None or worker.report.worker is None:
        return None
    return worker.report.at - timedelta(seconds=worker.report.worker.age_seconds)


def _tallied(worker: WorkerHealth, tally: Tally | None) -> WorkerHealth:
    return replace(worker, tally=tally, host=worker.host or (tally.host if tally else None))
