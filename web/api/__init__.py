"""What programs see: JSON in and out, problem+json when something is wrong."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from store.accounts import Role
from web.api import jobs, messages, probes, uploads
from web.security import require

viewer, operator = require(Role.VIEWER), require(Role.OPERATOR)

api_routes: list[BaseRoute] = [
    Route("/api/upload/stream", operator(uploads.upload_stream), methods=["POST"]),
    Route("/api/upload/job/{job_id}", viewer(jobs.job_status)),
    Route("/api/jobs", viewer(jobs.job_list)),
    Route("/api/jobs/{job_id}", viewer(jobs.job_status)),
    Route("/api/jobs/{job_id}/ledger", viewer(jobs.job_ledger)),
    Route("/api/jobs/{job_id}/retry", operator(jobs.retry), methods=["POST"]),
    Route("/api/jobs/{job_id}/cancel", operator(jobs.cancel), methods=["POST"]),
    Route("/api/search", viewer(messages.search_messages)),
    Route("/api/messages/{public_id}", viewer(messages.message)),
    Route("/api/messages/{public_id}/raw", viewer(messages.raw_message)),
    Route("/livez", probes.livez),
    Route("/readyz", probes.readyz),
]
