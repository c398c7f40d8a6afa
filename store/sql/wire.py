"""Rows in the binary form that Postgres' COPY reads.

Values only: which table they are for is the caller's business. Making them in Python, ahead of
the transaction, leaves the server nothing to parse.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"

_length = struct.Struct(">i").pack
_count = struct.Struct(">h").pack
_int8 = struct.Struct(">iq").pack
_int4 = struct.Struct(">ii").pack
_INT4_OID = 23
# Length; dimensions, whether there are NULLs, type; of the one dimension its size and first index.
_array_head = struct.Struct(">iiiiii").pack
_EMPTY_INT4_ARRAY = struct.pack(">iiii", 12, 0, 0, _INT4_OID)
_bool = (b"\0\0\0\1\0", b"\0\0\0\1\1")


def int8(value: int | None) -> bytes:
    """A bigint."""
    return NULL if value is None else _int8(8, value)


def int4(value: int) -> bytes:
    """An integer."""
    return _int4(4, value)


def boolean(value: bool) -> bytes:
    """A boolean."""
    return _bool[value]


def blob(value: bytes | None) -> bytes:
    """A bytea, or any type whose binary form `value` already is."""
    return NULL if value is None else _length(len(value)) + value


def text(value: str | None) -> bytes:
    """A text; it must hold neither NUL nor lone surrogates."""
    return NULL if value is None else blob(value.encode())


def row(fields: Iterable[bytes], width: int) -> bytes:
    """One row. `fields` are made by the functions above, `width` is how many they are in all."""
    return _count(width) + b"".join(fields)


def int4_array(members: Sequence[bytes]) -> bytes:
    """An integer[] of members made by `int4`."""
    if not members:
        return _EMPTY_INT4_ARRAY
    head = _array_head(20 + 8 * len(members), 1, 0, _INT4_OID, len(members), 1)
    return head + b"".join(members)
