"""Find where messages begin in an mbox.

Boundaries only: nothing here decodes a header or a body, so it works on any bytes, on any
slice of a file, and cannot fail on a damaged message.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Source(Protocol):
    """Random access to the bytes of one mbox, as the spool gives it."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; fewer only at the end."""
        ...


class Dialect(StrEnum):
    """The family a file belongs to; decides quoting and which lines are boundaries."""

    MBOXRD = "mboxrd"
    MBOXO = "mboxo"
    MBOXCL = "mboxcl"
    MBOXCL2 = "mboxcl2"
    GMAIL = "gmail"
    GROUPS = "groups"
    THUNDERBIRD = "thunderbird"
    PIPERMAIL = "pipermail"
    BARE = "bare"
    SINGLE = "single"  # one message without any separator (an .eml)
    NONE = "none"  # nothing in it looks like mail


class SpanKind(StrEnum):
    """What a range of bytes of an mbox is."""

    MESSAGE = "message"
    PREAMBLE = "preamble"
    TRAILER = "trailer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A contiguous range of an mbox. Spans of a file touch: none overlaps, none leaves a gap."""

    kind: SpanKind
    offset: int
    length: int  # separator line and trailing blank line included
    separator_length: int  # bytes of the separator line with its line end; 0 when there is none
