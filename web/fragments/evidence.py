"""How a job's file is read, and what was seen in it that speaks for that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from store.job_view import JobView
from web.dialect_reasons import Reason, reason_for
from web.fragments.progress import require_job
from web.language import N_
from web.pace import MOVING, pace_of
from web.render import render

# What a name of the code would not say to a reader; the others are `web.phrase_list`.
NAMES = {
    "crlf": N_("lines ended by CRLF"),
    "lf": N_("lines ended by LF"),
    "lone_cr": N_("lines ended by CR alone"),
    "marks_groups": N_("marks of Google Groups"),
    "marks_gmail": N_("marks of Gmail"),
    "marks_thunderbird": N_("marks of Thunderbird"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How the file is read, and what was seen in the sample that speaks for it."""

    dialect: str
    reason: Reason
    rule: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, int], ...]
    sampled_bytes: int
    disagreements: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """`evidence` is None before the plan has looked at the file. `every` is None once it stays."""

    job: JobView
    evidence: Evidence | None
    every: int | None


def evidence_fragment(request: Request) -> Response:
    """`GET /fragments/evidence/{id}`."""
    return render(request, "fragments/evidence.html", evidence_in(require_job(request)))


def evidence_in(job: JobView) -> EvidenceView:
    """What is known of a job's file."""
    evidence = evidence_of(job.detection, rule=job.rule)
    settled = job.state.is_over or evidence is not None
    return EvidenceView(
        job=job, evidence=evidence, every=None if settled else pace_of(job, quick=MOVING * 2)
    )


def evidence_of(
    detection: Mapping[str, Any] | None, *, rule: Mapping[str, Any] | None
) -> Evidence | None:
    """What the plan noted; None before there is one. `rule` is what the file is read by."""
    if not detection:
        return None
    detected = str(detection.get("rule", {}).get("dialect", ""))
    rule = dict(rule or detection.get("rule", {}))
    dialect = str(rule.pop("dialect", ""))
    return Evidence(
        dialect=dialect,
        reason=reason_for(dialect, detection.get("counts", {}), detected=detected),
        rule=tuple((name.replace("_", " "), _value(name, value)) for name, value in rule.items()),
        counts=tuple(
            (NAMES.get(name, name.replace("_", " ")), int(count))
            for name, count in detection.get("counts", {}).items()
        ),
        sampled_bytes=int(detection.get("sampled_bytes", 0)),
        disagreements=tuple(detection.get("disagreements", ())),
    )


def _value(name: str, value: object) -> str:
    # Line ends are named in capitals wherever they are counted.
    return str(value).upper() if name == "line_end" else str(value)
