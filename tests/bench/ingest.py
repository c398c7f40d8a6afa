"""How fast mail becomes searchable: the real pipeline against mu and notmuch, on the same mail.

`python -m tests.bench.ingest 100000` generates the mail, puts it into the spool, lets worker
processes plan and parse it on SQLite and on a PostgreSQL of its own, and then has mu and notmuch
(Debian: `apt-get install maildir-utils notmuch`) index the same messages as a Maildir. What is
timed begins with the waiting job and ends when everything is found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

import psutil
from sqlalchemy import func, select

from store.clock import utc_now
from store.database import Database
from store.migrate import migrate
from store.spool import Spool
from store.states import JobState
from store.tables import chunk, job
from store.tables_mail import message
from store.uploads import complete_upload, open_upload
from tests.bench.corpusgen import Generator, write_mbox
from tests.bench.postgres import bench_postgres

COLUMNS = "{:<24} {:>9} {:>9} {:>9} {:>11} {:>14}"
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One way to index the mail. Sizes in bytes, times in seconds."""

    name: str
    messages: int
    seconds: float
    cpu_seconds: float
    index_bytes: int
    token_bytes: int
    text_bytes: int  # 0 when it is not known

    def line(self) -> str:
        """As a row of the table."""
        return COLUMNS.format(
            self.name,
            f"{self.messages:,}",
            f"{self.seconds:.1f} s",
            f"{self.messages / self.seconds:,.0f}/s",
            f"{self.cpu_seconds / self.messages * 1000:.2f} ms",
            self._ratio(),
        )

    def _ratio(self) -> str:
        if not self.text_bytes:
            return f"{self.index_bytes / 1e6:,.0f} MB"
        index = f"{self.index_bytes / self.text_bytes:.2f}"
        return f"{index} (+{self.token_bytes / self.text_bytes:.2f})"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--keep", type=Path, help="leave the databases in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="email-parser-bench-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        mbox = folder / f"{options.count}.mbox"
        if not mbox.exists():
            write_mbox(mbox, options.count)
        print(f"{options.count:,} messages, {mbox.stat().st_size / 1e6:,.0f} MB of mbox")
        print(COLUMNS.format("", "messages", "time", "rate", "CPU/message", "index/text"))
        for measured in _all(options, folder, mbox):
            print(measured.line(), flush=True)


def _all(options: argparse.Namespace, folder: Path, mbox: Path) -> Iterator[Measured]:
    for database in options.databases:
        for workers in options.workers:
            yield pipeline(folder, mbox, database=database, workers=workers)
    if not options.without_peers:
        yield from peers(folder, options.count)


def pipeline(folder: Path, mbox: Path, *, database: str, workers: int) -> Measured:
    """Import `mbox` into a fresh database with so many workers."""
    data = folder / f"{database}-{workers}"
    with bench_database(database, data) as (url, server):
        before = _cpu(server)
        with Import(data, url, mbox, workers=workers) as running:
            seconds = running.wait()
            cpu = running.cpu_seconds() + _cpu(server) - before
        store = Database(url)
        measured = _measured(store, f"{database}, {workers} worker(s)", seconds, cpu)
        store.close()
        return measured


@contextmanager
def bench_database(kind: str, data: Path) -> Iterator[tuple[str, psutil.Process | None]]:
    """A migrated database for a fresh folder `data`: its address, and its server if it has one."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    if kind == "sqlite":
        yield _migrated(f"sqlite:///{data}/mail.db"), None
    else:
        with bench_postgres() as cluster:
            cluster.create("bench")
            yield _migrated(cluster.url("bench")), psutil.Process(cluster.process.pid)


def _migrated(url: str) -> str:
    database = Database(url)
    migrate(database)
    database.close()
    return url


class Import:
    """One mbox on its way through the real pipeline; the workers end with the block."""

    def __init__(self, data: Path, url: str, mbox: Path, *, workers: int) -> None:
        self._database = Database(url)
        self._job_id = _submit(self._database, Spool(data / "spool"), mbox)
        self._started = time.monotonic()
        self._workers = [_worker(data, url, number) for number in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._workers:
            one.terminate()
            one.wait()
        self._database.close()

    def wait(self) -> float:
        """Seconds from the waiting job to the finished one."""
        while not _is_over(self._database, self._job_id):
            time.sleep(POLL_SECONDS)
        return time.monotonic() - self._started

    def cpu_seconds(self) -> float:
        """CPU time the workers have taken."""
        return sum(_cpu(psutil.Process(one.pid)) for one in self._workers)


def _submit(database: Database, spool: Spool, mbox: Path) -> str:
    with database.write() as connection:
        upload = open_upload(
            connection, filename=mbox.name, declared_size=None, by="bench", now=utc_now()
        )
    writer = spool.writer(upload.spool_name)
    with mbox.open("rb") as file:
        while block := file.read(1 << 20):
            writer.write(block)
    writer.finish()
    digest = sha256(mbox.name.encode()).hexdigest()
    with database.write() as connection:
        return complete_upload(
            connection, upload, size=mbox.stat().st_size, sha256=digest, now=utc_now()
        )


def _worker(data: Path, url: str, number: int) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "DATA_DIR": str(data), "DATABASE_URL": url, "LOG_LEVEL": "WARNING"}
    return subprocess.Popen([sys.executable, "-m", "jobs.child", f"bench-{number}"], env=environ)


def _is_over(database: Database, job_id: str) -> bool:
    with database.read() as connection:
        open_chunks = connection.execute(
            select(func.count())
            .select_from(chunk)
            .where(chunk.c.job_id == job_id, chunk.c.state.in_(["waiting", "running"]))
        ).scalar_one()
        state = connection.execute(select(job.c.state).where(job.c.id == job_id)).scalar_one()
    if state in (JobState.FAILED, JobState.CANCELLED, JobState.INCOMPLETE):
        raise RuntimeError(f"the job ended {state}")
    return state == JobState.FINISHED and open_chunks == 0


def _cpu(process: psutil.Process | None) -> float:
    """CPU seconds of a process and its children, those that have ended included."""
    if process is None:
        return 0.0
    own = process.cpu_times()
    seconds = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            seconds += child.cpu_times().user + child.cpu_times().system
    return seconds


def _measured(database: Database, name: str, seconds: float, cpu: float) -> Measured:
    with database.read() as connection:
        stored = connection.execute(select(func.count()).select_from(message)).scalar_one()
        text_bytes = connection.exec_driver_sql(_TEXT_BYTES[database.dialect]).scalar_one()
        index_bytes = connection.exec_driver_sql(_INDEX_BYTES[database.dialect]).scalar_one()
        token_bytes = connection.exec_driver_sql(_TOKEN_BYTES[database.dialect]).scalar_one()
    return Measured(
        name=name,
        messages=stored,
        seconds=seconds,
        cpu_seconds=cpu,
        index_bytes=int(index_bytes),
        token_bytes=int(token_bytes),
        text_bytes=int(text_bytes),
    )


_TEXT_BYTES = {
    "sqlite": "SELECT sum(length(CAST(text AS BLOB))) FROM message_text",
    "postgresql": "SELECT sum(octet_length(text)) FROM message_text",
}
_INDEX_BYTES = {
    "sqlite": "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'message_tokens%'",
    "postgresql": "SELECT pg_relation_size('ix_message_search_tokens')",
}
# What the index needs besides itself: Postgres keeps the tokens of each message in its row, and
# the words behind them in a table.
_TOKEN_BYTES = {
    "sqlite": "SELECT 0",
    "postgresql": "SELECT sum(pg_column_size(tokens)) + pg_total_relation_size('word') "
    "FROM message_search",
}


def peers(folder: Path, count: int) -> Iterator[Measured]:
    """mu and notmuch over the same messages, each with a fresh index."""
    maildir = folder / "maildir"
    if not maildir.exists():
        _write_maildir(maildir, count)
    for name, make_ready, index in (
        ("mu", _mu_init, ["mu", "index", "--quiet"]),
        ("notmuch", _notmuch_init, ["notmuch", "new", "--quiet"]),
    ):
        home = folder / name
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        environ = make_ready(home, maildir)
        before, started = os.times(), time.monotonic()
        subprocess.run(index, env=environ, check=True, stdout=subprocess.DEVNULL)
        seconds, after = time.monotonic() - started, os.times()
        yield Measured(
            name=name,
            messages=count,
            seconds=seconds,
            cpu_seconds=sum(after[2:4]) - sum(before[2:4]),  # of children: user and system
            index_bytes=sum(file.stat().st_size for file in home.rglob("*") if file.is_file()),
            token_bytes=0,
            text_bytes=0,
        )


def _mu_init(home: Path, maildir: Path) -> dict[str, str]:
    environ = {**os.environ, "XDG_CACHE_HOME": str(home), "HOME": str(home)}
    command = ["mu", "init", "--quiet", f"--maildir={maildir}"]
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
    return environ


def _notmuch_init(home: Path, maildir: Path) -> dict[str, str]:
    config = home / "config"
    config.write_text(
        f"[database]\npath={home}\nmail_root={maildir}\n[user]\nname=Bench\n"
        "primary_email=bench@example.org\n[new]\ntags=\nignore=\n[maildir]\n"
        "synchronize_flags=false\n",
        encoding="utf-8",
    )
    return {**os.environ, "NOTMUCH_CONFIG": str(config), "HOME": str(home)}


def _write_maildir(maildir: Path, count: int) -> None:
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True)
    for number, raw in enumerate(Generator().messages(count)):
        _, _, message_bytes = raw.partition(b"\n")
        (maildir / "cur" / f"{number:07}.bench:2,S").write_bytes(message_bytes)


if __name__ == "__main__":
    main()
