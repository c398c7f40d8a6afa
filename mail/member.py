"""One file inside an archive, and what can be said of it: plain data that readers fill in."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class NotTaken(StrEnum):
    """Why a member is not read as mail."""

    DIRECTORY = "directory"
    LINK = "link"
    DEVICE = "device"
    SYSTEM = "system"  # what desktops leave behind: __MACOSX, .DS_Store
    ENCRYPTED = "encrypted"
    METHOD = "method"  # packed in a way that is not known here
    OVERLAPS = "overlaps"  # shares its bytes with another member
    EMPTY = "empty"
    NO_MAIL = "no_mail"
    TOO_DEEP = "too_deep"
    FORM = "form"  # a form of mailbox, or of archive, that is not read here

    @property
    def may_hold_mail(self) -> bool:
        """True where nobody has seen what is in it."""
        return self in _UNSEEN


_UNSEEN = frozenset(
    (
        NotTaken.ENCRYPTED,
        NotTaken.METHOD,
        NotTaken.OVERLAPS,
        NotTaken.TOO_DEEP,
        NotTaken.FORM,
    )
)


class Damage(StrEnum):
    """What is wrong with a member, or with the archive around it."""

    CUT = "cut"  # it ends too early
    BROKEN = "broken"  # the compressed data makes no sense from some byte on
    CHECKSUM = "checksum"
    LENGTH = "length"
    HEADER = "header"  # what should describe it does not
    DIRECTORY = "lost_directory"  # the list of members at the end of a zip is missing


class SpanKind(StrEnum):
    """What a range of an archive's bytes is."""

    MEMBER = "member"  # the packed bytes of members
    STRUCTURE = "structure"  # headers, lists, checksums, padding
    TRAILER = "trailer"  # zeros after the end


@dataclass(frozen=True, slots=True)
class PackedSpan:
    """A contiguous range of an archive's bytes."""

    start: int
    length: int
    kind: SpanKind


@dataclass(slots=True)
class Member:
    """A member as its archive describes it, and as it turns out when its `blocks` are read.

    `claimed_size` is what a header says, `size` counts what came out. `damage` is final when
    `blocks` is through; `packed_bytes` is None where a member has no bytes of its own (tar.gz).
    """

    ordinal: int  # 0…, in the order of the file; the same at every reading
    name: str
    claimed_size: int | None
    not_taken: NotTaken | None
    reader: Callable[[Member], Iterator[bytes]]
    packed_bytes: int | None = None
    size: int = 0
    crc: int = 0
    damage: Damage | None = None
    _blocks: Iterator[bytes] | None = None

    def blocks(self) -> Iterator[bytes]:
        """The bytes of the member, once; asked again, those that nobody has taken yet."""
        if self._blocks is None:
            self._blocks = self._read()
        return self._blocks

    def _read(self) -> Iterator[bytes]:
        for block in self.reader(self):
            self.size += len(block)
            self.crc = zlib.crc32(block, self.crc)
            yield block

    def drain(self) -> None:
        """Read what is left of it, for nobody."""
        for _ in self.blocks():
            pass
