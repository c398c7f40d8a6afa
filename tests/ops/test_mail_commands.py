"""Mail from the command line: taken in, found, verified."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from store.database import Database
from store.half_done import receiving_uploads
from tests.ops.conftest import Shell


def _mail(number: int, word: str) -> bytes:
    return (
        f"From ann@example.org Mon Jan  5 10:00:0{number} 2026\n"
        f"From: Ann <ann@example.org>\nSubject: about {word}\nMessage-ID: <{number}@example.org>\n"
        f"Date: Mon, 5 Jan 2026 10:00:0{number} +0000\n"
        "Content-Type: text/plain; charset=utf-8\n\n"
        f"There is a {word} here.\n\n"
    ).encode()


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    """Three messages, the last of them a copy of the second."""
    path = tmp_path / "three.mbox"
    path.write_bytes(
        _mail(1, "heron") + _mail(2, "온라인결제시스템") + _mail(2, "온라인결제시스템")
    )
    return path


@pytest.fixture
def run(shell_in: Callable[..., Shell], sqlite_database: Database) -> Shell:
    """Gives commands on an empty installation."""
    return shell_in(DATABASE_URL=sqlite_database.url, BEAT_SECONDS="0.5", LEASE_SECONDS="5")


def test_a_file_is_taken_in_parsed_found_and_verified(
    shell_in: Callable[..., Shell], database: Database, mbox: Path
) -> None:
    run = shell_in(DATABASE_URL=database.url)

    imported = run("import", mbox, "--wait")
    found = run("search", "결제", "--json")
    verified = run("verify")

    assert imported.status == 0, imported.err
    assert "finished, 100%, 3 messages, 1 of them known already, 0 quarantined" in imported.err
    (hit,) = map(json.loads, found.out.splitlines())
    assert hit["subject"] == "about 온라인결제시스템"
    assert (hit["date_source"], hit["date_plausible"]) == ("date", True)
    assert verified.status == 0
    assert verified.out.startswith("ok ")
    assert "3 messages in" in verified.out


def test_the_same_bytes_are_not_taken_in_twice_unless_asked_for(run: Shell, mbox: Path) -> None:
    first = run("import", mbox, "--wait")
    second = run("import", mbox, "--wait")
    third = run("import", mbox, "--wait", "--again")

    job = first.out.split()[0]
    assert second.out.startswith(f"{job}  ")
    assert "came before" in second.out
    assert third.out.split()[0] != job
    assert "3 messages, 3 of them known already" in third.err


def test_what_is_no_mail_is_refused_and_leaves_nothing(
    run: Shell, sqlite_database: Database, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n" + b"x" * 5000)

    refused = run("import", tmp_path / "a.pdf")

    assert refused.status == 1
    assert "PDF" in refused.err
    assert list((tmp_path / "var" / "spool").glob("*.mbox*")) == []
    with sqlite_database.read() as connection:
        assert receiving_uploads(connection) == []


def test_a_file_that_is_not_there_is_one_clear_line(run: Shell, tmp_path: Path) -> None:
    refused = run("import", tmp_path / "nothing.mbox")

    assert refused.status == 1
    assert "No such file" in refused.err
    assert len(refused.err.splitlines()) == 1


def test_verify_notices_a_changed_byte(run: Shell, mbox: Path, tmp_path: Path) -> None:
    run("import", mbox, "--wait")
    _change(tmp_path, b"heron", b"hEron")

    verified = run("verify")

    assert verified.status == 1
    assert "the file has changed" in verified.out


def test_verify_counts_the_messages_of_the_file_itself(
    run: Shell, mbox: Path, tmp_path: Path
) -> None:
    run("import", mbox, "--wait")
    _change(tmp_path, b"\n\nFrom ann", b"\n\nfrom ann")

    verified = run("verify")

    assert "the file has 1 messages, the ledger 2 (message)" in verified.out


def test_verify_notices_that_a_file_is_gone(run: Shell, mbox: Path, tmp_path: Path) -> None:
    job = run("import", mbox, "--wait").out.split()[0]
    for spooled in (tmp_path / "var" / "spool").glob("*.mbox*"):
        spooled.unlink()

    verified = run("verify", job)
    diagnosed = run("doctor")

    assert verified.status == diagnosed.status == 1
    assert "not in the spool" in verified.out
    assert "1 of 1 mboxes are missing" in diagnosed.out


def test_verify_knows_no_such_job(run: Shell) -> None:
    refused = run("verify", "0" * 32)

    assert refused.status == 1
    assert "there is no job" in refused.err


def test_an_exported_mbox_holds_what_was_found_and_can_be_taken_in_again(
    run: Shell, mbox: Path, tmp_path: Path
) -> None:
    run("import", mbox, "--wait")

    exported = run("export", "heron", "--output", tmp_path / "herons.mbox")
    again = run("import", tmp_path / "herons.mbox", "--wait")

    assert exported.status == 0
    assert b"There is a heron here." in (tmp_path / "herons.mbox").read_bytes()
    assert "1 messages, 1 of them known already" in again.err


def test_an_export_never_writes_over_a_file(run: Shell, mbox: Path) -> None:
    before = mbox.read_bytes()

    refused = run("export", "--output", mbox)

    assert refused.status == 1
    assert "exists already" in refused.err
    assert mbox.read_bytes() == before


def test_an_export_that_fails_leaves_no_file(run: Shell, mbox: Path, tmp_path: Path) -> None:
    run("import", mbox, "--wait")
    for spooled in (tmp_path / "var" / "spool").glob("*.mbox*"):
        spooled.unlink()

    refused = run("export", "--output", tmp_path / "out.mbox")

    assert refused.status == 1
    assert list(tmp_path.glob("out.mbox*")) == []


@pytest.mark.parametrize("command", ["search", "export"])
def test_a_mistake_in_a_query_is_pointed_at(command: str, run: Shell, tmp_path: Path) -> None:
    refused = run(command, "before:0000-99-99", *_output(command, tmp_path))

    assert refused.status == 1
    assert refused.err.splitlines()[-1].strip() == "^"


def test_search_says_that_nothing_was_found_by_its_status_too(run: Shell, mbox: Path) -> None:
    run("import", mbox, "--wait")

    for words in (["nowhere"], ["nowhere", "--json"]):
        nothing = run("search", *words)
        assert (nothing.status, nothing.out, nothing.err) == (1, "", "No message found.\n")
    assert "1 message" in run("search", "heron").out


def test_search_says_what_was_asked_in_vain(run: Shell, mbox: Path) -> None:
    run("import", mbox, "--wait")

    nothing = run("search", "frm:ann in:attic in:77")

    assert nothing.err.splitlines()[:3] == [
        "No message found.",
        "No file has in its name: attic",
        "No file has the number 77",
    ]
    assert nothing.err.splitlines()[3].startswith("Looked for as words, not as fields: frm: Fields")


def test_reconcile_has_nothing_to_mend_in_a_quiet_house(run: Shell) -> None:
    assert run("reconcile").out == "nothing to mend\n"


def test_migrate_may_be_run_again_and_again(run: Shell) -> None:
    first, second = run("migrate"), run("migrate")

    assert first.status == second.status == 0
    assert first.out == second.out


def _output(command: str, folder: Path) -> list[str]:
    return ["--output", str(folder / "out")] if command == "export" else []


def _change(folder: Path, before: bytes, after: bytes) -> None:
    (spooled,) = (folder / "var" / "spool").glob("*.mbox*")
    content = spooled.read_bytes()
    assert before in content
    spooled.write_bytes(content.replace(before, after, 1))


def test_a_file_that_is_refused_keeps_no_other_from_being_taken_in(
    run: Shell, mbox: Path, tmp_path: Path
) -> None:
    document = tmp_path / "a.pdf"
    document.write_bytes(b"%PDF-1.7\n")
    other = tmp_path / "other.mbox"
    other.write_bytes(mbox.read_bytes() + b"\n")

    imported = run("import", document, tmp_path / "absent.mbox", other)
    parsed = run("parse", tmp_path / "absent.mbox", other)

    assert (imported.status, parsed.status) == (1, 1)
    assert "other.mbox" in imported.out
    assert "PDF" in imported.err
    assert "absent.mbox" in imported.err
    assert parsed.out.count('"offset"') > 0


def test_the_ending_of_the_file_says_the_format(run: Shell, mbox: Path, tmp_path: Path) -> None:
    run("export", "--output", tmp_path / "all.csv")

    assert (tmp_path / "all.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("command", [["search", "heron"], ["export", "heron"], ["verify"]])
def test_a_command_that_looks_begins_no_installation(
    command: list[str], tmp_path: Path, shell_in: Callable[..., Shell]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    refused = shell_in(DATA_DIR=str(elsewhere))(*command)

    assert refused.status == 1
    assert "there is no installation in" in refused.err
    assert not elsewhere.exists()
