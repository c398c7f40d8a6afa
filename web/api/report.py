"""GET /api/jobs/{id}/report: everything that proves what became of a file, in one document."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from store.attempts import attempts_of
from store.audit import AuditEntry
from store.chunks import AttemptView
from store.clock import utc_now
from store.engines import engines_of
from store.job_acts import acts_on
from store.ledger import balance
from store.member_lists import members_of
from store.quarantine import quarantined_of
from web.api.jobs import balance_json, job_json, require_job
from web.api.members import member_json, members_sum_json
from web.house import house_of
from web.moment import at_one_moment

ATTEMPTS_SHOWN = 10_000
QUARANTINED_SHOWN = 10_000
MEMBERS_SHOWN = 1_000_000
ACTS_SHOWN = 1_000


@at_one_moment
def job_report(request: Request) -> Response:
    """The report as a download."""
    job = require_job(request)
    with house_of(request).database.read() as connection:
        engines = engines_of(connection, job.id)
        books = balance(connection, job.upload_id, size=job.size)
        attempts = attempts_of(connection, job.id, limit=ATTEMPTS_SHOWN)
        quarantined = quarantined_of(connection, job.upload_id, limit=QUARANTINED_SHOWN)
        inside = members_of(connection, job.upload_id, limit=MEMBERS_SHOWN)
        acts = acts_on(connection, job.id, limit=ACTS_SHOWN)
    document: dict[str, Any] = {
        "program": f"email-parser {version('email-parser')}",
        "reported_at": utc_now().isoformat(),
        "job": {**job_json(request, job), "engines": engines},
        "rule": job.rule,
        "detection": job.detection,
        "ledger": balance_json(books),
        "members_sum": members_sum_json(request, job),
        "members": [member_json(one) for one in inside],
        "quarantined": [
            {
                "id": one.name,
                "offset": one.offset,
                "length": one.length,
                "cause": one.cause,
                "detail": one.detail,
                "subject": one.subject,
                "sender": one.sender_address,
                "sent_at": one.sent_at.isoformat() if one.sent_at else None,
            }
            for one in quarantined
        ],
        "attempts": [_attempt_json(one) for one in attempts],
        "acts": [_act_json(one) for one in acts],
    }
    name = f"report-{job.id}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return JSONResponse(document, headers=headers)


def _act_json(one: AuditEntry) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "actor": one.actor,
        "action": one.action,
        **one.detail,
        "subject": one.subject,
    }


def _attempt_json(one: AttemptView) -> dict[str, Any]:
    return {
        "chunk": one.chunk_seq,
        "number": one.number,
        "engine": one.engine,
        "worker": one.worker,
        "host": one.host,
        "pid": one.pid,
        "outcome": one.outcome,
        "bytes": one.bytes,
        "messages": one.messages,
        "peak_memory_bytes": one.peak_memory_bytes,
        "cpu_seconds": one.cpu_seconds,
        "started_at": one.started_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "error_type": one.error_type,
        "error": one.error,
    }
