"""A job as it runs: steps, bar, rate, time left, the map of its chunks, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.chunks import ChunkView, chunks_of
from store.clock import utc_now
from store.jobs import JobView, find_job
from store.states import ChunkKind
from web.asked import job_id_of, whole
from web.chunkmap import Cell, cells_of
from web.errors import NotFound
from web.house import house_of
from web.pace import MOVING
from web.render import render
from web.timeline import Eta, Step, eta_of, steps_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """A job and what its chunks add up to. `every` is None once nothing moves by itself."""

    job: JobView
    steps: tuple[Step, ...]
    eta: Eta | None
    cells: tuple[Cell, ...]
    chosen: ChunkView | None
    can_retry: bool
    every: int | None


def progress_fragment(request: Request) -> Response:
    """`GET /fragments/progress/{id}`."""
    return render(request, "fragments/progress.html", find_progress(request))


def find_progress(request: Request) -> ProgressView:
    """The job in the path. Raises NotFound."""
    now, job_id, seq = utc_now(), job_id_of(request), whole(request, "chunk")
    with house_of(request).database.read() as connection:
        job = find_job(connection, job_id, now=now)
        if job is None:
            raise NotFound("There is no such job.")
        chunks = chunks_of(connection, job_id)
    parsing = [chunk for chunk in chunks if chunk.kind is ChunkKind.PARSE]
    stopped = any(chunk.state in ("failed", "cancelled") for chunk in chunks)
    return ProgressView(
        job=job,
        steps=steps_of(job),
        eta=eta_of(job, now=now),
        cells=cells_of(parsing),
        chosen=next((chunk for chunk in chunks if chunk.seq == seq), None),
        can_retry=stopped,
        every=None if job.state.is_over else MOVING,
    )
