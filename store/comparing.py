"""Texts compared so that both databases agree: by their bytes, and in any case of ASCII letters."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, collate, func


def ascii_lower(text: str) -> str:
    """In lower case as far as ASCII goes, as `lowered` is."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def lowered(connection: Connection, text: ColumnElement[str]) -> ColumnElement[str]:
    """A text in lower case as far as ASCII goes: all that both databases agree on."""
    return func.lower(by_bytes(connection, text))


def by_bytes(connection: Connection, text: ColumnElement[str]) -> ColumnElement[str]:
    """A text that is compared by its bytes in UTF-8, as SQLite does unasked."""
    return collate(text, "C") if connection.dialect.name == "postgresql" else text
