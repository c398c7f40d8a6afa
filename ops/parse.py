"""`email-parser parse FILE…`: one JSON line for each message, for scripts and comparisons.

Keeps nothing and needs no database. `--summary` speaks to people instead.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from mail import span_bytes
from mail.charset_label import codec_of
from mail.defect import Defect, printable
from mail.envelope import Address
from mail.mbox import Detection, Rule, Span, SpanKind, detect, spans
from mail.message import Message, read_message
from mail.part import Part, PartKind
from mail.rule import Dialect
from mail.sniff import HEAD_BYTES, sniff
from ops.refusal import Refusal

# As the worker does: of a larger message only the head is read.
_LARGEST_BYTES = 128 << 20
_HEAD_BYTES = 2 << 20
_BLOCK_BYTES = 2 << 20  # kept beside the largest message
STANDARD_INPUT = Path("-")
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
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="an mbox, an .eml, an archive of such, or - for standard input",
    )
    parser.add_argument("--no-text", action="store_true", help="leave the text out")
    parser.add_argument("--summary", action="store_true", help="a few lines for each file instead")
    parser.add_argument(
        "--dialect",
        choices=[str(dialect) for dialect in Dialect],
        help="read every file by this rule instead of the detected one",
    )
    parser.add_argument(
        "--charset", type=_charset, help="decode with this charset, whatever the labels say"
    )


def _charset(label: str) -> str:
    if codec_of(label) is None:
        raise argparse.ArgumentTypeError(f"there is no charset called {label!r}")
    return label


def run(args: argparse.Namespace) -> int:
    """Print what is in the files; the exit status is 1 when one of them holds no mail.

    Raises Refusal for a single file that cannot be read; one of several is only told of.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # JSON is UTF-8 whatever the locale says.
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        found = _parse_all(args.files, args)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_quietly()
        return 0
    return 0 if all(found) else 1


def _parse_all(paths: Sequence[Path], args: argparse.Namespace) -> list[bool]:
    """Whether each file held mail. One that cannot be read keeps no other from being read."""
    found = []
    for path in paths:
        try:
            found.append(_parse_path(path, args))
        except Refusal as refusal:
            if len(paths) == 1:
                raise
            print(refusal, file=sys.stderr)
            found.append(False)
    return found


def _parse_path(path: Path, args: argparse.Namespace) -> bool:
    try:
        if path == STANDARD_INPUT:
            with tempfile.TemporaryFile() as file:
                # Boundaries are looked for in any order, and a pipe has only one.
                shutil.copyfileobj(sys.stdin.buffer, file, _BLOCK_BYTES)
                return _parse_opened(file, "standard input", args)
        with path.open("rb") as file:
            return _parse_opened(file, str(path), args)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror}") from error


def _parse_opened(
    file: BinaryIO, label: str, args: argparse.Namespace, members: tuple[str, ...] = ()
) -> bool:
    """`members` are the names under which the file lies in the archives around it."""
    file.flush()
    source = FileSource(file)
    if not sniff(source.read_at(0, HEAD_BYTES), label).is_archive:
        return _parse_file(source, label, args, members)

    def read(inner: BinaryIO, name: str) -> bool:
        return _parse_opened(inner, f"{label}: {name}", args, (*members, name))

    # Only now, as it brings along settings, database and queue: 50 MiB that mail does not need.
    parse_archive = import_module("ops.parse_archive")
    return bool(parse_archive.parse_members(source, label, depth=len(members) + 1, read=read))


def _leave_quietly() -> None:
    """Whoever read the output has had enough; Python must not try to write the rest at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _parse_file(
    source: FileSource, label: str, args: argparse.Namespace, members: tuple[str, ...]
) -> bool:
    """Print what is in one file; False when there is no mail in it, which is said instead."""
    detection = detect(source)
    rule = detection.rule
    if args.dialect:
        rule = Rule.of(Dialect(args.dialect), seen=rule)
    if rule.dialect is Dialect.NONE:
        verdict = sniff(source.read_at(0, HEAD_BYTES), label)
        print(f"{label}: {verdict.sentence_for_command}", file=sys.stderr)
        return False
    if args.summary:
        print(_summary(source, rule, label, charset=args.charset, detection=detection))
        return True
    for span in messages(source, rule):
        message = read_span(source, span, rule, charset=args.charset)
        line = as_json(message, span, rule, with_text=not args.no_text)
        if members:
            line["member"] = "/".join(members)
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    return True


def messages(source: FileSource, rule: Rule) -> Iterator[Span]:
    """The spans of a file that are messages."""
    found = spans(source, rule, block_bytes=_BLOCK_BYTES)
    return (span for span in found if span.kind is SpanKind.MESSAGE)


def read_span(source: FileSource, span: Span, rule: Rule, *, charset: str | None) -> Message:
    """The message in a span; of one larger than 128 MiB, its headers."""
    found = span_bytes.read_span(
        source, span, rule, largest_bytes=_LARGEST_BYTES, head_bytes=_HEAD_BYTES
    )
    return read_message(
        found.raw,
        rule=rule,
        separator=found.separator,
        charset=charset,
        whole=found.whole,
        trimmed=found.trimmed,
        is_last=span.is_last,
        cut_off=span.cut_off,
        not_after=datetime.now(UTC),
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


def _summary(
    source: FileSource, rule: Rule, label: str, *, charset: str | None, detection: Detection
) -> str:
    counts: Counter[str] = Counter()
    defects: Counter[str] = Counter()
    for span in messages(source, rule):
        message = read_span(source, span, rule, charset=charset)
        counts["messages"] += 1
        counts["with attachments"] += bool(attachments(message))
        counts["with defects"] += bool(message.defects)
        defects.update(defect.kind for defect in message.defects)
    lines = [f"{label}: {source.size:,} bytes, read as {rule.dialect}"]
    lines += [f"  {number:>9,} {what}" for what, number in counts.items()]
    lines += [f"  {number:>9,} times {kind}" for kind, number in defects.most_common()]
    lines += _evidence(detection)
    return "\n".join(lines)


def _evidence(detection: Detection) -> list[str]:
    """What the detector saw, for whoever has to judge its proposal."""
    share = "all of it" if detection.sampled_bytes >= detection.size else "a sample"
    lines = [f"  detected as {detection.rule.dialect}, from {share}:"]
    lines += [
        f"  {number:>9,} {what.replace('_', ' ')}"
        for what, number in detection.counts.items()
        if number and what not in _LINE_ENDS
    ]
    lines += [
        f"            at {one.offset}: {'a boundary' if one.boundary else 'no boundary'}"
        f" ({one.reason}): {printable(one.line)}"
        for one in detection.disagreements
    ]
    return lines


_LINE_ENDS = ("crlf", "lf", "lone_cr")
