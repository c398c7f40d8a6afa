"""`email-parser export`: what a search finds, as a file: mbox, zip of .eml, CSV, JSON Lines.

To standard output, or to a file that appears under its name only when it is whole.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from jobs.workshop import Workshop
from ops.premises import opened_workshop, settings_of_installation
from ops.refusal import Refusal
from ops.searching import misunderstood
from store.bounded import SearchTooSlow
from store.clock import utc_now
from store.export import Format, export
from store.results import QueryError
from store.spool import PART_SUFFIX, SpoolError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """export [WORD…] [--format FORMAT] [--labels] [--output FILE]"""
    parser.add_argument(
        "words", metavar="WORD", nargs="*", help="the query, as in the console; everything if none"
    )
    parser.add_argument(
        "--format",
        choices=list(Format),
        type=Format,
        help="as the ending of the file's name says if not given, else mbox",
    )
    parser.add_argument(
        "--labels", action="store_true", help="the labels of all copies, as X-Gmail-Labels"
    )
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="a new file; standard output if not given"
    )


def run(args: argparse.Namespace) -> int:
    """Export. Raises Refusal; then no file is left behind."""
    query = " ".join(args.words)
    with opened_workshop(settings_of_installation()) as workshop:
        try:
            wanted = args.format or _format_of(args.output)
            pieces = _pieces(workshop, query, wanted=wanted, labelled=args.labels)
            _write(pieces, output=args.output)
        except QueryError as error:
            raise misunderstood(query, error) from None
        except (SearchTooSlow, SpoolError) as error:
            raise Refusal(str(error)) from None
    return 0


def _pieces(workshop: Workshop, query: str, *, wanted: Format, labelled: bool) -> Iterator[bytes]:
    return export(
        workshop.database,
        workshop.spool,
        query,
        format=wanted,
        labelled=labelled,
        now=utc_now(),
        progress=_show if sys.stderr.isatty() else lambda _messages: None,
    )


def _format_of(output: Path | None) -> Format:
    ending = output.suffix.lstrip(".").lower() if output else ""
    return Format(ending) if ending in set(Format) else Format.MBOX


def _show(messages: int) -> None:
    print(f"\r{messages} messages", end="", file=sys.stderr, flush=True)


def _write(pieces: Iterable[bytes], *, output: Path | None) -> None:
    if output is None:
        if sys.stdout.isatty():
            raise Refusal("a terminal is no place for mail: give --output, or redirect")
        _write_to(sys.stdout.buffer, pieces)
        return
    with _new_file(output) as file:
        _write_to(file, pieces)


def _write_to(file: BinaryIO, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        file.write(piece)
    file.flush()


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    if path.exists():
        raise Refusal(f"{path} exists already")
    part = path.with_name(path.name + PART_SUFFIX)
    try:
        with part.open("wb") as file:
            yield file
        part.rename(path)
    except OSError as error:
        raise Refusal(f"{error.filename or path}: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
