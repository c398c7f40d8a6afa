"""Workers and queue for programs: how they are, and what may be asked of a worker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jobs.health_view import QueueHealth, WorkerHealth
from jobs.proc import ProcessUse
from jobs.strays import look_with_strays
from jobs.worker_details import with_details, with_tallies
from store.clock import now_of, utc_now
from store.standstill import Standstill, standstills
from web.actions.workers import ask, tell
from web.house import house_of
from web.pages.ask_act import Ending, everybody_to_tell


def health(request: Request) -> Response:
    """Workers with their states, and the queue; a pure read."""
    house = house_of(request)
    seen, strays = look_with_strays(
        house.database, config=house.config, link=house.link, now=utc_now()
    )
    detailed = with_details(seen.workers, link=house.link)
    workers = with_tallies(detailed, database=house.database, now=seen.at)
    with house.database.read() as connection:
        resting = standstills(connection, now=now_of(connection))
    return JSONResponse(
        {
            "at": seen.at.isoformat(),
            "queue": _queue_json(seen.queue),
            "workers": [_worker_json(worker) for worker in workers],
            "astray": [{"name": one.name, "how": one.how} for one in strays],
            "standstills": [_standstill_json(one) for one in resting],
        }
    )


def drain(request: Request) -> Response:
    """Ask a worker to end after what it holds. 404 when it is not there, 503 without Redis."""
    return _ask_one(request, Ending.DRAIN)


def stop(request: Request) -> Response:
    """End a worker at once; its chunk waits again. 404 when it is not there, 503 without Redis."""
    return _ask_one(request, Ending.STOP_WORKER)


def drain_all(request: Request) -> Response:
    """Ask all workers to end after what they hold; one entry in the audit log. 503: no Redis."""
    return _ask_all(request, Ending.DRAIN)


def stop_all(request: Request) -> Response:
    """End all workers at once; what they hold waits again. 503 without Redis."""
    return _ask_all(request, Ending.STOP_WORKER)


_ASKED = {Ending.DRAIN: "drain", Ending.STOP_WORKER: "stop"}


def _ask_one(request: Request, act: Ending) -> Response:
    ask(request, request.path_params["name"], act)
    return JSONResponse({"worker": request.path_params["name"], "asked": _ASKED[act]}, 202)


def _ask_all(request: Request, act: Ending) -> Response:
    names = [worker.name for worker in everybody_to_tell(request, act)]
    if names:
        tell(request, names, act)
    return JSONResponse({"workers": names, "asked": _ASKED[act]}, 202)


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
        "paused": queue.backlog.paused,
        "running": queue.backlog.running,
        "failed": queue.backlog.failed,
        "waiting_bytes": queue.backlog.waiting_bytes,
        "oldest_since": _time(queue.backlog.oldest_since),
        "bells": queue.hanging,
        "consumers": queue.consumers,
        "consumers_last_known": {
            "at": _time(queue.last_known.at),
            "consumers": queue.last_known.number,
        }
        if queue.last_known
        else None,
        "stuck": queue.is_stuck,
        "unmoved": queue.is_unmoved,
        "unmoved_since": _time(queue.unmoved_since),
        "seem_free": queue.seem_free,
    }


def _worker_json(worker: WorkerHealth) -> dict[str, Any]:
    current, report = worker.current, worker.report
    return {
        "name": worker.name,
        "engine": worker.engine,
        "kind": worker.kind,
        "state": worker.state,
        "takes_work": worker.state.takes_work,
        "host": worker.host,
        "pid": worker.pid,
        "version": worker.program,
        "rq_version": worker.rq,
        "subscribed": worker.subscribed,
        "registered": worker.registered,
        "started_at": _time(worker.started_at),
        "beat_at": _time(worker.beat_at),
        "beat_expected_seconds": worker.beat_seconds,
        "asked_to_end_at": _time(worker.asked_to_end_at),
        "claims_nothing": {
            "took_job_at": _time(worker.stall.took_at),
            "since": _time(worker.stall.since),
        }
        if worker.stall
        else None,
        "unmoved_since": _time(worker.unmoved_since),
        "memory_limit_bytes": report.limit_bytes if report else None,
        "worker_process": _use_json(report.worker if report else None),
        "horse_process": _use_json(report.horse if report else None),
        "reported_at": _time(report.at if report else None),
        "chunks_last_hour": {
            "done": worker.tally.done if worker.tally else 0,
            "failed": worker.tally.failed if worker.tally else 0,
        },
        "current": {
            "job_id": current.job_id,
            "filename": current.filename,
            "chunk": current.chunk_seq,
            "messages": current.messages,
            "seen_at": _time(current.seen_at),
        }
        if current
        else None,
    }


def _use_json(use: ProcessUse | None) -> dict[str, Any] | None:
    if use is None:
        return None
    return {
        "pid": use.pid,
        "memory_bytes": use.memory_bytes,
        "peak_memory_bytes": use.peak_bytes,
        "cpu_seconds": use.cpu_seconds,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
