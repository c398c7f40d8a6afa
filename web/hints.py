"""Why a search may have found nothing: fields that there are not, and files that nobody sent."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from store.clock import utc_now
from store.names import without_upload
from store.query import FIELDS, parse
from store.query_hints import unknown_fields
from web.house import house_of

# Whoever asks for more than these sees what is meant.
MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """Names from the query that stand for nothing, as written."""

    no_fields: tuple[str, ...]
    no_files: tuple[str, ...]
    fields: tuple[str, ...]  # that there are


def hints_for(request: Request, query: str) -> Hints:
    """What a query that found nothing names in vain. Raises QueryError."""
    expression = parse(query, now=utc_now()).expression
    with house_of(request).database.read() as connection:
        no_files = without_upload(connection, expression)
    return Hints(
        no_fields=unknown_fields(query)[:MOST_NAMED], no_files=no_files[:MOST_NAMED], fields=FIELDS
    )
