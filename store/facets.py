"""Count the hits of a search by year, sender, label and upload, each with the query it leads to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice, repeat
from operator import floordiv, rshift
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from store.bounded import bounded
from store.finder import COUNTED, Finder
from store.names import find_names
from store.query import Query, exactly, parse
from store.query_lexer import quoted
from store.results import Count, Facets, FacetValue
from store.tables import upload
from store.tables_mail import OFFSET_BITS, UNDATED, label, message, message_label

SHOWN = 10
_KEYS_PER_STATEMENT = 2_000
_DAY_SECONDS = 24 * 60 * 60


class _Hits(NamedTuple):
    """Hits newest first, by columns: ten thousand are counted without a step of ours for each."""

    sort_at: tuple[int, ...]
    ids: tuple[int, ...]
    senders: tuple[int, ...]


def facets(connection: Connection, query_text: str, *, now: datetime, shown: int = SHOWN) -> Facets:
    """The facets of a search, at most `shown` values of each kind (years: all).

    Counted over the newest 10,000 hits at most. Raises what `store.search.search` raises.
    """
    query = parse(query_text, now=now)
    with bounded(connection):
        names = find_names(connection, query.expression)
        # Each fetch asks the index for the whole window anew, so few large ones cost far less.
        finder = Finder(connection, query.expression, names, step=COUNTED + 1)
        found = list(islice(finder.in_time(), COUNTED + 1))
        hits = _Hits(*zip(*found[:COUNTED], strict=True)) if found else _Hits((), (), ())
        return Facets(
            counted=Count(len(hits.ids), len(found) > COUNTED or finder.stopped_at is not None),
            years=_years(query, hits),
            senders=_senders(connection, query, hits, shown),
            labels=_labels(connection, query, hits.ids, shown),
            uploads=_uploads(connection, query, hits.ids, shown),
        )


def narrowed(query: Query, condition: str) -> str:
    """The query with one more condition."""
    text = query.text.strip()
    if any(chip.kind == "any" for chip in query.chips):
        text = f"({text})"  # or it would only belong to the last alternative
    return f"{text} {condition}".strip()


def _value(query: Query, *, value: str, label: str, count: int, condition: str) -> FacetValue:
    return FacetValue(
        value=value,
        label=label,
        count=count,
        query=narrowed(query, condition),
        without=_without(query, condition),
    )


def _without(query: Query, condition: str) -> str | None:
    """The query without the chip of this condition; None where it has none."""
    wanted = condition.lower()
    chips = (chip for chip in query.chips if not chip.excluded and chip.text.lower() == wanted)
    return next((chip.without for chip in chips), None)


def _years(query: Query, hits: _Hits) -> tuple[FacetValue, ...]:
    counted: Counter[str] = Counter()
    # A year is reckoned once a day, which many messages share.
    for day, count in Counter(map(floordiv, hits.sort_at, repeat(_DAY_SECONDS))).items():
        counted[_year(day * _DAY_SECONDS)] += count
    return tuple(
        _value(query, value=year, label=year, count=counted[year], condition=f"date:{year}")
        for year in sorted(
            counted, key=lambda year: "" if year == "unknown" else year, reverse=True
        )
    )


def _year(sort_at: int) -> str:
    return "unknown" if sort_at <= UNDATED else f"{datetime.fromtimestamp(sort_at, UTC).year:04d}"


def _senders(
    connection: Connection, query: Query, hits: _Hits, shown: int
) -> tuple[FacetValue, ...]:
    counted = Counter(filter(None, hits.senders))
    # The newest message of each sender knows how the address is written.
    samples = dict(zip(reversed(hits.senders), reversed(hits.ids), strict=True))
    frequent = _most_frequent(counted, shown)
    known = connection.execute(
        select(message.c.id, message.c.sender_address, message.c.sender_name).where(
            message.c.id.in_([samples[sender] for sender, _ in frequent])
        )
    )
    written = {row.id: row for row in known}
    values = []
    for sender, count in frequent:
        row = written.get(samples[sender])
        if row is not None and row.sender_address:
            address = row.sender_address.lower()
            values.append(
                _value(
                    query,
                    value=address,
                    label=row.sender_name or address,
                    count=count,
                    condition=f"from:{exactly(address)}",
                )
            )
    return tuple(values)


def _labels(
    connection: Connection, query: Query, keys: Sequence[int], shown: int
) -> tuple[FacetValue, ...]:
    """One value for all ways to write a label in upper and lower case, as `label:` takes them."""
    if connection.execute(select(label.c.id).limit(1)).first() is None:
        return ()
    counted = _bearing(connection, keys)
    named = connection.execute(select(label.c.id, label.c.name).where(label.c.id.in_(counted)))
    alike: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for key, name in named:
        alike[name.lower()].append((-counted[key], key, name))
    values = []
    for ways in alike.values():
        count = -ways[0][0]
        if len(ways) > 1:
            count = _bearing_any(connection, keys, [key for _, key, _ in ways])
        values.append((-count, min(ways)))
    return tuple(
        _value(query, value=name, label=name, count=-count, condition=f"label:{quoted(name)}")
        for count, (_, _, name) in sorted(values)[:shown]
    )


def _bearing(connection: Connection, keys: Sequence[int]) -> Counter[int]:
    """How many of the messages bear each label."""
    counted: Counter[int] = Counter()
    for some in _in_pieces(keys):
        borne = (
            select(message_label.c.label_id, func.count(message_label.c.first_id.distinct()))
            .where(message_label.c.first_id.in_(some))
            .group_by(message_label.c.label_id)
        )
        counted.update({found[0]: found[1] for found in connection.execute(borne)})
    return counted


def _bearing_any(connection: Connection, keys: Sequence[int], labels: Sequence[int]) -> int:
    """How many of the messages bear at least one of the labels."""
    any_of_them = message_label.c.label_id.in_(labels)
    return sum(
        connection.execute(
            select(func.count(message_label.c.first_id.distinct())).where(
                message_label.c.first_id.in_(some), any_of_them
            )
        ).scalar_one()
        for some in _in_pieces(keys)
    )


def _in_pieces(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(keys), _KEYS_PER_STATEMENT):
        yield keys[at : at + _KEYS_PER_STATEMENT]


def _uploads(
    connection: Connection, query: Query, keys: Sequence[int], shown: int
) -> tuple[FacetValue, ...]:
    """By file, a message in each that holds a copy of it, as `in:` takes it."""
    counted = Counter(map(rshift, keys, repeat(OFFSET_BITS)))
    counted.update(upload_id for upload_id, _ in _copied(connection, keys))
    frequent = _most_frequent(counted, shown)
    named = connection.execute(
        select(upload.c.id, upload.c.filename).where(upload.c.id.in_([key for key, _ in frequent]))
    )
    names = {row.id: row.filename for row in named}
    return tuple(
        _value(
            query,
            value=str(key),
            label=names.get(key, str(key)),
            count=count,
            condition=f"in:{key}",
        )
        for key, count in frequent
    )


def _copied(connection: Connection, keys: Sequence[int]) -> set[tuple[int, int]]:
    """The other uploads in which copies of messages lie: (upload, message)."""
    copies = message.c.duplicate_of
    if connection.execute(select(copies).where(copies.is_not(None)).limit(1)).first() is None:
        return set()
    found = set()
    for some in _in_pieces(keys):
        rows = connection.execute(select(message.c.upload_id, copies).where(copies.in_(some)))
        found |= {(row[0], row[1]) for row in rows if row[0] != row[1] >> OFFSET_BITS}
    return found


def _most_frequent(counted: Counter[int], shown: int) -> list[tuple[int, int]]:
    """The same on every database: equals in the order of their keys."""
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:shown]
