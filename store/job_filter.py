"""Which jobs a bulk act means: the filter that the list, its dry run and the errand share."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from store.comparing import ascii_lower, lowered
from store.counted_on import GONE
from store.inside import archives_within, ended_since
from store.overall import SHOWN_STATES, own_shown, shown_state, status_of_jobs
from store.quarantine import has_quarantined
from store.states import OPEN_JOB_STATES
from store.tables import job, upload

# How a filter says that files stay under the archives they came out of.
FOLDED = "archives"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs. Empty means all; `since` and `ended` count, `until` does not."""

    states: tuple[str, ...] = ()  # of SHOWN_STATES
    text: str = ""  # somewhere in the file name
    by: str = ""  # who uploaded it: "account:ann"
    since: datetime | None = None
    until: datetime | None = None
    ended: datetime | None = None  # is over since then or later, an archive with its last file
    set_aside: datetime | None = None  # has messages that were quarantined since then
    archive_id: int | None = None  # what came out of that upload, however deep
    is_folded: bool = False  # only what was uploaded itself, not what came out of archives
    # An archive is to match a state by its own end too, not by that of one of its files.
    by_itself: bool = False

    @property
    def states_or_end(self) -> bool:
        """True where it hangs on how far jobs are: what matches changes by itself."""
        return bool(self.states) or self.ended is not None

    def for_deletion(self) -> Self:
        """The same for who deletes: an archive takes all its files along, so that one of them
        failed is no reason. What matches does not change while others of the matches go."""
        return replace(self, by_itself=True)

    def to_json(self) -> dict[str, Any]:
        """The parameters of an errand."""
        return {
            "state": ",".join(self.states) or None,
            "q": self.text or None,
            "by": self.by or None,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "ended": self.ended.isoformat() if self.ended else None,
            "quarantined": self.set_aside.isoformat() if self.set_aside else None,
            "archive": None if self.archive_id is None else str(self.archive_id),
            "fold": FOLDED if self.is_folded else None,
        }

    @classmethod
    def from_json(cls, parameters: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        since, until, ended, set_aside = (
            parameters.get(name) for name in ("since", "until", "ended", "quarantined")
        )
        return cls(
            states=states_in(parameters.get("state")),
            text=parameters.get("q") or "",
            by=parameters.get("by") or "",
            since=datetime.fromisoformat(since) if since else None,
            until=datetime.fromisoformat(until) if until else None,
            ended=datetime.fromisoformat(ended) if ended else None,
            set_aside=datetime.fromisoformat(set_aside) if set_aside else None,
            archive_id=upload_in(parameters.get("archive")),
            is_folded=parameters.get("fold") == FOLDED,
        )


def upload_in(text: str | None) -> int | None:
    """The number of an upload; None for none. Raises ValueError for what cannot be one."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValueError("no such upload")
    return int(text)


def states_in(text: str | None) -> tuple[str, ...]:
    """States joined by commas. Raises ValueError for a word that is none."""
    states = tuple(word for word in (text or "").split(",") if word)
    if not set(states) <= set(SHOWN_STATES):
        raise ValueError("no such state")
    return states


def jobs_of_filter(connection: Connection, wanted: JobFilter) -> list[ColumnElement[bool]]:
    """Conditions on `job` joined with its `upload`, to be met all."""
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(shown_state(connection).in_(wanted.states))
        if wanted.by_itself:
            found.append(own_shown(connection).in_(wanted.states))
    if wanted.text:
        name = lowered(connection, upload.c.filename)
        found.append(or_(*(name.contains(form, autoescape=True) for form in _forms(wanted.text))))
    if wanted.by:
        found.append(job.c.created_by == wanted.by)
    if wanted.archive_id is not None:
        found.append(upload.c.archive_id.in_(archives_within(wanted.archive_id)))
    if wanted.is_folded:
        found.append(upload.c.archive_id.is_(None))
    if wanted.since is not None:
        found.append(job.c.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(job.c.created_at < wanted.until)
    if wanted.set_aside is not None:
        found.append(has_quarantined(job.c.upload_id, since=wanted.set_aside))
    if wanted.ended is not None:
        # An archive is over when the last of its files is.
        is_over = status_of_jobs(connection).not_in(OPEN_JOB_STATES)
        found += [is_over, ended_since(wanted.ended)]
    return found


def _forms(text: str) -> set[str]:
    """Composed and decomposed: some systems send file names with Hangul taken apart."""
    return {ascii_lower(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}


def some_jobs(
    connection: Connection, wanted: JobFilter, *, made_by: datetime, after: str, limit: int
) -> list[tuple[str, int]]:
    """(job, upload) of jobs that match and were there by then, by id; `after` is the last seen."""
    rows = connection.execute(
        joined(job.c.id, job.c.upload_id)
        .where(*meant_by(connection, wanted, made_by=made_by), job.c.id > after)
        .order_by(job.c.id)
        .limit(limit)
    )
    return [(row.id, row.upload_id) for row in rows]


def meant_by(
    connection: Connection, wanted: JobFilter, *, made_by: datetime
) -> list[ColumnElement[bool]]:
    """The conditions, for `joined`, of what an act means that was asked for at a time.

    Where a state or an end is asked for, none that has come to its end since.
    """
    then: list[ColumnElement[bool]] = [job.c.created_at <= made_by]
    if wanted.states_or_end:
        then.append(or_(job.c.finished_at.is_(None), job.c.finished_at <= made_by))
    return [*matching(connection, wanted), *then]


def joined(*columns: ColumnElement[Any]) -> Select[Any]:
    """A query over jobs and their uploads."""
    return select(*columns).select_from(job).join(upload, upload.c.id == job.c.upload_id)


def matching(connection: Connection, wanted: JobFilter) -> list[ColumnElement[bool]]:
    """The conditions of a filter, for `joined`; what is deleted never matches."""
    there = upload.c.state.not_in(GONE)
    return [there, *jobs_of_filter(connection, wanted)]
