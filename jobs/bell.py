"""The doorbell: tells RQ that a chunk is ready. Says only which; the database says the rest.

A bell that is lost is rung again by the reconciler; a bell too many finds nothing to claim.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

from store.bells import Bell, due_bells, mark_rung, unring
from store.clock import now_of
from store.database import OUTAGES, Database
from store.installation import installation_id
from store.states import ChunkKind

QUEUE_NAME = "default"
# At most this many bells hang in Redis at a time: a 40 GB mbox then leaves room for the small one
# that came after it, and Redis stays small.
WINDOW = 64
# RQ's own limit is only the last net: attempts watch their time themselves.
JOB_TIMEOUT_SECONDS = 6 * 3600
RESULT_SECONDS = 300
FAILURE_SECONDS = 7 * 86400
# What a bell carries besides the chunk's id, in the RQ job's meta: which database is meant.
INSTALLATION = "installation"
TASKS = {ChunkKind.PLAN: "jobs.tasks.plan_mbox", ChunkKind.PARSE: "jobs.tasks.parse_chunk"}


class QueueUnreachable(Exception):
    """Redis did not take the bell; the work waits in the database."""


# What keeps a bell from being rung; the work waits in the database then.
UNHEARD: tuple[type[Exception], ...] = (QueueUnreachable, *OUTAGES)


def ring_due(database: Database, redis: Redis) -> int:
    """Ring for chunks that wait and have not been rung for, fairest first.

    Answers how many bells were rung. Raises QueueUnreachable; nothing is lost then.
    """
    queue = Queue(QUEUE_NAME, connection=redis)
    try:
        hanging = queue.count
    except RedisError as error:
        raise QueueUnreachable(str(error)) from error
    with database.write() as connection:
        now = now_of(connection)
        bells = due_bells(connection, now=now, window=WINDOW, hanging=hanging)
        mark_rung(connection, bells, now=now)
        installation = installation_id(connection)
    try:
        _enqueue(queue, bells, installation=installation)
    except RedisError as error:
        with database.write() as connection:
            unring(connection, bells)
        raise QueueUnreachable(str(error)) from error
    return len(bells)


def _enqueue(queue: Queue, bells: Iterable[Bell], *, installation: str | None) -> None:
    for bell in bells:
        queue.enqueue(
            TASKS[bell.kind],
            bell.chunk_id,
            job_id=f"chunk-{bell.chunk_id}-{secrets.token_hex(4)}",
            job_timeout=JOB_TIMEOUT_SECONDS,
            result_ttl=RESULT_SECONDS,
            failure_ttl=FAILURE_SECONDS,
            at_front=bell.is_first,
            meta={INSTALLATION: installation},
            description=bell.in_words,
        )


def rung_chunks(redis: Redis) -> set[int]:
    """Chunks whose bell hangs in the queue. A pure read: RQ's registries are not touched.

    Raises redis.exceptions.RedisError.
    """
    ids = redis.lrange(f"rq:queue:{QUEUE_NAME}", 0, -1)
    return {
        int(parts[1])
        for parts in (_text(raw).split("-") for raw in ids)
        if len(parts) == 3 and parts[0] == "chunk" and parts[1].isdigit()
    }


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode()
