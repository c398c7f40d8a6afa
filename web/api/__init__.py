"""What programs see: JSON in and out, problem+json when something is wrong."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from store.accounts import Role
from web.api import (
    attachments,
    exports,
    found,
    health,
    jobs,
    marks,
    messages,
    probes,
    report,
    search,
    uploads,
    wishes,
)
from web.given_away import export_file
from web.security import require

WISH_BYTES = 4096
QUERY_BYTES = 64 << 10
viewer, operator = require(Role.VIEWER), require(Role.OPERATOR)

api_routes: list[BaseRoute] = [
    Route("/api/upload/stream", operator(uploads.upload_stream), methods=["POST"]),
    Route("/api/upload/job/{job_id}", viewer(jobs.job_status)),
    Route("/api/jobs", viewer(jobs.job_list)),
    Route("/api/jobs/{job_id}", viewer(jobs.job_status), methods=["GET"]),
    Route("/api/jobs/{job_id}", operator(wishes.delete), methods=["DELETE"]),
    Route("/api/jobs/{job_id}/deletion", viewer(wishes.deletion), methods=["GET"]),
    Route("/api/jobs/{job_id}/ledger", viewer(jobs.job_ledger)),
    Route("/api/jobs/{job_id}/members", viewer(jobs.job_members)),
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
    Route("/api/errands/{errand_id:int}/stop", viewer(wishes.stop_errand), methods=["POST"]),
    Route("/api/exports", viewer(exports.begin), methods=["POST"], max_body_size=QUERY_BYTES),
    Route("/api/exports/{id:int}", viewer(exports.status), methods=["GET"]),
    Route("/api/exports/{id:int}", viewer(exports.remove), methods=["DELETE"]),
    Route("/api/exports/{id:int}/file", viewer(export_file)),
    Route("/api/health", viewer(health.health)),
    Route("/api/search", viewer(search.search_messages)),
    Route("/api/search/all", operator(found.weigh), methods=["GET"]),
    Route("/api/search/all", operator(found.begin), methods=["POST"], max_body_size=QUERY_BYTES),
    Route("/api/attachments", viewer(attachments.attachment_list)),
    Route("/api/marks", operator(marks.set_mark), methods=["POST"], max_body_size=WISH_BYTES),
    Route("/api/workers/drain", operator(health.drain_all), methods=["POST"]),
    Route("/api/workers/stop", operator(health.stop_all), methods=["POST"]),
    Route("/api/workers/{name}/drain", operator(health.drain), methods=["POST"]),
    Route("/api/workers/{name}/stop", operator(health.stop), methods=["POST"]),
    Route("/api/messages/{public_id}", viewer(messages.message)),
    Route(
        "/api/messages/{public_id}/labels",
        operator(found.label),
        methods=["POST"],
        max_body_size=QUERY_BYTES,
    ),
    Route("/api/messages/{public_id}/raw", viewer(messages.raw_message)),
    Route("/livez", probes.livez),
    Route("/readyz", probes.readyz),
]
