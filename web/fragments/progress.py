"""A job as it runs: steps, bar, rate, time left, the map of its chunks, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.chunk_cells import Cell, cells_of
from store.chunks import ChunkView, chunks_of
from store.clock import now_of, utc_now
from store.jobs import JobView, find_job
from store.standstill import Standstill, standstills
from store.states import JobState
from web.asked import address, job_id_of, whole
from web.errors import NotFound
from web.house import house_of
from web.pace import MOVING
from web.render import render
from web.timeline import Eta, Step, eta_of, steps_of

# More cells than this are no longer looked at one by one.
CELLS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """A job and what its chunks add up to. `every` is None once nothing moves by itself.

    `resting` are machines on which no work can be done just now, while the job is not over.
    """

    job: JobView
    steps: tuple[Step, ...]
    eta: Eta | None
    cells: tuple[Cell, ...]
    chosen: ChunkView | None
    can_retry: bool
    here: str
    resting: tuple[Standstill, ...]
    every: int | None


def progress_fragment(request: Request) -> Response:
    """`GET /fragments/progress/{id}`."""
    return render(request, "fragments/progress.html", find_progress(request))


def require_job(request: Request) -> JobView:
    """The job in the path. Raises NotFound."""
    with house_of(request).database.read() as connection:
        job = find_job(connection, job_id_of(request), now=utc_now())
    if job is None:
        raise NotFound("There is no such job.")
    return job


def find_progress(request: Request) -> ProgressView:
    """The job in the path. Raises NotFound."""
    job, seq = require_job(request), whole(request, "chunk")
    with house_of(request).database.read() as connection:
        cells = cells_of(connection, job.id, chunks=job.progress.chunks_total, most=CELLS)
        resting = () if job.state.is_over else standstills(connection, now=now_of(connection))
        chosen = [] if seq is None else chunks_of(connection, job.id, after=seq - 1, limit=1)
    return ProgressView(
        job=job,
        steps=steps_of(job),
        eta=eta_of(job, now=utc_now()),
        cells=cells,
        chosen=next((chunk for chunk in chosen if chunk.seq == seq), None),
        can_retry=job.progress.chunks_failed > 0 or job.state is JobState.CANCELLED,
        here=address(f"/fragments/progress/{job.id}", chunk=seq),
        resting=resting,
        every=None if job.state.is_over else MOVING,
    )
