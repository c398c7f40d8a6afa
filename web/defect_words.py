"""What was wrong inside a message, in words: a title and what it means for the reader.

A kind that is not known here is shown by its code: a newer version may have noted it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mail.defect import DefectKind as Kind
from web.language import N_


@dataclass(frozen=True, slots=True)
class DefectWords:
    """A kind of defect as it is told. `meaning` is "" for one that is not known."""

    title: str
    meaning: str


KNOWN: dict[str, tuple[str, str]] = {
    Kind.HEADER_LINE_BROKEN: (
        N_("A broken header line"),
        N_("A line among the headers is no header; it was passed over."),
    ),
    Kind.HEADER_END_MISSING: (
        N_("No blank line after the headers"),
        N_("Where the headers end was inferred from what follows."),
    ),
    Kind.HEADER_TOO_LARGE: (
        N_("Headers too large"),
        N_("Only their beginning was read; the raw message has them all."),
    ),
    Kind.HEADERS_MISSING: (N_("No headers"), N_("The message begins with its body.")),
    Kind.STRAY_SEPARATOR: (
        N_("A separator among the headers"),
        N_("A From line stands where a header should; it was passed over."),
    ),
    Kind.MESSAGE_ID_MISSING: (
        N_("No Message-ID"),
        N_("Answers to it cannot be recognised by its id."),
    ),
    Kind.MESSAGE_ID_MALFORMED: (
        N_("A malformed Message-ID"),
        N_("It was kept as it is written."),
    ),
    Kind.MESSAGE_ID_LONG: (
        N_("A very long Message-ID"),
        N_("It was shortened; a digest of all of it is kept in its place."),
    ),
    Kind.ADDRESS_MALFORMED: (
        N_("A malformed address"),
        N_("It was read as far as it makes sense."),
    ),
    Kind.ADDRESSES_CUT: (
        N_("Too many addresses"),
        N_("The rest is only in the headers."),
    ),
    Kind.DATE_MISSING: (
        N_("No Date header"),
        N_("The date was taken from elsewhere in the message, if anywhere."),
    ),
    Kind.DATE_UNREADABLE: (
        N_("A date that cannot be read"),
        N_("The date was taken from elsewhere in the message, if anywhere."),
    ),
    Kind.DATE_IMPLAUSIBLE: (
        N_("An implausible date"),
        N_(
            "It is impossible, or does not fit when the mail arrived by its Received headers or "
            "its separator line; it is sorted as mail without a date."
        ),
    ),
    Kind.DATE_ZONE_UNKNOWN: (
        N_("An unknown time zone"),
        N_("The time was taken as UTC and may be off by hours."),
    ),
    Kind.ENCODED_WORD_BROKEN: (
        N_("Broken encoding in a header"),
        N_("A word in it could not be decoded whole."),
    ),
    Kind.CHARSET_GUESSED: (
        N_("The charset was guessed"),
        N_(
            "It does not say which letters its bytes mean, or they do not fit what it says. "
            "If they look wrong, choose below."
        ),
    ),
    Kind.CHARSET_UNKNOWN: (
        N_("An unknown charset"),
        N_("It names a charset that nobody defines; another was tried."),
    ),
    Kind.CHARSET_BROKEN: (
        N_("Bytes that are no letters"),
        N_("Some bytes do not exist in its charset and are shown as �."),
    ),
    Kind.NUL_REMOVED: (N_("NUL characters"), N_("They were taken out of the text.")),
    Kind.BASE64_BROKEN: (
        N_("Broken base64"),
        N_("What could be decoded was; the file may be damaged."),
    ),
    Kind.QUOTED_PRINTABLE_BROKEN: (
        N_("Broken quoted-printable"),
        N_("What could not be decoded stands as it was written."),
    ),
    Kind.ENCODING_UNKNOWN: (
        N_("An unknown transfer encoding"),
        N_("The part was taken as it stands."),
    ),
    Kind.BOUNDARY_MISSING: (
        N_("A multipart without a boundary"),
        N_("Its header does not say how its parts are told apart."),
    ),
    Kind.BOUNDARY_WRONG: (
        N_("A multipart with a wrong boundary"),
        N_("The boundary it names does not occur; the one that does was used."),
    ),
    Kind.MULTIPART_EMPTY: (
        N_("A multipart without parts"),
        N_("It was read as one text."),
    ),
    Kind.MULTIPART_UNCLOSED: (
        N_("A multipart that does not end"),
        N_("Its closing boundary is missing; the message may be cut off."),
    ),
    Kind.PARTS_CUT: (N_("Too many parts"), N_("The rest is only in the raw message.")),
    Kind.DEPTH_CUT: (
        N_("Parts nested too deep"),
        N_("What lies deeper was left as one part."),
    ),
    Kind.TIME_CUT: (
        N_("Took too long to read"),
        N_("Parts were left out; the raw message has them."),
    ),
    Kind.TEXT_CUT: (
        N_("A very long text"),
        N_("Only its beginning is searched and shown."),
    ),
    Kind.UUENCODE_BROKEN: (
        N_("A broken uuencoded file"),
        N_("What could be decoded was; the file may be damaged."),
    ),
    Kind.TOO_LARGE: (
        N_("Too large to be read"),
        N_("Only the headers were read; the raw message is whole."),
    ),
    Kind.FOLDER_INTERNAL_DATA: (
        N_("A note of a mail program to itself"),
        N_("It is no mail that anybody sent."),
    ),
    Kind.TRUNCATED: (
        N_("Cut off"),
        N_("It ends before it should; what is there was read as far as it goes."),
    ),
    Kind.MESSAGE_ENCODED: (
        N_("An encoded message inside"),
        N_("A message inside was base64 or quoted-printable, which is not allowed; it was opened."),
    ),
    Kind.VALUE_CUT: (
        N_("A header longer than is kept"),
        N_("Its beginning is kept; the raw message has all of it."),
    ),
    Kind.DEFECTS_CUT: (
        N_("More findings than are kept"),
        N_("The first ones are kept, the rest only counted."),
    ),
    Kind.READ_BY_CHOICE: (
        N_("Read as a person chose"),
        N_("By another charset, rule or limit than were found; going back is one click away."),
    ),
    Kind.LINE_COUNT_FRONT: (
        N_("A byte count before the headers"),
        N_("Apple Mail writes it there; it was passed over."),
    ),
}


def defect_words(kind: str) -> DefectWords:
    """How a kind of defect is told."""
    title, meaning = KNOWN.get(kind, (kind.replace("_", " "), ""))
    return DefectWords(title, meaning)
