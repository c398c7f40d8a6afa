"""How fast mail is read, beside other readers, over the same files in the same run.

`python -m tests.bench.parse FILE…`. Each reader runs in a process of its own, so that its peak of
memory is its own; splitting is timed apart, so that readers are compared on reading alone.
"""

from __future__ import annotations

import argparse
import contextlib
import email
import email.message
import email.policy
import hashlib
import json
import mailbox
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path
from typing import Any

import fast_mail_parser

from mail.html import visible_text
from mail.mbox import SpanKind, detect, spans
from mail.message import read_message
from mail.rule import Rule
from mail.text import tokens
from ops.parse import FileSource

Reader = Callable[[Any, Rule], None]
_PEOPLE = ("from", "to", "cc", "bcc", "reply-to")
_LIBRARY_FAILS = (
    AttributeError, IndexError, KeyError, LookupError, TypeError, UnicodeError, ValueError,
)  # fmt: skip
_ID = re.compile(r"<([^<>\s]+)>")
_PEAK = re.compile(r"VmHWM:\s*(\d+) kB")
_ROUNDS = 3


def ours(raw: memoryview, rule: Rule) -> None:
    """Envelope, parts, text, digests and tokens: what an import does with each message."""
    tokens(read_message(raw, rule=rule).text)


def compat32(raw: bytes, rule: Rule) -> None:
    """The same work with the standard library's older policy."""
    parsed = email.message_from_bytes(raw)
    str(make_header(decode_header(str(parsed["subject"] or ""))))
    for name in _PEOPLE:
        for shown, _ in getaddresses([str(one) for one in parsed.get_all(name) or ()]):
            str(make_header(decode_header(shown)))
    _date(parsed["date"])
    _ids(parsed)
    tokens(_text(parsed))
    hashlib.sha256(raw).digest()


def default(raw: bytes, rule: Rule) -> None:
    """The same work with the standard library's newer policy."""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    str(parsed["subject"] or "")
    for name in _PEOPLE:
        for field in parsed.get_all(name) or ():
            [(one.display_name, one.addr_spec) for one in field.addresses]
    _ = parsed["date"].datetime if parsed["date"] else None
    _ids(parsed)
    tokens(_text(parsed))
    hashlib.sha256(raw).digest()


def _ids(parsed: email.message.Message) -> None:
    """Ids and the list, which our envelope has as well."""
    for name in ("message-id", "in-reply-to", "references"):
        _ID.findall(str(parsed[name] or ""))
    str(make_header(decode_header(str(parsed["list-id"] or ""))))


def _date(written: object) -> None:
    if written:
        with contextlib.suppress(ValueError, TypeError):
            parsedate_to_datetime(str(written))


def _text(parsed: email.message.Message) -> str:
    """The text as ours chooses it: plain parts, else what HTML shows; the rest is hashed."""
    plain: list[str] = []
    markup: list[str] = []
    for part in parsed.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        kind = part.get_content_type()
        named = part.get_filename() and (plain or markup)
        if named or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            hashlib.sha256(content).digest()
            continue
        texts = markup if kind == "text/html" else plain
        texts.append(content.decode(part.get_content_charset() or "utf-8", "replace"))
    return "\n".join(plain or map(visible_text, markup))


def rust(raw: bytes, rule: Rule) -> None:
    """fast-mail-parser alone: no tokens, no digests."""
    fast_mail_parser.parse_email(raw)


READERS: dict[str, Reader] = {
    "ours": ours,
    "compat32": compat32,
    "default": default,
    "fast-mail-parser": rust,
}


def raw_messages(path: Path) -> Iterator[tuple[memoryview, Rule]]:
    """The messages of a file, one at a time."""
    with path.open("rb") as file:
        source = FileSource(file)
        rule = detect(source).rule
        for span in spans(source, rule):
            if span.kind is SpanKind.MESSAGE:
                raw = source.read_at(span.offset, span.length)
                yield memoryview(raw)[span.separator_length :], rule


def timed_reading(path: Path, reader: Reader) -> dict[str, float]:
    """Seconds, messages and bytes of reading one file; the time of splitting left out."""
    seconds, messages, size, failed = 0.0, 0, 0, 0
    for view, rule in raw_messages(path):
        # Ours takes a view, as the worker gives it; the others want bytes of their own.
        raw = view if reader is ours else bytes(view)
        size += len(view)
        begun = time.process_time()
        try:
            reader(raw, rule)
        except (*_LIBRARY_FAILS, fast_mail_parser.ParseError):
            failed += 1
        seconds += time.process_time() - begun
        messages += 1
    return {"seconds": seconds, "messages": messages, "bytes": size, "failed": failed}


def timed_splitting(path: Path) -> dict[str, float]:
    """Seconds of our boundary scan; the rule is detected before, once for a file."""
    with path.open("rb") as file:
        source = FileSource(file)
        rule = detect(source).rule
        begun = time.process_time()
        messages = sum(span.kind is SpanKind.MESSAGE for span in spans(source, rule))
        seconds = time.process_time() - begun
    return {"seconds": seconds, "messages": messages, "bytes": path.stat().st_size, "failed": 0}


def timed_index(path: Path) -> dict[str, float]:
    """Seconds of the standard library's index of an mbox."""
    begun = time.process_time()
    box = mailbox.mbox(path, create=False)
    messages = len(box)
    seconds = time.process_time() - begun
    box.close()
    return {"seconds": seconds, "messages": messages, "bytes": path.stat().st_size, "failed": 0}


def one_round(name: str, paths: list[Path]) -> dict[str, float]:
    """One reading of all files, with this process's peak of memory."""
    found = [_once(name, path) for path in paths]
    # Of this program alone; what getrusage tells begins with the size of the one that started it.
    (peak_kib,) = map(int, _PEAK.findall(Path("/proc/self/status").read_text()))
    return {key: sum(one[key] for one in found) for key in found[0]} | {"peak_mib": peak_kib / 1024}


def _once(name: str, path: Path) -> dict[str, float]:
    if name == "splitting":
        return timed_splitting(path)
    if name == "mailbox index":
        return timed_index(path)
    return timed_reading(path, READERS[name])


def in_a_process(name: str, paths: list[Path]) -> dict[str, float]:
    """The fastest of some rounds, each in a fresh process.

    A second round in the same process would find our caches filled with the very same messages.
    """
    command = [sys.executable, "-m", "tests.bench.parse", "--only", name, *map(str, paths)]
    rounds: list[dict[str, float]] = []
    for _ in range(_ROUNDS):
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        rounds.append(json.loads(done.stdout))
    return min(rounds, key=lambda one: one["seconds"])


def row(name: str, found: dict[str, float]) -> str:
    """One line of the table."""
    return (
        f"{name:<17}{found['messages'] / found['seconds']:>10,.0f} msg/s"
        f"{found['bytes'] / found['seconds'] / 1e6:>9,.1f} MB/s"
        f"{found['peak_mib']:>8,.0f} MiB{found['failed']:>6,.0f} failed"
    )


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(one_round(arguments.only, arguments.files)))
        return
    found = {}
    for name in (*READERS, "splitting", "mailbox index"):
        found[name] = in_a_process(name, arguments.files)
        print(row(name, found[name]), flush=True)
    our_speed = found["ours"]["messages"] / found["ours"]["seconds"]
    for name in ("compat32", "default", "fast-mail-parser"):
        print(f"ours / {name}: {our_speed * found[name]['seconds'] / found[name]['messages']:.2f}")
    ratio = found["mailbox index"]["seconds"] / found["splitting"]["seconds"]
    print(f"splitting / mailbox index: {ratio:.2f}")


if __name__ == "__main__":
    main()
