"""Tables of what is watched and what is done on the side: samples of the queue, errands, rests.

Only shapes; see `store.history`, `store.errands`, `store.standstill`, `store.installation`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table, Text, text

from store.tables import BigKey, Utc, metadata, one_of

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
    Index(
        "ix_errand_open",
        "id",
        postgresql_where=text("state IN ('waiting', 'running')"),
        sqlite_where=text("state IN ('waiting', 'running')"),
    ),
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
