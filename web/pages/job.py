"""`GET /jobs/{id}`: one job whole. Its live parts are the fragments progress, ledger, attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mail.rule import Dialect
from store.quarantine import QuarantinedMessage, quarantined_of
from web.fragments.attempts import AttemptsView, attempts_in
from web.fragments.ledger import LedgerView, ledger_of
from web.fragments.progress import ProgressView, find_progress
from web.house import house_of
from web.language import N_
from web.render import render

QUARANTINED_LISTED = 100

CAUSES = {
    "too_large": N_("Too large to read whole"),
    "too_slow": N_("Took too long to read"),
    "crashed": N_("Reading it raised an error"),
    "killed": N_("Reading it ended the worker"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A quarantined message: where it can be seen, and why."""

    name: str
    offset: int
    length: int
    cause: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How the file is read, and what was seen in the sample that speaks for it."""

    dialect: str
    rule: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, int], ...]
    sampled_bytes: int
    disagreements: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPageView:
    """The parts of the page; each is shown by the fragment of its name."""

    progress: ProgressView
    ledger: LedgerView
    attempts: AttemptsView
    evidence: Evidence | None
    set_aside: tuple[SetAside, ...]
    dialects: tuple[str, ...]


def job_page(request: Request) -> Response:
    """The page. Raises NotFound."""
    progress = find_progress(request)
    with house_of(request).database.read() as connection:
        found = quarantined_of(connection, progress.job.upload_id, limit=QUARANTINED_LISTED)
    view = JobPageView(
        progress=progress,
        ledger=ledger_of(request, progress.job),
        attempts=attempts_in(request, progress.job),
        evidence=evidence_of(progress.job.detection),
        set_aside=tuple(set_aside_of(entry) for entry in found),
        dialects=tuple(name for name in Dialect if name is not Dialect.NONE),
    )
    return render(request, "pages/job.html", view)


def set_aside_of(entry: QuarantinedMessage) -> SetAside:
    """A quarantined message with its cause in words."""
    return SetAside(
        name=entry.name,
        offset=entry.offset,
        length=entry.length,
        cause=CAUSES.get(entry.cause, entry.cause),
        detail=entry.detail,
    )


def evidence_of(detection: Mapping[str, Any] | None) -> Evidence | None:
    """What the plan noted; None before there is one."""
    if not detection:
        return None
    rule = dict(detection.get("rule", {}))
    return Evidence(
        dialect=str(rule.pop("dialect", "")),
        rule=tuple((name.replace("_", " "), str(value)) for name, value in rule.items()),
        counts=tuple(
            (name.replace("_", " "), int(count))
            for name, count in detection.get("counts", {}).items()
        ),
        sampled_bytes=int(detection.get("sampled_bytes", 0)),
        disagreements=tuple(detection.get("disagreements", ())),
    )
