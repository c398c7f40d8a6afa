"""What a worker reports of itself beside RQ's record: program, memory, CPU, the limit.

Kept in Redis under a key of our own, which runs out by itself. Our worker writes it with every
heartbeat; a plain `rq worker` cannot, so its work-horses write what they see of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.connection import ConnectionPool
from redis.retry import Retry

from jobs.link import CONNECT_SECONDS, READ_SECONDS
from jobs.proc import ProcessUse, memory_limit, use_of
from jobs.record import moment_of, number_of, text_of, whole_of
from store.clock import utc_now
from store.vain import program_version

KEPT_SECONDS = 3600
PREFIX = "rq:email-parser:worker:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The last report of one worker. Sizes in bytes; what the kernel did not tell is None."""

    at: datetime
    program: str | None  # the version of this program
    limit_bytes: int | None
    worker: ProcessUse | None
    horse: ProcessUse | None


def write_report(pipeline: Pipeline, name: str, *, worker_pid: int, horse_pid: int | None) -> None:
    """Have a pipeline replace the report of a worker."""
    fields: dict[str, str | int | float] = {
        "at": utc_now().isoformat(),
        "program": program_version(),
        **_limit(),
        **_fields("worker", worker_pid),
        **(_fields("horse", horse_pid) if horse_pid else {}),
    }
    pipeline.delete(PREFIX + name)
    pipeline.hset(PREFIX + name, items=[part for pair in fields.items() for part in pair])
    pipeline.expire(PREFIX + name, KEPT_SECONDS)


def _limit() -> dict[str, int]:
    limit = memory_limit()
    return {} if limit is None else {"limit": limit}


def _fields(whose: str, pid: int) -> dict[str, int | float]:
    use = use_of(pid)
    if use is None:
        return {}
    return {
        f"{whose}_pid": use.pid,
        f"{whose}_memory": use.memory_bytes,
        f"{whose}_peak": use.peak_bytes,
        f"{whose}_cpu": round(use.cpu_seconds, 2),
        f"{whose}_age": round(use.age_seconds, 2),
    }


def report_from_horse(redis: Redis, name: str) -> None:
    """From inside a work-horse: of itself and of the worker above it. Raises RedisError."""
    pipeline = redis.pipeline(transaction=True)
    write_report(pipeline, name, worker_pid=os.getppid(), horse_pid=os.getpid())
    pipeline.execute()


def hasty(redis: Redis) -> Redis:
    """A client to the same Redis that gives up soon: a report must not keep a beat waiting."""
    pool = redis.connection_pool
    settings = {
        **pool.connection_kwargs,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": READ_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return Redis(connection_pool=ConnectionPool(pool.connection_class, **settings))


def read_reports(redis: Redis, names: Iterable[str]) -> dict[str, Report]:
    """The reports of those workers that have one, in one go. Raises RedisError."""
    wanted = list(names)
    pipeline = redis.pipeline(transaction=False)
    for name in wanted:
        pipeline.hgetall(PREFIX + name)
    found = zip(wanted, pipeline.execute(), strict=True)
    reports = {name: _report(text_of(fields)) for name, fields in found}
    return {name: report for name, report in reports.items() if report is not None}


def _report(fields: Mapping[str, str]) -> Report | None:
    at = moment_of(fields.get("at"))
    if at is None:
        return None
    return Report(
        at=at,
        program=fields.get("program"),
        limit_bytes=whole_of(fields.get("limit")),
        worker=_use(fields, "worker"),
        horse=_use(fields, "horse"),
    )


def _use(fields: Mapping[str, str], whose: str) -> ProcessUse | None:
    pid, memory = whole_of(fields.get(f"{whose}_pid")), whole_of(fields.get(f"{whose}_memory"))
    if pid is None or memory is None:
        return None
    return ProcessUse(
        pid=pid,
        memory_bytes=memory,
        peak_bytes=whole_of(fields.get(f"{whose}_peak")) or memory,
        cpu_seconds=number_of(fields.get(f"{whose}_cpu")) or 0.0,
        age_seconds=number_of(fields.get(f"{whose}_age")) or 0.0,
    )
