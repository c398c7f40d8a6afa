"""What Redis says of itself, as far as a queue depends on it. A pure read, and no CONFIG.

Only INFO and TIME are asked for: under the shipped ACL the rest is refused.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from jobs.bell import QueueUnreachable
from jobs.link import QueueLink


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisCondition:
    """One Redis at one moment. Sizes in bytes; `max_bytes` is None without a limit."""

    version: str
    answer_seconds: float
    clock_ahead_seconds: float  # of this machine's clock; negative when behind
    eviction: str  # the maxmemory-policy
    evicted_keys: int
    used_bytes: int
    max_bytes: int | None
    appends: bool  # an append-only file is kept
    last_save_worked: bool


def redis_condition(link: QueueLink) -> RedisCondition:
    """Ask. Raises QueueUnreachable."""
    try:
        began = time.time()
        seconds, microseconds = link.redis.time()
        ended = time.time()
        told: dict[str, Any] = dict(link.redis.info())
    except RedisError as error:
        raise QueueUnreachable(str(error) or type(error).__name__) from error
    return RedisCondition(
        version=str(told.get("redis_version", "unknown")),
        answer_seconds=ended - began,
        clock_ahead_seconds=seconds + microseconds / 1e6 - (began + ended) / 2,
        eviction=str(told.get("maxmemory_policy", "unknown")),
        evicted_keys=int(told.get("evicted_keys", 0)),
        used_bytes=int(told.get("used_memory", 0)),
        max_bytes=int(told.get("maxmemory", 0)) or None,
        appends=bool(int(told.get("aof_enabled", 0))),
        last_save_worked=_worked(told, "rdb_last_bgsave_status", "aof_last_write_status"),
    )


def _worked(told: dict[str, Any], *names: str) -> bool:
    return all(told.get(name, "ok") == "ok" for name in names)
