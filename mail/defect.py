"""What was wrong inside a message, as data.

A defect never stops a reading; it travels with the message and is shown beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

_EVIDENCE_CHARACTERS = 200
_MOST_FINDINGS = 500  # of one message


class DefectKind(StrEnum):
    """The catalogue: every kind of trouble a reading can note, in stable lower-case words."""

    # headers
    HEADER_LINE_BROKEN = "header_line_broken"  # a line among headers that is no field
    HEADER_END_MISSING = "header_end_missing"  # no blank line between headers and body
    HEADER_TOO_LARGE = "header_too_large"  # cut to the limit before it was read
    HEADERS_MISSING = "headers_missing"  # nothing before the body
    STRAY_SEPARATOR = "stray_separator"  # a From line among the headers
    MESSAGE_ID_MISSING = "message_id_missing"
    MESSAGE_ID_MALFORMED = "message_id_malformed"
    MESSAGE_ID_LONG = "message_id_long"  # shortened, its digest kept in its place
    ADDRESS_MALFORMED = "address_malformed"
    ADDRESSES_CUT = "addresses_cut"  # more than the limit; the number is in the evidence
    DATE_MISSING = "date_missing"
    DATE_UNREADABLE = "date_unreadable"
    DATE_IMPLAUSIBLE = "date_implausible"
    DATE_ZONE_UNKNOWN = "date_zone_unknown"  # taken as UTC
    ENCODED_WORD_BROKEN = "encoded_word_broken"
    # letters
    CHARSET_GUESSED = "charset_guessed"  # see `guessed_against`
    CHARSET_UNKNOWN = "charset_unknown"  # a label nobody defines
    CHARSET_BROKEN = "charset_broken"  # bytes that the charset does not have
    NUL_REMOVED = "nul_removed"
    # body
    BASE64_BROKEN = "base64_broken"
    QUOTED_PRINTABLE_BROKEN = "quoted_printable_broken"
    ENCODING_UNKNOWN = "encoding_unknown"  # a Content-Transfer-Encoding nobody defines
    BOUNDARY_MISSING = "boundary_missing"  # a multipart that does not say its boundary
    BOUNDARY_WRONG = "boundary_wrong"  # says one that does not occur; another was found
    MULTIPART_EMPTY = "multipart_empty"  # no part inside: read as one text
    MULTIPART_UNCLOSED = "multipart_unclosed"  # cut off, or its end boundary is missing
    MESSAGE_ENCODED = "message_encoded"  # a message inside that only its decoding shows
    PARTS_CUT = "parts_cut"
    DEPTH_CUT = "depth_cut"
    TIME_CUT = "time_cut"
    TEXT_CUT = "text_cut"
    UUENCODE_BROKEN = "uuencode_broken"
    TRUNCATED = "truncated"  # the message ends before it should
    TOO_LARGE = "too_large"  # only the headers were read
    VALUE_CUT = "value_cut"  # a header field longer than is kept of one
    DEFECTS_CUT = "defects_cut"  # more findings than are kept of one message
    # mailbox
    FOLDER_INTERNAL_DATA = "folder_internal_data"  # a mail program's note to itself
    LINE_COUNT_FRONT = "line_count_front"  # Apple's byte count before the headers
    # by a person
    READ_BY_CHOICE = "read_by_choice"  # not as found: where is charset, rule or limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing wrong in one message.

    `kind` is a stable lower-case word of the catalogue (`charset_guessed`, `base64_broken` …),
    `where` names the header or the part path ("Subject", "part 1.2"), `what` is the evidence.
    """

    kind: str
    where: str
    what: str


class Defects:
    """Collects what is found wrong while one message is read; each finding once."""

    __slots__ = ("_found", "_more")

    def __init__(self) -> None:
        self._found: dict[tuple[DefectKind, str, str], None] = {}
        self._more = 0  # findings beyond the most that are kept

    def note(self, kind: DefectKind, *, where: str, what: str = "") -> None:
        """Keep one finding; `what` is cut to a length fit to show."""
        if len(self._found) < _MOST_FINDINGS:
            self._found[(kind, where, printable(what))] = None
        else:
            self._more += 1

    def __len__(self) -> int:
        """How many findings there are so far."""
        return len(self._found) + self._more

    def has(self, kind: DefectKind) -> bool:
        """Whether anything of that kind was found."""
        return any(found[0] is kind for found in self._found)

    def take(self, others: Defects) -> None:
        """Keep what was noted elsewhere as well."""
        room = _MOST_FINDINGS - len(self._found)
        if len(others._found) <= room:
            self._found.update(others._found)
        else:
            self._found.update(dict.fromkeys(islice(others._found, max(0, room))))
            self._more += len(others._found) - max(0, room)
        self._more += others._more

    def all(self) -> tuple[Defect, ...]:
        """Everything noted, in the order of noting."""
        found = [
            Defect(kind=str(kind), where=where, what=what) for kind, where, what in self._found
        ]
        if self._more:
            what = f"{self._more} more"
            found.append(Defect(kind=str(DefectKind.DEFECTS_CUT), where="message", what=what))
        return tuple(found)


_DECLARED = ", declared "


def guessed_against(charset: str, declared: str | None) -> str:
    """The evidence of a guess: the charset, and the one declared that its bytes do not fit."""
    return f"{charset}{_DECLARED}{declared}" if declared else charset


def guess_and_declared(evidence: str) -> tuple[str, str]:
    """Of that evidence the guess, and the charset that was declared: "" for none."""
    charset, _, declared = evidence.partition(_DECLARED)
    return charset, declared


def printable(evidence: str) -> str:
    """Evidence that any database and any page can take: short, without controls or surrogates."""
    shown = evidence[:_EVIDENCE_CHARACTERS]
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)
