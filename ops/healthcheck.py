"""`email-parser healthcheck`: for a supervisor's probe; silent and 0 when all is well.

Asks as little as tells a dead process from a living one: a console that is well while its
database is slow must not be killed for it. Whether it can serve is what `/readyz` tells.
"""

from __future__ import annotations

import argparse
import socket
from http.client import HTTPConnection, HTTPException

from jobs.engine import Engine, build
from jobs.health import look
from ops.premises import settings
from ops.refusal import Refusal
from store.clock import utc_now
from store.config import Config

PATIENCE_SECONDS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """healthcheck console | healthcheck worker"""
    parser.add_argument("what", choices=("console", "worker"), nargs="?", default="console")


def run(args: argparse.Namespace) -> int:
    """Answers 0 when healthy. Raises Refusal with the reason when not."""
    config = settings()
    if args.what == "console":
        _ask_console(config)
    else:
        _look_for_workers(build(config), host=socket.gethostname())
    return 0


def _ask_console(config: Config) -> None:
    where = "127.0.0.1" if config.host in {"0.0.0.0", "::", ""} else config.host  # noqa: S104
    connection = HTTPConnection(where, config.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/livez", headers={"Host": _host_name(config, where)})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise Refusal(f"the console does not answer: {error}") from None
    finally:
        connection.close()
    if status != 200:
        raise Refusal(f"the console answers {status}")


def _host_name(config: Config, where: str) -> str:
    # The console answers only to the names it was given.
    named = [name for name in config.allowed_hosts if "*" not in name]
    return named[0] if named else where


def _look_for_workers(engine: Engine, *, host: str) -> None:
    if engine.link is None:
        raise Refusal("there is no REDIS_URL, and so no worker")
    health = look(
        engine.workshop.database,
        config=engine.workshop.config,
        link=engine.link,
        now=utc_now(),
    )
    if health.queue.link is not None and not health.queue.link.reachable:
        raise Refusal("Redis cannot be reached, nor any worker through it")
    if not any(worker.subscribed and worker.host == host for worker in health.workers):
        raise Refusal(f"no worker on {host} is subscribed")
