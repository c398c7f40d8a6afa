"""Workers that look at another database, or another spool, than the console that rings.

The bell carries the id of the console's installation, the worker compares it with its own, and
leaves a note in Redis when they differ; `jobs.strays` reads it for the console. Nothing secret
passes through Redis.
"""

from __future__ import annotations

import logging
from enum import StrEnum

from redis import Redis
from redis.exceptions import RedisError

from jobs.workshop import Workshop
from store.clock import utc_now
from store.database import OUTAGES
from store.installation import installation_id
from store.outage import is_outage

log = logging.getLogger(__name__)

# Under `rq:`, where the shipped ACL lets console and workers write.
KEY_PREFIX = "rq:email-parser:astray:"
# A worker without work takes no bell that would renew it, and is astray all the same.
NOTE_SECONDS = 7 * 86400


class Astray(StrEnum):
    """How a worker went astray."""

    NO_DATABASE = "no_database"  # its own cannot be used
    OTHER_DATABASE = "other_database"
    OTHER_SPOOL = "other_spool"


SENTENCES = {
    Astray.NO_DATABASE: "this worker cannot use its database",
    Astray.OTHER_DATABASE: "this worker looks at another database than the console that rang",
    Astray.OTHER_SPOOL: "this worker's DATA_DIR holds the spool of another installation",
}
ADVICE = "does it have the console's DATABASE_URL and DATA_DIR?"


class WentAstray(Exception):
    """A bell for work that this worker cannot see. The text is one line, with advice."""


def require_same_house(
    workshop: Workshop, redis: Redis, *, worker: str, expected: str | None
) -> None:
    """Compare this worker's database and spool with those of the console that rang.

    Raises WentAstray, after leaving a note for the console. `expected` is the console's
    installation, None when the bell says nothing.
    """
    try:
        with workshop.database.read() as connection:
            found = installation_id(connection)
    except OUTAGES as error:
        if not is_outage(error):
            raise
        _leave_note(redis, worker, Astray.NO_DATABASE)
        raise WentAstray(f"{SENTENCES[Astray.NO_DATABASE]}: {ADVICE}") from None
    astray = _astray(expected, found=found, owner=workshop.spool.owner())
    _leave_note(redis, worker, astray)
    if astray is not None:
        raise WentAstray(f"{SENTENCES[astray]}: {ADVICE}")


def _astray(expected: str | None, *, found: str | None, owner: str | None) -> Astray | None:
    if found is None or expected not in (None, found):
        return Astray.OTHER_DATABASE
    return Astray.OTHER_SPOOL if owner not in (None, found) else None


def _leave_note(redis: Redis, worker: str, astray: Astray | None) -> None:
    try:
        if astray is None:
            redis.delete(f"{KEY_PREFIX}{worker}")
        else:
            note = f"{astray.value} {utc_now().isoformat()}"
            redis.setex(f"{KEY_PREFIX}{worker}", NOTE_SECONDS, note)
    except RedisError as error:
        log.warning("no note was left for the console: %s", error)
