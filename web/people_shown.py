"""The people of a message as its page shows them: with a search for each, and no more than fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from store.document import Field, Person
from store.query import exactly
from store.reading import MessageView
from store.results import Marked
from web.cuts import weight_of
from web.found_marks import FoundMarks
from web.language import N_

SHOWN_AT_ONCE = 20
LONGEST_NAME, LONGEST_ADDRESS = 120, 120
# Bytes of all people of a message together, and what the markup around each takes.
ROOM, _AROUND = 28_000, 110


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPerson:
    """One of them. `search` finds what else they sent or got; "" where nothing can be asked."""

    name: Marked
    address: Marked
    search: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPeople:
    """Those of one field: the first, others that are folded, how many there is no room for."""

    title: str
    first: tuple[ShownPerson, ...]
    others: tuple[ShownPerson, ...]
    left_out: int


_FIELDS = (
    (N_("From"), "senders", Field.SENDER, "from"),
    (N_("To"), "to", Field.TO, "to"),
    (N_("Cc"), "cc", Field.CC, "cc"),
    (N_("Bcc"), "bcc", Field.BCC, "bcc"),
    (N_("Reply to"), "reply_to", None, ""),
)


def people_shown(message: MessageView, marks: FoundMarks) -> tuple[ShownPeople, ...]:
    """The fields that name somebody."""
    return tuple(_fields(message, marks))


def _fields(message: MessageView, marks: FoundMarks) -> Iterator[ShownPeople]:
    room = ROOM
    for title, name, field, asked in _FIELDS:
        people: tuple[Person, ...] = getattr(message, name)
        shown: list[ShownPerson] = []
        for person in people:
            one = _shown(person, marks, field, asked)
            room -= _AROUND + weight_of(one.name.text + one.address.text) + len(one.search)
            if room < 0:
                break
            shown.append(one)
        if people:
            yield ShownPeople(
                title=title,
                first=tuple(shown[:SHOWN_AT_ONCE]),
                others=tuple(shown[SHOWN_AT_ONCE:]),
                left_out=len(people) - len(shown),
            )


def _shown(person: Person, marks: FoundMarks, field: Field | None, asked: str) -> ShownPerson:
    name, address = person
    shown = marks if field else FoundMarks(())
    return ShownPerson(
        name=shown.on(name, field or Field.TO, most=LONGEST_NAME),
        address=shown.on(address, field or Field.TO, most=LONGEST_ADDRESS),
        search=_search(asked, address),
    )


def _search(asked: str, address: str) -> str:
    """Nobody is looked for by an address that was cut or has nothing to look for."""
    if not asked or len(address) > LONGEST_ADDRESS or not any(map(str.isalnum, address)):
        return ""
    return f"/search?q={quote(f'{asked}:{exactly(address)}', safe='')}"
