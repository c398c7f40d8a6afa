"""The rule by which one mbox is split and unquoted.

Detection proposes a rule, an operator may override it, and every reading of the file is then
made with the same one. Finding the rule is `mail.detect`'s task, following it `mail.scan`'s.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Dialect(StrEnum):
    """The family a file belongs to; decides quoting and which lines are boundaries."""

    MBOXRD = "mboxrd"
    MBOXO = "mboxo"
    MBOXCL = "mboxcl"
    MBOXCL2 = "mboxcl2"
    GMAIL = "gmail"
    GROUPS = "groups"
    THUNDERBIRD = "thunderbird"
    PIPERMAIL = "pipermail"
    BARE = "bare"
    SINGLE = "single"  # one message without any separator (an .eml)
    NONE = "none"  # nothing in it looks like mail


class Quoting(StrEnum):
    """How a writer hid body lines that begin with "From "."""

    MBOXRD = "mboxrd"  # one ">" before every line of ">"s and "From "
    MBOXO = "mboxo"  # one ">" before lines that begin with "From " exactly
    NONE = "none"


class LineEnd(StrEnum):
    """Which bytes end a line where a separator may follow."""

    LF = "lf"  # and CRLF, which ends in LF too
    CR = "cr"
    MIXED = "mixed"
    DOUBLED = "doubled"  # a carriage return too many before every CRLF


_QUOTING = {
    Dialect.MBOXO: Quoting.MBOXO,
    Dialect.MBOXCL2: Quoting.NONE,
    Dialect.SINGLE: Quoting.NONE,
    Dialect.NONE: Quoting.NONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Everything that decides where messages of one file begin and how its bodies are unquoted."""

    dialect: Dialect
    quoting: Quoting
    line_end: LineEnd = LineEnd.LF
    content_length: bool = False  # believed, but only where it lands on a boundary or the end
    weak_separators: bool = False  # "From " alone, or with an address and no date
    bare_names: bool = False  # "From" alone, or with a name and no address
    git_patches: bool = False  # separators with git's fixed date are boundaries

    @classmethod
    def of(cls, dialect: Dialect, *, seen: Rule | None = None) -> Self:
        """The plain rule of a dialect, for an operator who knows better than the detector.

        `seen` is what was detected: the file's line ends, and whether git wrote it, stay.
        """
        return cls(
            dialect=dialect,
            quoting=_QUOTING.get(dialect, Quoting.MBOXRD),
            content_length=dialect in (Dialect.MBOXCL, Dialect.MBOXCL2),
            weak_separators=dialect not in (Dialect.SINGLE, Dialect.NONE),
            bare_names=dialect is Dialect.BARE,
            line_end=seen.line_end if seen else LineEnd.LF,
            git_patches=seen is not None and seen.git_patches,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, to be kept with the job and given back to `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """The rule that `to_json` described. Raises ValueError for an unknown choice."""
        return cls(
            dialect=Dialect(kept["dialect"]),
            quoting=Quoting(kept["quoting"]),
            line_end=LineEnd(kept.get("line_end", LineEnd.LF)),
            content_length=bool(kept.get("content_length", False)),
            weak_separators=bool(kept.get("weak_separators", False)),
            bare_names=bool(kept.get("bare_names", False)),
            git_patches=bool(kept.get("git_patches", False)),
        )
