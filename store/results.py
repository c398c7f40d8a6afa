"""What a search answers: plain data for pages, the API and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mail.envelope import DateSource


class Order(StrEnum):
    """In which order hits come. Ties and everything within a rank: newest first, of OLDEST the
    oldest. Mail without a usable date comes last in either order of time."""

    NEWEST = "newest"
    OLDEST = "oldest"
    BEST = "best"  # messages that say it in their subject before the others
    LARGEST = "largest"
    SENDER = "sender"  # by address


class QueryError(ValueError):
    """A query that cannot be understood: the character at fault (from 0), and a sentence.

    `query` is the text that the position counts in: what was asked, in NFC. None when it was
    refused before anybody looked at it.
    """

    def __init__(self, position: int, sentence: str) -> None:
        super().__init__(sentence)
        self.position = position
        self.sentence = sentence
        self.query: str | None = None


class CursorError(ValueError):
    """A page was asked for with a cursor that no search gave out."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and the ranges in it, (start, stop) in characters, that the query hit."""

    text: str
    ranges: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are: exactly `value`, or at least `value` when there are `more`."""

    value: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A place where a hit was met that a list does not show: "to", "cc", "bcc" or "list"."""

    place: str
    texts: tuple[Marked, ...]  # the people, or the list, that were met
    more: bool  # and further ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One message of a result list."""

    id: int
    name: str  # the public name, for addresses
    upload_id: int
    subject: Marked | None
    sender_name: Marked | None
    sender_address: Marked | None
    sent_at: datetime | None
    date_source: DateSource
    date_plausible: bool
    snippet: Marked  # a piece of the text with the first hit in view
    size: int  # bytes
    has_attachments: bool
    defect_count: int
    deleted_in_source: bool
    copies: int  # how often the same content was met, this one included
    labels: tuple[str, ...]
    own_labels: tuple[str, ...]  # those of them that people put on here
    filenames: tuple[Marked, ...]  # of attachments whose name was hit
    met: tuple[Met, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundThread:
    """A conversation with hits: the first ones in order, and how many it has in all."""

    hits: tuple[Hit, ...]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One condition of the query as it was understood, and the query that is left without it."""

    text: str  # as written, evened out
    kind: str  # "words", "from", "date" …: the name of the condition, for a word and an icon
    excluded: bool  # True when it began with a minus
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One page of hits. `next` is the cursor of the following page, None on the last.

    A search that has to look at many messages one by one may stop before the page is full.
    """

    query: str
    order: Order
    hits: tuple[Hit, ...]
    count: Count
    next: str | None
    chips: tuple[Chip, ...]
    unindexed: int  # messages that are stored but cannot be found yet
    threads: tuple[FoundThread, ...] = ()  # where hits were grouped by conversation
    threads_are_whole: bool = True  # False: some were too large, and may stand in pieces
    looked_back_to: datetime | None = None  # where it stopped for want of time; `next` goes on
    among_newest: int | None = None  # so many only are arranged by size or sender; None: all


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    """One value to narrow a search by: what is shown, how many hits, the narrowed query.

    `without` is the query that is left without it, where the search is narrowed by it already.
    """

    value: str
    label: str
    count: int
    query: str
    without: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """The hits of a search counted by year, sender, label and upload; most frequent first.

    `counted` says over how many hits, and whether those are only the newest of more.
    """

    counted: Count
    years: tuple[FacetValue, ...]  # newest first
    senders: tuple[FacetValue, ...]
    labels: tuple[FacetValue, ...]
    uploads: tuple[FacetValue, ...]
