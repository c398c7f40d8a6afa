"""`GET /search/all`: what an act on all that a search finds would do, before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from jobs.rereading import WIDE
from store.clock import utc_now
from store.errands import ErrandKind
from store.found import FoundWeight, weigh_found
from store.own_labels import LabelError, fit_label
from store.results import QueryError
from web.charsets import CharsetChoice, charset_choice, charset_in
from web.errors import BadRequest
from web.house import house_of
from web.language import N_
from web.pages.read_again import DIALECTS, dialect_in
from web.passed_over import query_of
from web.render import render

MAX_QUERY = 4000


class FoundAct(StrEnum):
    """What can be done to every message that is found."""

    LABEL = "label"
    UNLABEL = "unlabel"
    READ = "read"


KINDS = {
    FoundAct.LABEL: ErrandKind.LABEL,
    FoundAct.UNLABEL: ErrandKind.UNLABEL,
    FoundAct.READ: ErrandKind.READ_FOUND,
}
TITLES = {
    FoundAct.LABEL: N_("Put a label on all messages that match"),
    FoundAct.UNLABEL: N_("Take a label off all messages that match"),
    FoundAct.READ: N_("Read all messages that match again"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWish:
    """What is asked for. `label` only of the label acts, the rest only of reading again."""

    act: FoundAct
    query: str
    label: str | None
    charset: str | None
    dialect: str | None
    wide: bool

    @property
    def parameters(self) -> dict[str, object]:
        """As the errand keeps it."""
        if self.act is FoundAct.READ:
            how = {"charset": self.charset, "dialect": self.dialect, "wide": self.wide}
            return {"query": self.query, **how}
        return {"query": self.query, "label": self.label}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """The dry run: what is to be done, to how many, and what it would change of them."""

    wish: FoundWish
    title: str
    weight: FoundWeight
    choice: CharsetChoice
    dialects: tuple[str, ...]
    times: int
    trouble: str | None

    @property
    def touched(self) -> int:
        """How many of those looked at would change."""
        weight = self.weight
        return {
            FoundAct.LABEL: weight.looked_at - weight.bearing,
            FoundAct.UNLABEL: weight.bearing,
            FoundAct.READ: weight.looked_at,
        }[self.wish.act]

    @property
    def said(self) -> str:
        """The numbers that the person is told, to be compared when the form comes."""
        return f"{self.weight.count.value}{'+' if self.weight.count.more else ''}/{self.touched}"


def found_page(request: Request) -> Response:
    """The question. Changes nothing; its form does. Raises BadRequest."""
    return ask_about(request, wish_of(query_of(request)))


def wish_of(fields: Mapping[str, str]) -> FoundWish:
    """What a form or an address asks for. Raises BadRequest."""
    try:
        act = FoundAct(fields.get("act", ""))
    except ValueError:
        raise BadRequest("There is no such act.") from None
    if len(fields.get("q", "")) > MAX_QUERY:
        raise BadRequest("The query is too long.")
    is_read = act is FoundAct.READ
    return FoundWish(
        act=act,
        query=fields.get("q", "").replace("\0", "").strip(),
        label=None if is_read else label_in(fields),
        charset=charset_in(fields) if is_read else None,
        dialect=dialect_in(fields) if is_read else None,
        wide=is_read and fields.get("wide") == "yes",
    )


def label_in(fields: Mapping[str, str]) -> str:
    """The label that a form names. Raises BadRequest."""
    try:
        return fit_label(fields.get("label", ""))
    except LabelError as error:
        raise BadRequest(str(error)) from None


def weighed(request: Request, wish: FoundWish, *, trouble: str | None = None) -> FoundView:
    """The dry run as things are now. Raises BadRequest for a query that cannot be understood."""
    try:
        with house_of(request).database.read() as connection:
            weight = weigh_found(connection, wish.query, label=wish.label, now=utc_now())
    except QueryError as error:
        raise BadRequest(error.sentence) from None
    return FoundView(
        wish=wish,
        title=TITLES[wish.act],
        weight=weight,
        choice=charset_choice(wish.charset),
        dialects=DIALECTS,
        times=WIDE,
        trouble=trouble,
    )


def ask_about(request: Request, wish: FoundWish, *, trouble: str | None = None) -> Response:
    """The question; with `trouble`, after an answer to another one (409)."""
    view = weighed(request, wish, trouble=trouble)
    return render(request, "pages/found.html", view, status=409 if trouble else 200)
