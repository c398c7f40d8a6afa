"""Write labels, and which message bears which: what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from store.locks import insert_new
from store.tables_mail import label, message_label

Borne = tuple[int, int, int]  # label, message shown, copy that brought it


def insert_labels(
    connection: Connection, *, names: Mapping[int, str], rows: Iterable[Borne], now: datetime
) -> None:
    """`names` are labels by number. All in their order, as several may write at once."""
    seen = [{"id": key, "name": names[key], "seen_at": now} for key in sorted(names)]
    if seen:
        connection.execute(insert_new(connection, label).on_conflict_do_nothing(), seen)
    columns = ("label_id", "first_id", "message_id")
    borne = [dict(zip(columns, row, strict=True)) for row in sorted(rows)]
    if borne:
        connection.execute(insert_new(connection, message_label).on_conflict_do_nothing(), borne)
