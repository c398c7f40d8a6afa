"""What needs a person now, drawn from the state of queue, workers, failures and disk.

Pure: health in, needs out. The sentence for each is in the template, by its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from jobs.health_view import Health
from jobs.standing import WorkerState
from jobs.strays import AstrayWorker
from store.config import Config, QueueChoice
from store.spool import Room
from store.standstill import Standstill
from store.states import OPEN_JOB_STATES, JobState
from web.asked import address
from web.job_query import UNFOLDED

# Each with the tone that its state has in the list of workers.
LOST = {
    WorkerState.PRESUMED_DEAD: ("dead_workers", "bad"),
    WorkerState.STUCK: ("stuck_workers", "bad"),
    WorkerState.LATE: ("late_workers", "warn"),
}
# Warn while there is still time: this many times the reserve.
LOW_DISK_FACTOR = 4
# What did not add up needs somebody for so long; after that lists and its own page still say it.
INCOMPLETE_TOLD = timedelta(days=7)
# A thousand workers with the same mistake are told by a few.
STRAYS_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing. `tone`: bad or warn; `count` or `since` fills its sentence.

    `address` is the very list, narrowed, that shows it.
    """

    name: str
    tone: str
    address: str
    count: int = 0
    files: int = 0
    since: datetime | None = None
    who: str = ""  # a machine or a worker
    why: str = ""  # one line, from there
    room: Room | None = None  # of the disk, where it is about that


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """So many files that came to their end since a midnight did not add up."""

    files: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """What was set aside unread since a midnight and still is: messages, and files they are of."""

    messages: int
    files: int
    since: datetime


def told_since(now: datetime, zone: tzinfo) -> datetime:
    """From when on that is told: a midnight of the reader's zone, as lists are narrowed by days."""
    day = (now.astimezone(zone) - INCOMPLETE_TOLD).date()
    return datetime.combine(day, time.min, tzinfo=zone)


def needs_of(
    health: Health,
    *,
    room: Room,
    config: Config,
    standstills: tuple[Standstill, ...] = (),
    strays: tuple[AstrayWorker, ...] = (),
    incomplete: Incomplete | None = None,
    quarantined: Quarantined | None = None,
    spool_is_away: bool = False,
) -> tuple[Need, ...]:
    """The list, the worst first."""
    found = [
        *_queue_needs(
            health, reads_itself=config.queue is QueueChoice.AUTO, rests=bool(standstills)
        ),
        *(_standstill_need(one) for one in standstills),
        *(_stray_need(one) for one in strays[:STRAYS_SHOWN]),
        *_work_needs(health),
        *(_incomplete_needs(incomplete) if incomplete else ()),
        *(_quarantined_needs(quarantined) if quarantined else ()),
        *(_spool_needs() if spool_is_away else _disk_needs(room)),
    ]
    return tuple(sorted(found, key=lambda need: need.tone != "bad"))


def _queue_needs(health: Health, *, reads_itself: bool, rests: bool) -> Iterator[Need]:
    link = health.queue.link
    if link is not None and (not link.reachable or not health.workers_are_known):
        yield Need(
            name="queue_away" if reads_itself else "queue_unreachable",
            tone="bad",
            address="/workers",
            since=link.unreachable_since or health.at,
        )
    elif health.queue.is_stuck or (health.queue.is_unmoved and not rests):
        is_stuck = health.queue.is_stuck
        yield Need(
            name="no_worker" if is_stuck else "unmoved",
            tone="bad",
            # Also those that came out of an archive which is over itself.
            address=address("/jobs", state=OPEN_JOB_STATES, fold=UNFOLDED, sort="added"),
            count=health.queue.backlog.waiting,
            since=health.queue.backlog.oldest_since if is_stuck else health.queue.unmoved_since,
        )


def _work_needs(health: Health) -> Iterator[Need]:
    failed = health.queue.backlog.failed
    if failed:
        yield Need(name="failures", tone="bad", address="/failures", count=failed)
    for state, (name, tone) in LOST.items():
        lost = sum(worker.state is state for worker in health.workers)
        if lost:
            yield Need(name=name, tone=tone, address=address("/workers", state=state), count=lost)


def _incomplete_needs(found: Incomplete) -> Iterator[Need]:
    if found.files:
        shown = address("/jobs", state=JobState.INCOMPLETE, ended=found.since.date())
        yield Need(name="incomplete", tone="warn", address=shown, count=found.files)


def _quarantined_needs(found: Quarantined) -> Iterator[Need]:
    if found.messages:
        shown = address("/jobs", fold=UNFOLDED, quarantined=found.since.date())
        yield Need(
            name="quarantined", tone="warn", address=shown, count=found.messages, files=found.files
        )


def _standstill_need(one: Standstill) -> Need:
    return Need(
        name="standstill",
        tone="bad",
        address="/workers",
        since=one.since,
        who=one.host,
        why=one.reason,
    )


def _stray_need(one: AstrayWorker) -> Need:
    return Need(name=one.how, tone="bad", address="/workers", who=one.name)


def _spool_needs() -> Iterator[Need]:
    yield Need(name="spool_away", tone="bad", address="/workers")


def _disk_needs(room: Room) -> Iterator[Need]:
    # What fills a disk are mboxes: the largest first.
    largest = address("/jobs", fold=UNFOLDED, sort="-size")
    if room.is_full:
        yield Need(name="disk_full", tone="bad", address=largest, room=room)
    elif not room.available:
        yield Need(name="disk_reserved", tone="bad", address=largest, room=room)
    elif room.free < room.kept_back * LOW_DISK_FACTOR:
        yield Need(name="disk_low", tone="warn", address=largest, room=room)
