"""Why a file is read by its dialect: one sentence made of what was counted, and how sure that is.

Follows the order in which `mail.detect` decides: the first thing that speaks decides, and is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from web.language import N_

# Fewer escaped lines than this may be quotations of mail that somebody else escaped.
FEW = 5


class Sureness(StrEnum):
    """How far the evidence carries. The texts are ids of the catalogue."""

    SURE = N_("Sure.")
    LIKELY = N_("Likely.")
    OPEN = N_("Open, but it makes no difference.")
    CHOSEN = N_("Chosen.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A sentence (an id of the catalogue) with the numbers in it, and how sure it is."""

    sureness: Sureness
    sentence: str
    numbers: Mapping[str, int]


def reason_for(dialect: str, counts: Mapping[str, int], *, detected: str) -> Reason:
    """Why a file is read so; `detected` is what the counts spoke for, whatever was chosen."""
    seen = _Seen(counts)
    if dialect != detected:
        said = N_("Somebody chose this dialect; the sample spoke for another one.")
        return Reason(sureness=Sureness.CHOSEN, sentence=said, numbers=seen.numbers)
    sureness, sentence = _PLAIN.get(dialect) or _WEIGHED.get(dialect, _by_escapes)(seen)
    return Reason(sureness=sureness, sentence=sentence, numbers=seen.numbers)


class _Seen:
    """The counts that decide, by the names that the sentences use."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        def count(name: str) -> int:
            return int(counts.get(name, 0))

        self.separators = count("with_bare_separators")
        self.once = count("escaped_once")
        self.more = count("escaped_more")
        self.bare = max(count("suspicious"), 0)
        self.right = count("content_length_right")
        self.wrong = count("content_length_wrong")
        self.marks = max(count(f"marks_{name}") for name in ("groups", "gmail", "thunderbird"))

    @property
    def numbers(self) -> dict[str, int]:
        return {
            "separators": self.separators,
            "once": self.once,
            "more": self.more,
            "bare": self.bare,
            "right": self.right,
            "looked": self.right + self.wrong,
            "marks": self.marks,
        }


Judged = tuple[Sureness, str]


def _by_escapes(seen: _Seen) -> Judged:
    """For mboxrd and mboxo, which differ in nothing but which lines they escape."""
    if seen.bare and seen.once:
        return Sureness.LIKELY, N_(
            "Of the lines in texts that begin with “From”, %(once)s are escaped and %(bare)s are "
            "not: a writer of mboxrd would have escaped them all."
        )
    if seen.bare:
        return Sureness.LIKELY, N_(
            "Lines in texts that begin with “From” as they are: %(bare)s, and not one is escaped. "
            "Whoever wrote the file escaped nothing, so nothing is unescaped."
        )
    if seen.more:
        sureness = Sureness.SURE if seen.more >= FEW else Sureness.LIKELY
        return sureness, N_(
            "Lines with more than one “>” before “From”: %(more)s. Only mboxrd writes such lines, "
            "and none in a text begins with “From” unescaped."
        )
    if seen.once >= FEW:
        return Sureness.LIKELY, N_(
            "All %(once)s lines in texts that would begin with “From” are escaped by one “>”. "
            "mboxo would look the same; the two differ only in lines of which none was seen."
        )
    if seen.once:
        return Sureness.OPEN, N_(
            "Too few lines (%(once)s) are escaped by a “>” to tell mboxrd from mboxo; both would "
            "read these alike, so mboxrd is taken."
        )
    return Sureness.OPEN, N_(
        "Nothing in the sample needed an escape, so nothing tells mboxrd from its kin; all of them "
        "read such a file alike."
    )


def _by_length(seen: _Seen) -> Judged:
    sureness = Sureness.LIKELY if seen.wrong else Sureness.SURE
    return sureness, N_(
        "Of %(looked)s lengths that messages tell (Content-Length), %(right)s lead exactly to the "
        "next separator."
    )


def _by_marks(seen: _Seen) -> Judged:
    if 2 * seen.marks > seen.separators:
        return Sureness.SURE, N_(
            "%(marks)s of the header fields that only this program leaves were seen, in "
            "%(separators)s messages."
        )
    return _BY_LINE


_BY_LINE: Judged = (
    Sureness.LIKELY,
    N_("Most of the %(separators)s separators are written the way only this program writes them."),
)
# What needs no weighing.
_PLAIN: dict[str, Judged] = {
    "pipermail": _BY_LINE,
    "bare": (
        Sureness.LIKELY,
        N_("The first separator bears no date, so lines without one count as separators too."),
    ),
    "single": (
        Sureness.LIKELY,
        N_("No separator was seen, and the file begins with header fields: it is one message."),
    ),
    "none": (
        Sureness.LIKELY,
        N_("Neither a separator nor a header field of mail was seen."),
    ),
}
_WEIGHED: dict[str, Callable[[_Seen], Judged]] = {
    "mboxcl": _by_length,
    "mboxcl2": _by_length,
    "gmail": _by_marks,
    "groups": _by_marks,
    "thunderbird": _by_marks,
}
