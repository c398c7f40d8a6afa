"""A Redis with the records of workers that nobody has to start, and the address of none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from redis import Redis
from redis.client import PubSub

from store.clock import utc_now
from tests.harness.waiting import wait_until

AWAY = "redis://127.0.0.1:1/0"


def flat(fields: Mapping[str, str]) -> list[str]:
    """Names and values in turn, as Redis takes them."""
    return [part for pair in fields.items() for part in pair]


class Hall:
    """A Redis with the records of workers that nobody has to start."""

    def __init__(self, url: str) -> None:
        self.redis = Redis.from_url(url, decode_responses=True)
        self._ears: PubSub = self.redis.pubsub()  # type: ignore[no-untyped-call]

    def enlist(
        self,
        name: str,
        *,
        beat_ago: float = 1,
        kept_seconds: int = 120,
        alive: bool = True,
        more: Mapping[str, str] | None = None,
        **fields: str,
    ) -> None:
        """Write down what RQ writes, as of a worker that beat so many seconds ago."""
        record = {
            "hostname": "node-1",
            "pid": "4711",
            "version": "3.0.0",
            "state": "idle",
            "last_heartbeat": (utc_now() - timedelta(seconds=beat_ago)).isoformat(),
            **fields,
            **(more or {}),
        }
        pipeline = self.redis.pipeline()
        pipeline.sadd("rq:workers", f"rq:worker:{name}")
        pipeline.hset(f"rq:worker:{name}", items=flat(record))
        pipeline.expire(f"rq:worker:{name}", kept_seconds - int(beat_ago))
        pipeline.execute()
        if alive:
            self._ears.subscribe(f"rq:pubsub:{name}")

    def fall_silent(self, name: str) -> None:
        """Its process is gone: it listens no more, and has changed nothing."""
        before = len(self.redis.pubsub_channels("rq:pubsub:*"))
        self._ears.unsubscribe(f"rq:pubsub:{name}")  # type: ignore[no-untyped-call]
        self.wait(before - 1)

    def give_bell(
        self,
        name: str,
        *,
        ago: float,
        bell: str = "chunk-1-0fa9c1d2",
        clock_ahead: float = 0,
        beat_ago: float = 3,
    ) -> None:
        """Write down what RQ writes when a worker takes a job, and beats until now on it."""
        key, clock = f"{bell}:{'e' * 32}", utc_now().timestamp() + clock_ahead
        told = {"created_at": str(clock - ago), "last_heartbeat": str(clock - min(ago, beat_ago))}
        self.redis.sadd(f"rq:worker:{name}:executions", key)
        self.redis.hset(f"rq:execution:{key}", items=flat(told))

    def wait(self, alive: int) -> None:
        """Until Redis has taken in who is subscribed."""
        wait_until(
            lambda: len(self.redis.pubsub_channels("rq:pubsub:*")) == alive, what="all listen"
        )

    def close(self) -> None:
        """Hang up."""
        self._ears.close()
        self.redis.close()
