"""Propose the rule by which an mbox is read, with the evidence for it.

Looks at samples (all of a small file, several windows of a large one), so that it answers at
once for any size. The operator may override the proposal; following it is `mail.scan`'s task.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mail.evidence import ARCHIVERS, FromLine, take_sample, windows
from mail.rule import Dialect, LineEnd, Quoting, Rule
from mail.scan import claimed_end, opening
from mail.separator import CONTEXT, Form, form_at
from mail.source import Source

_EXAMPLES = 20
_LENGTH_CLAIMS = 50

_LONE_CR = re.compile(rb"\r(?!\r?\n)")
_CR_SEPARATOR = b"\rFrom "
_PIPERMAIL_LINE = re.compile(rb"From \S+ at \S+ {1,4}\S")
_TAKEOUT_LINE = re.compile(rb"From \d{6,24}@xxx ")
_SENDER_FIELD = re.compile(rb"From[ \t]{1,8}:")
_MOZILLA_LINE = re.compile(rb"From - (?:\S|\Z)")

_HEADER_END = re.compile(rb"\r{0,2}\n\r{0,2}\n")
_BOUNDARY = re.compile(
    rb"(?:\A|\n)content-type:[ \t]*multipart/[^\n]*(?:\n[ \t][^\n]*)*?"
    rb"\bboundary=\"?([^\"\r\n;]{1,200})",
    re.IGNORECASE,
)
_MAIL_FIELD = re.compile(
    rb"(?:\A|[\r\n])(?:\xef\xbb\xbf)?(?:From|To|Cc|Subject|Date|Received|Message-ID|Return-Path|"
    rb"MIME-Version|Delivered-To|Reply-To|Sender|Content-Type)[ \t]*:",
    re.IGNORECASE,
)
_FIRST_OFFSET = 3  # behind a byte order mark
_FIRST_WORD = 16  # past any blank lines and byte order mark at the very front
_LARGEST_SINGLE = 64 << 20

_LENIENT = Rule(dialect=Dialect.BARE, quoting=Quoting.MBOXRD, weak_separators=True, bare_names=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One line that some rules call a boundary and the proposed one does not, or the reverse."""

    offset: int
    line: str
    boundary: bool  # by the proposed rule
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The proposed rule, and what was seen that speaks for it.

    `counts` says how many lines of the sample each rule would call a boundary, and what else
    was counted: escaped lines, right and wrong Content-Lengths, lone carriage returns.
    """

    rule: Rule
    sampled_bytes: int
    size: int
    counts: dict[str, int]
    disagreements: tuple[Disagreement, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values for the console and the job's report."""
        return {
            "rule": self.rule.to_json(),
            "sampled_bytes": self.sampled_bytes,
            "size": self.size,
            "counts": dict(self.counts),
            "disagreements": [
                {"offset": d.offset, "line": d.line, "boundary": d.boundary, "reason": d.reason}
                for d in self.disagreements
            ],
        }


def detect(source: Source) -> Detection:
    """The rule that fits the file best, with the evidence. Never raises on any bytes."""
    base = _base_rule(source)
    sample = take_sample(source, base)
    lines, counts = sample.lines, sample.counts
    rule = _propose(source, base, lines=lines, counts=counts)
    return Detection(
        rule=rule,
        sampled_bytes=sample.size,
        size=source.size,
        counts=_tally(lines, counts),
        disagreements=tuple(_disagreements(lines, rule)),
    )


def _base_rule(source: Source) -> Rule:
    """What the first bytes alone decide: line ends, and whether git's own separators count."""
    front = source.read_at(0, CONTEXT)
    form = form_at(front, 0)[0] if front.startswith(b"From ") else Form.OTHER
    line_end = _line_end(source, front)
    return replace(_LENIENT, line_end=line_end, git_patches=form is Form.PATCH)


def _line_end(source: Source, front: bytes) -> LineEnd:
    """What ends the lines of a file; a first message may have other line ends than the rest."""
    feeds = front.count(b"\n")
    lone = len(_LONE_CR.findall(front)) - front.endswith(b"\r")
    if not lone and feeds and front.count(b"\r\r\n") == feeds:
        return LineEnd.DOUBLED
    if lone and feeds:
        return LineEnd.MIXED
    other = b"\n" if lone else _CR_SEPARATOR
    for offset, length in windows(source.size):
        if other in source.read_at(offset, length):
            return LineEnd.MIXED
    return LineEnd.CR if lone else LineEnd.LF


def _propose(source: Source, base: Rule, *, lines: list[FromLine], counts: Counter[str]) -> Rule:
    names = bool(lines) and lines[0].offset <= _FIRST_OFFSET and _is_only_named(lines[0])
    chosen = [line for line in lines if line.lenient or (names and line.named)]
    weak = bool(chosen) and not chosen[0].strict
    plain = _unescaped(lines, chosen)
    if not chosen or _is_one_multipart(source, last=chosen[-1].offset):
        return _without_separators(source, base)
    believed = _believes_length(source, chosen, counts)
    dialect = _dialect(chosen, counts, weak=weak, believed=believed, plain=plain)
    return replace(
        base,
        dialect=dialect,
        quoting=_quoting(dialect, counts, plain=plain),
        bare_names=names,
        content_length=believed,
    )


def _is_only_named(line: FromLine) -> bool:
    return line.named and not line.lenient


def _is_one_multipart(source: Source, *, last: int) -> bool:
    """Whether the file begins without a separator, as a multipart that ends after the last one.

    Then it is one message that has others inside, with their separators.
    """
    front = source.read_at(0, CONTEXT)
    if front.startswith((b"From ", b">From ")) or source.size > _LARGEST_SINGLE:
        return False
    body = _HEADER_END.search(front)
    mark = _BOUNDARY.search(front, 0, body.end() if body else len(front))
    if mark is None:
        return False
    return b"--%s--" % mark.group(1) in source.read_at(last, source.size)


def _without_separators(source: Source, base: Rule) -> Rule:
    base = replace(base, bare_names=False)
    single = replace(base, dialect=Dialect.SINGLE, quoting=Quoting.NONE, weak_separators=False)
    lenient = opening(source, replace(base, dialect=Dialect.BARE)) if source.size else None
    if lenient is None:
        return replace(single, dialect=Dialect.NONE)
    if lenient[1]:
        return replace(base, dialect=Dialect.BARE)
    return (
        single if _names_mail(source.read_at(0, CONTEXT)) else replace(single, dialect=Dialect.NONE)
    )


def _names_mail(front: bytes) -> bool:
    """Whether the first header block has a field that only mail has."""
    end = _HEADER_END.search(front, _FIRST_WORD)
    return _MAIL_FIELD.search(front, 0, end.end() if end else len(front)) is not None


def _unescaped(lines: list[FromLine], chosen: list[FromLine]) -> int:
    """Lines that begin with "From " and are no separators; a header field is neither."""
    return sum(not _SENDER_FIELD.match(line.line) for line in lines) - len(chosen)


def _believes_length(source: Source, chosen: list[FromLine], counts: Counter[str]) -> bool:
    for line in chosen[:_LENGTH_CLAIMS]:
        header = line.offset + line.length
        if re.search(rb"(?i)[\r\n]content-length:", source.read_at(header - 1, CONTEXT)):
            right = claimed_end(source, header) is not None
            counts["content_length_right" if right else "content_length_wrong"] += 1
    return counts["content_length_right"] > 0


def _dialect(
    chosen: list[FromLine], counts: Counter[str], *, weak: bool, believed: bool, plain: int
) -> Dialect:
    if believed and counts["content_length_right"] >= counts["content_length_wrong"]:
        return Dialect.MBOXCL2 if plain and not counts["escaped_once"] else Dialect.MBOXCL
    for pattern, dialect in (
        (_TAKEOUT_LINE, Dialect.GMAIL),
        (_MOZILLA_LINE, Dialect.THUNDERBIRD),
        (_PIPERMAIL_LINE, Dialect.PIPERMAIL),
    ):
        if 2 * sum(bool(pattern.match(line.line)) for line in chosen) > len(chosen):
            groups = dialect is Dialect.GMAIL and counts["marks_groups"]
            return Dialect.GROUPS if groups else dialect
    for dialect, _ in ARCHIVERS:
        if 2 * counts[f"marks_{dialect}"] > len(chosen):
            return dialect
    if weak:
        return Dialect.BARE
    return Dialect.MBOXO if _writer_skips_lines(counts, plain) else Dialect.MBOXRD


def _writer_skips_lines(counts: Counter[str], plain: int) -> bool:
    """Whether some body lines are escaped and others not, which an mboxrd writer never does."""
    return plain > 0 and counts["escaped_once"] > 0


def _quoting(dialect: Dialect, counts: Counter[str], *, plain: int) -> Quoting:
    if dialect is Dialect.MBOXO or _writer_skips_lines(counts, plain):
        return Quoting.MBOXO
    if dialect is Dialect.MBOXCL2 or (plain and not counts["escaped_once"]):
        return Quoting.NONE
    return Quoting.MBOXRD


def _tally(lines: list[FromLine], counts: Counter[str]) -> dict[str, int]:
    return {
        "from_lines": len(lines),
        "after_blank_line": sum(line.after_blank for line in lines),
        "dated_separators": sum(line.strict for line in lines),
        "with_bare_separators": sum(line.lenient for line in lines),
        "suspicious": _unescaped(lines, [line for line in lines if line.lenient]),
        **dict(counts),
    }


def _disagreements(lines: list[FromLine], rule: Rule) -> Iterator[Disagreement]:
    differing = [line for line in lines if not (line.after_blank and line.strict)]
    for line in differing[:_EXAMPLES]:
        yield Disagreement(
            offset=line.offset,
            line=line.line.decode("utf-8", "replace"),
            boundary=_is_chosen(line, rule),
            reason=_reason(line),
        )


def _is_chosen(line: FromLine, rule: Rule) -> bool:
    if rule.bare_names:
        return line.named
    return line.lenient if rule.weak_separators else line.strict


def _reason(line: FromLine) -> str:
    if line.form is Form.PATCH:
        return "the fixed date of a git patch"
    if line.form in (Form.OTHER, Form.NAMED):
        return "no date and no address where a separator has one"
    if not line.after_blank:
        return "no blank line before it"
    if line.form is Form.WEAK:
        return "no date"
    return "no header field after it"
