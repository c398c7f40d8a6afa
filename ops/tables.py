"""Tables for a terminal: columns as wide as their longest cell."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

Cell = str | int | datetime | None


def print_table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print `rows` under `headings`; an absent cell is a dash, times are in UTC."""
    lines = [list(headings), *([shown(cell) for cell in row] for row in rows)]
    widths = [max(map(columns, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(map(_padded, line, widths)).rstrip())


def shown(cell: Cell) -> str:
    """A cell as text. Control characters, which could steer the terminal, are left out."""
    if cell is None:
        return "-"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%SZ}"
    return "".join(each for each in str(cell) if unicodedata.category(each)[0] != "C")


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for a Hangul syllable, none for a mark."""
    return sum(
        0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))
