"""Workers and queue as they are: from the database, and from Redis where there is one.

Pure reads. What Redis knows is read in `sightings`, how a worker stands is decided in
`standing`. While Redis is away workers are unknown, not absent: only their attempts are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from redis.exceptions import RedisError

from jobs.link import LinkState, QueueLink, works_here
from jobs.local import LOCK as LOCAL_LOCK
from jobs.record import moment_of, number_of, whole_of
from jobs.reports import Report, read_reports
from jobs.sightings import PROGRAM_FIELD, Sighting, bells_hanging, sight, whole_records
from jobs.stalls import Stall, find_stalls
from jobs.standing import URGENCY, Watch, WorkerState, state_of, was_lost
from jobs.worker_kinds import WorkerKind, kind_of, kind_told_by
from jobs.worker_names import host_told_by, pid_told_by
from store.chunks import (
    AttemptView,
    Backlog,
    any_attempt_since,
    backlog,
    last_attempts,
    lost_attempts,
    running_attempts,
)
from store.clock import now_of, utc_now
from store.config import Config
from store.database import Database
from store.history import Consumers, last_consumers
from store.locks import holder
from store.states import EngineName
from store.tallies import Tally, tallies

# RQ ends a job of ours after six hours at the latest; before that its horse may be stuck.
STUCK_AT_MOST = timedelta(hours=7)
# So many lost attempts are looked through for the one a worker hangs on.
LOOKED_UP_AT_MOST = 20
# Work that is due and could be taken is begun within moments; after so long something is wrong
# that no worker tells of: one that is frozen between two chunks answers like one that is idle.
UNMOVED_AFTER = timedelta(seconds=60)
# For how long back it is told what workers did.
TALLIED = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHealth:
    """One worker, its state, and the evidence for it. Sizes in bytes, times in UTC."""

    name: str
    engine: EngineName
    kind: WorkerKind
    state: WorkerState
    host: str | None = None
    pid: int | None = None
    program: str | None = None  # the version of this program, where it is known
    subscribed: bool | None = None  # None where that is not how it is told
    registered: bool | None = None
    beat_at: datetime | None = None  # RQ's own heartbeat
    beat_seconds: float | None = None  # how often that is expected
    asked_to_end_at: datetime | None = None
    current: AttemptView | None = None
    answers_bell: bool = False  # it looks whether there is work, and holds no chunk
    given_up: AttemptView | None = None  # what it was lost on, when it is stuck
    stall: Stall | None = None  # when it is stuck on a bell for which it claims nothing
    astray: str | None = None  # how, see `jobs.astray`; only `jobs.strays` looks for it
    # Only where they were asked for, see `with_details`.
    rq: str | None = None  # the version of RQ
    started_at: datetime | None = None
    working_seconds: float | None = None
    report: Report | None = None
    tally: Tally | None = None  # of TALLIED; None when it has made no attempt in that time

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands in a list: what needs a person first, then by host and name."""
        return URGENCY.index(self.state), self.host or "", self.name

    @property
    def can_be_told(self) -> bool:
        """It listens on its channel, so it can be drained and stopped."""
        return bool(self.subscribed)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueHealth:
    """What waits and who could take it. `hanging` counts the bells in Redis, None if unknown.

    `engine` is who does the work now: while Redis is away that may be the local fallback, which
    is one of the `consumers` where `by_itself` says so.
    `consumers` is None while Redis cannot be asked; `last_known` then says what was seen last.
    """

    engine: EngineName
    link: LinkState | None
    backlog: Backlog
    hanging: int | None
    consumers: int | None
    by_itself: bool = False
    last_known: Consumers | None = None
    is_unmoved: bool = False  # work is due, somebody could take it, and nobody has for a while

    @property
    def is_stuck(self) -> bool:
        """Work waits and nobody is there to take it."""
        return self.backlog.waiting > 0 and self.consumers == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Everything about workers and queue at one moment; workers in the order of `place`."""

    at: datetime
    queue: QueueHealth
    workers: tuple[WorkerHealth, ...]

    @property
    def workers_are_known(self) -> bool:
        """False while Redis does not answer: then only those with an attempt are listed."""
        return self.queue.consumers is not None


def look(database: Database, *, config: Config, link: QueueLink | None, now: datetime) -> Health:
    """Look at workers and queue. Takes at most about a second when Redis is away."""
    with database.read() as connection:
        # Beats are dated by the database's clock, which may differ from this machine's.
        now += now_of(connection) - utc_now()
        waiting = backlog(connection)
        running = running_attempts(connection)
        local = holder(connection, LOCAL_LOCK, now=now)
    watch = Watch(now=now, late_after=timedelta(seconds=config.beat_seconds * 2))
    seen = _seen_in_redis(link, running)
    if seen is None:
        workers = [_by_attempt(one, watch=watch) for one in running]
    else:
        workers = [_by_attempt(one, watch=watch) for one in running if _is_local(one)]
        found = seen[0]
        is_due = waiting.oldest_since is not None
        stalls = _stalls(database, link, found, running, now=now) if is_due else {}
        workers += _by_sighting(database, found, running, stalls=stalls, watch=watch)
    here = local is not None or any(worker.engine is EngineName.LOCAL for worker in workers)
    consumers = None if seen is None else _takers(workers) + here
    queue = QueueHealth(
        engine=EngineName.LOCAL if works_here(config, link) else EngineName.RQ,
        link=link.state() if link is not None else None,
        backlog=waiting,
        hanging=seen[1] if seen else None,
        consumers=consumers,
        by_itself=here,
        last_known=_last_known(database) if consumers is None else None,
        is_unmoved=bool(consumers)
        and not running
        and waiting.oldest_since is not None
        and now - waiting.oldest_since > UNMOVED_AFTER
        and not _was_at_work(database, since=now - UNMOVED_AFTER),
    )
    return Health(
        at=now, queue=queue, workers=tuple(sorted(workers, key=lambda worker: worker.place))
    )


def _is_local(attempt: AttemptView) -> bool:
    return attempt.engine is EngineName.LOCAL


def _takers(workers: Iterable[WorkerHealth]) -> int:
    # The local thread and its children are one taker of work, counted apart.
    return sum(worker.engine is EngineName.RQ and worker.state.takes_work for worker in workers)


def _was_at_work(database: Database, *, since: datetime) -> bool:
    with database.read() as connection:
        return any_attempt_since(connection, since)


def _last_known(database: Database) -> Consumers | None:
    with database.read() as connection:
        return last_consumers(connection)


def _seen_in_redis(
    link: QueueLink | None, running: Sequence[AttemptView]
) -> tuple[list[Sighting], int | None] | None:
    """Every worker and the number of bells; None while Redis does not answer."""
    if link is None:
        return [], None
    if not link.state().reachable:
        return None
    try:
        names = {one.worker for one in running if not _is_local(one)}
        return sight(link.redis, also=names), bells_hanging(link.redis)
    except RedisError:
        return None


def _by_attempt(attempt: AttemptView, *, watch: Watch) -> WorkerHealth:
    """What the database alone tells: that an attempt runs, and whether it beats."""
    return WorkerHealth(
        name=attempt.worker,
        engine=attempt.engine,
        kind=kind_told_by(attempt),
        state=WorkerState.BUSY if watch.beats(attempt) else WorkerState.LATE,
        host=attempt.host,
        # That of an RQ worker's attempt is its work-horse's.
        pid=attempt.pid if _is_local(attempt) else pid_told_by(attempt.worker),
        program=attempt.version,
        current=attempt,
    )


def _stalls(
    database: Database,
    link: QueueLink | None,
    seen: Iterable[Sighting],
    running: Iterable[AttemptView],
    *,
    now: datetime,
) -> dict[str, Stall]:
    """Which workers claim nothing although they took a bell; to be asked while work is due."""
    odd = _odd(seen, running)
    return find_stalls(database, link.redis, odd, now=now) if link and odd else {}


def _odd(seen: Iterable[Sighting], running: Iterable[AttemptView]) -> set[str]:
    """Living workers that say they are busy and have no attempt."""
    busy = {one.name for one in seen if one.is_busy and one.subscribed}
    return busy - {one.worker for one in running}


def _by_sighting(
    database: Database,
    seen: list[Sighting],
    running: Sequence[AttemptView],
    *,
    stalls: Mapping[str, Stall],
    watch: Watch,
) -> list[WorkerHealth]:
    attempts = {one.worker: one for one in running if not _is_local(one)}
    odd = _odd(seen, running)
    lasts = _last_before(database, odd, now=watch.now) if odd else {}
    return [
        _rq_worker(
            one,
            attempt=attempts.get(one.name),
            last=lasts.get(one.name),
            stall=stalls.get(one.name),
            watch=watch,
        )
        for one in seen
    ]


def _last_before(database: Database, odd: set[str], *, now: datetime) -> dict[str, AttemptView]:
    """What workers ran last that say they are busy, have no attempt, and had one lost lately."""
    since = now - STUCK_AT_MOST
    with database.read() as connection:
        lost = lost_attempts(connection, since=since, limit=LOOKED_UP_AT_MOST)
        return last_attempts(connection, {one.worker for one in lost} & odd, since=since)


def _rq_worker(
    seen: Sighting,
    *,
    attempt: AttemptView | None,
    last: AttemptView | None,
    stall: Stall | None,
    watch: Watch,
) -> WorkerHealth:
    record = seen.record
    state = state_of(seen, attempt=attempt, last=last, stall=stall, watch=watch)
    program = record.get(PROGRAM_FIELD)
    told_by = attempt or last
    return WorkerHealth(
        name=seen.name,
        engine=EngineName.RQ,
        kind=kind_of(seen.name, record),
        state=state,
        host=record.get("hostname") or (told_by.host if told_by else host_told_by(seen.name)),
        pid=whole_of(record.get("pid")) or pid_told_by(seen.name),
        program=program or (told_by.version if told_by else None),
        subscribed=seen.subscribed,
        registered=seen.listed,
        beat_at=seen.beat_at,
        beat_seconds=seen.beat_seconds(now=watch.now),
        asked_to_end_at=seen.asked_to_end_at,
        current=attempt,
        answers_bell=seen.is_busy and attempt is None and state is not WorkerState.STUCK,
        # One that hangs on its bell need not have lost what it ran before.
        given_up=last if state is WorkerState.STUCK and was_lost(last) else None,
        stall=stall if state is WorkerState.STUCK else None,
    )


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
