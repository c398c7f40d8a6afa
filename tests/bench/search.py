"""How long a search takes: p50 and p99 by kind of query, warm, and while an import runs.

`python -m tests.bench.search 1000000` imports generated mail through the real pipeline into
SQLite and a PostgreSQL of its own, then asks. Words come from the mail itself: rare ones were met
once, common ones in about a tenth of it.
"""

from __future__ import annotations

import argparse
import gc
import random
import re
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from mail.text import tokens
from store.clock import utc_now
from store.database import Database
from store.facets import facets
from store.results import Order, Results
from store.search import search
from store.tables_mail import message, message_text
from tests.bench.corpusgen import write_mbox
from tests.bench.ingest import Import, bench_database
from web.fragments.further import FIRST_LOOK_SECONDS

SAMPLE = 2_000
PAGES_DEEP = 20
COLUMNS = "{:<12} {:<26} {:>8} {:>10} {:>10} {:>10}"

Ask = Callable[[Connection, str], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of query: how it is asked, and with which texts."""

    name: str
    queries: list[str]
    ask: Ask


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--queries", type=int, default=100, help="of each kind")
    parser.add_argument("--folder", type=Path, help="where the mbox is, or will be left")
    parser.add_argument("--at", metavar="URL", help="ask a database that is there")
    parser.add_argument("--data", type=Path, help="its DATA_DIR: ask also while mail is imported")
    options = parser.parse_args()
    if options.at:
        print(COLUMNS.format("database", "query", "matches", "p50 ms", "p99 ms", "worst ms"))
        kind = options.at.partition(":")[0].partition("+")[0]
        _measure(kind, options.at, options.queries)
        if options.data:
            more = _mbox(options.folder or options.data, max(2_000, options.count // 10), seed=8)
            with Import(options.data, options.at, more, workers=1):
                _measure(f"{kind}, import", options.at, max(20, options.queries // 3))
        return
    with tempfile.TemporaryDirectory(prefix="email-parser-bench-") as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        mbox = _mbox(folder, options.count)
        more = _mbox(folder, max(2_000, options.count // 10), seed=8)
        print(COLUMNS.format("database", "query", "matches", "p50 ms", "p99 ms", "worst ms"))
        for kind in options.databases:
            data = folder / f"search-{kind}"
            with bench_database(kind, data) as (url, _server):
                with Import(data, url, mbox, workers=2) as running:
                    running.wait()
                _settle(url)
                _measure(kind, url, options.queries)
                with Import(data, url, more, workers=1):
                    _measure(f"{kind}, import", url, max(20, options.queries // 3))
            shutil.rmtree(data, ignore_errors=True)


def _mbox(folder: Path, count: int, seed: int = 7) -> Path:
    path = folder / f"{count}-{seed}.mbox"
    if not path.exists():
        write_mbox(path, count, seed=seed)
    return path


def _settle(url: str) -> None:
    """Let Postgres know its tables, as autovacuum would have by the time people search."""
    database = Database(url)
    if database.dialect == "postgresql":
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
    database.close()


def _measure(name: str, url: str, queries: int) -> None:
    gc.freeze()  # as the console does when it has started
    database = Database(url)
    with database.read() as connection:
        kinds = list(_kinds(connection, queries))
    for kind in kinds:
        times, matches = _times(database, kind)
        ranked = sorted(times)
        print(
            COLUMNS.format(
                name,
                kind.name,
                f"{statistics.median(matches):,.0f}",
                f"{statistics.median(ranked):.1f}",
                f"{ranked[int(len(ranked) * 0.99)]:.1f}",
                f"{ranked[-1]:.1f}",
            ),
            flush=True,
        )
    database.close()


def _times(database: Database, kind: Kind) -> tuple[list[float], list[int]]:
    """Milliseconds of each query, asked once to warm up, and how many matches it counted."""
    times, matches = [], []
    for query in kind.queries[:5]:
        with database.read() as connection:
            kind.ask(connection, query)
    for query in kind.queries:
        started = time.perf_counter()
        with database.read() as connection:
            kind.ask(connection, query)
        times.append((time.perf_counter() - started) * 1000)
    for query in kind.queries[:10]:
        with database.read() as connection:
            matches.append(_first_page(connection, query).count.value)
    return times, matches


def _first_in(order: Order) -> Ask:
    def ask(connection: Connection, query: str) -> Results:
        return search(connection, query, order=order, limit=25, now=utc_now())

    return ask


def _first_page(connection: Connection, query: str) -> Results:
    """As the search page asks; what it has not looked at by then is fetched by its foot."""
    return search(connection, query, look_seconds=FIRST_LOOK_SECONDS, now=utc_now())


def _deep_page(connection: Connection, query: str) -> object:
    """The page after twenty, by the cursor that leads there."""
    return search(connection, query, after=_DEEP[query], now=utc_now())


def _facets(connection: Connection, query: str) -> object:
    return facets(connection, query, now=utc_now())


_DEEP: dict[str, str | None] = {}


def _kinds(connection: Connection, count: int) -> Iterator[Kind]:
    pick = random.Random(3)
    texts = _sample(connection, pick)
    met = Counter(word for text in texts for word in set(tokens(text)) if word.isalpha())
    rare = [word for text in texts for word in tokens(text)[-8:] if len(word) == 10]
    common = sorted(word for word, times in met.items() if 0.05 <= times / len(texts) <= 0.2)
    medium = sorted(word for word, times in met.items() if 0.005 <= times / len(texts) <= 0.05)
    latin = [word for word in common if word.isascii()]
    korean = [word for word in common + medium if "가" <= word[0] <= "힣"]
    lines = (re.findall(r"\w+", line) for text in texts for line in text.splitlines())
    said = [words for words in lines if len(words) > 3]
    senders = list(connection.execute(select(message.c.sender_address).limit(500)).scalars())

    def many(make: Callable[[], str]) -> list[str]:
        return [make() for _ in range(count)]

    def phrase() -> str:
        words = pick.choice(said)
        at = pick.randrange(len(words) - 2)
        return '"' + " ".join(words[at : at + 3]) + '"'

    yield Kind("rare word", many(lambda: pick.choice(rare)), _first_page)
    yield Kind("common word", many(lambda: pick.choice(latin)), _first_page)
    yield Kind("two words", many(lambda: " ".join(pick.sample(latin + medium, 2))), _first_page)
    yield Kind("phrase of three words", many(phrase), _first_page)
    yield Kind(
        "phrase nobody said", many(lambda: f'"{" ".join(pick.sample(latin, 2))}"'), _first_page
    )
    yield Kind("prefix", many(lambda: pick.choice(medium)[:4] + "*"), _first_page)
    # The shortest that is looked for while somebody types.
    begun = [word[:3] + "*" for word in latin + medium if word.isascii() and len(word) > 2]
    yield Kind("prefix, three letters", many(lambda: pick.choice(begun)), _first_page)
    yield Kind("Korean, two letters", many(lambda: pick.choice(korean)), _first_page)
    yield Kind(
        "Korean, three letters",
        many(lambda: pick.choice(("시스템", "보고서", "디자인", "마케팅", "데이터"))),
        _first_page,
    )
    yield Kind(
        "from + word",
        many(lambda: f"from:{pick.choice(senders)} {pick.choice(latin)}"),
        _first_page,
    )
    yield Kind(
        "date range + word",
        many(
            lambda: f"on:{pick.randrange(2005, 2023)}-{pick.randrange(1, 13)} {pick.choice(latin)}"
        ),
        _first_page,
    )
    for order in (Order.OLDEST, Order.LARGEST, Order.SENDER):
        yield Kind(f"common word, {order}", many(lambda: pick.choice(latin)), _first_in(order))
        yield Kind(f"everything, {order}", many(lambda: ""), _first_in(order))
    yield Kind("facets of a common word", many(lambda: pick.choice(latin)), _facets)
    deep = [pick.choice(latin) for _ in range(5)]
    _DEEP.update({query: _cursor(connection, query) for query in deep})
    yield Kind("deep page", many(lambda: pick.choice(deep)), _deep_page)


def _sample(connection: Connection, pick: random.Random) -> list[str]:
    keys = list(connection.execute(select(message_text.c.id)).scalars())
    chosen = pick.sample(keys, min(SAMPLE, len(keys)))
    rows = connection.execute(select(message_text.c.text).where(message_text.c.id.in_(chosen)))
    return list(rows.scalars())


def _cursor(connection: Connection, query: str) -> str | None:
    after = None
    for _ in range(PAGES_DEEP):
        page = search(connection, query, after=after, now=utc_now())
        if page.next is None:
            break
        after = page.next
    return after


if __name__ == "__main__":
    main()
