"""`email-parser drain`: have RQ workers finish what they hold and end, as before an upgrade.

With `--now` they end at once, and what they were reading waits for others.
"""

from __future__ import annotations

import argparse
import time

from jobs.bell import QueueUnreachable
from jobs.engine import Engine
from jobs.health import look
from ops.premises import actor, opened_engine, settings
from ops.refusal import Refusal
from store.clock import utc_now

LOOK_SECONDS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """drain [NAME…] [--host HOST] [--now] [--wait SECONDS]"""
    parser.add_argument("names", metavar="NAME", nargs="*", help="workers; all if none is named")
    parser.add_argument("--host", help="only the workers of that host")
    parser.add_argument("--now", action="store_true", help="at once: their work-horses are killed")
    parser.add_argument(
        "--wait", metavar="SECONDS", type=float, default=0.0, help="until they are gone, at most"
    )


def run(args: argparse.Namespace) -> int:
    """Ask, and wait if told to. Exit status 1 when some are still there after the wait."""
    with opened_engine(settings()) as engine:
        names = _living(engine, names=set(args.names), host=args.host)
        left = names
        if names:
            _ask(engine, sorted(names), at_once=args.now)
        until = time.monotonic() + args.wait
        while (left := left & _living(engine, names=names, host=None)) and (
            time.monotonic() < until
        ):
            time.sleep(LOOK_SECONDS)
    return 1 if args.wait and left else 0


def _ask(engine: Engine, names: list[str], *, at_once: bool) -> None:
    dispatch = engine.dispatch
    try:
        if at_once:
            chunks = dispatch.stop_workers(names, actor=actor())
            for name in names:
                print(f"{name} was told to end at once")
            print(f"chunks that wait again: {chunks}")
        else:
            dispatch.drain_workers(names, actor=actor())
            for name in names:
                print(f"{name} was asked to finish and end")
    except QueueUnreachable as error:
        raise Refusal(f"the queue cannot be reached: {error}") from None


def _living(engine: Engine, *, names: set[str], host: str | None) -> set[str]:
    if engine.link is None:
        raise Refusal("there is no REDIS_URL: the local thread ends with the console")
    health = look(
        engine.workshop.database,
        config=engine.workshop.config,
        link=engine.link,
        now=utc_now(),
    )
    if not health.workers_are_known:
        raise Refusal("the queue cannot be reached, so it is not known which workers there are")
    return {
        worker.name
        for worker in health.workers
        if worker.can_be_told
        and (not names or worker.name in names)
        and (host is None or worker.host == host)
    }
