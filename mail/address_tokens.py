"""Cut a header's value into mailboxes still as written (RFC 5322 section 3.4, leniently).

Quotes, comments, brackets, commas and group names are told apart here, each byte looked at a
bounded number of times; what the pieces mean is found out in `mail.address`.
"""

from __future__ import annotations

import re

_IN_QUOTES = r"""(?P<quoted>"(?:[^"\\]|\\.)*+")|"""
_ANYTHING_ELSE = (
    r"""(?P<angle><[^<>]*>|<<[^<>]*>>)"""
    r"""|(?P<open>\()"""
    r"""|(?P<comma>[,;])"""
    r"""|(?P<colon>:)"""
    r"""|(?P<word>=\?[^?\s]+\?[bBqQ]\?[^?]*\?=|[^\s"<>(),;:]+)"""
    r"""|(?P<other>[<>)"])"""
    r"""|(?P<blank>\s+)"""
)
_TOKEN = re.compile(_IN_QUOTES + _ANYTHING_ELSE, re.DOTALL)
# After a quote that is never closed, none is: those after it are all escaped.
_TOKEN_UNQUOTED = re.compile(_ANYTHING_ELSE, re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_COMMENT_STEP = re.compile(r"[()]|\\.", re.DOTALL)
_COMMENT_DEPTH = 20


class Pending:
    """What was read of one mailbox so far."""

    __slots__ = ("angle", "comments", "has_at", "words")

    def __init__(self) -> None:
        self.has_at = False
        self.words: list[str] = []  # blanks kept as they stood between words
        self.comments: list[str] = []
        self.angle: str | None = None


def pendings(text: str) -> list[Pending]:
    """One pending mailbox for each stretch between commas; group names are dropped."""
    done: list[Pending] = []
    now = Pending()
    at = 0
    tokens = _TOKEN
    while at < len(text):
        token = tokens.match(text, at)
        if token is None:  # nothing else is left than a character no token begins with
            at += 1
            continue
        at = token.end()
        kind, written = token.lastgroup, token.group()
        if kind == "open":
            at, comment = _comment(text, token.end())
            now.comments.append(comment)
        elif kind == "comma":
            done.append(now)
            now = Pending()
        elif kind == "colon" and now.words and now.angle is None and _is_group(now, text, at):
            now = Pending()
        elif kind == "angle" and now.angle is not None:
            done.append(now)
            now = Pending()
            now.angle = written
        else:
            _take(now, kind, written)
        if kind == "other" and written == '"':
            tokens = _TOKEN_UNQUOTED
    return [*done, now]


def _is_group(pending: Pending, text: str, at: int) -> bool:
    return not pending.has_at and not text.startswith("//", at)


def _take(pending: Pending, kind: str | None, written: str) -> None:
    pending.has_at = pending.has_at or (kind != "angle" and "@" in written)
    if kind == "angle":
        pending.angle = written
    elif kind == "quoted":
        pending.words.append(ESCAPED.sub(r"\1", written[1:-1]) if _is_name(pending) else written)
    elif kind == "blank":
        pending.words.append(" ")
    elif kind != "other":
        pending.words.append(written)


def _is_name(pending: Pending) -> bool:
    return not pending.words or pending.words[-1] == " "


def _comment(text: str, at: int) -> tuple[int, str]:
    """Where a comment ends and what it says; nested ones stay inside it."""
    depth, begin = 1, at
    for step in _COMMENT_STEP.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(step.group(), 0)
        if depth == 0 or depth > _COMMENT_DEPTH:
            return step.end(), text[begin : step.start()]
    return len(text), text[begin:]
