"""Look up what the names in a query stand for: labels and uploads.

Compared here and not by the databases, which disagree on upper and lower case beyond ASCII.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from store.archives import uploads_held
from store.counted_on import GONE
from store.expression import Expression, InUpload, Labelled, conditions_in
from store.matching import Names
from store.tables import upload
from store.tables_mail import label
from store.uploads import UploadState

_LARGEST_UPLOAD = 1 << 22


def find_names(connection: Connection, expression: Expression) -> Names:
    """The keys behind every label and upload a query names; none for an unknown name."""
    conditions = conditions_in(expression)
    labels = {found.name for found in conditions if isinstance(found, Labelled)}
    uploads = {found.name for found in conditions if isinstance(found, InUpload)}
    return Names(labels=_labels(connection, labels), uploads=_uploads(connection, uploads))


def without_upload(connection: Connection, expression: Expression) -> tuple[str, ...]:
    """What a query says after `in:` that no upload is called, those aside whose bytes are gone."""
    found = [one for one in conditions_in(expression) if isinstance(one, InUpload)]
    if not found:
        return ()
    is_there = upload.c.state.not_in((*GONE, UploadState.BROKEN))
    there = select(upload.c.id, upload.c.filename).where(is_there)
    known = {row.id: row.filename for row in connection.execute(there)}
    names = dict.fromkeys(one.name for one in found)
    return tuple(
        name for name in names if known.keys().isdisjoint(_upload_ids(name, known.items()))
    )


def _labels(connection: Connection, names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    if not names:
        return {}
    known = connection.execute(select(label.c.id, label.c.name)).all()
    return {
        name: tuple(row.id for row in known if row.name.lower() == name.lower()) for name in names
    }


def _uploads(connection: Connection, names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    if not names:
        return {}
    known = connection.execute(select(upload.c.id, upload.c.filename)).all()
    found = {name: _upload_ids(name, [(row.id, row.filename) for row in known]) for name in names}
    return {name: _with_members(connection, ids) for name, ids in found.items()}


def _with_members(connection: Connection, upload_ids: tuple[int, ...]) -> tuple[int, ...]:
    """An archive stands for the mail in it, also for what came before with the same bytes."""
    return tuple(sorted(uploads_held(connection, *upload_ids)))


def is_upload_number(name: str) -> bool:
    """True for what `in:` takes for the number of an upload, and not for a piece of a name."""
    return name.isascii() and name.isdecimal() and int(name) < _LARGEST_UPLOAD


def _upload_ids(name: str, known: Iterable[tuple[int, str]]) -> tuple[int, ...]:
    if is_upload_number(name):
        return (int(name),)
    return tuple(key for key, filename in known if name.lower() in filename.lower())
