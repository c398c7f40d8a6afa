"""What is asked of an archive's job is asked of the jobs that came out of it too.

Pause, go on, cancel and retry reach them here; what each means for one job is `store.wish_acts`.
An archive may have given thousands, so they are reached in steps: each is one transaction over
so many jobs, by the keys of their uploads, so that two acts that meet cannot wait for each other.
Of a job that is no archive, nothing is inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from store.errands import (
    OPEN_ERRAND_STATES,
    ErrandKind,
    Lane,
    add_errand,
    list_errands,
    next_errand,
)
from store.files_reread import jobs_read_again
from store.inside import ACTED_ON, jobs_after
from store.locks import Turn, take_turns
from store.outer import jobs_around
from store.tables import job
from store.uploads import UploadKind
from store.wish_acts import Doing, Wish, act, let_go, meant

# Jobs that one transaction reaches: some tenths of a second on SQLite, which has one writer.
STEP_JOBS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one transaction did, in jobs, of a retry in chunks; `jobs` are those it changed.

    `after` is the key to go on from; None when nobody is left.
    """

    did: int
    jobs: int = 0
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What the first step of a wish did, and whether an errand goes on with it."""

    did: int
    goes_on: bool

    @property
    def is_heard(self) -> bool:
        """False when there was nothing to do, and there is nothing yet to be done."""
        return self.goes_on or self.did > 0


def first_step(
    connection: Connection, job_id: str, wish: Wish, *, now: datetime, errand_id: int | None = None
) -> Step:
    """The job itself, and the first of what came out of it.

    The job before all others: what comes out of it later is as paused as it, and of a cancelled
    one nothing does. For an errand see `store.wishes.retry_job`.
    """
    # Before the job: its file is not read again to the end between the two.
    doing = Doing(wish=wish, now=now, errand_id=errand_id, again=jobs_read_again(connection))
    own = _row_of(connection, job_id)
    return Step(did=0, after=None) if own is None else _first(connection, own, doing)


def next_step(
    connection: Connection,
    job_id: str,
    wish: Wish,
    *,
    after: int,
    now: datetime,
    errand_id: int | None = None,
) -> Step:
    """Further ones, those whose uploads have a key above `after`. May be repeated."""
    own = _row_of(connection, job_id)
    if own is None:
        return Step(did=0, after=None)
    doing = Doing(wish=wish, now=now, errand_id=errand_id, again=jobs_read_again(connection))
    return _through(connection, own.upload_id, doing, after=after)


KINDS = {
    Wish.PAUSE: ErrandKind.PAUSE_MEMBERS,
    Wish.RESUME: ErrandKind.RESUME_MEMBERS,
    Wish.CANCEL: ErrandKind.CANCEL_MEMBERS,
    Wish.RETRY: ErrandKind.RETRY_MEMBERS,
}
KINDS_OF_MANY = {
    Wish.PAUSE: ErrandKind.PAUSE_JOBS,
    Wish.RESUME: ErrandKind.RESUME_JOBS,
    Wish.CANCEL: ErrandKind.CANCEL_JOBS,
    Wish.RETRY: ErrandKind.RETRY_JOBS,
}
# Both: acts on many jobs go through archives as well.
_WISH_OF = {
    **{kind: wish for wish, kind in KINDS.items()},
    **{kind: wish for wish, kind in KINDS_OF_MANY.items()},
}


def begin_wish(connection: Connection, job_id: str, wish: Wish, *, by: str, now: datetime) -> Begun:
    """The first step at once, and an errand for those who are left.

    Both are one transaction, so whoever is killed in between has left the errand behind.
    """
    # Else two acts at once would each not know of the other's errand.
    take_turns(connection, Turn.MEMBERS)
    doing = Doing(wish=wish, now=now, errand_id=None, again=jobs_read_again(connection))
    own = _row_of(connection, job_id)
    if own is None:
        return Begun(did=0, goes_on=False)
    step = _first(connection, own, doing)
    after = step.after
    if own.kind == UploadKind.ARCHIVE and _is_crossed(connection, own, wish, did=step.did):
        # All of them get their turn once more: the later wish has the last word.
        after = 0
    if after is not None:
        parameters = {"job_id": job_id, "after": after}
        subject = f"job:{job_id}"
        add_errand(connection, KINDS[wish], parameters, by=by, now=now, subject=subject)
    return Begun(did=step.did, goes_on=after is not None)


def _is_crossed(connection: Connection, own: Row[Any], wish: Wish, *, did: int) -> bool:
    """True when what is under way may undo a wish, though there was nothing to do for it yet."""
    if did:
        return next_errand(connection, Lane.WORK) is not None
    around = jobs_around(connection, own.upload_id)
    under_way = list_errands(connection, states=OPEN_ERRAND_STATES, limit=None)
    wishes = [
        _WISH_OF[one.kind]
        for one in under_way
        if one.kind in _WISH_OF and (one.parameters | one.place).get("job_id") in around
    ]
    return wishes[:1] not in ([], [wish])


def _row_of(connection: Connection, job_id: str) -> Row[Any] | None:
    return connection.execute(ACTED_ON.where(job.c.id == job_id)).one_or_none()


def _first(connection: Connection, own: Row[Any], doing: Doing) -> Step:
    did = act(connection, own, doing)
    if own.kind != UploadKind.ARCHIVE:
        return Step(did=did, after=None)
    step = _through(connection, own.upload_id, doing, after=own.upload_id)
    did += step.did
    if doing.wish is Wish.PAUSE and not did and step.after is None:
        let_go(connection, own, since=doing.now)
    return Step(did=did, jobs=step.jobs, after=step.after)


def _through(connection: Connection, archive_id: int, doing: Doing, *, after: int) -> Step:
    """Act on up to `STEP_JOBS` jobs.

    Then looks at the same stretch anew: until its turn came, an archive among them may have given
    more. Once it had its turn, what it gives is as it is itself, see `paused_since`.
    """
    concerned, did, jobs, seen = meant(doing), 0, 0, set[str]()
    found = jobs_after(connection, archive_id, concerned, after=after, limit=STEP_JOBS)
    last = found[-1].upload_id if len(found) == STEP_JOBS else None
    while more := [row for row in found if row.id not in seen]:
        for row in more:
            changed = act(connection, row, doing)
            did, jobs = did + changed, jobs + bool(changed)
            seen.add(row.id)
        found = jobs_after(
            connection, archive_id, concerned, after=after, upto=last, limit=STEP_JOBS + len(seen)
        )
    return Step(did=did, jobs=jobs, after=last)


def paused_since(connection: Connection, job_id: str) -> datetime | None:
    """Since when a job is paused, if it is; nobody pauses it or lets it go on meanwhile."""
    paused_at: datetime | None = connection.execute(
        select(job.c.paused_at).where(job.c.id == job_id).with_for_update()
    ).scalar_one()
    return paused_at
