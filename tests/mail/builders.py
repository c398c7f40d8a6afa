"""Small mails and mboxes for tests: name what matters, the rest is filled in."""

from __future__ import annotations

from mail.mbox import BytesSource, Detection, Rule, Span, SpanKind, detect, spans
from mail.message import Message, read_message
from mail.rule import Dialect

SEPARATOR = b"From ann@example.org Mon Jan 05 10:00:00 2015\n"
SINGLE = Rule.of(Dialect.SINGLE)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))


def raw_message(
    body: str | bytes = "Hello.\n", *, headers: str | bytes = "", subject: str = "Hello"
) -> bytes:
    """A message without separator line; `headers` are whole lines put before the usual ones."""
    extra = headers.encode() if isinstance(headers, str) else headers
    content = body.encode() if isinstance(body, str) else body
    usual = (
        f"From: Ann <ann@example.org>\nTo: bob@example.org\nSubject: {subject}\n"
        "Date: Mon, 05 Jan 2015 10:00:00 +0000\nMessage-ID: <one@example.org>\n"
    )
    return extra + usual.encode() + b"\n" + content


def mbox_of(*messages: bytes, separator: bytes = SEPARATOR) -> bytes:
    """The messages in one mbox, each with a separator before and a blank line after it."""
    return b"".join(separator + message + b"\n" for message in messages)


def found_spans(content: bytes, rule: Rule | None = None) -> list[Span]:
    """All spans of a file, by the detected rule unless one is given."""
    source = BytesSource(content)
    return list(spans(source, rule or detect(source).rule))


def message_offsets(content: bytes, rule: Rule | None = None) -> list[int]:
    """Where the messages of a file begin."""
    return [span.offset for span in found_spans(content, rule) if span.kind is SpanKind.MESSAGE]


def count_messages(content: bytes, rule: Rule | None = None) -> int:
    """How many messages a file holds."""
    return len(message_offsets(content, rule))


def detected(content: bytes) -> Detection:
    """What the detector says of a file."""
    return detect(BytesSource(content))


def read(
    raw: bytes, *, rule: Rule = SINGLE, separator: bytes = b"", charset: str | None = None
) -> Message:
    """A message as read."""
    return read_message(raw, rule=rule, separator=separator, charset=charset)


def read_span(content: bytes, span: Span, rule: Rule) -> Message:
    """The message of one span of a file."""
    begin = span.offset + span.separator_length
    return read_message(
        content[begin : span.offset + span.length],
        rule=rule,
        separator=content[span.offset : begin],
        is_last=span.is_last,
        cut_off=span.cut_off,
    )


def read_header(*lines: str | bytes, body: bytes = b"Hello.\n") -> Message:
    """A message with exactly these header lines."""
    encoded = [line.encode() if isinstance(line, str) else line for line in lines]
    return read(b"\n".join(encoded) + b"\n\n" + body)


def read_all(content: bytes) -> list[Message]:
    """Every message of an mbox as read."""
    rule = detected(content).rule
    return [
        read_span(content, span, rule)
        for span in found_spans(content, rule)
        if span.kind is SpanKind.MESSAGE
    ]


def defect_kinds(message: Message) -> set[str]:
    """The kinds of defects noted."""
    return {defect.kind for defect in message.defects}


def multipart(*parts: bytes, kind: str = "mixed", close: bool = True) -> bytes:
    """A message whose body is a multipart of these parts (header, blank line, content)."""
    body = b"".join(b"--cut\n" + part + b"\n" for part in parts)
    body += b"--cut--\n" if close else b""
    return raw_message(body, headers=f'Content-Type: multipart/{kind}; boundary="cut"\n')


def text_part(
    text: str | bytes = "Hello.", *, kind: str = "plain", charset: str = "utf-8"
) -> bytes:
    """A text part for `multipart`."""
    content = text.encode() if isinstance(text, str) else text
    return f"Content-Type: text/{kind}; charset={charset}\n\n".encode() + content
