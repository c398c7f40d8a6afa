"""`email-parser worker`: one worker that parses what the queue offers, until told to stop.

SIGTERM or Ctrl-C once: it ends the job in hand first. The same again: it breaks that off.
"""

from __future__ import annotations

import argparse

from jobs.worker import NoQueue, run_worker
from jobs.workshop import open_workshop
from ops.premises import settings
from ops.refusal import Refusal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """worker [--burst]"""
    parser.add_argument(
        "--burst", action="store_true", help="end when the queue is empty instead of waiting"
    )


def run(args: argparse.Namespace) -> int:
    """Work. Raises Refusal when there is no Redis to work for."""
    workshop = open_workshop(settings())
    try:
        run_worker(workshop, burst=args.burst)
    except NoQueue as error:
        raise Refusal(str(error)) from None
    finally:
        workshop.database.close()
    return 0
