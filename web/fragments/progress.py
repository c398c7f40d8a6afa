"""A job as it runs: steps, bar, rate, time left, the map of its chunks, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from mail.member import NotTaken
from store.archives import count_unseen
from store.attempts import attempts_of_chunk
from store.chunk_cells import SEVERITY, Cell, Tally, chunks_that_stand, map_of
from store.chunks import AttemptView, ChunkView, chunks_of
from store.clock import now_of, utc_now
from store.database import Transaction
from store.defects_seen import with_defects
from store.forecast import Forecast, Reach, forecast
from store.forecast_inside import forecast_inside
from store.found_inside import found_inside
from store.job_runs import LastRun, last_run, work_on
from store.job_times import times_of
from store.job_view import JobView
from store.jobs import find_job
from store.standstill import Standstill, standstills
from store.states import STOPPED_JOB_STATES, JobState
from web.asked import address, job_id_of, known_word, text_of, whole
from web.errors import NotFound
from web.house import house_of
from web.member_words import damage_in_words
from web.moment import at_one_moment
from web.pace import pace_of
from web.render import render
from web.spooled import why_unreadable
from web.timeline import Eta, Step, all_is_read, eta_of, steps_of

# More cells than this are no longer looked at one by one.
CELLS = 240
TRIES_SHOWN = 10
STANDING_LISTED = 100
# Of more messages than this it is not counted how many have defects: that looks at each.
DEFECTS_COUNTED = 2_000
# The highest number of a chunk that a database knows.
HIGHEST = (1 << 31) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """A job and what its chunks add up to. `every` is None once nothing moves by itself.

    `resting` are machines on which no work can be done just now, while the job is not over.
    """

    job: JobView
    last_run: LastRun | None  # where it had been over before
    seconds: float | None  # of all its runs; None while it is not over
    steps: tuple[Step, ...]
    eta: Eta | None
    cells: tuple[Cell, ...]
    tally: tuple[Tally, ...]
    standing: str | None  # a word of the map whose chunks are listed
    standing_here: tuple[int, ...]
    standing_next: str | None
    chosen: ChunkView | None
    tries: tuple[AttemptView, ...]  # of the chosen chunk, newest first
    can_retry: bool
    locked: int  # files right in an archive that need a password
    defective: int | None  # messages with defects; None where they are too many to be counted
    searchable: int | None  # messages that a search in it finds; None while nobody has counted
    rest: Forecast | None  # what going on would do, where it stopped before its end
    here: str
    resting: tuple[Standstill, ...]
    damage: str | None  # of the file in the archive it came out of
    every: int | None
    all_is_read: bool = False  # it failed, and yet all of its mail is here
    unreadable: str | None = None  # why its bytes cannot be had any more


def progress_fragment(request: Request) -> Response:
    """`GET /fragments/progress/{id}`."""
    view = with_file_looked_at(request, at_one_moment(find_progress)(request))
    # The other parts of the page ask more seldom: they are to be true as soon as this one is.
    has_moved = text_of(request, "was") not in ("", view.job.standing)
    headers = {"HX-Trigger-After-Swap": "job-over"} if has_moved or not view.every else None
    return render(request, "fragments/progress.html", view, headers=headers)


def require_job(request: Request) -> JobView:
    """The job in the path. Raises NotFound."""
    with house_of(request).database.read() as connection:
        job = find_job(connection, job_id_of(request), now=utc_now())
    if job is None:
        raise NotFound("There is no such job.")
    return job


def with_file_looked_at(request: Request, view: ProgressView) -> ProgressView:
    """The same, with whether its bytes can still be had: to be asked after the moment."""
    return replace(view, unreadable=why_unreadable(house_of(request), view.job))


def find_progress(request: Request) -> ProgressView:
    """The job in the path, by the database alone. Raises NotFound."""
    job, seq, now = require_job(request), whole(request, "chunk"), utc_now()
    standing, after = standing_in(request), whole(request, "past") or 0
    with house_of(request).database.read() as connection:
        cells, tally = map_of(connection, job.id, chunks=job.progress.chunks_total, most=CELLS)
        listed = chunks_that_stand(
            connection, job.id, standing, after=min(after, HIGHEST), limit=STANDING_LISTED + 1
        )
        times = times_of(connection, job.id, tally)
        again, work = last_run(connection, job.id), work_on(connection, [job])[job.id]
        found = [] if seq is None else chunks_of(connection, job.id, after=seq - 1, limit=1)
        chosen = next((chunk for chunk in found if chunk.seq == seq), None)
        tries = attempts_of_chunk(connection, chosen.id, limit=TRIES_SHOWN) if chosen else []
        can_retry = _can_retry(connection, job)
        searchable = _searchable(connection, job)
        defective = _defective(connection, job)
        locked = _locked(connection, job)
        rest = _rest(connection, job) if can_retry else None
        resting = () if job.is_settled else standstills(connection, now=now_of(connection))
    return ProgressView(
        job=job,
        last_run=again,
        seconds=work.seconds,
        steps=steps_of(job, times, since=again.asked_at if again else None, now=now),
        eta=eta_of(job, begun_again=again is not None, now=now),
        cells=cells,
        tally=tally,
        standing=standing,
        standing_here=tuple(listed[:STANDING_LISTED]),
        standing_next=_next(job.id, standing, listed),
        chosen=chosen,
        tries=tuple(tries),
        can_retry=can_retry,
        locked=locked,
        defective=defective,
        searchable=searchable,
        all_is_read=all_is_read(job),
        rest=rest,
        here=address(
            f"/fragments/progress/{job.id}",
            chunk=seq,
            standing=standing,
            past=after or None,
            was=job.standing,
        ),
        resting=resting,
        damage=damage_in_words(job),
        every=None if job.is_settled and job.reading is None else pace_of(job),
    )


def _locked(connection: Transaction, job: JobView) -> int:
    if not (job.is_archive and job.state.is_over):
        return 0
    return count_unseen(connection, job.upload_id, only=NotTaken.ENCRYPTED)


def _searchable(connection: Transaction, job: JobView) -> int | None:
    """A copy of a message of the same file is none that is found beside it, of another's it is.

    Counted one by one where there are copies, so only of what is over and not asked for again.
    """
    if job.is_archive or not job.progress.duplicates:
        return job.progress.met
    return found_inside(connection, job.upload_id).different if job.is_settled else None


def _defective(connection: Transaction, job: JobView) -> int | None:
    is_few = not job.is_archive and job.progress.met <= DEFECTS_COUNTED
    return with_defects(connection, job.upload_id) if is_few and job.is_settled else None


def _can_retry(connection: Transaction, job: JobView) -> bool:
    """True when there is something that failed or was stopped, and may go on."""
    if job.retry_is_vain or job.reading is not None:
        return False
    if not job.is_archive:
        return job.progress.chunks_failed > 0 or job.state is JobState.CANCELLED
    if job.state in STOPPED_JOB_STATES:
        return True
    return job.state.is_over and forecast_inside(connection, job.upload_id).does_something


def _rest(connection: Transaction, job: JobView) -> Forecast | None:
    """What is left of a file whose job stopped; None while it goes on, and for an archive."""
    if job.is_archive or job.state not in STOPPED_JOB_STATES:
        return None
    found = forecast(connection, job.id, reach=Reach.FAILED)
    return found if found.does_something else None


def standing_in(request: Request) -> str | None:
    """The word of the chunk map that is asked for; None for none, or one that nobody knows."""
    return known_word(request, "standing", SEVERITY) or None


def _next(job_id: str, standing: str | None, listed: list[int]) -> str | None:
    if len(listed) <= STANDING_LISTED:
        return None
    last = listed[STANDING_LISTED - 1]
    return address(f"/jobs/{job_id}", standing=standing, past=last) + "#standing"
