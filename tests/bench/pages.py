"""What every page weighs and how long the server takes for it, with a database that is full.

`python -m tests.bench.pages` makes 1,000 jobs up, one of them with 100,000 chunks and still
running, reads `--messages` generated mails through the real pipeline, and then asks for every
page and live part inside this process: the time is the server's alone. `--failed-every 1` lets
each of those chunks fail that does not wait, `--workers 1000` writes so many workers into a Redis
of its own. `--keep FOLDER` leaves the database there, and finds it again the next time. `--at URL`
asks a database of the present schema as it stands, SQLite or PostgreSQL, and only adds the session
of a reader; pages of things that are not in it are left out. `--data FOLDER` is then its DATA_DIR;
without it raw messages are left out.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, func, select
from starlette.testclient import TestClient

from mail.text import tokens
from store.block_sums import fold
from store.clock import utc_now
from store.database import Database
from store.failure_filter import FailureFilter
from store.failure_lists import CauseOrder, failed_causes
from store.failures import sort_failures
from store.migrate import migrate
from store.naming import message_name
from store.past_work import count_ended
from store.states import ChunkState
from store.tables import chunk, job
from store.tables_mail import message, message_text
from tests.bench.corpusgen import write_mbox
from tests.bench.ingest import Import
from tests.bench.many_jobs import add_jobs
from tests.harness.redis import start_redis
from tests.web.hall import Hall
from tests.web.visiting import visit

SORTED_AT_ONCE = 1_000
GOAL_MS, GOAL_BYTES = 300.0, 200_000
# Texts looked through for words that many messages have.
SAMPLED_TEXTS = 1_000
COLUMNS = "{:<36} {:>9} {:>9} {:>9} {:>9} {}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=1_000)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--failed-every", type=int, default=99, help="of those chunks")
    parser.add_argument("--workers", type=int, default=0, help="records of workers in a Redis")
    parser.add_argument("--only", default="", help="pages with this in their name")
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--keep", type=Path, help="where the database is, or will be left")
    parser.add_argument("--at", metavar="URL", help="ask a database that is there, fill nothing")
    parser.add_argument("--data", type=Path, help="the DATA_DIR that belongs to --at")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="email-parser-bench-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        database = Database(options.at or f"sqlite:///{folder}/mail.db")
        if not options.at:
            migrate(database)
            if _is_empty(database):
                _fill(database, folder, options)
        data = options.data or folder / "var"
        with _workers(Path(temporary), options.workers) as settings:
            _measure(database, data, settings, only=options.only, times=options.times)
        database.close()


@contextmanager
def _workers(folder: Path, number: int) -> Iterator[dict[str, str]]:
    """So many idle and busy workers as RQ would have written down; the setting that shows them."""
    if not number:
        yield {}
        return
    server = start_redis(folder)
    hall = Hall(server.url)
    for each in range(number):
        state = "busy" if each % 3 else "idle"
        # Whoever measures for long shall not see them expire.
        host, pid = f"node-{each // 20}", str(4000 + each)
        hall.enlist(f"{host}-{pid}", hostname=host, pid=pid, state=state, kept_seconds=86_400)
    hall.wait(number)
    yield {"REDIS_URL": server.url}
    hall.close()
    server.stop()


def _is_empty(database: Database) -> bool:
    with database.read() as connection:
        return connection.execute(select(job.c.id).limit(1)).first() is None


def _fill(database: Database, folder: Path, options: argparse.Namespace) -> None:
    mbox = folder / "mail.mbox"
    write_mbox(mbox, options.messages)
    # Where the console of `visit` looks for what was uploaded.
    with Import(folder / "var", database.url, mbox, workers=2) as running:
        running.wait()
    add_jobs(
        database,
        jobs=options.jobs,
        chunks=options.chunks,
        failed_every=options.failed_every,
        now=utc_now(),
    )
    for some in (_sort_failures, count_ended, fold):
        _to_the_end(database, some)


def _to_the_end(database: Database, some: Callable[[Connection], int]) -> None:
    """What the reconciler does in the background."""
    while True:
        with database.write() as connection:
            if not some(connection):
                return


def _sort_failures(connection: Connection) -> int:
    return sort_failures(connection, now=utc_now(), limit=SORTED_AT_ONCE)


def _measure(
    database: Database, data: Path, settings: dict[str, str], *, only: str, times: int
) -> None:
    browser = visit(database, data.parent, DATA_DIR=str(data), **settings).visitor()
    has_spool = (data / "spool").is_dir()
    print(COLUMNS.format("page", "kB", "best ms", "p50 ms", "p95 ms", ""))
    for name, address in _pages(database, has_spool=has_spool):
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


def _pages(database: Database, *, has_spool: bool) -> Iterator[tuple[str, str]]:
    yield "overview", "/"
    for period in ("day", "week"):
        yield f"overview, {period}", f"/?period={period}"
    for name in ("jobs", "upload", "workers", "failures", "audit", "settings", "errands"):
        yield name, f"/{name}"
    yield "attachments", "/attachments"
    yield "dry run of a retry", "/failures/retry"
    for name in ("overview", "jobs", "history", "workers", "failures"):
        yield f"live: {name}", f"/fragments/{name}"
    with database.read() as connection:
        yield from _pages_of_jobs(connection)
        yield from _pages_of_mail(connection, has_spool=has_spool)


def _pages_of_jobs(connection: Connection) -> Iterator[tuple[str, str]]:
    """Of the largest job and the smallest, and of the worst cause."""
    number = func.count()
    by_chunks = select(chunk.c.job_id, number).group_by(chunk.c.job_id)
    small = connection.execute(by_chunks.order_by(number).limit(1)).first()
    large = connection.execute(by_chunks.order_by(number.desc()).limit(1)).first()
    if small is None or large is None:
        return
    (small_id, _), (large_id, many) = small, large
    mine = (chunk.c.job_id == large_id) & (chunk.c.state == ChunkState.FAILED)
    seq = connection.execute(select(chunk.c.seq).where(mine).limit(1)).scalar_one_or_none() or 1
    size = f"{many - 1:,} chunks"
    yield f"job, {size}", f"/jobs/{large_id}?chunk={seq}"
    yield f"job, urgent first, {size}", f"/jobs/{large_id}?first=urgent&outcome=lost"
    yield f"read again, {size}", f"/jobs/{large_id}/read-again"
    yield f"report, {size}", f"/jobs/{large_id}/report"
    for name in ("progress", "ledger", "attempts", "set_aside"):
        yield f"live: {name}, {size}", f"/fragments/{name}/{large_id}"
    yield "job, small", f"/jobs/{small_id}"
    worst = failed_causes(connection, FailureFilter(), order=CauseOrder.MOST, limit=1)
    yield from ((f"failures, {one.chunks} chunks", f"/failures/{one.key}") for one in worst.found)


def _pages_of_mail(connection: Connection, *, has_spool: bool) -> Iterator[tuple[str, str]]:
    """Of one message in every look, and of searches that many messages answer."""
    letter = message_name(connection.execute(select(message.c.id).limit(1)).scalar_one())
    yield "message", f"/messages/{letter}"
    for look in ("headers", "parts", "raw", "hex") if has_spool else ():
        yield f"message, {look}", f"/messages/{letter}?view={look}"
    yield "search, nothing asked", "/search"
    for kind, word in _common_words(connection):
        asked = f"q={quote(word)}"
        yield f"search, {kind}", f"/search?{asked}"
        yield f"search, {kind}, facets", f"/search?{asked}&facets=1"
        yield f"search, {kind}, best first", f"/search?{asked}&order=best"
        yield f"search, {kind}, grouped", f"/search?{asked}&group=thread"
        yield f"live: results, {kind}", f"/fragments/results?{asked}"
        yield f"live: facets, {kind}", f"/fragments/facets?{asked}"


def _common_words(connection: Connection) -> Iterator[tuple[str, str]]:
    """The word that most of some texts have, of Latin letters and of Hangul."""
    texts = connection.execute(select(message_text.c.text).limit(SAMPLED_TEXTS)).scalars()
    met = Counter(word for text in texts for word in set(tokens(text)) if word.isalpha())
    latin = (word for word, _ in met.most_common() if word.isascii() and len(word) > 2)
    hangul = (word for word, _ in met.most_common() if "가" <= word[0] <= "힣")
    for kind, words in (("common word", latin), ("Korean", hangul)):
        word = next(words, None)
        if word:
            yield kind, word


if __name__ == "__main__":
    main()
