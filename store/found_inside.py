"""How many messages a search in an archive finds, and why that is not all that lie in it.

Asked with the very condition of `in:`, so that a page which tells the number and a search that
counts can never disagree. Pure reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from store.archives import uploads_held
from store.in_uploads import in_any_upload
from store.tables_mail import message_search


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInside:
    """Different messages in an archive. A copy of one that was met before is no other message."""

    shown: int  # found by `in:`
    hidden: int  # deleted in the mailbox they come from: a search has to ask for them

    @property
    def different(self) -> int:
        """Both."""
        return self.shown + self.hidden


def found_inside(connection: Connection, archive_id: int) -> FoundInside:
    """What `in:` finds of an archive at this moment."""
    deleted = message_search.c.deleted_in_source
    rows = connection.execute(
        select(deleted, func.count())
        .where(in_any_upload(sorted(uploads_held(connection, archive_id))))
        .group_by(deleted)
    )
    numbers = {bool(is_deleted): int(number) for is_deleted, number in rows}
    return FoundInside(shown=numbers.get(False, 0), hidden=numbers.get(True, 0))
