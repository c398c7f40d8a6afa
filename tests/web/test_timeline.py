"""When a job will be done: a range that holds what cannot be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from store.clock import utc_now
from store.job_view import JobView
from store.pace import Pace
from tests.mboxes import letters
from tests.web.visiting import Visit
from web.timeline import Eta, eta_of, rough

NOW = utc_now()
MB = 1_000_000


@pytest.fixture
def job(here: Visit) -> JobView:
    """A job that began 20 s ago: 100 of 300 MB are read in chunks of 10 MB, by two at 4 MB/s."""
    view = here.take_in(letters(3)).job()
    progress = replace(
        view.progress,
        bytes_done=100 * MB,
        bytes_total=300 * MB,
        chunks_total=30,
        pace=Pace(bytes_per_second=4.0 * MB, messages_per_second=1.0, readers=2),
    )
    return replace(view, progress=progress, started_at=NOW - timedelta(seconds=20))


def eta(job: JobView, *, begun_again: bool = False) -> Eta:
    found = eta_of(job, begun_again=begun_again, now=NOW)
    assert found is not None
    return found


def paced(job: JobView, **pace: float) -> JobView:
    """The same at another pace."""
    assert job.progress.pace is not None
    new = replace(job.progress.pace, **pace)  # type: ignore[arg-type]
    return replace(job, progress=replace(job.progress, pace=new))


def test_it_lies_between_the_speed_of_now_and_the_average(job: JobView) -> None:
    """200 MB are left: 40 s at the average of 5 MB/s, 50 s at 4; then a chunk read alone."""
    assert eta(job) == Eta(low_seconds=30, high_seconds=70)
    assert eta(job, begun_again=True) == Eta(low_seconds=40, high_seconds=70)
    slower = paced(job, bytes_per_second=1.0 * MB)
    assert eta(slower).high_seconds > 3 * eta(job).high_seconds
    assert eta(slower).low_seconds == eta(job).low_seconds
    assert eta(slower, begun_again=True).low_seconds > eta(job).high_seconds


def test_what_is_held_is_waited_for(job: JobView) -> None:
    nearly = replace(job, progress=replace(job.progress, bytes_done=299 * MB))

    assert eta(nearly).high_seconds <= 5
    assert eta(paced(nearly, held_seconds=22.0)).high_seconds == 25


def test_nothing_is_foretold_while_nothing_moves(job: JobView) -> None:
    assert eta_of(paced(job, bytes_per_second=0.0), begun_again=False, now=NOW) is None
    still = replace(job, progress=replace(job.progress, pace=None))
    assert eta_of(still, begun_again=False, now=NOW) is None
    assert still.progress.bytes_per_second is None


def test_it_is_told_in_steps_that_hold_it(job: JobView) -> None:
    assert rough(7.0, 7.2) == Eta(low_seconds=5, high_seconds=10)
    assert rough(0.4, 3.0) == Eta(low_seconds=0, high_seconds=5)
    assert rough(61, 95) == Eta(low_seconds=60, high_seconds=100)
    assert rough(4000, 4100) == Eta(low_seconds=3900, high_seconds=4200)
    seen = [rough(0.9 * seconds, 1.3 * seconds) for seconds in range(1, 100_000, 37)]
    for number, one in enumerate(seen):
        seconds = 1 + 37 * number
        assert one.low_seconds <= 0.9 * seconds
        assert one.high_seconds >= 1.3 * seconds
    assert all(a.high_seconds <= b.high_seconds for a, b in pairwise(seen))
