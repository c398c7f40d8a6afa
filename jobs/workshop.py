"""What every attempt needs at hand, made once per process."""

from __future__ import annotations

import logging
import os
import socket
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mail.message import Limits
from store.claims import WorkerIdentity
from store.config import Config, from_environment
from store.database import OUTAGES, Database
from store.recovery import RetryPolicy
from store.spool import Spool
from store.states import EngineName
from store.vain import program_version

# Trouble of the surroundings, which passes: no thread that goes round may end of it.
PASSING: tuple[type[Exception], ...] = (*OUTAGES, OSError)
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The database, the spool and the settings, as work needs them."""

    config: Config
    database: Database
    spool: Spool

    @property
    def policy(self) -> RetryPolicy:
        """How often a chunk is tried."""
        return RetryPolicy(attempts=self.config.attempts, retry_seconds=self.config.retry_seconds)

    @property
    def limits(self) -> Limits:
        """What one message may cost."""
        return Limits(text_characters=self.config.max_text_chars)


def open_workshop(config: Config, *, make: bool = True) -> Workshop:
    """Open database and spool as the settings say; with `make`, their folder when it is missing."""
    if make:
        # Before anything else makes it: what is in it is everybody's mail.
        config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    spool = Spool(config.spool_dir, free_bytes_floor=config.free_bytes_floor, make=make)
    return Workshop(config=config, database=Database(config.database_url), spool=spool)


@cache
def workshop_of_process() -> Workshop:
    """The workshop of a worker process, from its environment; logging is set up on the way.

    A plain `rq worker` sets up logging for itself only, so our own lines would be lost. It was
    told its Redis on the command line, and needs to know of no queue: what the console's
    settings say of both is left out. Where it was told no folder that is there, it makes none: it
    is the console's it needs.
    """
    config = from_environment({**os.environ, "REDIS_URL": "", "QUEUE": ""}, Path.cwd())
    set_up_logging(config.log_level)
    return open_workshop(config, make=False)


def set_up_logging(level: str) -> None:
    """Our own lines to stderr, once per process."""
    for name in ("jobs", "store", "web", "ops"):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        if not logger.handlers and not logging.getLogger().handlers:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter(LOG_FORMAT))
            logger.addHandler(handler)


def this_worker(engine: EngineName, name: str) -> WorkerIdentity:
    """This very process, as the attempts list shows it."""
    return WorkerIdentity(
        engine=engine,
        name=name,
        host=socket.gethostname(),
        pid=os.getpid(),
        version=program_version(),
    )
