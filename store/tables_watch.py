"""Tables of what is watched and what is done on the side: samples of the queue, errands, the
causes of failures, rests; sums that the database itself keeps.

Only shapes; see `store.history`, `store.errands`, `store.failures`, `store.standstill`,
`store.installation`, `store.block_sums`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)

from store.tables import BigKey, Utc, metadata, one_of, only

# What cannot be told afterwards from attempts: how much waited, and for how long.
queue_sample = Table(
    "queue_sample",
    metadata,
    Column("at", Utc, primary_key=True),
    Column("waiting", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    Column("oldest_seconds", Double),  # NULL while nothing waits
    Column("consumers", Integer),  # NULL when Redis could not be asked
)

# What attempts did that have ended: sums by the minute they were last seen. See `store.past_work`.
past_work = Table(
    "past_work",
    metadata,
    Column("minute", Integer, primary_key=True, autoincrement=False),  # since 1970, in UTC
    Column("bytes", BigInteger, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
)

# What the chunks of a job that stand alike add up to, by blocks of `store.block_sums.BLOCK`. Kept
# by triggers of the database (revisions 0013, 0016), so nobody writes it and it is true in every
# transaction. What counts is the sum of rows: on PostgreSQL every change adds one of its own, so
# that no two workers wait for each other. No foreign key for the same reason.
block_sum = Table(
    "block_sum",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("job_id", Text, nullable=False),
    Column("block", Integer, nullable=False),  # 0 is the plan
    Column("state", Text, nullable=False),
    Column("tries", SmallInteger, nullable=False),  # attempts since the last retry, to 2
    Column("chunks", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),  # from start to stop
    Column("bytes_done", BigInteger, nullable=False),  # from start to position
    Column("messages", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("expected_messages", BigInteger, nullable=False),
    Index("ix_block_sum_job_id_block_state_tries", "job_id", "block", "state", "tries"),
)

errand = Table(
    "errand",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("parameters", Text, nullable=False),  # JSON
    Column("state", Text, one_of("state", "waiting running done failed stopped"), nullable=False),
    Column("done", BigInteger, nullable=False, default=0),
    Column("total", BigInteger),
    Column("result", Text),  # JSON
    Column("error", Text),
    Column("created_at", Utc, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    Column("place", Text),  # JSON: how far a kind that goes through many has come, and its sums
    Column("subject", Text),  # what it is about, as in the audit log: "cause:3f…", "job:…"
    Index("ix_errand_open", "id", **only("state IN ('waiting', 'running')")),
    Index("ix_errand_subject_id", "subject", "id"),
)

# Which jobs an errand means that asks for a state or an end, while it is open; see store.meant.
errand_meant = Table(
    "errand_meant",
    metadata,
    Column("errand_id", BigInteger, primary_key=True, autoincrement=False),
    Column("job_id", Text, primary_key=True),
)

# How chunks that an errand retried had ended, of those that are not its own any more: retried
# anew, read again or gone. Kept by triggers (revision 0017), as `block_sum` is; rows are summed up.
errand_past = Table(
    "errand_past",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("errand_id", BigInteger, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("same_cause", Boolean),
    Column("number", BigInteger, nullable=False),
    Column("last_end", Utc),
)

# Which jobs an errand over many has reached, for the lists of what was done to each. Without a
# foreign key, as what was done is told of jobs that are gone too.
errand_job = Table(
    "errand_job",
    metadata,
    Column("errand_id", BigInteger, primary_key=True, autoincrement=False),
    Column("job_id", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),  # of its chunks, or of what the errand counts
    Index("ix_errand_job_job_id", "job_id", "errand_id"),
)

cause = Table(
    "cause",
    metadata,
    Column("key", Text, primary_key=True),  # see store.causes
    Column("error_type", Text),
    Column("message", Text, nullable=False),  # without its numbers and names
    Column("frame", Text),  # the last frame of ours; NULL without a traceback
    Column("sample", Text),  # what the latest chunk said, names and numbers and all; cut
    Column("first_at", Utc, nullable=False),
    Column("last_at", Utc, nullable=False),
)

# How often chunks failed for a cause; what was retried since is still counted.
cause_minute = Table(
    "cause_minute",
    metadata,
    Column("cause", Text, primary_key=True),
    Column("minute", Integer, primary_key=True),  # since 1970, in UTC
    Column("number", Integer, nullable=False),
)

# A machine on which no work can be done just now, for a reason that is no chunk's fault.
standstill = Table(
    "standstill",
    metadata,
    Column("host", Text, primary_key=True),
    Column("reason", Text, nullable=False),  # one line for people
    Column("since", Utc, nullable=False),
    Column("until", Utc, nullable=False),  # then it is tried again
    Column("times", Integer, nullable=False),  # in a row that it was of no use
)

# One row, made with the table: which database this is, for those who must look at the same one.
installation = Table(
    "installation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created_at", Utc, nullable=False),
)
