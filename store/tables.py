"""Tables of the work: uploads, jobs, chunks, attempts, the ledger.

Only shapes; what is done with them stands in the module named after each. The tables of the
mail itself are in `tables_mail`, those of people and of what they did in `tables_people`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives a rowid only to a column whose type is spelled INTEGER.
BigKey = BigInteger().with_variant(Integer(), "sqlite")


class Utc(TypeDecorator[datetime]):
    """An aware time, in UTC on both databases (SQLite itself knows no zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times: they would silently shift."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# A text that is compared byte by byte on both databases.
Bytewise = Text().with_variant(Text(collation="C"), "postgresql")


def only(where: str) -> dict[str, Any]:
    """Options of an index that holds only the rows for which `where` is true."""
    return {"postgresql_where": text(where), "sqlite_where": text(where)}


def one_of(column: str, values: str) -> CheckConstraint:
    """A check that a text column holds one of the words (real enums hinder migrations)."""
    listed = ", ".join(f"'{value}'" for value in values.split())
    return CheckConstraint(f"{column} IN ({listed})", name=column)


upload = Table(
    "upload",
    metadata,
    Column("id", Integer, primary_key=True),  # the mbox id; at most 2**22, see message.id
    Column("key", Text, nullable=False, unique=True),  # unguessable, for resumable uploads
    Column("filename", Text, nullable=False),  # as sent; never a path
    Column("spool_name", Text, nullable=False, unique=True),
    Column("size", BigInteger),  # bytes; NULL until whole
    Column("declared_size", BigInteger),
    Column("sha256", Text, index=True),
    Column(
        "state", Text, one_of("state", "receiving stored broken deleting deleted"), nullable=False
    ),
    Column("created_at", Utc, nullable=False),
    Column("stored_at", Utc),
    Column("created_by", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=text("'mail'")),  # or archive
    Column("archive_id", Integer),  # the upload it came out of; NULL when it was sent itself
    Index("ix_upload_archive_id", "archive_id", **only("archive_id IS NOT NULL")),
    sqlite_autoincrement=True,  # an id is never used twice, or old links would show other mail
)

job = Table(
    "job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("upload_id", ForeignKey("upload.id"), nullable=False, index=True),
    Column(
        "state",
        Text,
        one_of("state", "queued planning running finished incomplete failed cancelled"),
        nullable=False,
    ),
    Column("created_at", Utc, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("started_at", Utc),
    Column("finished_at", Utc),
    Column("paused_at", Utc),  # while set, none of its chunks is claimed
    Column("rule", Text),  # JSON of mail.mbox.Rule, fixed by the plan
    Column("detection", Text),  # JSON of mail.mbox.Detection
    Column("error", Text),  # one line for people; NULL when nothing is wrong
    Index("ix_job_created_at_id", "created_at", "id"),
    Index("ix_job_state_open", "state", **only("state IN ('queued','planning','running')")),
)

# A job was over, and then began again. Only ever added to, so that nobody waits for anybody; of an
# archive two may overlap, see store.rests. No foreign key: PostgreSQL would hold the row of the
# archive's job for it, which an act on the archive may hold while it waits for the file.
job_rest = Table(
    "job_rest",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("job_id", Text, nullable=False, index=True),
    Column("since", Utc, nullable=False),  # the end of all that went before
    Column("until", Utc, nullable=False),
    Column("for_reading", Boolean, nullable=False),  # the file was read again, not retried
)

chunk = Table(
    "chunk",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("job_id", ForeignKey("job.id"), nullable=False),
    Column("upload_id", ForeignKey("upload.id"), nullable=False),
    Column("kind", Text, one_of("kind", "plan parse"), nullable=False),
    Column("seq", Integer, nullable=False),  # 0 for the plan, 1… for the ranges, in file order
    Column("turn", Integer, nullable=False, server_default=text("0")),  # see store.turns
    Column("start", BigInteger, nullable=False),
    Column("stop", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),  # everything before it is committed
    Column("expected_messages", Integer),  # what the scan counted
    Column("state", Text, one_of("state", "waiting running done failed cancelled"), nullable=False),
    Column("attempt_id", Text),  # the fencing token of the only attempt that may write
    Column("attempts", Integer, nullable=False, default=0),  # runs since the last asked-for retry
    Column("suspect_offset", BigInteger),  # the message a careful attempt is looking at
    Column("suspect_attempts", Integer, nullable=False, default=0),  # attempts that died in place
    Column("not_before", Utc),
    Column("rung_at", Utc),  # when the doorbell was last rung; NULL: not yet
    Column("messages", Integer, nullable=False, default=0),
    Column("duplicates", Integer, nullable=False, default=0),
    Column("quarantined", Integer, nullable=False, default=0),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    Column("error", Text),
    # Why it failed, last time or now: a key of `cause`. NULL also while nobody has looked yet.
    Column("cause", Text),
    Column("same_cause", Boolean),  # failed as the time before; NULL before a second failure
    Column("failed_before", Boolean),  # true once it failed and somebody let it go on
    Column("errand_id", BigInteger),  # the errand that last gave it a fresh start
    Index("uq_chunk_job_id_seq", "job_id", "seq", unique=True),
    # When the first began and the last ended, of a job that may have 100,000.
    Index("ix_chunk_job_id_started_at_seq", "job_id", "started_at", "seq"),
    Index("ix_chunk_job_id_ended_at_seq", "job_id", "ended_at", "seq"),
    # The order of fairness, too.
    Index("ix_chunk_waiting", "turn", "id", **only("state = 'waiting'")),
    Index("ix_chunk_failed", "job_id", "seq", **only("state = 'failed'")),
    # Lists of failures are read from this index alone; without the state in it, SQLite would look
    # at every row to check it.
    Index(
        "ix_chunk_cause",
        *("state", "cause", "ended_at", "id", "upload_id"),
        **only("state = 'failed'"),
    ),
    Index(
        "ix_chunk_errand_id",
        *("errand_id", "state", "same_cause", "ended_at"),
        **only("errand_id IS NOT NULL"),
    ),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Text, primary_key=True),
    Column("chunk_id", ForeignKey("chunk.id"), nullable=False, index=True),
    Column("job_id", ForeignKey("job.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1… within the chunk, never reset
    Column("engine", Text, one_of("engine", "rq local"), nullable=False),
    Column("worker", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("careful", Boolean, nullable=False),  # one message per transaction
    Column("start_position", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False, default=0),
    Column("messages", Integer, nullable=False, default=0),
    Column("peak_memory_bytes", BigInteger),
    Column("cpu_seconds", Double),
    Column("started_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("lease_until", Utc, nullable=False),
    Column("ended_at", Utc),
    Column(
        "outcome",
        Text,
        one_of("outcome", "running done failed lost fenced cancelled drained"),
        nullable=False,
    ),
    Column("error_type", Text),
    Column("error", Text),  # the message of the exception, or why it was given up, in words
    Column("traceback", Text),
    Column("error_offset", BigInteger),  # of the message that was being read
    Column("counted", Boolean),  # true once it is in the sums of `past_work`; NULL before
    Column("cause", Text),  # why it did not succeed, see `store.causes`; written when counted
    Index(
        "ix_attempt_cause",
        *("job_id", "outcome", "cause", "started_at", "chunk_id"),
        **only("cause IS NOT NULL"),
    ),
    Index("ix_attempt_uncounted", "seen_at", **only("counted IS NULL")),
    Index("ix_attempt_lost", "seen_at", **only("outcome = 'lost'")),
    Index("ix_attempt_worker_started_at", "worker", "started_at"),
    Index("ix_attempt_running", "lease_until", **only("outcome = 'running'")),
    Index("ix_attempt_seen_at", "seen_at"),
    Index("ix_attempt_job_id_started_at_id", "job_id", "started_at", "id"),
    Index("ix_attempt_job_id_outcome_started_at_id", "job_id", "outcome", "started_at", "id"),
    Index("ix_attempt_version_started_at", "version", "started_at"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("upload_id", ForeignKey("upload.id"), primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column(
        "kind",
        Text,
        one_of("kind", "message duplicate quarantined preamble trailer member structure"),
        nullable=False,
    ),
    Column("messages", Integer, nullable=False),  # 0 for preamble and trailer
    Column("note", Text),  # why, where the kind alone does not say
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("upload_id", ForeignKey("upload.id"), primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),  # a stable word: too_large, too_slow, crashed, killed
    Column("detail", Text, nullable=False),  # a sentence
    Column("traceback", Text),
    Column("created_at", Utc, nullable=False),
)

task_lock = Table(
    "task_lock",
    metadata,
    Column("name", Text, primary_key=True),  # reconciler, local_runner …
    Column("owner", Text, nullable=False),
    Column("until", Utc, nullable=False),
)
