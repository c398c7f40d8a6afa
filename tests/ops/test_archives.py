"""Archives from the command line: taken in and followed, verified, parsed without a database."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from jobs.workshop import Workshop
from store.clock import utc_now
from store.config import load
from store.database import Database
from store.errands import ErrandKind
from store.spool import Spool
from store.tables import job, upload
from store.tables_archive import member
from tests.archives import mail, tgz_of, zip_of
from tests.jobs.asked import ask, carry_out
from tests.jobs.floor import Floor
from tests.ops.conftest import Shell


@pytest.fixture
def takeout(tmp_path: Path) -> Path:
    """A zip with a mailbox, a tgz with another, and a page."""
    path = tmp_path / "takeout.zip"
    inner = tgz_of([("b.mbox", mail(2))])
    path.write_bytes(zip_of({"a.mbox": mail(1), "inner.tgz": inner, "x.html": b"<html><p>"}))
    return path


@pytest.fixture
def run(shell_in: Callable[..., Shell], sqlite_database: Database) -> Shell:
    """Gives commands on an empty installation."""
    return shell_in(DATABASE_URL=sqlite_database.url, BEAT_SECONDS="0.5", LEASE_SECONDS="5")


def test_row_16_an_archive_is_taken_in_followed_to_its_last_member_and_verified(
    run: Shell, takeout: Path
) -> None:
    imported = run("import", takeout, "--wait")
    verified = run("verify")

    assert imported.status == 0, imported.err
    assert imported.err.count("finished, 100%") == 4
    assert len(run("search", "letter", "--json").out.splitlines()) == 6
    assert verified.status == 0, verified.out
    assert verified.out.count("ok ") == 4
    assert "an archive of" in verified.out


def test_an_archive_that_is_here_already_is_waited_for_and_ends_as_it_ended(
    run: Shell, tmp_path: Path
) -> None:
    cut_off = tmp_path / "cut.tgz"
    cut_off.write_bytes(tgz_of([("a.mbox", mail(3))])[:-20])

    first = run("import", cut_off, "--wait")
    second = run("import", cut_off, "--wait")

    assert "came before" in second.out
    assert (first.status, second.status) == (1, 1)
    assert "incomplete" in second.err


def test_the_summary_of_an_archive_leaves_no_member_and_no_message_out(
    run: Shell, takeout: Path
) -> None:
    earlier = takeout.with_name("a.mbox")
    earlier.write_bytes(mail(1))
    run("import", earlier, "--wait")

    imported = run("import", takeout, "--wait")

    assert imported.status == 0, imported.err
    assert "takeout.zip: finished, 100%, 3 of 3 files over, 6 messages" in imported.err
    assert (
        "members: 3 in all; 1 taken in; 1 with the same bytes as a file that came before; "
        "1 not taken in (1 no_mail)"
    ) in imported.err
    assert "files: 3 finished; unpacking finished" in imported.err
    assert "messages: 6 in all; in:2 finds 6" in imported.err
    assert len(run("search", "in:2", "--json").out.splitlines()) == 6


def test_waiting_for_an_archive_of_which_a_file_does_not_end_well_ends_with_one(
    run: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "takeout.zip"
    packed = bytearray(zip_of({"a.mbox": mail(1), "b.mbox": mail(2)}, method=zipfile.ZIP_STORED))
    packed[packed.find(b"letter 2001")] ^= 1
    path.write_bytes(zip_of({"inner.zip": bytes(packed), "c.mbox": mail(3)}))

    imported = run("import", path, "--wait")

    assert imported.status == 1, imported.err
    assert "takeout.zip: incomplete, 100%" in imported.err
    assert "files: 3 finished, 1 incomplete; unpacking finished" in imported.err


def test_an_archive_that_only_waits_for_a_paused_file_of_before_is_not_waited_for(
    run: Shell, takeout: Path, sqlite_database: Database
) -> None:
    earlier = takeout.with_name("a.mbox")
    earlier.write_bytes(mail(1))
    run("import", earlier)
    with sqlite_database.write() as connection:
        connection.execute(update(job).values(paused_at=utc_now()))

    imported = run("import", takeout, "--wait")

    assert imported.status == 3, imported.err
    assert "takeout.zip: paused" in imported.err
    assert "files: 2 finished, 1 paused; unpacking finished" in imported.err
    assert "takeout.zip: not waited for any longer: 1 file that came before is paused" in (
        imported.err
    )


def paused(database: Database, filename: str, **values: object) -> None:
    """Somebody has paused a file, or done something else to its job."""
    ids = select(upload.c.id).where(upload.c.filename == filename)
    values = values or {"paused_at": utc_now()}
    with database.write() as connection:
        connection.execute(update(job).where(job.c.upload_id.in_(ids)).values(**values))


def unpacked(run: Shell, database: Database) -> None:
    """The archive that was taken in last is gone through, and nothing of it is read."""
    environ = {"DATA_DIR": str(run.folder / "var"), "DATABASE_URL": database.url}
    config = load(environ)
    floor = Floor(Workshop(config=config, database=database, spool=Spool(config.spool_dir)))
    with database.read() as connection:
        floor.job_id = connection.execute(select(job.c.id)).scalar_one()
    floor.plan()


def test_a_file_that_somebody_paused_is_not_waited_for(
    run: Shell, takeout: Path, sqlite_database: Database
) -> None:
    alone = takeout.with_name("a.mbox")
    alone.write_bytes(mail(1))
    run("import", alone)
    paused(sqlite_database, "a.mbox")

    imported = run("import", alone, "--wait")

    assert imported.status == 3, imported.err
    assert (
        "a.mbox: not waited for any longer: it is paused until somebody lets it go on"
    ) in imported.err


@pytest.mark.parametrize(("others", "status"), [({}, 3), ({"state": "cancelled"}, 1)])
def test_an_archive_of_which_a_file_is_paused_is_read_as_far_as_it_goes(
    run: Shell, takeout: Path, sqlite_database: Database, others: dict[str, str], status: int
) -> None:
    run("import", takeout)
    unpacked(run, sqlite_database)
    paused(sqlite_database, "a.mbox")
    if others:
        paused(sqlite_database, "inner.tgz", finished_at=utc_now(), **others)

    imported = run("import", takeout, "--wait")

    assert imported.status == status, imported.err
    assert "takeout.zip: not waited for any longer: 1 file of it is paused" in imported.err


def test_row_16_verify_finds_a_member_that_gives_other_bytes_than_were_taken_in(
    run: Shell, takeout: Path, sqlite_database: Database
) -> None:
    run("import", takeout, "--wait")
    with sqlite_database.write() as connection:
        connection.execute(update(member).where(member.c.name == "a.mbox").values(sha256="0" * 64))

    verified = run("verify")

    assert verified.status == 1
    assert "a.mbox gives other bytes than were taken in" in verified.out


def test_row_16_verify_tells_of_members_whose_mail_was_deleted_with_another_file(
    run: Shell, takeout: Path, sqlite_database: Database
) -> None:
    earlier = takeout.with_name("a.mbox")
    earlier.write_bytes(mail(1))
    run("import", earlier, "--wait")
    run("import", takeout, "--wait")
    environ = {"DATA_DIR": str(run.folder / "var"), "DATABASE_URL": sqlite_database.url}
    config = load(environ)
    floor = Floor(Workshop(config=config, database=sqlite_database, spool=Spool(config.spool_dir)))
    assert "was deleted" not in run("verify").out

    carry_out(floor, ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=1))

    verified = run("verify")
    assert verified.status == 0, verified.out
    assert "the mail of 1 member was deleted with other files" in verified.out


def test_row_16_parse_reads_what_is_in_an_archive(run: Shell, takeout: Path) -> None:
    ran = run("parse", takeout, "--no-text")

    assert ran.status == 0
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["member"] for line in lines] == ["a.mbox"] * 3 + ["inner.tgz/b.mbox"] * 3
    assert "x.html: not read (no_mail)" in ran.err


def test_row_16_parse_says_what_is_damaged_and_prints_what_came_before(
    run: Shell, tmp_path: Path
) -> None:
    path, packed = tmp_path / "one.mbox.gz", gzip.compress(mail(1, count=400))
    path.write_bytes(packed[: len(packed) // 2])

    ran = run("parse", path, "--no-text")

    assert ran.status == 1
    assert 50 < len(ran.out.splitlines()) < 400
    assert "one.mbox: damaged (cut)" in ran.err


def test_row_16_parse_keeps_to_the_limits_of_a_worker(run: Shell, tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(mail(1) + b"x" * 1_000_000))
    run.set(ARCHIVE_BYTES="100000")

    ran = run("parse", path)

    assert ran.status != 0
    assert "ARCHIVE_BYTES" in ran.err


@pytest.mark.parametrize("given", [mail(1), gzip.compress(mail(1))], ids=["mbox", "gz"])
def test_parse_reads_standard_input(given: bytes, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "ops.cli", "parse", "-", "--no-text"],
        input=given,
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path)},
    )

    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) == 3
