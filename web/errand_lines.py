"""Errands in words: what each is, where it stands, and what became of the chunks it retried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from store.database import Database
from store.errands import Errand, ErrandKind, ErrandState, list_errands
from store.file_names import FileName, file_names, subject_in
from store.retrying import Aftermath, aftermaths
from store.touched import Touched
from web.language import N_

TITLES = {
    ErrandKind.DELETE_UPLOAD: N_("Deleting a file and its messages"),
    ErrandKind.READ_AGAIN: N_("Reading a file again"),
    ErrandKind.RETRY_FAILED: N_("Retrying failures"),
    ErrandKind.TRIAL: N_("Retrying one chunk as a trial"),
    ErrandKind.RETRY_JOBS: N_("Retrying jobs"),
    ErrandKind.PAUSE_JOBS: N_("Pausing jobs"),
    ErrandKind.RESUME_JOBS: N_("Letting jobs go on"),
    ErrandKind.CANCEL_JOBS: N_("Cancelling jobs"),
    ErrandKind.PAUSE_MEMBERS: N_("Pausing what came out of an archive"),
    ErrandKind.RESUME_MEMBERS: N_("Letting go on what came out of an archive"),
    ErrandKind.CANCEL_MEMBERS: N_("Cancelling what came out of an archive"),
    ErrandKind.RETRY_MEMBERS: N_("Retrying what came out of an archive"),
    ErrandKind.DELETE_JOBS: N_("Deleting files and their messages"),
    ErrandKind.EXPORT: N_("Exporting messages"),
    ErrandKind.LABEL: N_("Putting a label on messages"),
    ErrandKind.UNLABEL: N_("Taking a label off messages"),
    ErrandKind.READ_FOUND: N_("Reading messages again"),
}
RETRYING = (ErrandKind.RETRY_FAILED, ErrandKind.TRIAL, ErrandKind.RETRY_JOBS)
# What is counted as it goes, where that is not messages one after the other.
COUNTED = {
    **dict.fromkeys(RETRYING, "chunks"),
    **dict.fromkeys(
        (
            ErrandKind.PAUSE_JOBS,
            ErrandKind.RESUME_JOBS,
            ErrandKind.CANCEL_JOBS,
            ErrandKind.PAUSE_MEMBERS,
            ErrandKind.RESUME_MEMBERS,
            ErrandKind.CANCEL_MEMBERS,
            ErrandKind.RETRY_MEMBERS,
        ),
        "jobs",
    ),
    ErrandKind.READ_AGAIN: "removed",
    ErrandKind.DELETE_UPLOAD: "removed",
    ErrandKind.DELETE_JOBS: "removed",
}
# Older errands than these are not looked through for chunks that still run.
LOOKED_THROUGH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandLine:
    """One errand. `aftermath` is None for errands that retry nothing.

    `files` are the first of those it is about; none where it is about mail, or has not begun.
    """

    errand: Errand
    title: str
    files: tuple[FileName, ...]
    more: int  # files beside them
    job_id: str | None  # of its only file, where that is still there
    aftermath: Aftermath | None

    @property
    def is_moving(self) -> bool:
        """True while it is carried out, or chunks that it retried have not come to an end."""
        return self.errand.is_open or bool(self.aftermath and self.aftermath.open)

    @property
    def can_stop(self) -> bool:
        """True while there is something that would not happen any more."""
        return self.errand.can_stop or bool(self.aftermath and self.aftermath.waiting)

    @property
    def standing(self) -> str:
        """The state to show: of the errand, and once it is done, of what it retried."""
        if self.errand.state is not ErrandState.DONE or self.aftermath is None:
            return self.errand.state
        return _standing(self.aftermath)

    @property
    def counts(self) -> str:
        """What `done` and `total` count: "messages", "removed" ones, "chunks" or "jobs"."""
        return COUNTED.get(self.errand.kind, "messages")

    @property
    def done(self) -> int:
        """How much has come to its end: chunks for a retry, what the errand counts else."""
        return self.aftermath.settled if self.aftermath else self.errand.done

    @property
    def total(self) -> int | None:
        """Of how much; None while nobody knows."""
        if self.aftermath and not self.errand.is_open:
            return self.errand.done
        return self.errand.total

    def rate(self, *, now: datetime) -> float | None:
        """How many came to their end per second, on average; None before anything did.

        None also where some were retried anew since: nobody knows any more when those ended.
        """
        if self.errand.started_at is None or not self.done:
            return None
        if self.aftermath and self.aftermath.elsewhere:
            return None
        ended_at = self.aftermath.last_end_at if self.aftermath else self.errand.ended_at
        end = now if self.is_moving or ended_at is None else ended_at
        return self.done / max((end - self.errand.started_at).total_seconds(), 0.1)


def _standing(aftermath: Aftermath) -> str:
    if aftermath.open:
        return "running"
    if aftermath.failed:
        return "partly" if aftermath.succeeded else "failed_again"
    if aftermath.cancelled or aftermath.elsewhere or not aftermath.succeeded:
        return "over"
    return "succeeded"


def lines_of(database: Database, errands: Sequence[Errand]) -> tuple[ErrandLine, ...]:
    """Errands with the files they are about, and what became of them."""
    retried = [(one.id, one.done) for one in errands if one.kind in RETRYING]
    with database.read() as connection:
        found = aftermaths(connection, retried)
        names = file_names(connection, chain.from_iterable(map(_subjects, errands)))
    return tuple(_line(one, names, found.get(one.id)) for one in errands)


def _subjects(asked: Errand) -> tuple[str, ...]:
    """What it is about: one file that was named when it was asked for, or the first it reached."""
    named = subject_in(asked.parameters)
    return (named,) if named else _touched(asked).subjects


def _touched(asked: Errand) -> Touched:
    return Touched.told(asked.place, is_open=asked.is_open)


def _line(asked: Errand, names: Mapping[str, FileName], aftermath: Aftermath | None) -> ErrandLine:
    subjects = [one for one in _subjects(asked) if one in names]
    only = subjects[0] if len(subjects) == 1 and not names[subjects[0]].is_gone else ""
    kind, _, job_id = only.partition(":")
    return ErrandLine(
        errand=asked,
        title=TITLES.get(asked.kind, str(asked.kind)),
        files=tuple(names[one] for one in subjects),
        more=max(_touched(asked).count - len(subjects), 0),
        job_id=job_id if kind == "job" else asked.parameters.get("job_id") if only else None,
        aftermath=aftermath,
    )


def under_way(database: Database) -> tuple[ErrandLine, ...]:
    """Errands that still move, trials aside: those are told with their cause."""
    with database.read() as connection:
        latest = list_errands(connection, limit=LOOKED_THROUGH)
    lines = lines_of(database, [one for one in latest if one.kind is not ErrandKind.TRIAL])
    return tuple(line for line in lines if line.is_moving)
