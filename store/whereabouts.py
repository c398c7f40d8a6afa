"""Where else a hit was met: among those it went to, and in the name of its list.

A result list shows sender, subject and a piece of the text. What was met in none of them would
stand there without a mark, and nobody would see why it was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, select

from store.document import Field, Person
from store.documents import people_in
from store.expression import Words
from store.marking import marked
from store.results import Hit, Marked, Met
from store.tables_mail import message

SHOWN = 3
# The names in a message's `people`, and by which fields a query names them.
_PLACES = {"to": (Field.TO,), "cc": (Field.CC,), "bcc": (Field.CC, Field.BCC)}
_NEVER_IN_SIGHT = (Field.TO, Field.CC, Field.BCC, Field.LIST)


def with_whereabouts(
    connection: Connection, hits: Sequence[Hit], wanted: Sequence[Words]
) -> tuple[Hit, ...]:
    """The hits, with where they were met beside what is shown of them anyway.

    Words for recipients or the list are always shown there, others only where nothing else is
    marked.
    """
    unseen = {hit.id: found for hit in hits if (found := list(_unseen(hit, wanted)))}
    if not unseen:
        return tuple(hits)
    columns = (message.c.id, message.c.people, message.c.list_id)
    rows = connection.execute(select(*columns).where(message.c.id.in_(unseen)))
    met = {row.id: tuple(_met(row, unseen[row.id])) for row in rows}
    return tuple(replace(hit, met=met.get(hit.id, ())) for hit in hits)


def _unseen(hit: Hit, wanted: Iterable[Words]) -> Iterator[Words]:
    bare = not _is_marked(hit)
    for words in wanted:
        if words.field in _NEVER_IN_SIGHT or (bare and words.field is None):
            yield words


def _is_marked(hit: Hit) -> bool:
    shown = (hit.subject, hit.sender_name, hit.sender_address, hit.snippet)
    return bool(hit.filenames) or any(text and text.ranges for text in shown)


def _met(row: Row[*tuple[Any, ...]], wanted: Sequence[Words]) -> Iterator[Met]:
    people: Mapping[str, tuple[Person, ...]] = people_in(row.people)
    for place, fields in _PLACES.items():
        if words := [one for one in wanted if one.field is None or one.field in fields]:
            found = list(islice(_people_met(people.get(place, ()), words), SHOWN + 1))
            if found:
                yield Met(place=place, texts=tuple(found[:SHOWN]), more=len(found) > SHOWN)
    words = [one for one in wanted if one.field in (None, Field.LIST)]
    name = marked(row.list_id, words)
    if name is not None and name.ranges:
        yield Met(place="list", texts=(name,), more=False)


def _people_met(people: Iterable[Person], wanted: Sequence[Words]) -> Iterator[Marked]:
    for name, address in people:
        person = _marked_person(name, address, wanted)
        if person.ranges:
            yield person


def _marked_person(name: str | None, address: str, wanted: Sequence[Words]) -> Marked:
    """`Ada Brook <ada@library.example>`; a phrase lies within the name or within the address."""
    at = marked(address, wanted) or Marked("")
    called = marked(name, wanted)
    if called is None:
        return at
    before = f"{called.text} <"
    behind = tuple((start + len(before), stop + len(before)) for start, stop in at.ranges)
    return Marked(f"{before}{at.text}>", called.ranges + behind)
