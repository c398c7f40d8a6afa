"""Workers that are gone without a farewell: noticed by whoever samples, and kept in the audit log.

RQ's worker takes itself off the list when it ends, and its record says so for a minute. One that
is killed, or that crashes when Redis goes away, does not: its record just runs out. What it was
working on is given up by the reconciler; one that held nothing would leave no trace at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from redis.exceptions import RedisError

from jobs.link import QueueLink
from jobs.record import moment_of, whole_of
from jobs.reports import read_reports
from jobs.sightings import Sighting, sight
from jobs.standing import GHOST_AFTER
from jobs.worker_kinds import WorkerKind, kind_of
from jobs.worker_names import host_told_by, pid_told_by
from jobs.workshop import Workshop
from store.audit import AuditEntry, entries, record
from store.database import Transaction
from store.states import EngineName

log = logging.getLogger(__name__)

ACTION = "worker.vanished"
# While it is missing so long it may come back: ours, and a plain one that is idle, outlive an
# outage of Redis and try again after up to a minute.
GONE_AFTER = GHOST_AFTER
# A farewell is kept for a minute: whoever has not looked for so long may have missed one.
BLIND_AFTER = timedelta(seconds=50)
# In one transaction; of an outage that ended hundreds the others follow at the next look.
AT_ONCE = 50
# The clock of a worker may be as wrong as that.
SAME_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """A worker that is gone; `seen_at` is when it was last there."""

    name: str
    kind: WorkerKind
    host: str | None
    pid: int | None
    seen_at: datetime
    engine: EngineName = EngineName.RQ


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A worker that was there; `missing_since` is when Redis first answered without it."""

    worker: Vanished
    missing_since: datetime | None = None


class Roster:
    """Who was there, from one look to the next. Of one thread; new at each start of a console.

    At the first look those are missing that Redis still lists and that listen no more.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._missed: set[str] = set()  # written down already, and perhaps still listed
        self._looked_at: datetime | None = None

    def look(self, workshop: Workshop, link: QueueLink | None, *, now: datetime) -> int:
        """Look who is there, and write down who is gone; answers how many that were.

        While Redis is away nobody is missed. Raises what the database raises.
        """
        if self._looked_at is None or now - self._looked_at > BLIND_AFTER:
            self._known.clear()
        self._looked_at = now
        if link is None or not link.state().reachable:
            return 0
        try:
            self._take_in(sight(link.redis, also=self._known), now=now)
            gone = self._gone(link, now=now)
        except RedisError:
            return 0
        written = _write_down(workshop, gone, now=now) if gone else 0
        for one in gone:
            del self._known[one.name]
            self._missed.add(one.name)
        return written

    def _take_in(self, seen: Iterable[Sighting], *, now: datetime) -> None:
        for one in seen:
            known = self._known.get(one.name)
            if one.has_said_farewell or not one.serves_us:
                self._known.pop(one.name, None)
            elif one.subscribed:
                self._known[one.name] = _Known(worker=_as_vanished(one, seen_at=now, before=known))
                self._missed.discard(one.name)
            elif known is not None:
                missing_since = known.missing_since or now
                self._known[one.name] = replace(known, missing_since=missing_since)
            elif one.listed and one.beat_at is not None and one.name not in self._missed:
                worker = _as_vanished(one, seen_at=min(one.beat_at, now), before=None)
                self._known[one.name] = _Known(worker=worker, missing_since=now)

    def _gone(self, link: QueueLink, *, now: datetime) -> list[Vanished]:
        """Who is missing for long, but for those that go on under another name."""
        missing = [
            one.worker
            for one in self._known.values()
            if one.missing_since is not None and now - one.missing_since >= GONE_AFTER
        ]
        there = [one.worker for one in self._known.values() if one.missing_since is None]
        begun = _begun_at(link, there) if missing else {}
        for one in [one for one in missing if _goes_on(one, there, begun)]:
            del self._known[one.name]
        return [one for one in missing if one.name in self._known][:AT_ONCE]


def _as_vanished(seen: Sighting, *, seen_at: datetime, before: _Known | None) -> Vanished:
    """What is known of a worker; a record that Redis has lost since then takes nothing away."""
    host = seen.record.get("hostname") or host_told_by(seen.name)
    pid = whole_of(seen.record.get("pid")) or pid_told_by(seen.name)
    return Vanished(
        name=seen.name,
        kind=kind_of(seen.name, seen.record),
        host=host or (before.worker.host if before else None),
        pid=pid or (before.worker.pid if before else None),
        seen_at=seen_at,
    )


def _begun_at(link: QueueLink, workers: Iterable[Vanished]) -> dict[str, datetime]:
    """When the processes of our workers began, as far as they report it. Raises RedisError."""
    names = [one.name for one in workers if one.kind is WorkerKind.OURS]
    reports = read_reports(link.redis, names) if names else {}
    return {
        name: report.at - timedelta(seconds=report.worker.age_seconds)
        for name, report in reports.items()
        if report.worker is not None
    }


def _goes_on(gone: Vanished, there: Iterable[Vanished], begun_at: Mapping[str, datetime]) -> bool:
    """Its process lives: after an outage of Redis our worker goes on under a new name.

    In a container that was started anew another process may bear the same number on the same host.
    """
    if gone.kind is not WorkerKind.OURS:
        return False
    heirs = [one for one in there if _process(one) == _process(gone)]
    return any(begun_at.get(one.name, gone.seen_at) <= gone.seen_at for one in heirs)


def _process(one: Vanished) -> tuple[WorkerKind, str | None, int | None]:
    return one.kind, one.host, one.pid


def _write_down(workshop: Workshop, gone: Iterable[Vanished], *, now: datetime) -> int:
    written = 0
    with workshop.database.write() as connection:
        for one in gone:
            if not _is_written(connection, one):
                log.warning("the worker %s is gone without a farewell", one.name)
                _record(connection, one, now=now)
                written += 1
    return written


def _is_written(connection: Transaction, one: Vanished) -> bool:
    """Another console, or this one before it was started anew, has missed it too."""
    last = entries(connection, subject=_subject(one), action=ACTION, limit=1)
    return bool(last) and last[0].at >= one.seen_at - SAME_WITHIN


def _record(connection: Transaction, one: Vanished, *, now: datetime) -> None:
    told = {
        "command": one.kind.value,
        "host": one.host,
        "process": one.pid,
        "last_seen": one.seen_at.isoformat(),
    }
    detail = {key: value for key, value in told.items() if value is not None}
    record(connection, actor="system", action=ACTION, subject=_subject(one), now=now, detail=detail)


def _subject(one: Vanished) -> str:
    return f"worker:{one.name}"


def vanished_since(connection: Transaction, since: datetime, *, limit: int) -> list[Vanished]:
    """Workers that were found gone since then, the latest first."""
    found = entries(connection, action=ACTION, limit=limit)
    return [_told(entry) for entry in found if entry.at >= since]


def _told(entry: AuditEntry) -> Vanished:
    detail: dict[str, Any] = entry.detail
    known = {kind.value: kind for kind in WorkerKind}
    return Vanished(
        name=entry.subject.partition(":")[2],
        kind=known.get(detail.get("command", ""), WorkerKind.PLAIN),
        host=detail.get("host"),
        pid=detail.get("process"),
        seen_at=moment_of(detail.get("last_seen")) or entry.at,
    )
