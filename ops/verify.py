"""`email-parser verify`: hold the ledgers against the files themselves.

Believes nothing that was written down: the file is hashed anew and its messages are counted
anew, and both are compared with what the database says became of every byte.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from itertools import chain

from jobs.workshop import Workshop
from mail.mbox import Rule, Source, SpanKind, spans
from ops.books import ledger_of
from ops.following import messages_of
from ops.premises import opened_workshop, settings_of_installation
from ops.refusal import Refusal
from ops.verify_archive import discrepancies_of_archive
from store.clock import utc_now
from store.job_view import JobView
from store.jobs import find_job, list_jobs
from store.ledger import Entry, balance
from store.members import sum_of_members
from store.spool import SpoolError
from store.states import JobState
from store.uploads import Upload, require_upload

BLOCK_BYTES = 8 << 20
SHOWN = 10
CHECKED = (JobState.FINISHED, JobState.INCOMPLETE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """verify [JOB…]"""
    parser.add_argument("jobs", metavar="JOB", nargs="*", help="job ids; all that are over if none")


def run(args: argparse.Namespace) -> int:
    """Check jobs and say what was found. Exit status 1 when anything is wrong."""
    wrong = 0
    with opened_workshop(settings_of_installation()) as workshop:
        for view in _asked_for(workshop, args.jobs):
            findings = list(discrepancies(workshop, view))
            wrong += bool(findings)
            verdict = "WRONG" if findings else "ok"
            print(f"{verdict:5}  {view.id}  {view.filename}: {_sum(view)}")
            for remark in remarks(workshop, view):
                print(f"       {remark}")
            for finding in findings[:SHOWN]:
                print(f"       {finding}")
    return 1 if wrong else 0


def _sum(view: JobView) -> str:
    if view.is_archive:
        return f"an archive of {view.size} bytes, {view.state}"
    return f"{messages_of(view.progress)} messages in {view.size} bytes, {view.state}"


def remarks(workshop: Workshop, view: JobView) -> Iterator[str]:
    """What is as somebody wanted it, and yet to be known: sentences."""
    if view.damage:
        yield f"damaged in the archive it came out of ({view.damage}): this is what could be had"
    if view.held is None:
        return
    with workshop.database.read() as connection:
        added_up = sum_of_members(connection, view.upload_id, held=view.held)
    if added_up.deleted:
        yield f"the mail of {_members(added_up.deleted)} was deleted"
    if added_up.lost:
        yield (
            f"the mail of {_members(added_up.lost)} was deleted with other files that held the "
            "same bytes; a retry takes it in from this archive"
        )


def _members(number: int) -> str:
    return "1 member" if number == 1 else f"{number} members"


def _asked_for(workshop: Workshop, job_ids: list[str]) -> Iterator[JobView]:
    if not job_ids:
        yield from _over(workshop)
    for job_id in job_ids:
        with workshop.database.read() as connection:
            view = find_job(connection, job_id, now=utc_now())
        if view is None:
            raise Refusal(f"there is no job {job_id}")
        if view.state not in CHECKED:
            raise Refusal(f"job {job_id} is {view.state}: there is no whole ledger to verify")
        yield view


def _over(workshop: Workshop) -> Iterator[JobView]:
    before = None
    while True:
        with workshop.database.read() as connection:
            page = list_jobs(connection, now=utc_now(), own_states=CHECKED, before=before)
        yield from page
        if not page:
            return
        before = (page[-1].created_at, page[-1].id)


def discrepancies(workshop: Workshop, view: JobView) -> Iterator[str]:
    """Every way in which ledger and file disagree, as sentences."""
    with workshop.database.read() as connection:
        upload = require_upload(connection, view.upload_id)
        sum_of_ledger = balance(connection, view.upload_id, size=view.size)
    if sum_of_ledger.accounted != view.size:
        yield f"the ledger accounts for {sum_of_ledger.accounted} of {view.size} bytes"
    for start, length in sum_of_ledger.gaps:
        yield f"nobody accounts for {length} bytes from offset {start}"
    try:
        yield from _against_file(workshop, view, upload)
    except SpoolError as error:
        yield str(error)


def _against_file(workshop: Workshop, view: JobView, upload: Upload) -> Iterator[str]:
    with workshop.spool.source(upload.spool_name, size=view.size) as source:
        found = sha256_of(source)
        if found != view.sha256:
            yield f"the file has changed: its SHA-256 is {found}, not the {view.sha256} that came"
        if view.is_archive:
            yield from discrepancies_of_archive(workshop, view, source)
            return
        if view.rule is None:
            yield "there is no rule to count the messages by"
            return
        yield from _recounted(source, Rule.from_json(view.rule), ledger_of(workshop, upload.id))


def sha256_of(source: Source) -> str:
    """The SHA-256 of a whole file, in hex."""
    digest = hashlib.sha256()
    for offset in range(0, source.size, BLOCK_BYTES):
        digest.update(source.read_at(offset, BLOCK_BYTES))
    return digest.hexdigest()


def _recounted(source: Source, rule: Rule, ledger: Iterator[Entry]) -> Iterator[str]:
    """Compare entry by entry with a fresh scan: the same messages between the same bytes."""
    scan = spans(source, rule)
    ahead = next(scan, None)
    for entry in ledger:
        counted = 0
        while ahead is not None and ahead.offset < entry.stop:
            counted += ahead.kind is SpanKind.MESSAGE
            if ahead.offset + ahead.length > entry.stop:
                yield f"the ledger ends an entry at {entry.stop}, inside a span of the file"
            ahead = next(scan, None)
        if counted != entry.messages:
            yield (
                f"from {entry.start} to {entry.stop} the file has {counted} messages, "
                f"the ledger {entry.messages} ({entry.kind})"
            )
    missed = sum(span.kind is SpanKind.MESSAGE for span in chain([ahead] if ahead else [], scan))
    if missed:
        yield f"{missed} messages at the end of the file are not in the ledger"
