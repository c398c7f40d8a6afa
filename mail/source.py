"""What the mail core asks of a file: its size, and bytes at an offset.

The core opens no file itself; the spool, a test or the command line hands it a `Source`.
"""

from __future__ import annotations

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


class BytesSource:
    """A `Source` over bytes that are already in memory."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._content)

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; fewer only at the end."""
        return self._content[offset : offset + length]
