"""Turn the keys of one page of matches into hits: details, marks, snippets.

Everything is fetched for the page at once, a handful of statements however long it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from mail.envelope import DateSource
from store.document import Field
from store.expression import Words
from store.marking import marked, snippet
from store.naming import message_name
from store.own_labels import own_labels_of
from store.reading import instant
from store.results import Hit, Marked
from store.tables_mail import (
    OFFSET_BITS,
    attachment,
    label,
    message,
    message_label,
    message_text,
)
from store.whereabouts import with_whereabouts

_FILENAMES_SHOWN = 5
# A text is looked through as far as this at first: few hits lie further behind.
_HEAD_CHARACTERS = 200_000

_COLUMNS = (
    message.c.id,
    message.c.subject,
    message.c.sender_name,
    message.c.sender_address,
    message.c.sent_at,
    message.c.date_source,
    message.c.date_plausible,
    message.c.length,
    message.c.separator_length,
    message.c.has_attachments,
    message.c.defect_count,
    message.c.deleted_in_source,
    func.substr(message_text.c.text, 1, _HEAD_CHARACTERS).label("text"),
)


def hits_of(connection: Connection, ids: Sequence[int], wanted: Sequence[Words]) -> tuple[Hit, ...]:
    """The hits with these keys, in this order; keys that are gone by now are left out."""
    if not ids:
        return ()
    rows = connection.execute(
        select(*_COLUMNS)
        .outerjoin(message_text, message_text.c.id == message.c.id)
        .where(message.c.id.in_(ids))
    )
    found = {row.id: row for row in rows}
    labels, ours = _labels(connection, ids), own_labels_of(connection, ids)
    copies = _copies(connection, ids)
    with_files = [row.id for row in found.values() if row.has_attachments]
    filenames = _filenames(connection, with_files, _about(wanted, Field.FILENAME))
    snippets = _snippets(connection, list(found.values()), _about(wanted, Field.BODY))
    hits = [
        _hit(
            found[key],
            wanted,
            labels=labels[key],
            own_labels=[name for name in labels[key] if (key, name) in ours],
            copies=1 + copies.get(key, 0),
            filenames=filenames[key],
            shown=snippets[key],
        )
        for key in ids
        if key in found
    ]
    return with_whereabouts(connection, hits, wanted)


def _snippets(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], wanted: Sequence[Words]
) -> dict[int, Marked]:
    """A piece of each text with the first hit in view, however far behind it lies."""
    found = {row.id: snippet(row.text or "", wanted) for row in rows}
    cut = [row.id for row in rows if len(row.text or "") == _HEAD_CHARACTERS]
    if further := [key for key in cut if wanted and not found[key].ranges]:
        whole = select(message_text.c.id, message_text.c.text)
        for key, text in connection.execute(whole.where(message_text.c.id.in_(further))):
            found[key] = snippet(text, wanted)
    return found


def _about(wanted: Sequence[Words], field: Field) -> list[Words]:
    return [words for words in wanted if words.field in (None, field)]


def _hit(
    row: Row[*tuple[Any, ...]],
    wanted: Sequence[Words],
    *,
    labels: Sequence[str],
    own_labels: Sequence[str],
    copies: int,
    filenames: Sequence[Marked],
    shown: Marked,
) -> Hit:
    sender = _about(wanted, Field.SENDER)
    return Hit(
        id=row.id,
        name=message_name(row.id),
        upload_id=row.id >> OFFSET_BITS,
        subject=marked(row.subject, _about(wanted, Field.SUBJECT)),
        sender_name=marked(row.sender_name, sender),
        sender_address=marked(row.sender_address, sender),
        sent_at=instant(row.sent_at),
        date_source=DateSource(row.date_source or DateSource.NONE),
        date_plausible=row.date_plausible,
        snippet=shown,
        size=row.length - row.separator_length,
        has_attachments=row.has_attachments,
        defect_count=row.defect_count,
        deleted_in_source=row.deleted_in_source,
        copies=copies,
        labels=tuple(sorted(labels)),
        own_labels=tuple(sorted(own_labels)),
        filenames=tuple(filenames),
    )


def _labels(connection: Connection, ids: Sequence[int]) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for key, name in connection.execute(
        select(message_label.c.first_id, label.c.name)
        .join(label, label.c.id == message_label.c.label_id)
        .where(message_label.c.first_id.in_(ids))
        .distinct()
    ):
        found[key].append(name)
    return found


def _copies(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    rows = connection.execute(
        select(message.c.duplicate_of, func.count())
        .where(message.c.duplicate_of.in_(ids))
        .group_by(message.c.duplicate_of)
    )
    return {row[0]: row[1] for row in rows}


def _filenames(
    connection: Connection, ids: Sequence[int], wanted: Sequence[Words]
) -> defaultdict[int, list[Marked]]:
    """Names of attachments, but only those that were hit: a list of hits is no list of files."""
    found: defaultdict[int, list[Marked]] = defaultdict(list)
    if not ids or not wanted:
        return found
    for key, filename in connection.execute(
        select(attachment.c.message_id, attachment.c.filename)
        .where(attachment.c.message_id.in_(ids), attachment.c.filename.is_not(None))
        .order_by(attachment.c.message_id, attachment.c.path)
    ):
        name = marked(filename, wanted)
        if name is not None and name.ranges and len(found[key]) < _FILENAMES_SHOWN:
            found[key].append(name)
    return found
