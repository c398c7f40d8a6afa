"""Whether a message lies in one of some uploads, as a condition on `message_search`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, false, func, or_, select

from store.tables_mail import OFFSET_BITS, message, message_search

# As many runs of uploads as are asked for one by one, by the keys of their messages.
_MOST_RUNS = 20


def runs_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending numbers as ranges, first and last: what came out of one archive lies together."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def in_any_upload(numbers: Sequence[int]) -> ColumnElement[bool]:
    """True for a row of `message_search` that one of those uploads holds, if only as a copy."""
    runs = runs_of(numbers)
    if len(runs) <= _MOST_RUNS:
        return or_(false(), *map(_in_run, runs))
    # Written out: neither database takes so many parameters, nor so many conditions.
    written: BindParameter[Any] = bindparam(
        None, list(numbers), expanding=True, literal_execute=True
    )
    firsts = select(func.coalesce(message.c.duplicate_of, message.c.id))
    return message_search.c.id.in_(firsts.where(message.c.upload_id.in_(written)))


def _in_run(run: tuple[int, int]) -> ColumnElement[bool]:
    first, last = run
    start, stop = first << OFFSET_BITS, (last + 1) << OFFSET_BITS
    copies = select(message.c.duplicate_of).where(
        message.c.upload_id.between(first, last), message.c.duplicate_of.is_not(None)
    )
    row = message_search.c
    return or_(and_(row.id >= start, row.id < stop), row.id.in_(copies))
