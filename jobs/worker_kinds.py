"""Which command started a worker, told by its name also where Redis has lost its record of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from jobs.sightings import PROGRAM_FIELD
from jobs.worker_names import pid_told_by
from store.chunks import AttemptView
from store.states import EngineName


class WorkerKind(StrEnum):
    """Which command started it."""

    OURS = "email-parser worker"
    PLAIN = "rq worker"
    LOCAL = "local"


def kind_told_by(attempt: AttemptView) -> WorkerKind:
    """The command that started who ran an attempt."""
    if attempt.engine is EngineName.LOCAL:
        return WorkerKind.LOCAL
    return kind_of(attempt.worker, {})


def kind_of(name: str, record: Mapping[str, str]) -> WorkerKind:
    """The command that started an RQ worker; the record may be what a flush of Redis left.

    Ours bear names of their own making and cannot be given another, so whoever bears a different
    one was started by RQ's command.
    """
    is_ours = record.get(PROGRAM_FIELD) or pid_told_by(name)
    return WorkerKind.OURS if is_ours else WorkerKind.PLAIN
