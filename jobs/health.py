"""Workers and queue as they are: from the database, and from Redis where there is one.

Pure reads. What Redis knows is read in `sightings`, how a worker stands is decided in
`standing`. While Redis is away workers are unknown, not absent: only their attempts are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from redis.exceptions import RedisError

from jobs.hangs import Hangs, busy_without_attempt, find_hangs
from jobs.health_view import Health, QueueHealth, WorkerHealth
from jobs.link import QueueLink, works_here
from jobs.local import LOCK as LOCAL_LOCK
from jobs.record import whole_of
from jobs.sightings import PROGRAM_FIELD, Sighting, bells_hanging, sight
from jobs.stalls import Stall
from jobs.standing import Watch, WorkerState, state_of, was_lost
from jobs.worker_kinds import kind_of, kind_told_by
from jobs.worker_names import host_told_by, pid_told_by
from store.chunks import (
    AttemptView,
    Backlog,
    backlog,
    last_attempts,
    last_heard_at,
    lost_attempts,
    running_attempts,
)
from store.clock import now_of, utc_now
from store.config import Config
from store.database import Database, Transaction
from store.history import Consumers, last_consumers
from store.locks import holder
from store.states import EngineName

# RQ ends a job of ours after six hours at the latest; before that its horse may be stuck.
STUCK_AT_MOST = timedelta(hours=7)
# So many lost attempts are looked through for the one a worker hangs on.
LOOKED_UP_AT_MOST = 20
# Work that is due and could be taken is begun within moments; after so long something is wrong
# that no worker tells of: one that is frozen between two chunks answers like one that is idle.
UNMOVED_AFTER = timedelta(seconds=60)
# The names of the queues of a worker that serves others are told as far as that.
QUEUES_CUT = 80


def look(database: Database, *, config: Config, link: QueueLink | None, now: datetime) -> Health:
    """Look at workers and queue. Takes at most about a second when Redis is away."""
    with database.read() as connection:
        # Beats are dated by the database's clock, which may differ from this machine's.
        now += now_of(connection) - utc_now()
        waiting = backlog(connection)
        running = running_attempts(connection)
        local = holder(connection, LOCAL_LOCK, now=now)
        unmoved_since = None if running else _unmoved_since(connection, waiting, now=now)
    watch = Watch(now=now, late_after=timedelta(seconds=config.beat_seconds * 2))
    seen = _seen_in_redis(link, running)
    if seen is None:
        workers = [_by_attempt(one, watch=watch) for one in running]
    else:
        workers = [_by_attempt(one, watch=watch) for one in running if _is_local(one)]
        found, hanging = seen
        is_due = waiting.oldest_since is not None
        hangs = Hangs()
        if is_due and link is not None:
            hangs = find_hangs(
                database,
                link,
                [one for one in found if one.serves_us],
                running,
                hanging=hanging,
                unmoved_since=unmoved_since,
                now=now,
            )
        workers += _by_sighting(database, found, running, hangs=hangs, watch=watch)
    queue = _queue(
        database,
        seen,
        workers,
        backlog=waiting,
        link=link,
        config=config,
        is_here=local is not None,
        unmoved_since=unmoved_since,
    )
    return Health(
        at=now, queue=queue, workers=tuple(sorted(workers, key=lambda worker: worker.place))
    )


def _queue(
    database: Database,
    seen: tuple[list[Sighting], int | None] | None,
    workers: Sequence[WorkerHealth],
    *,
    backlog: Backlog,
    link: QueueLink | None,
    config: Config,
    is_here: bool,
    unmoved_since: datetime | None,
) -> QueueHealth:
    here = is_here or any(worker.engine is EngineName.LOCAL for worker in workers)
    consumers = None if seen is None else _takers(workers) + here
    return QueueHealth(
        engine=EngineName.LOCAL if works_here(config, link) else EngineName.RQ,
        link=link.state() if link is not None else None,
        backlog=backlog,
        hanging=seen[1] if seen else None,
        consumers=consumers,
        by_itself=here,
        last_known=_last_known(database) if consumers is None else None,
        unmoved_since=unmoved_since if consumers else None,
        seem_free=None if consumers is None else consumers - _takers_at_work(workers),
    )


def _is_local(attempt: AttemptView) -> bool:
    return attempt.engine is EngineName.LOCAL


def _takers(workers: Iterable[WorkerHealth]) -> int:
    # The local thread and its children are one taker of work, counted apart.
    return sum(worker.engine is EngineName.RQ and worker.state.takes_work for worker in workers)


def _takers_at_work(workers: Sequence[WorkerHealth]) -> int:
    held = [worker for worker in workers if worker.current]
    return _takers(held) + any(worker.engine is EngineName.LOCAL for worker in held)


def _unmoved_since(connection: Transaction, waiting: Backlog, *, now: datetime) -> datetime | None:
    """Since when nobody has been at any of the work that is due; to be asked while none runs."""
    if waiting.oldest_since is None:
        return None
    heard_at = last_heard_at(connection)
    since = max(waiting.oldest_since, heard_at) if heard_at else waiting.oldest_since
    return since if now - since > UNMOVED_AFTER else None


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
        seen = sight(link.redis, also=names)
        # One of other queues that is gone is nobody's concern here.
        there = [one for one in seen if one.subscribed or one.serves_us or one.name in names]
        return there, bells_hanging(link.redis)
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


def _by_sighting(
    database: Database,
    seen: list[Sighting],
    running: Sequence[AttemptView],
    *,
    hangs: Hangs,
    watch: Watch,
) -> list[WorkerHealth]:
    attempts = {one.worker: one for one in running if not _is_local(one)}
    odd = busy_without_attempt(seen, running)
    lasts = _last_before(database, odd, now=watch.now) if odd else {}
    return [
        _rq_worker(
            one,
            attempt=attempts.get(one.name),
            last=lasts.get(one.name),
            stall=hangs.stalls.get(one.name),
            unmoved_since=hangs.frozen.get(one.name),
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
    unmoved_since: datetime | None,
    watch: Watch,
) -> WorkerHealth:
    record = seen.record
    state = state_of(
        seen,
        attempt=attempt,
        last=last,
        hangs=stall is not None,
        is_frozen=unmoved_since is not None,
        watch=watch,
    )
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
        is_silent=state is WorkerState.LATE and watch.is_overdue(seen),
        asked_to_end_at=seen.asked_to_end_at,
        current=attempt,
        answers_bell=seen.is_busy
        and attempt is None
        and state not in (WorkerState.STUCK, WorkerState.ELSEWHERE),
        queues=_other_queues(record) if state is WorkerState.ELSEWHERE else None,
        # One that hangs on its bell need not have lost what it ran before.
        given_up=last if state is WorkerState.STUCK and was_lost(last) else None,
        stall=stall if state is WorkerState.STUCK else None,
        unmoved_since=unmoved_since if state is WorkerState.STUCK else None,
    )


def _other_queues(record: Mapping[str, str]) -> str:
    return record.get("queues", "").replace(",", ", ")[:QUEUES_CUT]
