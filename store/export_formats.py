"""The formats mail is given away in; each writer turns messages into bytes, one after another."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from store.document import Person
from store.export_rows import Exported

_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
# A date before every mail, which readers take for none.
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
# Formulas in a cell begin with one of these; a quote before it makes them text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Writer(Protocol):
    """Makes a file of messages, piece by piece."""

    needs_bytes: bool

    def head(self) -> bytes:
        """What stands before the first message."""
        ...

    def one(self, message: Exported) -> bytes:
        """One message."""
        ...

    def tail(self) -> bytes:
        """What stands after the last."""
        ...


class MboxWriter:
    """mboxrd: a separator line, the message with its From lines quoted, a blank line."""

    needs_bytes = True

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def one(self, message: Exported) -> bytes:
        """The original separator where there is one: a message's date may hang on it."""
        raw = message.raw or b""
        blank = _BLANK_LINE.search(raw)
        body = blank.end() if blank else len(raw)
        quoted = raw[:body] + _FROM_LINE.sub(rb">\1", raw[body:])
        separator = (message.separator or b"").strip() or _separator(message.view.sent_at)
        ending = b"\n" if quoted.endswith(b"\n") else b"\n\n"
        return separator + b"\n" + quoted + ending

    def tail(self) -> bytes:
        """Nothing."""
        return b""


def _separator(sent_at: datetime | None) -> bytes:
    return f"From MAILER-DAEMON {(sent_at or _NO_DATE):%a %b %d %H:%M:%S %Y}".encode()


class ZipWriter:
    """A zip with one .eml for each message, named after where it lies."""

    needs_bytes = True

    def __init__(self) -> None:
        self._buffer = _Outlet()
        self._zip = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1)

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def one(self, message: Exported) -> bytes:
        """One entry, dated like the message."""
        at = message.view.sent_at
        # The format knows no time before 1980 and none after 2107.
        stamp = at.timetuple()[:6] if at and 1980 <= at.year <= 2107 else (1980, 1, 1, 0, 0, 0)
        entry = zipfile.ZipInfo(f"{message.view.place.name}.eml", date_time=stamp)
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(entry, message.raw or b"")
        return self._buffer.taken()

    def tail(self) -> bytes:
        """The directory."""
        self._zip.close()
        return self._buffer.taken()


class _Outlet(io.RawIOBase):
    """A file that cannot be gone back in; what was written is taken away piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


_COLUMNS = (
    *("id", "upload", "filename", "offset", "size", "date", "date_source", "from", "to", "cc"),
    *("subject", "message_id", "attachments", "labels", "defects"),
)


class CsvWriter:
    """A table for spreadsheets: RFC 4180, UTF-8 with a mark, no cell that computes."""

    needs_bytes = False

    def head(self) -> bytes:
        """The names of the columns, after the mark by which spreadsheets know UTF-8."""
        return b"\xef\xbb\xbf" + _csv_line(_COLUMNS)

    def one(self, message: Exported) -> bytes:
        """One line."""
        view = message.view
        return _csv_line(
            [
                view.place.name,
                str(view.place.upload_id),
                view.place.filename,
                str(view.place.offset),
                str(view.size),
                view.sent_at.isoformat() if view.sent_at else "",
                view.date_source.value,
                _people(view.senders),
                _people(view.to),
                _people(view.cc),
                view.subject or "",
                view.message_id or "",
                ", ".join(one.filename or one.content_type for one in view.attachments),
                ", ".join(view.labels),
                str(view.defect_count),
            ]
        )

    def tail(self) -> bytes:
        """Nothing."""
        return b""


def _people(people: Sequence[Person]) -> str:
    return ", ".join(f"{name} <{address}>" if name else address for name, address in people)


def _csv_line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(cell) for cell in cells])
    return out.getvalue().encode()


def _harmless(cell: str) -> str:
    return "'" + cell if cell.lstrip(" ").startswith(_FORMULA) else cell


class JsonWriter:
    """JSON Lines: one object for each message, with its text."""

    needs_bytes = False

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def one(self, message: Exported) -> bytes:
        """One line."""
        view = message.view
        written = {
            "id": view.place.name,
            "upload_id": view.place.upload_id,
            "filename": view.place.filename,
            "offset": view.place.offset,
            "length": view.place.length,
            "message_id": view.message_id,
            "subject": view.subject,
            "from": _listed(view.senders),
            "to": _listed(view.to),
            "cc": _listed(view.cc),
            "date": view.sent_at.isoformat() if view.sent_at else None,
            "date_source": view.date_source.value,
            "text": message.text,
            "has_html": view.has_html,
            "attachments": [
                {
                    "filename": one.filename,
                    "content_type": one.content_type,
                    "size": one.size,
                    "sha256": one.sha256,
                }
                for one in view.attachments
            ],
            "labels": list(view.labels),
            "defects": [
                {"kind": one.kind, "where": one.where, "what": one.what} for one in view.defects
            ],
        }
        return json.dumps(written, ensure_ascii=False).encode() + b"\n"

    def tail(self) -> bytes:
        """Nothing."""
        return b""


def _listed(people: Sequence[Person]) -> list[dict[str, str | None]]:
    return [{"name": name, "address": address} for name, address in people]
