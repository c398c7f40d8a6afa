"""The law of export: mail given away as an mbox and taken in again is the same mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.defect import Defects
from mail.limits import Limits
from mail.mbox import BytesSource, SpanKind, detect, spans
from mail.message import Message, read_message
from mail.prepare import prepare
from store.export_formats import mbox_entry


class Kept(NamedTuple):
    """One message as it is kept: its bytes without its mbox's marks, and its reading."""

    separator: bytes
    raw: bytes
    message: Message


def kept(content: bytes) -> Iterator[Kept]:
    """The messages of a file, by the rule it seems to follow."""
    source = BytesSource(content)
    rule = detect(source).rule
    for span in spans(source, rule):
        if span.kind is SpanKind.MESSAGE:
            stored = source.read_at(span.offset, span.length)
            separator, rest = stored[: span.separator_length], stored[span.separator_length :]
            raw = prepare(rest, rule, limits=Limits(), defects=Defects()).raw
            yield Kept(separator, raw, read_message(rest, rule=rule, separator=separator))


def given_away(messages: list[Kept]) -> bytes:
    """An mbox of them."""
    return b"".join(
        mbox_entry(raw, separator=separator, sent_at=message.envelope.sent_at)
        for separator, raw, message in messages
    )


def same(messages: list[Kept]) -> list[tuple[bytes, bytes]]:
    """What may not change. Line ends around a message are its mbox's, not its own."""
    return [(one.message.digest, one.raw.strip(b"\n")) for one in messages]


def corpus_files(corpus: Path, folder: str) -> list[Path]:
    """The corpus's files of one kind."""
    return sorted(path for path in (corpus / folder).rglob("*") if path.is_file())


def test_every_mbox_of_the_corpus_comes_back_as_it_was(corpus: Path) -> None:
    files = corpus_files(corpus, "mbox")
    assert len(files) > 50
    for path in files:
        messages = list(kept(path.read_bytes()))

        again = list(kept(given_away(messages)))

        assert same(again) == same(messages), path.name


def test_all_single_messages_of_the_corpus_come_back_from_one_mbox(corpus: Path) -> None:
    files = corpus_files(corpus, "eml")
    messages = [message for path in files for message in kept(path.read_bytes())]

    again = list(kept(given_away(messages)))

    assert len(messages) > 1_000
    assert same(again) == same(messages)


ODD_SEPARATORS = [
    *(b"", b"From ", b"From -\n", b"From mike@nowhere.com\r\n", b">From ann@b.org\n"),
    b"From " + b"a1" * 20 + b" Mon Sep 17 00:00:00 2001\n",
    b"From ann@example.org Fri Mar  1 10:00:00 2024\n",
    b"From ann@example.org Fri Mar  1 10:00:00 GMT+09:00 2024\n",
]
BODIES = st.text(alphabet="From >:\nab\t", max_size=60).map(str.encode)


@given(st.lists(st.tuples(st.sampled_from(ODD_SEPARATORS), BODIES), min_size=1, max_size=5))
def test_whatever_the_separators_were(written: list[tuple[bytes, bytes]]) -> None:
    raws = [b"Subject: %d\n\n" % at + body for at, (_, body) in enumerate(written)]

    again = list(
        kept(
            b"".join(
                mbox_entry(raw, separator=separator, sent_at=None)
                for raw, (separator, _) in zip(raws, written, strict=True)
            )
        )
    )

    assert [one.raw.rstrip(b"\n") for one in again] == [raw.rstrip(b"\n") for raw in raws]


@pytest.mark.parametrize("raw", [b"", b"\n", b"no header at all\n", b"\nFrom here on\n"])
def test_a_message_without_a_header_is_still_one_message(raw: bytes) -> None:
    entry = mbox_entry(raw, separator=b"", sent_at=None)

    assert len(list(kept(entry * 3))) == 3
