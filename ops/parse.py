"""`email-parser parse FILE…`: one JSON line for each message, for scripts and comparisons.

Keeps nothing and needs no database. `--summary` speaks to people instead.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from mail.defect import Defect
from mail.envelope import Address
from mail.mbox import Rule, Span, SpanKind, detect, spans
from mail.message import Message, read_message
from mail.part import Part, PartKind
from mail.rule import Dialect
from ops.refusal import Refusal

# As the worker does: of a larger message only the head is read.
_LARGEST_BYTES = 128 << 20
_HEAD_BYTES = 2 << 20
_BODIES = (PartKind.TEXT, PartKind.HTML)


class FileSource:
    """A `Source` over an open file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size

    @property
    def size(self) -> int:
        """Length in bytes when the file was opened."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`."""
        self._file.seek(offset)
        return self._file.read(length)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say which words the subcommand takes."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an mbox or an .eml")
    parser.add_argument("--no-text", action="store_true", help="leave the text out")
    parser.add_argument("--summary", action="store_true", help="a few lines for each file instead")
    parser.add_argument(
        "--dialect",
        choices=[str(dialect) for dialect in Dialect],
        help="read every file by this rule instead of the detected one",
    )
    parser.add_argument("--charset", help="decode with this charset, whatever the labels say")


def run(args: argparse.Namespace) -> int:
    """Print what is in the files; the exit status is 0 unless a file cannot be read."""
    for path in args.files:
        try:
            with path.open("rb") as file:
                _parse_file(FileSource(file), path, args)
        except OSError as error:
            raise Refusal(f"{path}: {error.strerror}") from error
    return 0


def _parse_file(source: FileSource, path: Path, args: argparse.Namespace) -> None:
    rule = Rule.of(Dialect(args.dialect)) if args.dialect else detect(source).rule
    if args.summary:
        print(_summary(source, rule, path, charset=args.charset))
        return
    for span in messages(source, rule):
        message = read_span(source, span, rule, charset=args.charset)
        line = as_json(message, span, rule, with_text=not args.no_text)
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


def messages(source: FileSource, rule: Rule) -> Iterator[Span]:
    """The spans of a file that are messages."""
    return (span for span in spans(source, rule) if span.kind is SpanKind.MESSAGE)


def read_span(source: FileSource, span: Span, rule: Rule, *, charset: str | None) -> Message:
    """The message in a span; of one larger than 128 MiB, its headers."""
    whole = span.length <= _LARGEST_BYTES
    raw = source.read_at(span.offset, span.length if whole else _HEAD_BYTES)
    return read_message(
        memoryview(raw)[span.separator_length :],
        rule=rule,
        separator=raw[: span.separator_length],
        charset=charset,
        whole=whole,
    )


def as_json(message: Message, span: Span, rule: Rule, *, with_text: bool) -> dict[str, Any]:
    """One message as plain values, by the names that docs/mail.md describes."""
    envelope = message.envelope
    line: dict[str, Any] = {
        "offset": span.offset,
        "length": span.length,
        "message_id": envelope.message_id,
        "subject": envelope.subject,
        "from": _people(envelope.senders),
        "to": _people(envelope.to),
        "cc": _people(envelope.cc),
        "date": envelope.sent_at.isoformat() if envelope.sent_at else None,
        "date_source": str(envelope.date_source),
        "date_plausible": envelope.date_plausible,
        "has_html": message.has_html,
        "attachments": [_attachment(part) for part in attachments(message)],
        "labels": list(envelope.labels),
        "defects": [_defect(defect) for defect in message.defects],
        "deleted_in_source": message.deleted_in_source,
        "digest": message.digest.hex(),
        "dialect": str(rule.dialect),
    }
    if with_text:
        line["text"] = message.text
    return line


def attachments(message: Message) -> list[Part]:
    """The parts that are no body, and bodies that have a name of their own."""
    return [part for part in message.parts if part.kind not in _BODIES or part.filename]


def _people(addresses: tuple[Address, ...]) -> list[dict[str, str | None]]:
    return [{"name": one.name, "address": one.address} for one in addresses]


def _attachment(part: Part) -> dict[str, Any]:
    return {
        "filename": part.filename,
        "content_type": part.content_type,
        "size": part.size,
        "sha256": part.sha256.hex() if part.sha256 else None,
        "path": part.path,
        "kind": str(part.kind),
    }


def _defect(defect: Defect) -> dict[str, str]:
    return {"kind": defect.kind, "where": defect.where, "what": defect.what}


def _summary(source: FileSource, rule: Rule, path: Path, *, charset: str | None) -> str:
    counts: Counter[str] = Counter()
    defects: Counter[str] = Counter()
    for span in messages(source, rule):
        message = read_span(source, span, rule, charset=charset)
        counts["messages"] += 1
        counts["with attachments"] += bool(attachments(message))
        counts["with defects"] += bool(message.defects)
        defects.update(defect.kind for defect in message.defects)
    lines = [f"{path}: {source.size:,} bytes, read as {rule.dialect}"]
    lines += [f"  {number:>9,} {what}" for what, number in counts.items()]
    lines += [f"  {number:>9,} times {kind}" for kind, number in defects.most_common()]
    return "\n".join(lines)
