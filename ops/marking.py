"""`email-parser mark`: a mark on the charts in words of one's own, as for a deployment."""

from __future__ import annotations

import argparse

from ops.premises import actor, opened_database, settings
from ops.refusal import Refusal
from store.clock import utc_now
from store.marks import MarkError, set_mark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """mark WORD…"""
    parser.add_argument("words", metavar="WORD", nargs="+", help="what the mark says")


def run(args: argparse.Namespace) -> int:
    """Set it. Raises Refusal for words that cannot be kept."""
    with opened_database(settings()) as database, database.write() as connection:
        try:
            kept = set_mark(connection, " ".join(args.words), actor=actor(), now=utc_now())
        except MarkError as error:
            raise Refusal(str(error)) from None
    print(f"marked: {kept}")
    return 0
