"""The line to Redis: a patient client for work, a hasty one for looking.

Knows whether the queue can be reached and since when not; rings no bells.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from store.clock import utc_now
from store.config import Config, QueueChoice

log = logging.getLogger(__name__)

# A page must not wait for a Redis that is away: the default client takes 3.5 s to find out.
CONNECT_SECONDS = 0.5
READ_SECONDS = 1.0
FRESH_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """Whether Redis answered, when it was asked, and since when it has not."""

    reachable: bool
    asked_at: datetime
    unreachable_since: datetime | None
    error: str | None
    answer_seconds: float | None


class QueueLink:
    """Connections to one Redis. Safe for threads."""

    def __init__(self, url: str) -> None:
        self.redis = _client(url)
        self._lock = threading.Lock()
        self._state: LinkState | None = None
        self._asked = 0.0

    def state(self) -> LinkState:
        """What the last ping said; asks again when that is more than 2 s old."""
        with self._lock:
            if self._state is None or time.monotonic() - self._asked > FRESH_SECONDS:
                self._state = self._ask(self._state)
                self._asked = time.monotonic()
            return self._state

    def _ask(self, before: LinkState | None) -> LinkState:
        began = time.monotonic()
        error = None
        try:
            self.redis.ping()
        except RedisError as caught:
            error = str(caught) or type(caught).__name__
        now = utc_now()
        since = None
        if error is not None:
            since = (before.unreachable_since if before else None) or now
        return LinkState(
            reachable=error is None,
            asked_at=now,
            unreachable_since=since,
            error=error,
            answer_seconds=None if error else time.monotonic() - began,
        )

    def close(self) -> None:
        """Hang up."""
        self.redis.close()


def works_here(config: Config, link: QueueLink | None) -> bool:
    """Whether the console does the work by itself now: without Redis, or while that is away."""
    if link is None:
        return True
    return config.queue is QueueChoice.AUTO and not link.state().reachable


def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=READ_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def work_client(url: str, *, name: str) -> Redis:
    """A client for a worker, which waits on the queue and may take its time.

    Each of its connections bears the worker's name, by which `jobs.frozen` finds them; not where
    Redis, or what stands before it, lets none be named. Raises RedisError while it is away.
    """
    named = Redis.from_url(url, client_name=name)
    try:
        named.ping()
    except ResponseError as error:
        log.warning("connections to Redis cannot be named: %s", error)
        named.close()
        return Redis.from_url(url)
    return named
