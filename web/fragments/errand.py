"""An errand as it is carried out: how far, what became of it, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from jobs.deleting import LOSING
from store.clock import utc_now
from store.counted_on import CountsOn
from store.errands import Errand, ErrandKind, find_errand
from store.failure_lists import KnownCause, find_cause
from web.errand_lines import ErrandLine, lines_of
from web.errors import NotFound
from web.given_away import is_there, may_fetch, may_stop
from web.house import house_of
from web.language import N_
from web.pace import MOVING
from web.render import render
from web.timeline import LATER, SOONER, Eta, rough
from web.words import Word, begun

LARGEST = (1 << 63) - 1
# What an errand was asked for and what it left behind, by the name in its books; the rest is
# shown elsewhere on the page, or says nothing to people.
WISHES = {
    "error_type": N_("Type"),
    "text": N_("Text"),
    "file": N_("File"),
    "q": N_("File name contains"),
    "by": N_("Uploaded by"),
    "state": N_("In the state"),
    "since": N_("Since"),
    "until": N_("Before"),
    "ended": N_("Over since"),
    "quarantined": N_("With messages quarantined since"),
    "from_seq": N_("From chunk"),
    "dialect": N_("Dialect"),
    "label": N_("Label"),
    "charset": N_("Charset"),
}
RESULTS = {
    "files": N_("Files deleted"),
    "messages_removed": N_("Messages removed"),
    "members_lost": N_("Files in other archives that lost their mail"),
    "paused": N_("Jobs paused"),
    "resumed": N_("Jobs that go on"),
    "jobs": N_("Jobs cancelled"),
    "reached": N_("Reached"),
    "changed": N_("Messages changed"),
    "read": N_("Messages read again"),
    "copies": N_("Of them copies of others now"),
    "not_read": N_("Could not be read so, and stay as they were"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandView:
    """One errand."""

    line: ErrandLine
    cause: KnownCause | None
    wishes: tuple[tuple[str, str | datetime | tuple[Word, ...]], ...]
    results: tuple[tuple[str, int], ...]
    rate: float | None  # per second so far
    eta: Eta | None  # when all of it is counted; None where nobody knows of how much
    query: str | None  # whose hits it goes through, for those who may see it
    file_url: str | None  # of an export that can be fetched by this reader
    reasons: tuple[tuple[str, str], ...]  # (message, why it could not be read), some of them
    losing: tuple[CountsOn, ...]  # archives that stay and lose mail, the first of them
    all_losing: int
    may_stop: bool
    every: int | None


def errand_fragment(request: Request) -> Response:
    """`GET /fragments/errand/{id}`."""
    return render(request, "fragments/errand.html", find_the_errand(request))


def find_the_errand(request: Request) -> ErrandView:
    """The errand in the path. Raises NotFound."""
    errand_id, database = request.path_params["id"], house_of(request).database
    with database.read() as connection:
        errand = find_errand(connection, errand_id) if errand_id <= LARGEST else None
        if errand is None:
            raise NotFound("There is no such errand.")
        key = errand.parameters.get("cause")
        cause = find_cause(connection, key) if key else None
    line, kept = lines_of(database, [errand])[0], errand.result or errand.place
    rate = line.rate(now=utc_now())
    return ErrandView(
        line=line,
        cause=cause,
        wishes=tuple(
            (WISHES[name], _wish(name, value))
            for name, value in errand.parameters.items()
            if name in WISHES and value
        ),
        results=tuple(
            (RESULTS[name], int(value))
            for name, value in (errand.result or {}).items()
            if name in RESULTS
        ),
        rate=rate,
        eta=_eta(line, rate),
        query=_query_for(request, errand),
        file_url=f"/errands/{errand.id}/file" if _has_file_for(request, errand) else None,
        reasons=tuple((name, why) for name, why in (errand.result or {}).get("reasons", ())),
        losing=tuple(CountsOn.from_json(one) for one in kept.get(LOSING, ())),
        all_losing=kept.get("archives_losing", 0),
        may_stop=line.can_stop and may_stop(request, errand),
        every=MOVING if line.is_moving else None,
    )


def _eta(line: ErrandLine, rate: float | None) -> Eta | None:
    """By the average so far. A retry is over with its chunks, whose jobs know better."""
    if not (line.errand.is_open and rate and line.total) or line.counts == "chunks":
        return None
    left = max(line.total - line.done, 0) / rate
    return rough(left * SOONER, left * LATER)


def _query_for(request: Request, errand: Errand) -> str | None:
    """The search an errand goes by; of an export only for those who may have its file."""
    is_hidden = errand.kind is ErrandKind.EXPORT and not may_fetch(request, errand)
    return None if is_hidden else errand.parameters.get("query")


def _has_file_for(request: Request, errand: Errand) -> bool:
    return may_fetch(request, errand) and is_there(house_of(request), errand)


def _wish(name: str, value: Any) -> str | datetime | tuple[Word, ...]:
    """A parameter as it is to be shown: a time, words of states, or what somebody wrote."""
    if name in ("since", "until", "ended", "quarantined"):
        return datetime.fromisoformat(value)
    if name == "state":
        return tuple(begun(word) for word in value.split(","))
    return str(value)
