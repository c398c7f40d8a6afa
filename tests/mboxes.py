"""Mboxes made to measure, for tests that care about messages and bytes, not about mail."""

from __future__ import annotations

from collections.abc import Iterable


def raw_message(number: int, *, body: str | None = None, subject: str | None = None) -> bytes:
    """One message, separator line included; every number gives a different content."""
    text = f"This is letter {number}, and its word is quark{number}.\n" if body is None else body
    return (
        "From ann@example.org Thu Jan  5 10:00:00 2023\n"
        f"From: Ann <ann{number}@example.org>\n"
        "To: Bob <bob@example.org>\n"
        f"Subject: {subject or f'Letter {number}'}\n"
        f"Message-ID: <{number}@letters.example.org>\n"
        f"Date: Thu, 5 Jan 2023 10:{number // 60 % 60:02}:{number % 60:02} +0000\n"
        "\n"
        f"{text}\n"
    ).encode()


def mbox_of(messages: Iterable[bytes]) -> bytes:
    """The messages one after the other."""
    return b"".join(messages)


def letters(count: int, *, body_lines: int = 1) -> bytes:
    """An mbox of `count` different messages, each with that many lines of text."""
    return mbox_of(
        raw_message(number, body=f"letter quark{number}\n" + "and so on it went\n" * body_lines)
        for number in range(count)
    )


def offsets_in(mbox: bytes) -> list[int]:
    """Where the messages of such an mbox begin."""
    offsets, at = [0], mbox.find(b"\nFrom ann@example.org ")
    while at >= 0:
        offsets.append(at + 1)
        at = mbox.find(b"\nFrom ann@example.org ", at + 1)
    return offsets
