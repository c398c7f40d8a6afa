"""A PostgreSQL cluster of the tests' own: made, started and thrown away with the run.

Built for speed, not for safety: nothing of it is worth a wait for the disk. It knows of
databases; what stands in them is told by whoever asks for one.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.harness.processes import Process, bare_environment, start, wait_until_ready
from tests.harness.quick_disk import quick_folder
from tests.harness.waiting import free_port

OLDEST_MAJOR = 15
_CARELESS_BUT_QUICK = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=300",
    "shared_buffers=128MB",
    "jit=off",
)


@dataclass(frozen=True, slots=True)
class PostgresCluster:
    """A running cluster; its superuser is `postgres`, without a password."""

    process: Process
    port: int
    folder: Path

    def url(self, database: str) -> str:
        """The address of a database, as DATABASE_URL wants it."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, *, template: str = "template0", encoding: str = "UTF8") -> None:
        """Make a database as a copy of `template`, to which nobody may be connected."""
        locale = "C.UTF-8" if encoding == "UTF8" else "C"
        self._run(
            sql.SQL(
                "CREATE DATABASE {} TEMPLATE {} ENCODING {} LOCALE {} STRATEGY FILE_COPY"
            ).format(
                sql.Identifier(database),
                sql.Identifier(template),
                sql.Literal(encoding),
                sql.Literal(locale),
            )
        )

    def drop(self, database: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._run(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )

    def stop(self) -> None:
        """End the cluster and remove its files."""
        self.process.stop(with_signal=signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute(statement)

    @property
    def _conninfo(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"


def start_postgres() -> PostgresCluster:
    """Make and start a cluster. Raises RuntimeError when PostgreSQL 15 or newer is missing."""
    programs = find_programs()
    user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="email-parser-postgres-", dir=quick_folder()))
    if user:
        shutil.chown(folder, user, user)
    _initialise(programs, folder / "data", user=user)
    cluster = _start_server(programs, folder, user=user)
    wait_until_ready(cluster.process, lambda: _answers(cluster))
    return cluster


def find_programs() -> Path:
    """The folder of the newest `initdb` and `postgres` on this machine."""
    on_path = shutil.which("initdb")
    folders = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *([Path(on_path).parent] if on_path else []),
    ]
    usable = {_major(folder): folder for folder in folders if (folder / "initdb").is_file()}
    if not usable or max(usable) < OLDEST_MAJOR:
        raise RuntimeError(
            f"the tests need PostgreSQL {OLDEST_MAJOR} or newer; install its server package "
            "(Debian: postgresql), or run `make test`, which does"
        )
    return usable[max(usable)]


def _major(folder: Path) -> int:
    answer = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"\d+", answer)
    return int(found.group()) if found else 0


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; the package brings a user for it."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise RuntimeError(
            "PostgreSQL cannot run as root and there is no user postgres; install the server "
            "package (Debian: postgresql), or run `make test`, which does"
        ) from None


def _initialise(programs: Path, data: Path, *, user: str | None) -> None:
    done = subprocess.run(
        [
            programs / "initdb",
            *("--pgdata", data, "--username", "postgres", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        ],
        cwd=data.parent,
        env=bare_environment({}),
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _start_server(programs: Path, folder: Path, *, user: str | None) -> PostgresCluster:
    port = free_port()
    options = [word for setting in _CARELESS_BUT_QUICK for word in ("-c", setting)]
    process = start(
        [
            *(programs / "postgres", "-D", folder / "data", "-p", str(port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
            *options,
        ],
        name="postgres",
        folder=folder,
        environ=bare_environment({}),
        user=user,
    )
    return PostgresCluster(process, port, folder)


def _answers(cluster: PostgresCluster) -> bool:
    try:
        with psycopg.connect(cluster._conninfo, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False
