"""The words for where work stands; the same in tables, API and pages."""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    PLANNING = "planning"
    RUNNING = "running"
    FINISHED = "finished"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """True when nothing more happens by itself."""
        return self not in OPEN_JOB_STATES


OPEN_JOB_STATES = (JobState.QUEUED, JobState.PLANNING, JobState.RUNNING)
# What a retry lets go on, of jobs and of chunks.
STOPPED_JOB_STATES = (JobState.FAILED, JobState.CANCELLED)


class ChunkState(StrEnum):
    """Where a chunk stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_CHUNK_STATES = (ChunkState.WAITING, ChunkState.RUNNING)
STOPPED_CHUNK_STATES = (ChunkState.FAILED, ChunkState.CANCELLED)


class ChunkKind(StrEnum):
    """What is done with a chunk's range: find its messages, or read them."""

    PLAN = "plan"
    PARSE = "parse"


class Outcome(StrEnum):
    """How an attempt ended."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # it raised
    LOST = "lost"  # it died or fell silent
    FENCED = "fenced"  # it found its chunk in other hands
    CANCELLED = "cancelled"
    DRAINED = "drained"  # it was asked to make way and did


class EngineName(StrEnum):
    """Who ran an attempt."""

    RQ = "rq"
    LOCAL = "local"
