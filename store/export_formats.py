"""The formats mail is given away in; each writer turns messages into bytes, one after another."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from email.header import Header
from typing import Any, Protocol

from mail.separator import Form, begins_a_field, begins_blank_line, form_at
from store.document import Person
from store.export_rows import Letter, Told

_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)
_HEADER_END = re.compile(rb"(?:\A|\r?\n)\r?\n")
_LABELS = re.compile(rb"^x-gmail-labels[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.MULTILINE)
# A date before every mail, which readers take for none.
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
# Formulas in a cell begin with one of these; a quote before it makes them text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class LetterWriter(Protocol):
    """Makes a file of messages' bytes, piece by piece."""

    def one(self, letter: Letter) -> bytes:
        """One message."""
        ...

    def tail(self) -> bytes:
        """What stands after the last."""
        ...


class ToldWriter(Protocol):
    """Makes a table of messages, line by line."""

    def head(self) -> bytes:
        """What stands before the first message."""
        ...

    def one(self, told: Told) -> bytes:
        """One message."""
        ...


class MboxWriter:
    """mboxrd: a separator line, the message with its From lines quoted, a blank line."""

    def one(self, letter: Letter) -> bytes:
        """One message and its separator."""
        return mbox_entry(_labelled(letter), separator=letter.separator, sent_at=letter.sent_at)

    def tail(self) -> bytes:
        """Nothing."""
        return b""


def mbox_entry(raw: bytes, *, separator: bytes, sent_at: datetime | None) -> bytes:
    """A message as it stands in an mboxrd, such that any reader finds its beginning.

    The original separator stays where nobody can mistake it: a message's date may hang on it.
    """
    line = separator.rstrip(b"\r\n")
    if form_at(line, 0) != (Form.STRONG, len(line)):
        line = f"From MAILER-DAEMON {(sent_at or _NO_DATE):%a %b %d %H:%M:%S} ".encode()
        line += b"%04d" % (sent_at or _NO_DATE).year
    if not begins_a_field(raw, 0) and not begins_blank_line(raw, 0):
        raw = b"\n" + raw  # nothing but a body: readers want a field, or the end of the header
    quoted = raw[: _body(raw)] + _FROM_LINE.sub(rb">\1", raw[_body(raw) :])
    ending = b"\n" if quoted.endswith(b"\n") else b"\n\n"
    return line + b"\n" + quoted + ending


def _body(raw: bytes) -> int:
    """Where a message's body begins."""
    blank = _HEADER_END.search(raw)
    return blank.end() if blank else len(raw)


def _labelled(letter: Letter) -> bytes:
    """The message, with the labels of all its copies in the place of its own if they are given."""
    if letter.labels is None:
        return letter.raw
    body = _body(letter.raw)
    rest = _LABELS.sub(b"", letter.raw[:body]) + letter.raw[body:]
    if not letter.labels:
        return rest
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(letter.labels)
    field = Header(line.getvalue(), "utf-8" if not line.getvalue().isascii() else "us-ascii")
    return b"X-Gmail-Labels: " + field.encode(maxlinelen=900).encode() + b"\n" + rest


class ZipWriter:
    """A zip with one .eml for each message, named after where it lies."""

    def __init__(self) -> None:
        self._buffer = _Outlet()
        self._zip = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1)

    def one(self, letter: Letter) -> bytes:
        """One entry, dated like the message."""
        at = letter.sent_at
        # The format knows no time before 1980 and none after 2107.
        stamp = at.timetuple()[:6] if at and 1980 <= at.year <= 2107 else (1980, 1, 1, 0, 0, 0)
        entry = zipfile.ZipInfo(f"{letter.name}.eml", date_time=stamp)
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(entry, _labelled(letter))
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
    *("id", "upload", "filename", "offset", "size", "date", "date_source", "date_plausible"),
    *("from", "to", "cc", "subject", "message_id", "attachments", "labels", "defects"),
)


class CsvWriter:
    """A table for spreadsheets: RFC 4180, UTF-8 with a mark, no cell that computes."""

    def head(self) -> bytes:
        """The names of the columns, after the mark by which spreadsheets know UTF-8."""
        return b"\xef\xbb\xbf" + _csv_line(_COLUMNS)

    def one(self, told: Told) -> bytes:
        """One line."""
        view = told.view
        return _csv_line(
            [
                view.place.name,
                str(view.place.upload_id),
                view.place.filename,
                str(view.place.offset),
                str(view.size),
                view.sent_at.isoformat() if view.sent_at else "",
                view.date_source.value,
                "true" if view.date_plausible else "false",
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

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def one(self, told: Told) -> bytes:
        """One line."""
        view = told.view
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
            "date_plausible": view.date_plausible,
            "text": told.text,
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
            "own_labels": list(view.own_labels),
            "defects": [
                {"kind": one.kind, "where": one.where, "what": one.what} for one in view.defects
            ],
        }
        return json.dumps(written, ensure_ascii=False).encode() + b"\n"


def _listed(people: Sequence[Person]) -> list[dict[str, str | None]]:
    return [{"name": name, "address": address} for name, address in people]
