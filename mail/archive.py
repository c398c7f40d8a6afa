"""Open an archive, whatever it is: zip, tar, or a packed file with one of them or one file inside.

By content, never by name. Hands out members one after the other, in the order of the file, and
keeps account of every byte of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Protocol

from mail.member import Damage, Member, NotTaken, PackedSpan
from mail.member_name import decoded_name, is_system_file
from mail.packed import STEP_BYTES, Tick, unheard
from mail.source import Source
from mail.stream import BZIP2, GZIP, XZ, Stream, gzip_header
from mail.tar import BLOCK, Tar, is_tar_header
from mail.zipped import TooManyMembers, Zip

__all__ = ["Archive", "TooManyMembers", "open_archive"]

ZIP = b"PK\x03\x04"
_HEAD_BYTES = 128 << 10
_PACKED_ENDINGS = (".gz", ".bz2", ".xz", ".gzip")
# Who has not asked for a limit still gets one.
MOST_MEMBERS = 1_000_000


class Archive(Protocol):
    """What every kind of archive answers. All but `position` is final after the last member."""

    @property
    def spans(self) -> list[PackedSpan]:
        """In file order, none twice; what no span covers is a gap."""
        ...

    @property
    def damage(self) -> Damage | None:
        """What is wrong with the archive as a whole."""
        ...

    @property
    def passes_over(self) -> bool:
        """True when what nobody reads of a member is not unpacked either."""
        ...

    @property
    def position(self) -> int:
        """How far the file has been read, in bytes."""
        ...

    def members(self) -> Iterator[Member]:
        """Each member once, in the order of the file. Raises TooManyMembers."""
        ...


def open_archive(
    source: Source, filename: str, *, most: int = MOST_MEMBERS, tick: Tick = unheard
) -> Archive | None:
    """The archive in a file; None when it is none. `filename` names what has no name inside."""
    head = source.read_at(0, _HEAD_BYTES)
    if head.startswith(ZIP):
        return Zip(source, most=most, tick=tick)
    if is_tar_header(head[:BLOCK]):
        return PlainTar(source, most=most, tick=tick)
    for magic in (GZIP, BZIP2, XZ):
        if head.startswith(magic):
            name = inner_name(head, filename)
            return PackedFile(Stream(source, magic, tick=tick), name, most=most)
    return None


def inner_name(head: bytes, filename: str) -> str:
    """What the one file inside a packed file is called: as gzip says, or without the ending."""
    header = gzip_header(head)
    if header is not None and header[1]:
        return decoded_name(header[1])
    stem = filename
    for ending in _PACKED_ENDINGS:
        if stem.lower().endswith(ending):
            stem = stem[: -len(ending)]
    return stem or filename


class PlainTar:
    """A tar that is not packed."""

    passes_over = False

    def __init__(self, source: Source, *, most: int, tick: Tick) -> None:
        self._source = source
        self._most = most
        self._tick = tick
        self._tar = Tar(self._blocks())
        self.position = 0

    @property
    def spans(self) -> list[PackedSpan]:
        """See `Archive`."""
        return self._tar.spans

    @property
    def damage(self) -> Damage | None:
        """See `Archive`."""
        return self._tar.damage

    def members(self) -> Iterator[Member]:
        """See `Archive`."""
        for member in _at_most(self._tar.members(), self._most):
            # Not packed: in the file it takes as many bytes as it has.
            member.packed_bytes = member.claimed_size
            yield member

    def _blocks(self) -> Iterator[bytes]:
        while block := self._source.read_at(self.position, STEP_BYTES):
            self.position += len(block)
            self._tick(None, len(block))
            yield block


class PackedFile:
    """A packed stream: the members of the tar in it, or the one file it is."""

    passes_over = False

    def __init__(self, stream: Stream, name: str, *, most: int) -> None:
        self._stream = stream
        self._name = name
        self._most = most
        self._tar: Tar | None = None
        self._read = False

    @property
    def position(self) -> int:
        """See `Archive`."""
        return self._stream.position

    @property
    def spans(self) -> list[PackedSpan]:
        """See `Archive`."""
        return self._stream.spans

    @property
    def damage(self) -> Damage | None:
        """See `Archive`."""
        return self._stream.damage or (self._tar.damage if self._tar else None)

    def members(self) -> Iterator[Member]:
        """See `Archive`."""
        blocks = self._stream.blocks()
        head, kept = _head(blocks)
        every = chain(kept, blocks)
        if is_tar_header(head):
            self._tar = Tar(every)
            yield from _at_most(self._tar.members(), self._most)
        else:
            member = self._single(every)
            yield member
            member.drain()
        for _ in blocks:  # what a damaged tar leaves is read for the account alone
            pass

    def _single(self, blocks: Iterator[bytes]) -> Member:
        def read(member: Member) -> Iterator[bytes]:
            yield from blocks
            member.damage = self._stream.damage

        not_taken = NotTaken.SYSTEM if is_system_file(self._name) else None
        return Member(
            ordinal=0, name=self._name, claimed_size=None, not_taken=not_taken, reader=read
        )


def _head(blocks: Iterator[bytes]) -> tuple[bytes, list[bytes]]:
    """The first bytes, enough to tell a tar, and the blocks they were in."""
    kept: list[bytes] = []
    for block in blocks:
        kept.append(block)
        if sum(map(len, kept)) >= BLOCK:
            break
    return b"".join(kept)[:BLOCK], kept


def _at_most(members: Iterator[Member], most: int) -> Iterator[Member]:
    for member in members:
        if member.ordinal >= most:
            raise TooManyMembers
        yield member
