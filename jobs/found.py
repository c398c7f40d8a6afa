"""Errands over all that a search finds: put a label on, take one off, read again.

Generators of small committed steps, as `jobs.errands` carries them out. Each step notes where in
the list of hits it ended, so an errand that is begun again goes on from there, also when what it
did has changed what the search finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jobs.rereading import CannotRead, Reader, Wish
from jobs.steps import Steps
from jobs.workshop import Workshop
from store.clock import utc_now
from store.database import Transaction
from store.errands import Errand, note_place, take_step
from store.export import counts_of
from store.messages import Kind
from store.naming import message_name
from store.own_labels import put_on, take_off
from store.search import search_keys

LABELLED_AT_ONCE = 2_000
READ_AT_ONCE = 100
# Reasons why messages could not be read that are kept for the report; all are counted.
REASONS_KEPT = 20


def label_found(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Put a label on every message that is found."""
    name = errand.parameters["label"]
    return _labelling(workshop, errand, steps, lambda c, keys: put_on(c, keys, name, now=utc_now()))


def unlabel_found(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Take a label of ours off every message that is found."""
    name = errand.parameters["label"]
    return _labelling(workshop, errand, steps, lambda c, keys: take_off(c, keys, name))


def _labelling(
    workshop: Workshop,
    errand: Errand,
    steps: Steps,
    act: Callable[[Transaction, Sequence[int]], int],
) -> Iterator[None]:
    place = {"changed": 0, **errand.place}
    yield from _counted(workshop, errand, steps)
    for keys, after in _pages(workshop, errand, at_once=LABELLED_AT_ONCE):
        with workshop.database.write() as connection:
            changed = place["changed"] + act(connection, keys)
            place = {"after": after, "changed": changed}
            steps.done += len(keys)
            _take_step(connection, errand, steps, place)
        yield
    steps.result = {"looked_at": steps.done, "changed": place["changed"]}


def read_found(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Read every message that is found again; what cannot be read so stays as it is."""
    sums = {"read": 0, "copies": 0, "not_read": 0, "reasons": [], **errand.place}
    yield from _counted(workshop, errand, steps)
    with Reader(workshop.config) as reader:
        for keys, after in _pages(workshop, errand, at_once=READ_AT_ONCE):
            for key in keys:
                _read_one(reader, _wish(errand, key), sums)
                steps.done += 1
                yield
            sums["after"] = after
            with workshop.database.write() as connection:
                _take_step(connection, errand, steps, sums)
            yield
    steps.result = {name: value for name, value in sums.items() if name != "after"}


def _read_one(reader: Reader, wish: Wish, sums: dict[str, Any]) -> None:
    try:
        kind = reader.read(wish)
    except CannotRead as error:
        sums["not_read"] += 1
        if len(sums["reasons"]) < REASONS_KEPT:
            sums["reasons"].append([message_name(wish.key), str(error)])
    else:
        sums["copies" if kind is Kind.DUPLICATE else "read"] += 1


def _wish(errand: Errand, key: int) -> Wish:
    asked = errand.parameters
    return Wish(
        key=key,
        charset=asked["charset"],
        dialect=asked["dialect"],
        wide=asked["wide"],
        actor=errand.created_by,
        errand=errand.id,
    )


def _counted(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Say first how many there are; once, as what is done may change what is found."""
    if steps.total is not None:
        # Counted per message and kept per page: what was begun of a page is done again.
        steps.done = int(errand.place.get("done", 0))
        return
    counted = 0
    for number in counts_of(workshop.database, errand.parameters["query"], now=errand.created_at):
        counted += number
        yield
    steps.total = counted
    yield


def _pages(
    workshop: Workshop, errand: Errand, *, at_once: int
) -> Iterator[tuple[list[int], str | None]]:
    """The keys of what is found, newest first, from where the errand got to, and the place after.

    `now` is when somebody asked: "the last week" means the same to the end.
    """
    after, is_over = errand.place.get("after"), "after" in errand.place
    while after is not None or not is_over:
        with workshop.database.read() as connection:
            keys, after = search_keys(
                connection,
                errand.parameters["query"],
                after=after,
                limit=at_once,
                now=errand.created_at,
            )
        is_over = True
        yield keys, after


def _take_step(
    connection: Transaction, errand: Errand, steps: Steps, place: dict[str, Any]
) -> None:
    take_step(connection, errand.id, done=steps.done, total=steps.total, now=utc_now())
    note_place(connection, errand.id, {**place, "done": steps.done})
