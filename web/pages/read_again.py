"""`GET /jobs/{id}/read-again`: what of a file may be read again, each choice with what it would do.

The same page is the answer to an act that no longer fits what was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mail.rule import Dialect
from store.forecast import Forecast, Reach, first_unfinished, forecast
from store.forecast_inside import InsideForecast, forecast_inside
from store.job_view import JobView
from web.asked import chosen
from web.errors import BadRequest, NotFound
from web.fragments.progress import require_job
from web.house import house_of
from web.passed_over import query_of
from web.render import render

DIALECTS = tuple(name for name in Dialect if name is not Dialect.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgainView:
    """The three choices. `onward` is None before there are chunks; `meant` was asked for."""

    job: JobView
    failed: Forecast
    inside: InsideForecast | None  # None for what is no archive
    onward: Forecast | None
    whole: Forecast
    dialects: tuple[str, ...]
    dialect: str | None
    meant: Reach | None
    changed: bool


def read_again_page(request: Request) -> Response:
    """The page. Raises NotFound, also for a chunk that is not there, and BadRequest."""
    asked = query_of(request)
    reach = chosen(request, "reach", Reach)
    return choices(
        request,
        require_job(request),
        from_seq=seq_in(asked),
        dialect=dialect_in(asked),
        meant=reach,
    )


def choices(
    request: Request,
    job: JobView,
    *,
    from_seq: int | None,
    dialect: str | None,
    meant: Reach | None,
    changed: bool = False,
) -> Response:
    """The page with forecasts of this moment; `changed` says that it answers a stale wish."""
    onward = _onward(request, job, from_seq=from_seq)
    with house_of(request).database.read() as connection:
        view = ReadAgainView(
            job=job,
            failed=forecast(connection, job.id, reach=Reach.FAILED),
            inside=forecast_inside(connection, job.upload_id) if job.is_archive else None,
            onward=onward,
            whole=forecast(connection, job.id, reach=Reach.ALL),
            dialects=DIALECTS,
            dialect=dialect,
            meant=meant,
            changed=changed,
        )
    return render(request, "pages/read_again.html", view, status=409 if changed else 200)


def _onward(request: Request, job: JobView, *, from_seq: int | None) -> Forecast | None:
    if job.is_archive or not job.progress.chunks_total:
        return None
    with house_of(request).database.read() as connection:
        first = from_seq or first_unfinished(connection, job.id)
        try:
            return forecast(connection, job.id, reach=Reach.ONWARD, from_seq=first)
        except LookupError:
            raise NotFound("This file has no such chunk.") from None


def seq_in(asked: Mapping[str, str]) -> int | None:
    """The number of the chunk to begin with. Raises BadRequest for what is no number."""
    text = asked.get("from_seq", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise BadRequest("The chunk to begin with is a number.")
    return int(text)


def dialect_in(asked: Mapping[str, str]) -> str | None:
    """The rule to read by, None to detect it. Raises BadRequest for one that does not exist."""
    dialect = asked.get("dialect") or None
    if dialect is not None and dialect not in set(Dialect):
        raise BadRequest("There is no such dialect.")
    return dialect
