"""Searching for programs: hits, how the query was read, what it can be narrowed by."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from store.clock import utc_now
from store.facets import facets
from store.query_hints import hints_of
from store.results import (
    Chip,
    CursorError,
    Facets,
    FacetValue,
    Hit,
    Marked,
    Order,
    QueryError,
    Results,
)
from store.search import search
from store.threaded import search_threads
from web.api.parameters import whole_parameter
from web.errors import BadRequest, problem
from web.house import house_of


def search_messages(request: Request) -> Response:
    """`?q=` in the search language, `?limit=`, `?after=` the cursor `next`, `?order=`.

    `?facets=1` counts by year, sender, label and file; `?group=thread` answers `limit`
    conversations, each once, with its first hits and how many it has.
    """
    try:
        return JSONResponse(_answer(request))
    except QueryError as error:
        return problem(400, error.sentence, position=error.position, query=error.query)
    except CursorError:
        raise BadRequest("after is not a place in this list.") from None


def _answer(request: Request) -> dict[str, Any]:
    asked, now = request.query_params, utc_now()
    limit = whole_parameter(request, "limit", default=50, low=1, high=200)
    group = asked.get("group")
    if group not in (None, "thread"):
        raise BadRequest("group can only be thread.")
    query = asked.get("q", "")
    order, after = _order(request), asked.get("after")
    with house_of(request).database.read() as connection:
        find = search_threads if group else search
        results = find(connection, query, order=order, after=after, limit=limit, now=now)
        answer = _results_json(results)
        if group:
            answer["threads"] = [[hit.name for hit in one.hits] for one in results.threads]
            answer["thread_hits"] = [one.number for one in results.threads]
            answer["threads_are_whole"] = results.threads_are_whole
        if not (results.hits or results.next or after):
            hints = hints_of(connection, query, now=now)
            answer["hints"] = {
                "no_fields": hints.no_fields,
                "no_files": hints.no_files + hints.no_numbers,
            }
        if asked.get("facets") == "1":
            answer["facets"] = _facets_json(facets(connection, query, now=now))
    return answer


def _order(request: Request) -> Order:
    try:
        return Order(request.query_params.get("order", Order.NEWEST))
    except ValueError:
        raise BadRequest(f"order is one of {', '.join(Order)}.") from None


def _results_json(results: Results) -> dict[str, Any]:
    return {
        "query": results.query,
        "chips": list(map(_chip_json, results.chips)),
        "count": results.count.value,
        "count_is_exact": not results.count.more,
        "unindexed": results.unindexed,
        "messages": list(map(_hit_json, results.hits)),
        "next": results.next,
        "among_newest": results.among_newest,
        "looked_back_to": results.looked_back_to.isoformat() if results.looked_back_to else None,
    }


def _chip_json(chip: Chip) -> dict[str, Any]:
    return {
        "text": chip.text,
        "kind": chip.kind,
        "excluded": chip.excluded,
        "without": chip.without,
    }


def _hit_json(hit: Hit) -> dict[str, Any]:
    return {
        "id": hit.name,
        "url": f"/api/messages/{hit.name}",
        "upload_id": hit.upload_id,
        "subject": hit.subject.text if hit.subject else None,
        "from": {
            "name": hit.sender_name.text if hit.sender_name else None,
            "address": hit.sender_address.text if hit.sender_address else None,
        },
        "date": hit.sent_at.isoformat() if hit.sent_at else None,
        "date_source": hit.date_source,
        "date_plausible": hit.date_plausible,
        "snippet": hit.snippet.text,
        "highlights": _ranges(hit.snippet),
        "marks": {
            "subject": _ranges(hit.subject),
            "from_name": _ranges(hit.sender_name),
            "from_address": _ranges(hit.sender_address),
            "filenames": [
                {"filename": one.text, "highlights": _ranges(one)} for one in hit.filenames
            ],
            "elsewhere": [
                {"place": met.place, "text": text.text, "highlights": _ranges(text)}
                for met in hit.met
                for text in met.texts
            ],
        },
        "size": hit.size,
        "has_attachments": hit.has_attachments,
        "labels": list(hit.labels),
        "own_labels": list(hit.own_labels),
        "copies": hit.copies,
    }


def _ranges(text: Marked | None) -> list[list[int]]:
    return [list(pair) for pair in text.ranges] if text else []


def _facets_json(found: Facets) -> dict[str, Any]:
    return {
        "counted": found.counted.value,
        "counted_is_exact": not found.counted.more,
        "years": list(map(_value_json, found.years)),
        "senders": list(map(_value_json, found.senders)),
        "labels": list(map(_value_json, found.labels)),
        "uploads": list(map(_value_json, found.uploads)),
    }


def _value_json(value: FacetValue) -> dict[str, Any]:
    return {
        "value": value.value,
        "label": value.label,
        "count": value.count,
        "query": value.query,
        "without": value.without,
    }
