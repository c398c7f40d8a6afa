"""The bytes of a message as they lie in the file: offset, hexadecimal, ASCII; a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from store.reading import Place
from web.asked import address, whole
from web.house import house_of
from web.letters import window_of

PAGE_BYTES = 4096
ROW_BYTES, NARROW_ROW_BYTES = 16, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HexPage:
    """Some bytes of a message. `start` and `stop` count from its separator line's first byte."""

    lines: str
    narrow_lines: str  # the same with half as many a line, for phones
    start: int
    stop: int
    size: int
    first: str | None
    earlier: str | None
    later: str | None


def hex_page(request: Request, place: Place) -> HexPage:
    """The page from byte `?at=` on, of whole rows. Raises HTTPException 410 when bytes are gone."""
    here = f"/messages/{place.name}"
    last = max(place.length - 1, 0) // PAGE_BYTES * PAGE_BYTES
    start = min((whole(request, "at") or 0) // ROW_BYTES * ROW_BYTES, last)
    found = window_of(house_of(request), place, start=start, length=PAGE_BYTES)
    stop = start + len(found)

    def page(at: int) -> str:
        return address(here, view="hex", at=at or None)

    return HexPage(
        lines=hex_lines(found, first=place.offset + start),
        narrow_lines=hex_lines(found, first=place.offset + start, row_bytes=NARROW_ROW_BYTES),
        start=start,
        stop=stop,
        size=place.length,
        first=page(0) if start > PAGE_BYTES else None,
        earlier=page(max(start - PAGE_BYTES, 0)) if start else None,
        later=page(stop) if stop < place.length else None,
    )


def hex_lines(data: bytes, *, first: int, row_bytes: int = ROW_BYTES) -> str:
    """Offset in the file, bytes, and their ASCII; of short lines the offset is shorter too."""
    rows = ((first + at, data[at : at + row_bytes]) for at in range(0, len(data), row_bytes))
    digits, width = (10, 48) if row_bytes == ROW_BYTES else (8, 24)
    return "\n".join(f"{at:0{digits}x}  {row.hex(' '):<{width}} {_ascii(row)}" for at, row in rows)


def _ascii(row: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
