"""Searches that somebody keeps under a name."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.results import Order, QueryError
from store.saved import SavedSearchError, forget_search, save_search
from web.asked import address
from web.errors import BadRequest
from web.forms import Form
from web.house import house_of
from web.notices import go
from web.security import current_user


def save(request: Request, form: Form) -> Response:
    """`POST /searches`. Raises BadRequest for a name or query that cannot be kept."""
    query, order = form.get("q", ""), _order(form.get("order", ""))
    try:
        with house_of(request).database.write() as connection:
            kept = save_search(
                connection,
                owner=current_user(request).actor,
                name=form.get("name", ""),
                query=query,
                order=order,
                now=utc_now(),
            )
    except (SavedSearchError, QueryError) as error:
        raise BadRequest(str(error)) from None
    return go(address("/search", q=kept.query, order=kept.order), notice="saved")


def _order(name: str) -> Order:
    return Order(name) if name in set(Order) else Order.NEWEST


def forget(request: Request) -> Response:
    """`POST /searches/{id}/forget`."""
    with house_of(request).database.write() as connection:
        forget_search(
            connection, owner=current_user(request).actor, search_id=request.path_params["id"]
        )
    return go("/search", notice="forgotten")
