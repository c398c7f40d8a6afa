"""What every page weighs and how long the server takes for it, with a database that is full.

`python -m tests.bench.pages` makes 1,000 jobs up, one of them with 100,000 chunks and still
running, reads `--messages` generated mails through the real pipeline, and then asks for every
page and live part inside this process: the time is the server's alone. `--keep FOLDER` leaves the
database there, and finds it again the next time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from starlette.testclient import TestClient

from store.clock import utc_now
from store.database import Database
from store.failure_filter import FailureFilter
from store.failure_lists import CauseOrder, failed_causes
from store.failures import sort_failures
from store.migrate import migrate
from store.naming import message_name
from store.states import OPEN_JOB_STATES, JobState
from store.tables import chunk, job
from store.tables_mail import message
from tests.bench.corpusgen import write_mbox
from tests.bench.ingest import Import
from tests.bench.many_jobs import add_jobs
from tests.web.visiting import visit

SORTED_AT_ONCE = 1_000
GOAL_MS, GOAL_BYTES = 300.0, 200_000
COLUMNS = "{:<36} {:>9} {:>9} {:>9} {:>9} {}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=1_000)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--only", default="", help="pages with this in their name")
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--keep", type=Path, help="where the database is, or will be left")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="email-parser-bench-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        database = Database(f"sqlite:///{folder}/mail.db")
        migrate(database)
        if _is_empty(database):
            _fill(database, folder, options)
        _measure(database, folder, only=options.only, times=options.times)
        database.close()


def _is_empty(database: Database) -> bool:
    with database.read() as connection:
        return connection.execute(select(job.c.id).limit(1)).first() is None


def _fill(database: Database, folder: Path, options: argparse.Namespace) -> None:
    mbox = folder / "mail.mbox"
    write_mbox(mbox, options.messages)
    # Where the console of `visit` looks for what was uploaded.
    with Import(folder / "var", database.url, mbox, workers=2) as running:
        running.wait()
    add_jobs(database, jobs=options.jobs, chunks=options.chunks, now=utc_now())
    _sort_failures(database)


def _sort_failures(database: Database) -> None:
    """What the reconciler does in the background."""
    while True:
        with database.write() as connection:
            if not sort_failures(connection, now=utc_now(), limit=SORTED_AT_ONCE):
                return


def _measure(database: Database, folder: Path, *, only: str, times: int) -> None:
    browser = visit(database, folder).visitor()
    print(COLUMNS.format("page", "kB", "best ms", "p50 ms", "p95 ms", ""))
    for name, address in _pages(database):
        if only in name:
            print(_line(name, browser, address, times=times), flush=True)


def _line(name: str, browser: TestClient, address: str, *, times: int) -> str:
    browser.get(address)  # templates are compiled the first time
    taken, size = [], 0
    for _ in range(times):
        begun = time.perf_counter()
        answer = browser.get(address)
        taken.append((time.perf_counter() - begun) * 1000)
        answer.raise_for_status()
        size = len(answer.content)
    p95 = statistics.quantiles(taken, n=20)[-1]
    over = "over the goal" if p95 > GOAL_MS or size > GOAL_BYTES else ""
    times_shown = (min(taken), statistics.median(taken), p95)
    return COLUMNS.format(
        name, f"{size / 1000:.1f}", *(f"{milliseconds:.0f}" for milliseconds in times_shown), over
    )


def _pages(database: Database) -> Iterator[tuple[str, str]]:
    with database.read() as connection:
        large = connection.execute(select(job.c.id).where(job.c.state.in_(OPEN_JOB_STATES)))
        large_id = large.scalars().first()
        over = connection.execute(select(job.c.id).where(job.c.state == JobState.FINISHED).limit(1))
        small_id = over.scalar_one()
        failed = connection.execute(select(chunk.c.seq).where(chunk.c.state == "failed").limit(1))
        seq = failed.scalar_one_or_none() or 1
        letter = message_name(connection.execute(select(message.c.id).limit(1)).scalar_one())
    yield "overview", "/"
    for period in ("day", "week"):
        yield f"overview, {period}", f"/?period={period}"
    yield "jobs", "/jobs"
    yield "job, 100,000 chunks", f"/jobs/{large_id}?chunk={seq}"
    yield "job, small", f"/jobs/{small_id}"
    yield "search", "/search?q=the"
    yield "message", f"/messages/{letter}"
    for name in ("upload", "workers", "failures", "audit", "settings"):
        yield name, f"/{name}"
    with database.read() as connection:
        worst = failed_causes(connection, FailureFilter(), order=CauseOrder.MOST, limit=1)
    yield from ((f"failures, {one.chunks} chunks", f"/failures/{one.key}") for one in worst.found)
    yield "dry run of a retry", "/failures/retry"
    yield "errands", "/errands"
    for name in ("overview", "jobs", "history", "workers", "failures"):
        yield f"live: {name}", f"/fragments/{name}"
    yield "read again, 100,000 chunks", f"/jobs/{large_id}/read-again"
    yield "job, urgent first, 100,000 chunks", f"/jobs/{large_id}?first=urgent&outcome=lost"
    yield "report, 100,000 chunks", f"/jobs/{large_id}/report"
    for name in ("progress", "ledger", "attempts", "set_aside"):
        yield f"live: {name}, 100,000 chunks", f"/fragments/{name}/{large_id}"


if __name__ == "__main__":
    main()
