"""What Redis knows of workers, read in three round trips however many there are.

Of each only what tells how it stands; the rest is read of the few that are shown.

Pure reads. RQ's own accessors are not used, because they clean registries up as they look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from redis import Redis

from jobs.bell import QUEUE_NAME
from jobs.record import moment_of, text_of, word_of

CHANNEL_PREFIX = "rq:pubsub:"
WORKER_KEY_PREFIX = "rq:worker:"
WORKERS_KEY = "rq:workers"
# What our own worker adds to RQ's record of it: the version of this program.
PROGRAM_FIELD = "email_parser"
# With each beat RQ lets a worker's record live for the time to the next one and a minute; an
# idle worker looks up from the queue a quarter of a minute before its time is over.
FIELDS = (
    *("hostname", "pid", "state", "last_heartbeat", "queues", "shutdown_requested_date"),
    *("death", PROGRAM_FIELD),
)
RECORD_GRACE_SECONDS = 60
IDLE_GRACE_SECONDS = 15
ROUNDED_TO_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One worker. `subscribed` is proof of life; `record` holds what RQ's hash has of FIELDS."""

    name: str
    subscribed: bool
    listed: bool
    record: Mapping[str, str]
    keeps_seconds: int | None  # for how much longer the record is kept
    beat_at: datetime | None  # RQ's own heartbeat

    @property
    def asked_to_end_at(self) -> datetime | None:
        """Since when it is to end after what it holds."""
        return moment_of(self.record.get("shutdown_requested_date"))

    @property
    def is_busy(self) -> bool:
        """It says that it runs a job."""
        return self.record.get("state") == "busy"

    @property
    def is_resting(self) -> bool:
        """It says that it waits for a job, and listens."""
        return self.subscribed and self.record.get("state") == "idle"

    @property
    def has_said_farewell(self) -> bool:
        """It has ended as a worker does; a new one of the same name begins a new record."""
        return "death" in self.record and not self.subscribed

    @property
    def serves_us(self) -> bool:
        """It takes bells of ours; also where its record does not tell which queues it serves."""
        queues = self.record.get("queues")
        return not queues or QUEUE_NAME in queues.split(",")

    def beat_seconds(self, *, now: datetime) -> float | None:
        """How often it beats in its present state, told from how long its record is kept."""
        if self.beat_at is None or self.keeps_seconds is None:
            return None
        kept = (now - self.beat_at).total_seconds() + self.keeps_seconds
        grace = RECORD_GRACE_SECONDS + (0 if self.is_busy else IDLE_GRACE_SECONDS)
        every = round((kept - grace) / ROUNDED_TO_SECONDS) * ROUNDED_TO_SECONDS
        return float(every) if every > 0 else None


def sight(redis: Redis, *, also: Iterable[str]) -> list[Sighting]:
    """Every worker that is subscribed, listed or named in `also`. Raises RedisError."""
    channels = redis.pubsub_channels(f"{CHANNEL_PREFIX}*")
    subscribed = {word_of(channel).removeprefix(CHANNEL_PREFIX) for channel in channels}
    keys = redis.smembers(WORKERS_KEY)
    listed = {word_of(key).removeprefix(WORKER_KEY_PREFIX) for key in keys}
    names = sorted(subscribed | listed | set(also))
    return [
        Sighting(
            name=name,
            subscribed=name in subscribed,
            listed=name in listed,
            record=record,
            keeps_seconds=keeps,
            beat_at=moment_of(record.get("last_heartbeat")),
        )
        for name, (record, keeps) in zip(names, _records(redis, names), strict=True)
    ]


def _records(redis: Redis, names: list[str]) -> list[tuple[dict[str, str], int | None]]:
    pipeline = redis.pipeline(transaction=False)
    for name in names:
        pipeline.hmget(WORKER_KEY_PREFIX + name, FIELDS)
        pipeline.ttl(WORKER_KEY_PREFIX + name)
    answers = pipeline.execute()
    return [
        (_fields(values), keeps if keeps >= 0 else None)
        for values, keeps in zip(answers[::2], answers[1::2], strict=True)
    ]


def _fields(values: Iterable[bytes | str | None]) -> dict[str, str]:
    told = zip(FIELDS, values, strict=True)
    return {name: word_of(value) for name, value in told if value is not None}


def whole_records(redis: Redis, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Everything RQ wrote down of a few workers. Raises RedisError."""
    wanted = list(names)
    pipeline = redis.pipeline(transaction=False)
    for name in wanted:
        pipeline.hgetall(WORKER_KEY_PREFIX + name)
    found = zip(wanted, pipeline.execute(), strict=True)
    return {name: text_of(record) for name, record in found}


def bells_hanging(redis: Redis) -> int:
    """How many bells nobody has taken yet. Raises RedisError."""
    return int(redis.llen(f"rq:queue:{QUEUE_NAME}"))
