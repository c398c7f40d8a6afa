"""`GET /failures/{key}`: one cause, with the traceback and the attempts of one of its chunks."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.attempts import attempts_of_chunk
from store.causes import own_frames
from store.chunks import FailedChunk, failed_chunks
from store.clock import utc_now
from web.attempt_runs import Run, run_of
from web.fragments.cause import CauseView, find_the_cause
from web.house import house_of
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class CausePageView:
    """The live part, and one chunk looked at closely: the one asked for, or the latest."""

    cause: CauseView
    example: FailedChunk | None
    frames: tuple[str, ...]  # ours, innermost first
    runs: tuple[Run, ...]


def cause_page(request: Request) -> Response:
    """The page. Raises NotFound."""
    cause, now = find_the_cause(request), utc_now()
    with house_of(request).database.read() as connection:
        asked = failed_chunks(connection, [cause.chunk_id]) if cause.chunk_id else []
        example = next(iter((*asked, *cause.listed)), None)
        runs = attempts_of_chunk(connection, example.chunk.id, limit=20) if example else []
    attempt = example.last_attempt if example else None
    view = CausePageView(
        cause=cause,
        example=example,
        frames=own_frames(attempt.traceback if attempt else None),
        runs=tuple(run_of(run, now=now) for run in runs),
    )
    return render(request, "pages/cause.html", view)
