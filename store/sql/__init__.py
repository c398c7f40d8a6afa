"""What the two databases do in their own way: the full-text index, and carrying rows over.

Each has a room of its own; how the index is asked stands in `store.matching`.
"""

from __future__ import annotations

from store.sql import postgres, sqlite
from store.sql.carrying import Room


def room_of(dialect: str) -> Room:
    """The room of one database."""
    return postgres if dialect == "postgresql" else sqlite
