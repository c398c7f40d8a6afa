"""What programs see: JSON in and out, problem+json when something is wrong."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from store.accounts import Role
from web.api import health, jobs, messages, probes, report, uploads, wishes
from web.security import require

WISH_BYTES = 4096
viewer, operator = require(Role.VIEWER), require(Role.OPERATOR)

api_routes: list[BaseRoute] = [
    Route("/api/upload/stream", operator(uploads.upload_stream), methods=["POST"]),
    Route("/api/upload/job/{job_id}", viewer(jobs.job_status)),
    Route("/api/jobs", viewer(jobs.job_list)),
    Route("/api/jobs/{job_id}", viewer(jobs.job_status), methods=["GET"]),
    Route("/api/jobs/{job_id}", operator(wishes.delete), methods=["DELETE"]),
    Route("/api/jobs/{job_id}/ledger", viewer(jobs.job_ledger)),
    Route("/api/jobs/{job_id}/retry", operator(jobs.retry), methods=["POST"]),
    Route("/api/jobs/{job_id}/cancel", operator(jobs.cancel), methods=["POST"]),
    Route("/api/jobs/{job_id}/pause", operator(wishes.pause), methods=["POST"]),
    Route("/api/jobs/{job_id}/resume", operator(wishes.resume), methods=["POST"]),
    Route(
        "/api/jobs/{job_id}/read-again",
        operator(wishes.read_again),
        methods=["POST"],
        max_body_size=WISH_BYTES,
    ),
    Route("/api/jobs/{job_id}/report", viewer(report.job_report)),
    Route("/api/errands/{errand_id:int}", viewer(wishes.errand)),
    Route("/api/health", viewer(health.health)),
    Route("/api/workers/{name}/drain", operator(health.drain), methods=["POST"]),
    Route("/api/workers/{name}/stop", operator(health.stop), methods=["POST"]),
    Route("/api/search", viewer(messages.search_messages)),
    Route("/api/messages/{public_id}", viewer(messages.message)),
    Route("/api/messages/{public_id}/raw", viewer(messages.raw_message)),
    Route("/livez", probes.livez),
    Route("/readyz", probes.readyz),
]
