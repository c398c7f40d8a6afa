"""GET /api/health: workers and queue for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jobs.health import QueueHealth, WorkerHealth
from jobs.strays import look_with_strays
from store.clock import now_of, utc_now
from store.standstill import Standstill, standstills
from web.house import house_of


def health(request: Request) -> Response:
    """Workers with their states, and the queue; a pure read."""
    house = house_of(request)
    seen, strays = look_with_strays(
        house.database, config=house.config, link=house.link, now=utc_now()
    )
    with house.database.read() as connection:
        resting = standstills(connection, now=now_of(connection))
    return JSONResponse(
        {
            "at": seen.at.isoformat(),
            "queue": _queue_json(seen.queue),
            "workers": [_worker_json(worker) for worker in seen.workers],
            "astray": [{"name": one.name, "how": one.how} for one in strays],
            "standstills": [_standstill_json(one) for one in resting],
        }
    )


def _standstill_json(one: Standstill) -> dict[str, Any]:
    return {
        "host": one.host,
        "reason": one.reason,
        "since": _time(one.since),
        "until": _time(one.until),
    }


def _queue_json(queue: QueueHealth) -> dict[str, Any]:
    return {
        "engine": queue.engine,
        "reachable": queue.link.reachable if queue.link else None,
        "unreachable_since": _time(queue.link.unreachable_since) if queue.link else None,
        "waiting": queue.backlog.waiting,
        "running": queue.backlog.running,
        "failed": queue.backlog.failed,
        "waiting_bytes": queue.backlog.waiting_bytes,
        "oldest_since": _time(queue.backlog.oldest_since),
        "bells": queue.hanging,
        "consumers": queue.consumers,
        "stuck": queue.is_stuck,
    }


def _worker_json(worker: WorkerHealth) -> dict[str, Any]:
    current = worker.current
    return {
        "name": worker.name,
        "engine": worker.engine,
        "state": worker.state,
        "host": worker.host,
        "pid": worker.pid,
        "version": worker.version,
        "subscribed": worker.subscribed,
        "registered": worker.registered,
        "started_at": _time(worker.started_at),
        "beat_at": _time(worker.beat_at),
        "done": worker.done,
        "failed": worker.failed,
        "current": {
            "job_id": current.job_id,
            "chunk": current.chunk_seq,
            "messages": current.messages,
            "seen_at": _time(current.seen_at),
        }
        if current
        else None,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
