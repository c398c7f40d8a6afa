"""What both databases agree on when rows are carried over; the how stands in each room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, FromClause

from store.database import Database
from store.rows import MessageRows
from store.sql.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One message's rows in the form its database takes: tuples on SQLite, bytes on Postgres."""

    message: Any
    attachments: tuple[Any, ...]
    text: Any | None
    search: Any | None
    tokens: Any | None  # only where the index is a table of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One message and what the database decided about it."""

    encoded: Encoded
    kind: str
    duplicate_of: int | None


class Index(Protocol):
    """The full-text index, as one search asks it."""

    def matches(self, tree: Tree) -> ColumnElement[bool]:
        """A condition on message_search: the index says that the message meets `tree`."""
        ...

    def guess(self, tree: Tree) -> int:
        """About how many messages meet `tree`, where the index would gather all of them before it
        names the first; 0 where it names them as it finds them."""
        ...

    def source(self, tree: Tree | None) -> tuple[FromClause, ColumnElement[bool]]:
        """Where to select search rows from, and the condition that goes with it, so that the
        index is read first and the rows it names after."""
        ...


class Room(Protocol):
    """What each database does in its own way."""

    def encode(self, database: Database, rows: Sequence[MessageRows], /) -> list[Encoded]:
        """Everything that costs CPU, and whatever is needed of the database, before the
        transaction that writes the rows."""
        ...

    def claim(
        self, connection: Connection, wanted: Sequence[tuple[bytes, int]]
    ) -> dict[bytes, int]:
        """Which message holds each content, ours if we are first. `wanted`: by digest, once."""
        ...

    def insert(self, connection: Connection, settled: Sequence[Settled]) -> None:
        """Write messages, and the content of those that are no duplicates."""
        ...

    def index(self, connection: Connection, entries: Iterable[tuple[int, Iterable[str]]]) -> None:
        """Put the tokens of messages whose search rows exist into the index."""
        ...

    def unindex(self, connection: Connection, entries: Iterable[tuple[int, Iterable[str]]]) -> None:
        """Take the tokens of messages out of the index, before their search rows go."""
        ...

    def reword(self, connection: Connection, entries: Sequence[tuple[int, Iterable[str]]]) -> None:
        """Give search rows, already in their new places, other tokens than they came with."""
        ...

    def settle(self, connection: Connection) -> None:
        """Put in order what the index has only gathered, so that searches are quick again."""
        ...

    def index_of(self, connection: Connection, /) -> Index:
        """The full-text index, to be asked over this connection."""
        ...
