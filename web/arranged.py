"""How a reader wants hits arranged: in which order, and whether conversations stand together.

Part of every address that leads from one search to another, so that narrowing keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from store.results import Order
from web.asked import address, chosen, known_word
from web.trail import Way

THREAD = "thread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """The wish of an address; what is usual is not told in one."""

    order: Order
    by_thread: bool

    @property
    def told(self) -> dict[str, str]:
        """The parts of an address that say it."""
        told = {} if self.order is Order.NEWEST else {"order": str(self.order)}
        return {**told, "group": THREAD} if self.by_thread else told

    @property
    def query(self) -> str:
        """The same as the end of an address that has a query already."""
        return f"&{urlencode(self.told)}" if self.told else ""


def order_from(word: str) -> Order:
    """The order of that name; what is usual for a name that is none."""
    return Order(word) if word in set(Order) else Order.NEWEST


def search_address(query: str, wish: Arranged) -> str:
    """The search page that shows a query so."""
    return address("/search", q=query, **wish.told)


def arranged(request: Request) -> Arranged:
    """What the request asks for; a word that is not known is passed over, and told."""
    return Arranged(
        order=chosen(request, "order", Order) or Order.NEWEST,
        by_thread=known_word(request, "group", (THREAD,)) == THREAD,
    )


def page_of(query: str, wish: Arranged, way: Way) -> str:
    """The query of the page's address, for messages to lead back to."""
    trail = way.trail.text
    address_of_page = address("/search", q=query, **wish.told, after=way.after, trail=trail)
    return address_of_page.partition("?")[2]
