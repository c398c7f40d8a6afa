"""Which address is answered by what, and who may ask.

Pages and fragments read, actions change; the API has a table of its own in `web.api`.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from store.accounts import Role
from web.actions import (
    errands,
    exports,
    found,
    language,
    marks,
    messages,
    saved,
    settings,
    sign_in,
    upload,
)
from web.actions import jobs as act_on_jobs
from web.actions import workers as workers_act
from web.assets import static_route
from web.forms import with_form as form
from web.fragments import (
    about,
    attempts,
    cause,
    deaths,
    errand,
    evidence,
    facets,
    failures,
    further,
    history,
    jobs,
    ledger,
    members,
    overview,
    progress,
    results,
    set_aside,
    timings,
    workers,
)
from web.fragments import errands as errands_list
from web.given_away import export_file
from web.pages import ask, ask_act
from web.pages.attachments import attachments_page
from web.pages.audit import audit_page
from web.pages.cause import cause_page
from web.pages.errand import errand_page
from web.pages.errands import errands_page
from web.pages.export import export_download
from web.pages.failures import failures_page
from web.pages.failures_retry import failures_retry_page
from web.pages.found import found_page
from web.pages.job import job_page
from web.pages.jobs import jobs_page
from web.pages.jobs_bulk import jobs_bulk_page
from web.pages.message import message_page
from web.pages.message_html import message_html
from web.pages.original import original_file
from web.pages.overview import overview_page
from web.pages.part import part_download
from web.pages.read_again import read_again_page
from web.pages.report import report_page
from web.pages.reread import reread_page
from web.pages.search import search_page
from web.pages.settings import settings_page
from web.pages.sign_in import sign_in_link_page, sign_in_page
from web.pages.upload import upload_page
from web.pages.workers import workers_page
from web.security import require

viewer, operator, admin = require(Role.VIEWER), require(Role.OPERATOR), require(Role.ADMIN)


def act(address: str, endpoint: Callable[[Request], object]) -> Route:
    """A route that changes something: POST only."""
    return Route(address, endpoint, methods=["POST"])


public: list[BaseRoute] = [
    static_route,
    Route("/sign-in", sign_in_page, methods=["GET"]),
    act("/sign-in", form(sign_in.sign_in)),
    Route("/sign-in/{token}", sign_in_link_page, methods=["GET"]),
    act("/sign-in/{token}", sign_in.sign_in_by_link),
    act("/sign-out", sign_in.sign_out),
    act("/language", form(language.set_language)),
]

pages: list[BaseRoute] = [
    Route("/", viewer(overview_page)),
    Route("/upload", operator(upload_page), methods=["GET"]),
    Route("/jobs", viewer(jobs_page)),
    Route("/jobs/bulk", operator(jobs_bulk_page), methods=["GET"]),
    Route("/jobs/{id}", viewer(job_page)),
    Route("/jobs/{id}/report", viewer(report_page)),
    Route("/jobs/{id}/file", operator(original_file), methods=["GET"]),
    Route("/jobs/{id}/read-again", operator(read_again_page), methods=["GET"]),
    Route("/jobs/{id}/pause", operator(ask.pause_page), methods=["GET"]),
    Route("/jobs/{id}/cancel", operator(ask.cancel_page), methods=["GET"]),
    Route("/jobs/{id}/delete", operator(ask.delete_page), methods=["GET"]),
    Route("/workers/drain", operator(ask_act.drain_page), methods=["GET"]),
    Route("/workers/stop", operator(ask_act.stop_worker_page), methods=["GET"]),
    Route("/chunks/{id:int}/stop", operator(ask_act.stop_chunk_page), methods=["GET"]),
    Route("/errands/{id:int}/stop", viewer(ask_act.stop_errand_page), methods=["GET"]),
    Route("/settings/tokens/revoke", admin(ask_act.revoke_page), methods=["GET"]),
    Route("/search", viewer(search_page)),
    Route("/search/all", operator(found_page), methods=["GET"]),
    Route("/search/export", viewer(export_download)),
    Route("/attachments", viewer(attachments_page)),
    Route("/errands", viewer(errands_page)),
    Route("/errands/{id:int}", viewer(errand_page)),
    Route("/errands/{id:int}/file", viewer(export_file)),
    Route("/messages/{id}", viewer(message_page)),
    Route("/messages/{id}/html", viewer(message_html)),
    Route("/messages/{id}/read-again", operator(reread_page), methods=["GET"]),
    Route("/messages/{id}/parts/{path}", viewer(part_download)),
    Route("/workers", viewer(workers_page)),
    Route("/failures", viewer(failures_page), methods=["GET"]),
    Route("/failures/retry", operator(failures_retry_page), methods=["GET"]),
    Route("/failures/{key}", viewer(cause_page), methods=["GET"]),
    Route("/audit", operator(audit_page)),
    Route("/settings", viewer(settings_page)),
]

fragments: list[BaseRoute] = [
    Route("/fragments/overview", viewer(overview.overview_fragment)),
    Route("/fragments/jobs", viewer(jobs.jobs_fragment)),
    Route("/fragments/progress/{id}", viewer(progress.progress_fragment)),
    Route("/fragments/members/{id}", viewer(members.members_fragment)),
    Route("/fragments/ledger/{id}", viewer(ledger.ledger_fragment)),
    Route("/fragments/attempts/{id}", viewer(attempts.attempts_fragment)),
    Route("/fragments/about/{id}", viewer(about.about_fragment)),
    Route("/fragments/evidence/{id}", viewer(evidence.evidence_fragment)),
    Route("/fragments/set_aside/{id}", viewer(set_aside.set_aside_fragment)),
    Route("/fragments/errand/{id:int}", viewer(errand.errand_fragment)),
    Route("/fragments/errands", viewer(errands_list.errands_fragment)),
    Route("/fragments/history", viewer(history.history_fragment)),
    Route("/fragments/results", viewer(results.results_fragment)),
    Route("/fragments/facets", viewer(facets.facets_fragment)),
    Route("/fragments/further", viewer(further.further_fragment)),
    Route("/fragments/workers", viewer(workers.workers_fragment)),
    Route("/fragments/deaths", viewer(deaths.deaths_fragment)),
    Route("/fragments/timings", viewer(timings.timings_fragment)),
    Route("/fragments/failures", viewer(failures.failures_fragment)),
    Route("/fragments/cause/{key}", viewer(cause.cause_fragment)),
]

actions: list[BaseRoute] = [
    act("/upload", operator(upload.upload)),
    act("/sample", operator(upload.import_sample)),
    act("/jobs/{id}/cancel", operator(act_on_jobs.cancel_job)),
    act("/jobs/{id}/pause", operator(act_on_jobs.pause_job)),
    act("/jobs/{id}/resume", operator(act_on_jobs.resume_job)),
    act("/jobs/{id}/read-again", operator(form(errands.read_again))),
    act("/jobs/{id}/delete", operator(form(errands.delete))),
    act("/messages/{id}/read-again", operator(form(messages.read_again))),
    act("/messages/{id}/labels", operator(form(found.label_one))),
    act("/search/all", operator(form(found.act))),
    act("/chunks/{id:int}/retry", operator(form(act_on_jobs.retry_chunk))),
    act("/chunks/{id:int}/stop", operator(form(act_on_jobs.stop_chunk))),
    act("/workers/drain", operator(form(workers_act.drain_worker))),
    act("/workers/stop", operator(form(workers_act.stop_worker))),
    act("/marks", operator(form(marks.set_by_form))),
    act("/failures/retry", operator(form(errands.retry_failed))),
    act("/failures/{key}/trial", operator(form(errands.try_one))),
    act("/jobs/bulk", operator(form(errands.act_on_jobs))),
    act("/errands/{id:int}/stop", viewer(errands.stop)),
    act("/exports", viewer(form(exports.begin))),
    act("/searches", viewer(form(saved.save))),
    act("/views", viewer(form(saved.keep))),
    act("/searches/{id:int}/rename", viewer(form(saved.rename))),
    act("/searches/{id:int}/forget", viewer(saved.forget)),
    act("/settings/password", viewer(form(settings.change_password))),
    act("/settings/accounts", admin(form(settings.add_account))),
    act("/settings/tokens", admin(form(settings.add_token))),
    act("/settings/tokens/revoke", admin(form(settings.revoke_token))),
]

routes: list[BaseRoute] = [*public, *pages, *fragments, *actions]
