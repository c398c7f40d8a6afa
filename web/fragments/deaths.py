"""Who died or fell silent lately: while it was parsing, and of what; or gone without a word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zlib import crc32

from starlette.requests import Request
from starlette.responses import Response

from jobs.vanished import Vanished, vanished_since
from jobs.worker_kinds import WorkerKind, kind_told_by
from store.chunks import AttemptView, lost_attempts
from store.clock import utc_now
from web.house import house_of
from web.render import render

# Of those that died of one cause so many are named beside the latest, and so many are looked at.
ALIKE_SHOWN, LOOKED_AT = 20, 500
# And so many of their workers.
WORKERS_SHOWN = 8
# So long a stretch is looked through quickly, and reaches back over a night's work.
SINCE = timedelta(hours=12)
SHOWN = 10
EVERY = 15
# Which process and which worker it was stands beside the cause already.
# Sizes and process ids are no cause; by which signal or status one ended is.
NUMBERS = re.compile(
    r"(?<!signal )(?<!exit status )(?<![\d.,])\d+(?:[.,]\d+)*(?: [kMGT]?B\b)?", re.ASCII
)
SAID_BESIDE = re.compile(r"^(work-horse|child) \d+: | \(\S+\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """An attempt whose process died or fell silent, and of what.

    `worker_lived`: its worker, or RQ in it, told of the death, so that only a work-horse died.
    """

    attempt: AttemptView
    kind: WorkerKind  # the command that had started its worker
    cause: str
    worker_lived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Deaths of one cause: the latest, the others of which some are named, and their number."""

    key: str
    latest: Death
    others: tuple[Death, ...]
    number: int  # at least; of all that were looked at
    workers: int  # different ones
    by_worker: tuple[tuple[AttemptView, int], ...]  # the latest of some of them, and how many


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathsView:
    """The latest causes, newest first; `more` when there were further ones.

    `gone` held no chunk as far as is known; so many more of them are in the audit log.
    """

    alike: tuple[Alike, ...]
    more: bool
    gone: tuple[Vanished, ...]
    more_gone: int
    hours: int
    every: int


def deaths_fragment(request: Request) -> Response:
    """`GET /fragments/deaths`."""
    return render(request, "fragments/deaths.html", find_deaths(request))


def find_deaths(request: Request) -> DeathsView:
    """Look for lost attempts, and for workers that were found gone."""
    since = utc_now() - SINCE
    with house_of(request).database.read() as connection:
        found = lost_attempts(connection, since=since, limit=LOOKED_AT + 1)
        vanished = vanished_since(connection, since, limit=LOOKED_AT)
    deaths = [_death(one) for one in found[:LOOKED_AT]]
    told = {one.attempt.worker for one in deaths if not one.worker_lived}
    left = [one for one in vanished if one.name not in told]
    gone = sorted(left, key=lambda one: one.seen_at, reverse=True)
    alike = _alike(deaths)
    return DeathsView(
        alike=alike[:SHOWN],
        more=len(alike) > SHOWN or len(found) > LOOKED_AT,
        gone=tuple(gone[:SHOWN]),
        more_gone=max(len(gone) - SHOWN, 0),
        hours=int(SINCE.total_seconds() // 3600),
        every=EVERY,
    )


def _alike(deaths: Iterable[Death]) -> tuple[Alike, ...]:
    """By cause without its numbers, and by what it was that died; the latest first."""
    found: dict[tuple[str, bool], list[Death]] = {}
    for death in deaths:
        cause = NUMBERS.sub("0", death.cause)
        found.setdefault((cause, death.worker_lived), []).append(death)
    return tuple(_together(repr(cause), some) for cause, some in found.items())


def _together(cause: str, some: Sequence[Death]) -> Alike:
    by_worker = Counter(one.attempt.worker for one in some)
    latest = {one.attempt.worker: one.attempt for one in reversed(some)}
    return Alike(
        # The same for as long as they die of it, so that what was opened stays open.
        key=f"{crc32(cause.encode()):08x}",
        latest=some[0],
        others=tuple(some[1 : ALIKE_SHOWN + 1]),
        number=len(some),
        workers=len(by_worker),
        by_worker=tuple(
            (latest[worker], number) for worker, number in by_worker.most_common(WORKERS_SHOWN)
        ),
    )


def _death(attempt: AttemptView) -> Death:
    error = attempt.error or ""
    return Death(
        attempt=attempt,
        kind=kind_told_by(attempt),
        cause=SAID_BESIDE.sub("", error),
        worker_lived=error.startswith("work-horse "),
    )
