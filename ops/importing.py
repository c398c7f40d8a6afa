"""`email-parser import`: take in mbox files and archives that lie on this machine.

The same way in as an upload: into the spool, hashed, and one transaction makes it a job. The
parsing is done by whoever the settings say: RQ workers, or the console's local thread.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from jobs.engine import Engine
from jobs.workshop import Workshop
from mail.sniff import Verdict, sniff
from ops.following import Ending, follow
from ops.premises import actor, opened_engine, settings
from ops.refusal import Refusal
from store.admission import admit
from store.clock import utc_now
from store.spool import DiskFull, SpoolWriter
from store.uploads import Twin, Upload, break_off

BLOCK_BYTES = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """import FILE… [--wait] [--again]"""
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        type=Path,
        help="an mbox, one message, or an archive of such",
    )
    parser.add_argument(
        "--wait",
        action="store_true",
        help="show the progress until all are parsed; without Redis, parse here if need be",
    )
    parser.add_argument(
        "--again", action="store_true", help="also take in files whose very bytes are here already"
    )


def run(args: argparse.Namespace) -> int:
    """Take the files in, one after the other. Exit status 1 unless every job ends well.

    With `--wait` it is 3 when nothing went wrong, but somebody has paused what is left.
    """
    with opened_engine(settings()) as engine:
        jobs, refused = _take_all_in(engine, args.files, again=args.again)
        ending = follow(engine, jobs) if args.wait else Ending.FINISHED
        return int(ending) if not refused else 1


def _take_all_in(engine: Engine, paths: Sequence[Path], *, again: bool) -> tuple[list[str], int]:
    """The jobs that came of it, and how many files were refused; one alone raises its Refusal."""
    jobs, refused = [], 0
    for path in paths:
        try:
            job = take_in(engine, path, again=again)
        except Refusal as refusal:
            if len(paths) == 1:
                raise
            print(refusal, file=sys.stderr)
            refused += 1
        else:
            jobs.append(job)
    return jobs, refused


def take_in(engine: Engine, path: Path, *, again: bool) -> str:
    """Copy one file into the spool and make it a job; answers the job's id.

    When the same bytes came before and `again` is not asked for, that of theirs: who waits for the
    mail waits for that. Raises Refusal.
    """
    workshop = engine.workshop
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            upload = _announce(workshop, path, size=size)
            sha256, size, verdict = _receive(workshop, upload, file)
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror or error}") from None
    found = engine.dispatch.submit(upload, size=size, sha256=sha256, again=again, verdict=verdict)
    if isinstance(found, Twin):
        workshop.spool.remove(upload.spool_name)
        print(f"{found.job_id}  {path}: these bytes came before; --again takes them in once more")
        return found.job_id
    print(f"{found}  {path}: {size} bytes, sha256 {sha256}")
    return found


def _announce(workshop: Workshop, path: Path, *, size: int) -> Upload:
    try:
        with workshop.database.write() as connection:
            return admit(
                connection,
                workshop.spool,
                filename=path.name,
                declared_size=size,
                by=actor(),
                now=utc_now(),
            )
    except DiskFull as error:
        raise Refusal(f"{path}: {error}") from None


def _receive(workshop: Workshop, upload: Upload, file: BinaryIO) -> tuple[str, int, Verdict]:
    try:
        writer = workshop.spool.writer(upload.spool_name)
    except DiskFull as error:
        _forget(workshop, upload)
        raise Refusal(f"{upload.filename}: {error}") from None
    try:
        verdict = _copy(file, writer, filename=upload.filename)
        return writer.finish(), writer.size, verdict
    except (Refusal, DiskFull, OSError, KeyboardInterrupt) as error:
        writer.abandon()
        _forget(workshop, upload)
        if isinstance(error, DiskFull):
            raise Refusal(f"{upload.filename}: {error}") from None
        raise


def _copy(file: BinaryIO, writer: SpoolWriter, *, filename: str) -> Verdict:
    block = file.read(BLOCK_BYTES)
    verdict = sniff(block, filename)
    if not verdict.is_taken:
        raise Refusal(f"{filename}: {verdict.sentence_for_command}")
    while block:
        writer.write(block)
        block = file.read(BLOCK_BYTES)
    return verdict


def _forget(workshop: Workshop, upload: Upload) -> None:
    with workshop.database.write() as connection:
        break_off(connection, upload.id)
