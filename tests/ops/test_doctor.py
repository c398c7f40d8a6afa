"""What the doctor notices, one ailment at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from jobs.redis_condition import RedisCondition
from ops.checkups.data_dir import filesystem_of, look_at_spool
from ops.checkups.exposure import look_at_exposure
from ops.checkups.finding import Finding, Verdict
from ops.checkups.queue import judge
from store import audit, tables_people
from store.clock import utc_now
from store.config import load
from store.database import Database
from store.migrate import migrate
from store.spool import Spool
from tests.harness.databases import opened
from tests.harness.postgres import PostgresCluster
from tests.harness.redis import RedisServer
from tests.ops.conftest import Shell

HEALTHY = RedisCondition(
    version="7.0.15",
    answer_seconds=0.001,
    clock_ahead_seconds=0.0,
    eviction="noeviction",
    evicted_keys=0,
    used_bytes=1 << 20,
    max_bytes=512 << 20,
    appends=True,
    last_save_worked=True,
)


def _verdicts(findings: list[Finding]) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in findings}


def _diagnosed(shell: Shell) -> dict[str, dict[str, Any]]:
    """The doctor's findings by the name of the check."""
    lines = shell("doctor", "--json").out.splitlines()
    return {finding["check"]: finding for finding in map(json.loads, lines)}


def test_a_fit_redis_gets_no_remedy() -> None:
    assert [finding for finding in judge(HEALTHY) if finding.remedy] == []


@pytest.mark.parametrize(
    ("ailment", "check", "verdict"),
    [
        ({"version": "5.0.7"}, "redis", Verdict.WRONG),
        ({"eviction": "allkeys-lru"}, "eviction", Verdict.WRONG),
        ({"evicted_keys": 1}, "eviction", Verdict.WRONG),
        ({"appends": False}, "persistence", Verdict.WARNING),
        ({"last_save_worked": False}, "persistence", Verdict.WARNING),
        ({"used_bytes": 500 << 20}, "redis memory", Verdict.WRONG),
        ({"answer_seconds": 0.2}, "redis distance", Verdict.WARNING),
        ({"clock_ahead_seconds": -30.0}, "clocks", Verdict.WARNING),
    ],
)
def test_an_ailing_redis_is_noticed(ailment: dict[str, Any], check: str, verdict: Verdict) -> None:
    findings = list(judge(replace(HEALTHY, **ailment)))

    assert _verdicts(findings)[check] is verdict
    assert len([finding for finding in findings if finding.remedy]) == 1


def test_a_redis_without_a_limit_is_not_nearly_full() -> None:
    assert _verdicts(list(judge(replace(HEALTHY, max_bytes=None))))["redis memory"] is Verdict.OK


def test_what_a_real_redis_says_of_itself_is_understood(
    shell_in: Callable[..., Shell], own_redis: Callable[..., RedisServer]
) -> None:
    server = own_redis("--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru")

    diagnosed = _diagnosed(shell_in(REDIS_URL=server.url))

    assert diagnosed["eviction"]["verdict"] == "wrong"
    assert "volatile-lru" in diagnosed["eviction"]["what"]
    assert diagnosed["persistence"]["verdict"] == "warning"
    assert "of 64 MiB" in diagnosed["redis memory"]["what"]
    assert diagnosed["clocks"]["verdict"] == "ok"


def test_a_database_without_tables_needs_a_migration(
    shell_in: Callable[..., Shell], postgres_cluster: PostgresCluster
) -> None:
    diagnosed = _diagnosed(shell_in(DATABASE_URL=postgres_cluster.url("postgres")))

    assert diagnosed["schema"]["verdict"] == "wrong"
    assert "email-parser migrate" in diagnosed["schema"]["remedy"]
    assert "workers" not in diagnosed


def test_a_migrated_database_is_fine(shell_in: Callable[..., Shell], database: Database) -> None:
    diagnosed = _diagnosed(shell_in(DATABASE_URL=database.url))

    for check in ("database", "schema", "letters", "audit log", "spool"):
        assert diagnosed[check]["verdict"] == "ok", diagnosed[check]


def test_a_postgres_that_cannot_hold_all_letters_is_noticed(
    shell_in: Callable[..., Shell], postgres_cluster: PostgresCluster
) -> None:
    postgres_cluster.create("latin", template="template0", encoding="LATIN1")
    with opened(postgres_cluster.url("latin")) as database:
        migrate(database)

    diagnosed = _diagnosed(shell_in(DATABASE_URL=postgres_cluster.url("latin")))

    assert diagnosed["letters"]["verdict"] == "wrong"


@pytest.mark.parametrize("tampering", ["changed", "removed"])
def test_a_tampered_audit_log_is_noticed(
    tampering: str, shell_in: Callable[..., Shell], sqlite_database: Database
) -> None:
    with sqlite_database.write() as connection:
        for subject in ("job:a", "job:b", "job:c"):
            audit.record(
                connection, actor="system", action="job.retry", subject=subject, now=utc_now()
            )
        second = tables_people.audit.c.subject == "job:b"
        connection.execute(
            delete(tables_people.audit).where(second)
            if tampering == "removed"
            else update(tables_people.audit).where(second).values(actor="somebody else")
        )

    diagnosed = _diagnosed(shell_in(DATABASE_URL=sqlite_database.url))

    assert diagnosed["audit log"]["verdict"] == "wrong"


def test_work_that_waits_for_nobody_is_wrong_and_not_only_a_warning(
    shell_in: Callable[..., Shell], sqlite_database: Database, tmp_path: Path
) -> None:
    shell = shell_in(DATABASE_URL=sqlite_database.url)
    (tmp_path / "a.mbox").write_bytes(b"From a@b Mon Jan  5 10:00:00 2026\nSubject: x\n\ny\n")
    before = _diagnosed(shell)["workers"]["verdict"]

    shell("import", "a.mbox")

    assert (before, _diagnosed(shell)["workers"]["verdict"]) == ("warning", "wrong")


def test_files_that_nobody_knows_are_leftovers_unless_they_are_coming_in(tmp_path: Path) -> None:
    for name in ("known.mbox", "coming.mbox.part", "stray.mbox", "old.mbox.part"):
        (tmp_path / name).write_bytes(b"12345")

    findings = look_at_spool(
        Spool(tmp_path), expected={"known.mbox": 5, "gone.mbox": 5}, moving={"coming.mbox"}
    )

    spool, leftovers = findings
    assert (spool.verdict, leftovers.verdict) == (Verdict.WRONG, Verdict.WARNING)
    assert "gone.mbox" in spool.what
    assert "old.mbox.part, stray.mbox" in leftovers.what


def test_a_file_of_another_size_is_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "a.mbox").write_bytes(b"12345")

    spool, _ = look_at_spool(Spool(tmp_path), expected={"a.mbox": 6}, moving=set())

    assert spool.verdict is Verdict.WRONG


def test_the_innermost_mount_tells_the_file_system(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\n"
        "server:/mail /srv/my\\040mail nfs4 rw 0 0\n"
        "/dev/sdb /srv xfs rw 0 0\n"
    )

    assert filesystem_of(Path("/srv/my mail/spool"), mounts=mounts) == "nfs4"
    assert filesystem_of(Path("/srv/else"), mounts=mounts) == "xfs"
    assert filesystem_of(Path("/var"), mounts=mounts) == "ext4"


def test_a_console_open_to_all_under_any_name_is_warned_of(tmp_path: Path) -> None:
    closed = load({"ALLOWED_HOSTS": "*"})
    opened_up = load({"ALLOWED_HOSTS": "*", "HOST": "0.0.0.0"})

    (fine,) = look_at_exposure(closed, folder=tmp_path)
    (warned,) = look_at_exposure(opened_up, folder=tmp_path)

    assert (fine.verdict, warned.verdict) == (Verdict.OK, Verdict.WARNING)


def test_secrets_that_others_can_read_are_warned_of(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ADMIN_PASSWORD=x\n")
    (tmp_path / ".env").chmod(0o644)

    findings = _verdicts(list(look_at_exposure(load({}), folder=tmp_path)))

    assert findings["secrets"] is Verdict.WARNING


def test_a_data_folder_that_others_can_read_is_warned_of(
    shell_in: Callable[..., Shell], tmp_path: Path
) -> None:
    (tmp_path / "var").mkdir(mode=0o755)

    diagnosed = _diagnosed(shell_in())

    assert diagnosed["privacy"]["verdict"] == "warning"
    assert "chmod" in diagnosed["privacy"]["remedy"]


def test_a_worker_that_is_listed_and_not_subscribed_is_told_of(
    shell_in: Callable[..., Shell],
    sqlite_database: Database,
    redis_url: str,
    redis_server: RedisServer,
) -> None:
    with redis_server.client() as client:
        client.sadd("rq:workers", "rq:worker:left-behind")
        client.hset(
            "rq:worker:left-behind",
            mapping={"hostname": "old", "last_heartbeat": utc_now().isoformat()},
        )

    diagnosed = _diagnosed(shell_in(REDIS_URL=redis_url, DATABASE_URL=sqlite_database.url))

    assert diagnosed["worker"]["what"] == "left-behind on old is presumed dead"
    assert diagnosed["workers"]["what"] == "0 to do the work, 0 chunks wait"


def test_a_database_whose_clock_differs_is_warned_of(
    shell_in: Callable[..., Shell], postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = shell_in(DATABASE_URL=postgres_database.url)
    assert _diagnosed(shell)["database clock"]["verdict"] == "ok"

    monkeypatch.setattr("store.condition.utc_now", lambda: utc_now() + timedelta(minutes=3))

    found = _diagnosed(shell)["database clock"]
    assert found["verdict"] == "warning"
    assert "180.0 s behind" in found["what"]
