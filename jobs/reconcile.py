"""Database to Redis: find what was forgotten, lost or left open, and set it going again.

Runs in the background of the console and as `email-parser reconcile`; one at a time, by a lease
in the database. Removes nothing. Pages never call this.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from math import inf

from redis.exceptions import RedisError

from jobs.bell import QueueUnreachable, ring_due, rung_chunks
from jobs.deaths import Memory, cause_of_death, cause_of_silence, recorded_death
from jobs.lease import Lease
from jobs.link import QueueLink
from jobs.reports import Report, read_reports
from jobs.sampling import SAMPLE_SECONDS, take_sample
from jobs.sums import SumKeeper
from jobs.surroundings import trouble_around
from jobs.vanished import Roster
from jobs.workshop import PASSING, Workshop
from store.bells import forget_unheard
from store.clock import now_of, utc_now
from store.failures import sort_failures
from store.half_done import receiving_uploads
from store.planning import settle, unsettled_jobs
from store.recovery import SilentAttempt, give_up_silent, silent_attempts
from store.uploads import Upload, break_off

log = logging.getLogger(__name__)

LOCK = "reconciler"
# A bell may be on its way from the queue to a claim for this long.
BELL_PATIENCE_SECONDS = 15.0
# Failures without a cause that are looked at in one transaction, and in one round.
SORTED_AT_ONCE = 500
SORTED_A_ROUND = 10_000
# An upload to which no byte was added for so long has lost its sender.
STALE_PART_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one round set right, in numbers."""

    lost_attempts: int = 0
    sorted_failures: int = 0
    settled_jobs: int = 0
    broken_uploads: int = 0
    unheard_bells: int = 0
    rung: int = 0
    queue_error: str | None = None


def reconcile(
    workshop: Workshop, link: QueueLink | None, *, blind_until: float | None = None
) -> Findings:
    """One round. Raises what the database raises; a Redis that is away is a finding.

    `blind_until` is when, by the monotonic clock, nobody could write last: attempts that fell
    silent before had no way to be heard of. They get a while to be, and are not blamed.
    """
    lost = _give_up_the_silent(workshop, link, blind_until=blind_until)
    sorted_failures = _sort_the_failures(workshop)
    settled = _settle_the_open(workshop)
    broken = _break_off_the_abandoned(workshop)
    unheard = rung = 0
    queue_error = None
    if link is not None:
        try:
            unheard, rung = _ring_again(workshop, link)
        except (RedisError, QueueUnreachable) as error:
            queue_error = str(error)
    return Findings(
        lost_attempts=lost,
        sorted_failures=sorted_failures,
        settled_jobs=settled,
        broken_uploads=broken,
        unheard_bells=unheard,
        rung=rung,
        queue_error=queue_error,
    )


def _give_up_the_silent(
    workshop: Workshop, link: QueueLink | None, *, blind_until: float | None
) -> int:
    seeing_seconds = inf if blind_until is None else time.monotonic() - blind_until
    if seeing_seconds < workshop.config.beat_seconds * 2:
        return 0
    with workshop.database.read() as connection:
        silent = silent_attempts(connection, now=now_of(connection))
    lost = 0
    for one in silent:
        how = _how_it_died(link, one)
        with workshop.database.write() as connection:
            if give_up_silent(
                connection,
                one,
                how=how,
                policy=workshop.policy,
                now=now_of(connection),
                nobody_could_write=one.silent_seconds > seeing_seconds,
            ):
                lost += 1
                log.warning("attempt %s of %s is lost", one.attempt_id, one.worker)
    return lost


def _how_it_died(link: QueueLink | None, silent: SilentAttempt) -> str | None:
    """A plain `rq worker` cannot tell us of its work-horse's death, but RQ writes it down."""
    if link is None or not link.state().reachable:
        return None
    try:
        code = recorded_death(link.redis, worker=silent.worker, since=silent.started_at)
        report = read_reports(link.redis, [silent.worker]).get(silent.worker)
    except RedisError:
        return None
    memory = _memory(silent, report)
    if code is None:
        return cause_of_silence(memory)
    return f"work-horse {silent.pid}: {cause_of_death(code, memory)}"


def _memory(silent: SilentAttempt, report: Report | None) -> Memory:
    """What the attempt held at most: by its beats, or by the report if it died before the first."""
    if report is None:
        return Memory(held=silent.peak_memory_bytes)
    horse = report.horse if report.horse and report.horse.pid == silent.pid else None
    known = [silent.peak_memory_bytes or 0, horse.peak_bytes if horse else 0]
    return Memory(held=max(known) or None, limit=report.limit_bytes)


def _sort_the_failures(workshop: Workshop) -> int:
    """Chunks that failed under an older version get their cause: some in each round."""
    done = 0
    while done < SORTED_A_ROUND:
        with workshop.database.write() as connection:
            found = sort_failures(connection, now=utc_now(), limit=SORTED_AT_ONCE)
        done += found
        if found < SORTED_AT_ONCE:
            break
    return done


def _settle_the_open(workshop: Workshop) -> int:
    with workshop.database.read() as connection:
        job_ids = unsettled_jobs(connection)
    for job_id in job_ids:
        with workshop.database.write() as connection:
            settle(connection, job_id, now=utc_now())
    return len(job_ids)


def _break_off_the_abandoned(workshop: Workshop) -> int:
    with workshop.database.read() as connection:
        receiving = receiving_uploads(connection)
    now = utc_now()
    patience = max(STALE_PART_SECONDS, workshop.config.read_timeout_seconds * 2)
    abandoned = 0
    for upload in receiving:
        age = workshop.spool.age_seconds(upload.spool_name, now=time.time())
        if age is None:  # no byte has come yet: go by when it was announced
            age = (now - upload.created_at).total_seconds()
        if age > patience and _break_off(workshop, upload):
            workshop.spool.remove(upload.spool_name)
            abandoned += 1
    return abandoned


def _break_off(workshop: Workshop, upload: Upload) -> bool:
    with workshop.database.write() as connection:
        return break_off(connection, upload.id)


def _ring_again(workshop: Workshop, link: QueueLink) -> tuple[int, int]:
    hanging = rung_chunks(link.redis)
    with workshop.database.write() as connection:
        unheard = forget_unheard(
            connection,
            hanging=hanging,
            now=now_of(connection),
            patience_seconds=BELL_PATIENCE_SECONDS,
        )
    return unheard, ring_due(workshop.database, link.redis)


class Reconciler(threading.Thread):
    """Reconciles every so often while it holds the lease. One per process is plenty."""

    def __init__(self, workshop: Workshop, link: QueueLink | None) -> None:
        super().__init__(name="reconciler", daemon=True)
        self._workshop = workshop
        self._link = link
        seconds = workshop.config.reconcile_seconds * 3 + 30
        self._lease = Lease(workshop.database, LOCK, seconds=seconds)
        self._sums = SumKeeper(workshop)
        self._stopped = threading.Event()
        self._next_sample = 0.0
        self._roster = Roster()
        self._blind_until: float | None = None

    def run(self) -> None:
        """Go round until stopped."""
        while not self._stopped.is_set():
            self._round()
            self._stopped.wait(self._workshop.config.reconcile_seconds)

    def _round(self) -> None:
        try:
            if self._lease.held():
                reconcile(self._workshop, self._link, blind_until=self._blind_until)
                self._sample()
                self._sums.keep()
        except PASSING as error:
            log.exception("this round failed; the next tries again")
            if trouble_around(error) is not None:
                self._blind_until = time.monotonic()
                # To keep the lease it must be written, which shows whether that is possible.
                self._lease.doubt()

    def _sample(self) -> None:
        if time.monotonic() >= self._next_sample:
            take_sample(self._workshop, self._link)
            self._roster.look(self._workshop, self._link, now=utc_now())
            self._next_sample = time.monotonic() + SAMPLE_SECONDS

    def stop(self) -> None:
        """Finish the round under way, then end."""
        self._stopped.set()
        self.join(timeout=10)
