"""Read back what was indexed of messages, for checking a phrase and for undoing the index."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from store.document import Document, Fact, Person
from store.tables_mail import attachment, message, message_search, message_text

_COLUMNS = (
    message.c.id,
    message.c.subject,
    message.c.people,
    message.c.list_id,
    message.c.list_description,
    message.c.has_attachments,
    message.c.defect_count,
    message.c.has_html,
    message_text.c.text,
    message_search.c.sort_at,
)


def load_documents(connection: Connection, ids: Sequence[int]) -> dict[int, Document]:
    """The documents of first copies, by key, in no order; unknown keys are left out."""
    rows = connection.execute(
        select(*_COLUMNS)
        .join(message_text, message_text.c.id == message.c.id)
        .join(message_search, message_search.c.id == message.c.id)
        .where(message.c.id.in_(ids))
    ).all()
    filenames = _filenames(connection, [row.id for row in rows if row.has_attachments])
    return {row.id: _document(row, filenames[row.id]) for row in rows}


def people_in(written: str | None) -> dict[str, tuple[Person, ...]]:
    """The people of each address field, as `store.rows` wrote them down."""
    fields: dict[str, Any] = json.loads(written) if written else {}
    fields.pop("left_out", None)
    return {
        field: tuple((name, address) for name, address in found) for field, found in fields.items()
    }


def _document(row: Row[*tuple[Any, ...]], filenames: list[str]) -> Document:
    people = people_in(row.people)
    return Document(
        subject=row.subject,
        senders=people.get("from", ()),
        to=people.get("to", ()),
        cc=people.get("cc", ()) + people.get("bcc", ()),
        bcc=people.get("bcc", ()),
        filenames=tuple(filenames),
        list_id=row.list_id,
        list_description=row.list_description,
        text=row.text,
        facts=tuple(_facts(row)),
        sort_at=row.sort_at,
    )


def _facts(row: Row[*tuple[Any, ...]]) -> Iterable[Fact]:
    if row.has_attachments:
        yield Fact.ATTACHMENT
    if row.defect_count:
        yield Fact.DEFECT
    if row.has_html:
        yield Fact.HTML


def _filenames(connection: Connection, ids: Sequence[int]) -> defaultdict[int, list[str]]:
    names: defaultdict[int, list[str]] = defaultdict(list)
    if ids:
        for key, filename in connection.execute(
            select(attachment.c.message_id, attachment.c.filename).where(
                attachment.c.message_id.in_(ids), attachment.c.filename.is_not(None)
            )
        ):
            names[key].append(filename)
    return names
