"""Laws of the mail core, over mboxes and messages that nobody thought of."""

from __future__ import annotations

import base64
import gc
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.chunk import plan
from mail.mbox import BytesSource, Rule, Span, SpanKind, detect, spans
from mail.message import Message, body_html, read_message
from mail.part import part_bytes
from mail.rule import Dialect, LineEnd
from mail.sniff import sniff
from mail.span_bytes import read_span
from mail.text import tokens
from tests.mail.builders import SEPARATOR, mbox_of, multipart, raw_message, text_part

# Pieces that mean something to the reader, so that random mail is not merely noise.
PIECES = [
    SEPARATOR, b"\n", b"\r\n", b"\r", b"\n\n", b"From ", b">From ", b">>From x\n", b"From \n",
    b"From - Wed Nov 01 10:00:00 2006\n", b"From now on\n", b"Subject: x\n", b"Subject:", b": ",
    b"Content-Length: 12\n", b"Content-Length: 0\n", b"Received: from a; Mon, 05 Jan 2015\n",
    b"Content-Type: multipart/mixed; boundary=b\n", b"--b\n", b"--b--\n", b"--b", b"\0" * 9,
    b"Content-Type: message/rfc822\n", b"Content-Type: text/html; charset=euc-kr\n", b"<div>",
    b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n",
    b"=?utf-8?q?=EC=82?=", b"=?euc-kr?b?u+c=?=", b"=?", b"?=", b"=ZZ", b"=\n", b"QUJD", b"\xbb\xe7",
    b"\xff\xfe", b"\xef\xbb\xbf", b"Date: 32 Foo 99999 99:99 +9999\n", b"From: <<a@b>>, (c\n",
    b"Message-ID: <>\n", b"begin 644 a\n#0V%T\n`\nend\n", b"\x1b$B", b"\x0e", b'name*0*=utf-8\'\'%',
    b"From " + b"a" * 40 + b" Mon Sep 17 00:00:00 2001\n", b"X-Gmail-Labels: \"a\n", b"hello\n",
]  # fmt: skip
mail_bytes = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=40).map(
    b"".join
)
mboxes = st.lists(st.one_of(mail_bytes, st.just(raw_message())), max_size=8).map(
    lambda messages: mbox_of(*messages)
)
rules = st.builds(
    lambda dialect, line_end, weak, length, patches: Rule(
        dialect=dialect,
        quoting=Rule.of(dialect).quoting,
        line_end=line_end,
        weak_separators=weak,
        content_length=length,
        git_patches=patches,
    ),
    st.sampled_from(Dialect),
    st.sampled_from(LineEnd),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
anything = st.one_of(mail_bytes, mboxes)


@given(anything, rules)
def test_spans_touch_and_cover_the_file(content: bytes, rule: Rule) -> None:
    at = 0
    for span in spans(BytesSource(content), rule):
        assert span.offset == at
        assert span.length > 0
        assert 0 <= span.separator_length <= span.length
        at += span.length

    assert at == len(content)


@settings(max_examples=200)
@given(anything, rules, st.integers(1, 300))
def test_the_read_block_size_changes_nothing(content: bytes, rule: Rule, block: int) -> None:
    source = BytesSource(content)

    assert list(spans(source, rule, block_bytes=block)) == list(spans(source, rule))


@settings(max_examples=200)
@given(anything, rules, st.data())
def test_however_an_mbox_is_cut_the_same_messages_come_out(
    content: bytes, rule: Rule, data: st.DataObject
) -> None:
    source = BytesSource(content)
    whole = list(spans(source, rule))
    begins = [span.offset for span in whole if span.kind is SpanKind.MESSAGE]
    cuts = sorted(data.draw(st.sets(st.sampled_from(begins)))) if begins else []
    edges = [0, *(cut for cut in cuts if cut), len(content)]

    pieces: list[Span] = []
    for start, stop in itertools.pairwise(edges):
        pieces += spans(source, rule, start=start, stop=stop)

    assert pieces == whole


@given(anything, rules, st.integers(1, 2000))
def test_chunks_cover_the_file_and_count_its_messages(
    content: bytes, rule: Rule, chunk_bytes: int
) -> None:
    source = BytesSource(content)
    messages = sum(span.kind is SpanKind.MESSAGE for span in spans(source, rule))

    chunks = list(plan(source, rule, chunk_bytes=chunk_bytes))

    assert [chunk.start for chunk in chunks] == [0, *(chunk.stop for chunk in chunks)][:-1] or (
        chunks == []
    )
    assert sum(chunk.stop - chunk.start for chunk in chunks) == len(content)
    assert sum(chunk.messages for chunk in chunks) == messages
    assert all(chunk.stop - chunk.start >= chunk_bytes for chunk in chunks[:-1])


@given(anything, rules, st.integers(1, 500))
def test_a_plan_resumed_at_any_chunk_goes_on_the_same(
    content: bytes, rule: Rule, chunk_bytes: int
) -> None:
    source = BytesSource(content)
    chunks = list(plan(source, rule, chunk_bytes=chunk_bytes))

    for number, chunk in enumerate(chunks, start=1):
        rest = list(plan(source, rule, chunk_bytes=chunk_bytes, start=chunk.stop))
        assert rest == chunks[number:]


@given(anything)
def test_detection_never_raises_and_its_rule_reads_the_file(content: bytes) -> None:
    source = BytesSource(content)
    detection = detect(source)

    assert Rule.from_json(detection.to_json()["rule"]) == detection.rule
    assert sum(span.length for span in spans(source, detection.rule)) == len(content)


@given(st.binary(max_size=4000), st.text(max_size=20))
def test_sniffing_never_raises(head: bytes, name: str) -> None:
    assert sniff(head, name).sentence


def is_clean(message: Message) -> bool:
    """Whether every text of a message can go into any database."""
    envelope = message.envelope
    texts = [message.text, envelope.subject or "", envelope.date_raw or "", *envelope.labels]
    texts += [envelope.message_id or "", *envelope.references, *envelope.in_reply_to]
    texts += [one.address + (one.name or "") for one in (*envelope.senders, *envelope.to)]
    texts += [part.filename or "" for part in message.parts]
    texts += [part.original_filename or "" for part in message.parts]
    texts += [f"{one.kind}{one.where}{one.what}" for one in message.defects]
    texts += [f"{part.path}{part.charset}{part.content_id}" for part in message.parts]
    texts += [part.content_type for part in message.parts]
    return all("\0" not in text and text.encode() is not None for text in texts)


@settings(max_examples=400)
@given(anything, rules, st.binary(max_size=60))
def test_any_bytes_are_read_without_raising(raw: bytes, rule: Rule, separator: bytes) -> None:
    message = read_message(raw, rule=rule, separator=separator)

    assert len(message.digest) == 32
    assert is_clean(message)
    assert message.envelope.sent_at is None or message.envelope.sent_at.utcoffset() is not None
    assert all(tokens(message.text))


@given(mail_bytes, st.sampled_from(["euc-kr", "utf-16", "x-none", "iso-2022-kr", "utf-7"]))
def test_any_charset_may_be_chosen_for_any_bytes(raw: bytes, charset: str) -> None:
    message = read_message(raw, rule=Rule.of(Dialect.SINGLE), charset=charset)
    html = body_html(raw, rule=Rule.of(Dialect.SINGLE), charset=charset)

    assert is_clean(message)
    assert html is None or html.encode() is not None


@given(mail_bytes, rules)
def test_every_part_that_is_listed_can_be_fetched(raw: bytes, rule: Rule) -> None:
    for part in read_message(raw, rule=rule).parts:
        assert len(part_bytes(raw, part.path, rule=rule)) == part.size


@given(mail_bytes)
def test_reading_twice_gives_the_same(raw: bytes) -> None:
    rule = Rule.of(Dialect.MBOXRD)

    assert read_message(raw, rule=rule) == read_message(memoryview(raw), rule=rule)


@given(mail_bytes, rules)
def test_reading_leaves_no_cycles_of_garbage_behind(raw: bytes, rule: Rule) -> None:
    # Workers rely on it: they look for such cycles rarely, and mail may be large.
    read_message(raw, rule=rule)  # what is made once for all is made now
    gc.disable()
    gc.freeze()
    try:
        read_message(raw, rule=rule)
        left = gc.collect()
    finally:
        gc.unfreeze()
        gc.enable()

    assert left == 0


def quoted(body: bytes) -> bytes:
    """A body as an mboxrd writer stores it."""
    lines = body.split(b"\n")
    return b"\n".join(b">" + one if one.lstrip(b">").startswith(b"From ") else one for one in lines)


@given(st.lists(st.sampled_from([b"a", b"From b", b">From c", b">>From d", b"", b"> e"])))
def test_mboxrd_quoting_is_undone_exactly(lines: list[bytes]) -> None:
    body = b"\n".join([*lines, b"last"]) + b"\n"
    stored = raw_message(quoted(body)) + b"\n"

    assert part_bytes(stored, "1", rule=Rule.of(Dialect.MBOXRD)) == body


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5))
def test_attachments_come_out_as_they_went_in(contents: list[bytes]) -> None:
    head = b"Content-Transfer-Encoding: base64\nContent-Type: image/x\n\n"
    parts = [head + base64.encodebytes(content) for content in contents]
    raw = multipart(text_part(), *parts)

    found = [
        part_bytes(raw, str(number), rule=Rule.of(Dialect.SINGLE))
        for number in range(2, len(contents) + 2)
    ]

    assert found == contents


@given(st.text())
def test_the_words_of_a_text_are_the_words_of_its_words(text: str) -> None:
    words = tokens(text)

    assert all(len(word) <= 64 for word in words)
    assert all(tokens(word) == [word] for word in words)


@given(mboxes, rules)
def test_a_large_message_reads_as_a_small_one(content: bytes, rule: Rule) -> None:
    source = BytesSource(content)
    for span in spans(source, rule):
        small = read_span(source, span, rule, largest_bytes=1 << 30, head_bytes=0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mail.span_bytes._SMALL_BYTES", 0)
            patch.setattr("mail.prepare._LARGE_BYTES", 0)
            large = read_span(source, span, rule, largest_bytes=1 << 30, head_bytes=0)
            found = read_message(large.raw, rule=rule, trimmed=large.trimmed)

        assert found == read_message(small.raw, rule=rule, trimmed=small.trimmed)
