"""What an operator can set: each variable with its default and its meaning.

`docs/configuration.md` is generated from this list. How a value is read is `reading_settings`, who
reads it is `store.config`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store import reading_settings as reading

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its default as text, what it means, how it is read."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any]


SETTINGS: tuple[Setting, ...] = (
    Setting("HOST", "127.0.0.1", "Address the console listens on.", reading.host),
    Setting(
        "PORT", "8000", "Port the console listens on; 0 takes a free one.", reading.whole(0, 65535)
    ),
    Setting("DATA_DIR", "./var", "Folder for the spool and, by default, the database.", Path),
    Setting(
        "DATABASE_URL",
        "",
        "Database: `sqlite:///path` or `postgresql+psycopg://user:password@host/name`. "
        "Empty: SQLite inside `DATA_DIR`.",
        reading.database_url,
    ),
    Setting(
        "REDIS_URL",
        "",
        "Redis for RQ: `redis://`, `rediss://` or `unix://`. Empty: no Redis, the local thread "
        "does the workers' job.",
        reading.redis_url,
    ),
    Setting(
        "QUEUE",
        "auto",
        "`auto`: RQ when `REDIS_URL` is set, and the local thread while Redis is away; `redis`: RQ "
        "only, work waits for Redis; `local`: the local thread only.",
        reading.queue,
    ),
    Setting(
        "ADMIN_PASSWORD",
        "",
        "Password of the first account, `admin`; read on the first start only. Empty: a one-time "
        "sign-in link is printed.",
        reading.password,
    ),
    Setting(
        "ALLOWED_HOSTS",
        "",
        "Host names, comma-separated, under which the console may be addressed (`*` for any). "
        "Empty: the loopback names, HOST and this machine's name.",
        reading.names,
    ),
    Setting(
        "CHUNK_BYTES",
        str(16 * MEBIBYTE),
        "Nominal size of a chunk in bytes; a chunk ends at the next message boundary.",
        reading.whole(1024, 1 << 32),
    ),
    Setting(
        "LOCAL_WORKERS",
        "1",
        "Child processes of the local thread that parse chunks.",
        reading.whole(1, 64),
    ),
    Setting(
        "MAX_UPLOAD_BYTES",
        str(1 << 40),
        "Largest upload taken, in bytes.",
        reading.whole(1, (1 << 40)),
    ),
    Setting(
        "MAX_MESSAGE_BYTES",
        str(128 * MEBIBYTE),
        "Largest message read whole, in bytes; of a larger one the headers are read and the body "
        "is quarantined.",
        reading.whole(64 * 1024, 1 << 31),
    ),
    Setting(
        "MAX_TEXT_CHARS",
        "1000000",
        "Characters of a message's text that are kept and indexed.",
        reading.whole(1000, 100_000_000),
    ),
    Setting(
        "ARCHIVE_MEMBERS",
        "10000",
        "Most members of an archive; one with more is not unpacked to its end.",
        reading.whole(1, 1_000_000),
    ),
    Setting(
        "ARCHIVE_MEMBER_BYTES",
        str(1 << 40),
        "Most bytes that may come out of one member of an archive.",
        reading.whole(1, 1 << 40),
    ),
    Setting(
        "ARCHIVE_BYTES",
        str(1 << 40),
        "Most bytes that may come out of an archive and of archives in it, all together. Those in "
        "it that are unpacked side by side look once a second at what the others have given, so "
        "the sum may be larger by what all workers but one unpack in a second.",
        reading.whole(1, 1 << 45),
    ),
    Setting(
        "ARCHIVE_RATIO",
        "1000",
        "Most bytes that may come out for each packed byte, of one packed run and of the archive "
        "so far, once 16 MiB have come.",
        reading.whole(1, 1_000_000),
    ),
    Setting(
        "ARCHIVE_DEPTH",
        "2",
        "How deep archives may lie in archives: 1 opens what was uploaded, 2 also archives in it.",
        reading.whole(1, 8),
    ),
    Setting(
        "FREE_BYTES_FLOOR",
        str(256 * MEBIBYTE),
        "Bytes of the spool's disk that uploads never fill.",
        reading.whole(0, 1 << 50),
    ),
    Setting(
        "READ_TIMEOUT_SECONDS",
        "60",
        "How long an upload may stand still before it is broken off.",
        reading.seconds(1, 3600),
    ),
    Setting(
        "MESSAGE_SECONDS",
        "30",
        "CPU seconds one message may take before it is quarantined.",
        reading.seconds(0.5, 3600),
    ),
    Setting(
        "SLICE_SECONDS",
        "20",
        "How long one RQ job goes on taking further chunks before it makes way.",
        reading.seconds(0, 3600),
    ),
    Setting(
        "LEASE_SECONDS",
        "30",
        "How long an attempt may stay silent before its chunk is given to another.",
        reading.seconds(1, 3600),
    ),
    Setting(
        "BEAT_SECONDS",
        "5",
        "How often a running attempt renews its lease.",
        reading.seconds(0.2, 600),
    ),
    Setting(
        "RECONCILE_SECONDS",
        "5",
        "How often the console compares the database with the queue.",
        reading.seconds(0.2, 3600),
    ),
    Setting(
        "ATTEMPTS",
        "3",
        "Runs a chunk gets before it counts as failed. Runs that end amid a message (it raised, or "
        "the process died) are not among them: they follow at once and find the message that is "
        "to blame, mostly within four; after eight in one place the chunk fails.",
        reading.whole(1, 100),
    ),
    Setting(
        "RETRY_SECONDS",
        "10",
        "Wait before the second run of a chunk; doubled for each further one.",
        reading.seconds(0, 3600),
    ),
    Setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR.", reading.log_level),
)
