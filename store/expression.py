"""What a query means, as a tree: conditions on one message, joined by and, or, not.

Plain data. Made by `store.query`, asked of a database by `store.matching`, of one message at a
time by `store.checking`.
"""

from __future__ import annotations

from dataclasses import dataclass

from store.document import Fact, Field


@dataclass(frozen=True, slots=True)
class Words:
    """Words that follow each other, in one field or in any.

    `tokens` are what the index knows of them, `spoken` is the text itself, lower-cased NFC. When
    `open_end`, the last word may go on ("prefix*").
    """

    field: Field | None
    tokens: tuple[str, ...]
    spoken: str
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A whole address in one of the address fields, in any case of letters."""

    field: Field
    address: str


@dataclass(frozen=True, slots=True)
class Has:
    """A fact about the message."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Sent:
    """Sent in [since, until), Unix seconds; None leaves an end open. No date: not sent then."""

    since: int | None
    until: int | None


@dataclass(frozen=True, slots=True)
class Undated:
    """Without a date, or with one that cannot be right."""


@dataclass(frozen=True, slots=True)
class Sized:
    """More than `above` bytes, fewer than `below`; None leaves an end open."""

    above: int | None
    below: int | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """Bears a label: this name, in any case of letters."""

    name: str


@dataclass(frozen=True, slots=True)
class WithMessageId:
    """Has this Message-ID."""

    message_id: str


@dataclass(frozen=True, slots=True)
class InUpload:
    """It, or a copy of it, came in this upload: its number, or (a piece of) its file name."""

    name: str


@dataclass(frozen=True, slots=True)
class WithFileOfType:
    """Has an attachment whose content type begins with one of these."""

    beginnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WithFile:
    """Has an attachment of just this content: SHA-256, 32 bytes."""

    sha256: bytes


@dataclass(frozen=True, slots=True)
class Duplicated:
    """Was met more than once."""


@dataclass(frozen=True, slots=True)
class DeletedInSource:
    """Its mail program had marked it as deleted."""


Condition = (
    Words
    | Person
    | Has
    | Sent
    | Undated
    | Sized
    | Labelled
    | WithMessageId
    | InUpload
    | WithFileOfType
    | WithFile
    | Duplicated
    | DeletedInSource
)


@dataclass(frozen=True, slots=True)
class And:
    """All of these; of none: every message."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of these."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    part: Expression


Expression = Condition | And | Or | Not

EVERYTHING = And(())


def conditions_in(expression: Expression) -> list[Condition]:
    """Every condition of a tree, from left to right."""
    match expression:
        case And(parts) | Or(parts):
            return [found for part in parts for found in conditions_in(part)]
        case Not(part):
            return conditions_in(part)
        case _:
            return [expression]


def wanted_words(expression: Expression) -> list[Words]:
    """The words a hit may show, those that are asked for and not those that are excluded."""
    match expression:
        case And(parts) | Or(parts):
            return [words for part in parts for words in wanted_words(part)]
        case Words():
            return [expression]
        case Person(field, address):
            return [Words(field=field, tokens=(), spoken=address)]
        case _:
            return []
