"""Words in an address that no part of its page knows: noted as they are met, and told on the page.

So that a page which is shown as if they were not there is never taken for narrowed or sorted.
"""

from __future__ import annotations

from starlette.requests import Request

LONGEST_TOLD, MOST_TOLD = 60, 5


def pass_over(request: Request, name: str, word: str) -> None:
    """Show the page as if that were not in its address, and let it say so."""
    told = f"{name}={word.replace(chr(0), '')}"
    shown = told if len(told) <= LONGEST_TOLD else f"{told[:LONGEST_TOLD]}…"
    request.state.passed_over = (*passed_over(request), shown)


def passed_over(request: Request) -> tuple[str, ...]:
    """What of the address is not known to any part of the page, once each, the first few."""
    told: tuple[str, ...] = getattr(request.state, "passed_over", ())
    return tuple(dict.fromkeys(told))[:MOST_TOLD]
