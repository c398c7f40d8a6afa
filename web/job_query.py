"""What a bulk act on jobs is asked to do, and to which: fields of the list's filter, of a form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from urllib.parse import urlencode

from store.errands import ErrandKind
from store.job_filter import FOLDED, JobFilter, states_in, upload_in
from web.asked import moment
from web.errors import BadRequest
from web.failure_query import words_of

UNFOLDED = "none"


class JobAct(StrEnum):
    """What can be done to every job that matches."""

    RETRY = "retry"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    DELETE = "delete"


KINDS = {
    JobAct.RETRY: ErrandKind.RETRY_JOBS,
    JobAct.PAUSE: ErrandKind.PAUSE_JOBS,
    JobAct.RESUME: ErrandKind.RESUME_JOBS,
    JobAct.CANCEL: ErrandKind.CANCEL_JOBS,
    JobAct.DELETE: ErrandKind.DELETE_JOBS,
}


def job_act(fields: Mapping[str, str]) -> JobAct:
    """What is to be done. Raises BadRequest."""
    try:
        return JobAct(fields.get("act", ""))
    except ValueError:
        raise BadRequest("There is no such act.") from None


def job_filter(
    fields: Mapping[str, str], *, joined: str | None = None, zone: tzinfo = UTC
) -> JobFilter:
    """Which jobs are meant: state (several joined by commas, or `joined`), q, by, since, until,
    ended, quarantined, archive, fold.

    More than the list would show must never be meant, so nothing unknown is passed over here.
    Raises BadRequest.
    """
    try:
        states = states_in(fields.get("state") if joined is None else joined)
    except ValueError:
        raise BadRequest("There is no such state.") from None
    try:
        archive_id = upload_in(fields.get("archive"))
    except ValueError:
        raise BadRequest("There is no such upload.") from None
    return JobFilter(
        states=states,
        text=words_of(fields, "q") or "",
        by=words_of(fields, "by") or "",
        since=_time(fields.get("since"), zone=zone, days=0),
        until=_time(fields.get("until"), zone=zone, days=1),
        ended=_time(fields.get("ended"), zone=zone, days=0),
        set_aside=_time(fields.get("quarantined"), zone=zone, days=0),
        archive_id=archive_id,
        is_folded=_is_folded(fields.get("fold")),
    )


def _is_folded(text: str | None) -> bool:
    # Of the list it is the usual, and it is never left out of what is sent from there.
    if text not in (None, "", FOLDED, UNFOLDED):
        raise BadRequest("This address has a word in it that is none.")
    return text == FOLDED


def _time(text: str | None, *, zone: tzinfo, days: int) -> datetime | None:
    """A time with its zone, or the midnight `days` after a day's beginning in the reader's zone."""
    if not text:
        return None
    when = moment(text)
    if when is not None:
        return when
    try:
        begin = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
        return (begin + timedelta(days=days)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest("This address has a time in it that is none.") from None


def named(wanted: JobFilter) -> dict[str, str | None]:
    """The filter as fields again, its times with their zone."""
    return wanted.to_json()


def list_address(wanted: JobFilter) -> str:
    """Back to the list that was filtered so."""
    query = [("state", str(state)) for state in wanted.states]
    query += [(name, value) for name, value in named(wanted).items() if value and name != "state"]
    if not wanted.is_folded and wanted.archive_id is None:
        query.append(("fold", UNFOLDED))
    return f"/jobs?{urlencode(query)}" if query else "/jobs"
