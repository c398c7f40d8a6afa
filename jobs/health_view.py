"""How the queue and its workers stand, as pages, programs and probes are told. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobs.link import LinkState
from jobs.reports import Report
from jobs.stalls import Stall
from jobs.standing import URGENCY, WorkerState
from jobs.worker_kinds import WorkerKind
from store.chunks import AttemptView, Backlog
from store.history import Consumers
from store.states import EngineName
from store.tallies import Tally


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
    is_silent: bool = False  # it is late itself, and not only its attempt
    asked_to_end_at: datetime | None = None
    current: AttemptView | None = None
    answers_bell: bool = False  # it looks whether there is work, and holds no chunk
    given_up: AttemptView | None = None  # what it was lost on, when it is stuck
    stall: Stall | None = None  # when it is stuck on a bell for which it claims nothing
    unmoved_since: datetime | None = None  # at least, when it is stuck between two jobs
    queues: str | None = None  # where it serves others than ours: their names, cut
    astray: str | None = None  # how, see `jobs.astray`; only `jobs.strays` looks for it
    # Only where they were asked for, see `jobs.worker_details`.
    rq: str | None = None  # the version of RQ
    started_at: datetime | None = None
    working_seconds: float | None = None
    report: Report | None = None
    tally: Tally | None = None  # of the last hour; None when it has made no attempt in that time

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands in a list: what needs a person first, then by host and name."""
        return URGENCY.index(self.state), self.host or "", self.name

    @property
    def can_be_told(self) -> bool:
        """It listens on its channel, so it can be drained and stopped; not who works for others."""
        return bool(self.subscribed) and self.state is not WorkerState.ELSEWHERE


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
    # Since when work is due, somebody could take it, and nobody has; told after a while.
    unmoved_since: datetime | None = None
    seem_free: int | None = None  # consumers that hold nothing, as far as they tell

    @property
    def is_unmoved(self) -> bool:
        """Nobody begins what is due, though somebody could."""
        return self.unmoved_since is not None

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
