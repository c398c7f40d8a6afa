"""What a zip says of its entries: the directory at its end, and the header before each.

Only reads what is written there; whether it is true is found out by `mail.zipped`.
"""

from __future__ import annotations

import stat
import struct
from dataclasses import dataclass, replace
from typing import Any

from mail.source import Source

_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_CENTRAL, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_END_BYTES, _LONGEST_COMMENT = 22, 65_535
# A comment may hold what looks like an end; one that holds more was made to cost time.
_MOST_ENDS = 8
_CENTRAL_FORM = struct.Struct("<4s4xHHxxxxLLLHHHHHLL")
_LOCAL_FORM = struct.Struct("<4s2xHHxxxxLLLHH")
_READ_BYTES = 1 << 20
_LONGEST_ENTRY = _CENTRAL_FORM.size + 3 * 65_536
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_AES = 99
_FULL = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `offset` is that of its header; of the header itself, `data_start` is known."""

    name: bytes
    is_utf8: bool
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    data_start: int = 0
    mode: int = 0

    @property
    def is_encrypted(self) -> bool:
        """It can be read with a password only."""
        return bool(self.flags & 1) or self.method == _AES

    @property
    def has_descriptor(self) -> bool:
        """Checksum and sizes stand behind the data: it was written as a stream."""
        return bool(self.flags & 8)

    @property
    def is_link(self) -> bool:
        """It stands for another file."""
        return stat.S_ISLNK(self.mode)


@dataclass(frozen=True, slots=True)
class Directory:
    """The list at the end, and the bytes from its first entry to the end of the zip."""

    entries: list[Entry]
    start: int
    stop: int


def read_directory(source: Source, *, most: int) -> Directory | None:
    """The directory; None when there is none that makes sense.

    Stops after one entry more than `most`.
    """
    tail_bytes = min(source.size, _END_BYTES + _LONGEST_COMMENT)
    base = source.size - tail_bytes
    tail = source.read_at(base, tail_bytes)
    at = len(tail)
    for _ in range(_MOST_ENDS):
        at = tail.rfind(_END, 0, at)
        if at < 0:
            return None
        found = _directory_before(source, tail[at : at + _END_BYTES], base + at, most=most)
        if found is not None:
            return found
    return None


def _directory_before(source: Source, end: bytes, at: int, *, most: int) -> Directory | None:
    if len(end) < _END_BYTES:
        return None
    number, size, start, comment = struct.unpack("<10xHLLH", end)
    stop = at + _END_BYTES + comment
    if stop > source.size:
        return None
    large = _end_of_zip64(source, at)
    number, size, start = large or (number, size, start)
    entries = _entries(source, start, start + size, number=number, most=most)
    return None if entries is None else Directory(entries, start, stop)


def _end_of_zip64(source: Source, at: int) -> tuple[int, int, int] | None:
    locator = source.read_at(max(at - 20, 0), 20)
    if len(locator) < 20 or not locator.startswith(_LOCATOR64):
        return None
    offset = struct.unpack("<8xQ4x", locator)[0]
    record = source.read_at(offset, 56) if offset < source.size else b""
    if len(record) < 56 or not record.startswith(_END64):
        return None
    number, size, start = struct.unpack("<32xQQQ", record)
    return number, size, start


def _entries(source: Source, at: int, stop: int, *, number: int, most: int) -> list[Entry] | None:
    """The entries of a directory; None unless there are as many as its end says."""
    found: list[Entry] = []
    if stop > source.size or number * _CENTRAL_FORM.size > stop - at:
        return None
    buffer, begin = b"", at
    while at < stop and len(found) <= most:
        read = begin + len(buffer)
        if read < stop and read - at < _LONGEST_ENTRY:
            buffer, begin = source.read_at(at, min(_READ_BYTES, stop - at)), at
        entry, length = _central_entry(buffer, at - begin)
        if entry is None:
            return None
        found.append(entry)
        at += length
    complete = len(found) > most or len(found) == number
    return found if complete else None


def _central_entry(buffer: bytes, start: int) -> tuple[Entry | None, int]:
    if len(buffer) - start < _CENTRAL_FORM.size or not buffer.startswith(_CENTRAL, start):
        return None, 0
    fields = _CENTRAL_FORM.unpack_from(buffer, start)
    _, flags, method, crc, packed, size, names, extras, comments, _, _, outer, offset = fields
    at = start + _CENTRAL_FORM.size
    name, extra = buffer[at : at + names], buffer[at + names : at + names + extras]
    entry = Entry(
        name=name,
        is_utf8=bool(flags & 0x800),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        offset=offset,
        mode=outer >> 16,
    )
    return _with_extras(entry, extra), _CENTRAL_FORM.size + names + extras + comments


def local_entry(source: Source, offset: int) -> Entry | None:
    """The entry whose header begins at `offset`; None when none does."""
    # An offset of 64 bits is more than any file has, and more than can be asked for.
    head = source.read_at(offset, _LOCAL_FORM.size + 2 * 65_536) if offset < source.size else b""
    if len(head) < _LOCAL_FORM.size or not head.startswith(_LOCAL):
        return None
    _, flags, method, crc, packed, size, names, extras = _LOCAL_FORM.unpack_from(head)
    at = _LOCAL_FORM.size
    entry = Entry(
        name=head[at : at + names],
        is_utf8=bool(flags & 0x800),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        offset=offset,
        data_start=offset + at + names + extras,
    )
    return _with_extras(entry, head[at + names : at + names + extras])


def _with_extras(entry: Entry, extra: bytes) -> Entry:
    """What the fields have no room for: 64-bit numbers, and a name in UTF-8."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        content = extra[at + 4 : at + 4 + length]
        if kind == _ZIP64:
            entry = _with_large_numbers(entry, content)
        elif kind == _UNICODE_PATH and length > 5:
            entry = replace(entry, name=content[5:], is_utf8=True)
        at += 4 + length
    return entry


def _with_large_numbers(entry: Entry, content: bytes) -> Entry:
    numbers = [
        int.from_bytes(content[at : at + 8], "little") for at in range(0, len(content) - 7, 8)
    ]
    found: dict[str, Any] = {}
    for name in ("size", "packed", "offset"):
        if getattr(entry, name) == _FULL and numbers:
            found[name] = numbers.pop(0)
    return replace(entry, **found)
