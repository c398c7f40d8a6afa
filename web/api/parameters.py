"""Read query parameters, with a clear answer when they cannot be used."""

from __future__ import annotations

from starlette.requests import Request

from web.errors import BadRequest


def whole_parameter(request: Request, name: str, *, default: int, low: int, high: int) -> int:
    """A whole number within bounds. Raises BadRequest."""
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError:
        raise BadRequest(f"{name} is not a whole number.") from None
    if not low <= number <= high:
        raise BadRequest(f"{name} must lie between {low} and {high}.")
    return number
