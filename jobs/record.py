"""Read what RQ and we keep in Redis hashes: text, times and numbers, each None when unusable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime


def word_of(value: bytes | str) -> str:
    """A key, a field or a value as text."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def text_of(fields: Mapping[bytes | str, bytes | str]) -> dict[str, str]:
    """A whole hash as text."""
    return {word_of(key): word_of(value) for key, value in fields.items()}


def moment_of(text: str | None) -> datetime | None:
    """A time; RQ writes UTC, older versions of it without saying so."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def whole_of(text: str | None) -> int | None:
    """A whole number."""
    return int(text) if text is not None and text.isdigit() else None


def number_of(text: str | None) -> float | None:
    """A number of seconds."""
    try:
        return float(text) if text else None
    except ValueError:
        return None
