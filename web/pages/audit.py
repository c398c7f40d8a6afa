"""`GET /audit`: who did what to what, newest first, narrowed by the words the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from starlette.requests import Request
from starlette.responses import Response

from store.audit import AuditEntry
from store.audit_list import AuditFilter, actions, actors, page_of_entries
from store.chunk_names import chunk_names
from store.database import Transaction
from store.file_names import file_names
from store.paging import Page, Turn
from store.touched import touched_by
from web import words
from web.act_words import SUBJECTS
from web.acts import (
    NO_TOUCHED,
    Act,
    act_of,
    actions_meant,
    actors_meant,
    chunk_meant,
    errand_meant,
    file_meant,
)
from web.asked import address, day_as_typed, known_word, span_of, text_of, whole
from web.house import house_of
from web.kept import KeptViews, kept_views
from web.language import N_
from web.render import render, zone_of

PAGE = 50
NEWEST, OLDEST = "newest", "oldest"
ORDERS = {NEWEST: N_("Latest first"), OLDEST: N_("Oldest first")}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWish:
    """What the address asks for, as it was typed or chosen; "" for anything."""

    actor: str
    action: str
    kind: str
    id: str
    since: str
    until: str
    sort: str  # of ORDERS

    def at(self, **place: object) -> str:
        """The address that says it again."""
        return address(
            "/audit",
            actor=self.actor,
            action=self.action,
            kind=self.kind,
            id=self.id,
            since=self.since,
            until=self.until,
            sort=None if self.sort == NEWEST else self.sort,
            **place,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a list to choose from."""

    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """A page of the log, what it is narrowed by, and what it could be narrowed by."""

    acts: tuple[Act, ...]
    wish: AuditWish
    actors: tuple[str, ...]
    actions: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    orders: tuple[Choice, ...]
    kept: KeptViews
    first: str | None
    previous: str | None
    next: str | None


def audit_page(request: Request) -> Response:
    """The log."""
    wish = wish_of(request)
    since, until = span_of(request, zone=zone_of(request))
    before, after = whole(request, "before"), whole(request, "after")
    turn = Turn(
        before=None if before is None else (before,), after=None if after is None else (after,)
    )
    with house_of(request).database.read() as connection:
        people, codes = actors(connection), actions(connection)
        wanted = AuditFilter(
            actors=actors_meant(wish.actor, people) if wish.actor else None,
            actions=actions_meant(wish.action, codes) if wish.action else None,
            kind=wish.kind or None,
            subject_id=wish.id or None,
            since=since,
            until=until,
        )
        found = page_of_entries(
            connection, wanted, turn=turn, size=PAGE, newest_first=wish.sort == NEWEST
        )
        told = _told(connection, found.rows)
    view = _view(wish, found, told=told, people=people, codes=codes, kept=_kept(request, wish))
    return render(request, "pages/audit.html", view)


def _told(connection: Transaction, entries: Sequence[AuditEntry]) -> tuple[Act, ...]:
    """Entries with the files they are about: one of their own, or the first of their errand's."""
    errands = {entry.id: errand_meant(entry) for entry in entries}
    touched = touched_by(connection, (one for one in errands.values() if one is not None))
    reached = (subject for one in touched.values() for subject in one.subjects)
    files = file_names(connection, chain(map(file_meant, entries), reached))
    meant = map(chunk_meant, entries)
    chunks = chunk_names(connection, (one for one in meant if one is not None))
    return tuple(
        act_of(entry, files, touched.get(errands[entry.id] or 0, NO_TOUCHED), chunks)
        for entry in entries
    )


def wish_of(request: Request) -> AuditWish:
    """What is asked for; `?subject=job:3f…` or `?subject=job`, as old links have it, too."""
    kind, colon, subject_id = text_of(request, "subject").partition(":")
    if not colon and kind not in SUBJECTS:
        kind, subject_id = "", kind
    return AuditWish(
        actor=text_of(request, "actor"),
        action=text_of(request, "action"),
        kind=text_of(request, "kind") or kind,
        id=text_of(request, "id") or subject_id,
        since=day_as_typed(request, "since"),
        until=day_as_typed(request, "until"),
        sort=known_word(request, "sort", ORDERS) or NEWEST,
    )


def _kept(request: Request, wish: AuditWish) -> KeptViews:
    return kept_views(request, "audit", wish.at())


def _view(
    wish: AuditWish,
    found: Page[AuditEntry],
    *,
    told: tuple[Act, ...],
    people: tuple[str, ...],
    codes: tuple[str, ...],
    kept: KeptViews,
) -> AuditView:
    rows = found.rows
    return AuditView(
        acts=told,
        wish=wish,
        actors=people,
        actions=tuple(Choice(value=code, text=words.action(code)) for code in codes),
        kinds=tuple(Choice(value=kind, text=text) for kind, text in SUBJECTS.items()),
        orders=tuple(Choice(value=order, text=text) for order, text in ORDERS.items()),
        kept=kept,
        first=wish.at() if found.has_previous else None,
        previous=wish.at(before=rows[0].id) if found.has_previous and rows else None,
        next=wish.at(after=rows[-1].id) if found.has_next else None,
    )
