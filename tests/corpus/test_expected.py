"""The corpus as other projects expect it, and as the standard library reads it.

Every difference from an expectation is listed with its reason in `explained.py`. The shares of
agreement are printed, and may not fall.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from mail.message import Message
from mail.part import PartKind
from tests.corpus.expected import CORPUS, Expected, expectations, plain
from tests.corpus.explained import EXPLAINED
from tests.corpus.reading import Mail, Reading, librarys, mails, mails_of, ours, read
from tests.harness.told import TABLE

FIELDS = ("subject", "senders", "to", "sent_at", "text", "attachments")
# In per cent; what is missing to 100 is told in docs/fidelity.md.
LEAST_EQUAL_TO_LIBRARY = {
    "subject": 99.4,
    "senders": 91.5,
    "to": 99.6,
    "sent_at": 99.7,
    "text": 93.5,
    "attachments": 97.5,
}
_BODIES = (PartKind.TEXT, PartKind.HTML)


def compared(expected: Expected, message: Message) -> Iterator[tuple[str, bool]]:
    """Each field that an expectation speaks of, and whether we read it so."""
    envelope = message.envelope
    files = [part for part in message.parts if part.kind not in _BODIES or part.filename]
    if expected.subject is not None:
        yield "subject", plain(expected.subject) == plain(envelope.subject or "")
    if expected.message_id is not None:
        yield "message_id", expected.message_id == envelope.message_id
    if expected.senders is not None:
        yield "senders", expected.senders == tuple(one.address for one in envelope.senders)
    if expected.to is not None:
        yield "to", expected.to == tuple(one.address for one in envelope.to)
    if expected.sent_at is not None:
        yield "sent_at", expected.sent_at == envelope.sent_at
    if expected.text is not None:
        yield "text", plain(expected.text) == plain(message.text)
    if expected.text_contains is not None:
        yield "text", plain(expected.text_contains) in plain(message.text)
    if expected.attachments is not None:
        found = Counter((part.original_filename, part.size) for part in files)
        yield "attachments", Counter(expected.attachments) == found
    if expected.attachment_count is not None:
        yield "attachment_count", expected.attachment_count == len(files)


def test_every_difference_from_what_others_expect_has_its_reason(
    record_property: Callable[[str, object], None],
) -> None:
    told: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    differing = set()
    for path, expected in expectations():
        message = read(mails_of(path)[0])
        for field, same in compared(expected, message):
            told[field] += 1
            equal[field] += same
            if not same:
                differing.add((field, str(path.relative_to(CORPUS / "eml"))))
    record_property(TABLE, table("equal to other projects' expectations", equal, told))

    assert differing == set(EXPLAINED)


def table(title: str, equal: Counter[str], told: Counter[str]) -> str:
    """Shares of agreement, one line for each field."""
    lines = [
        f"  {field:<17}{equal[field]:>6} of {all_told:>5}  {100 * equal[field] / all_told:6.2f} %"
        for field, all_told in told.items()
    ]
    return "\n".join([title, *lines])


def library_agreement(readings: list[tuple[Reading, Reading]]) -> tuple[Counter[str], Counter[str]]:
    """How many messages each field of two readings was told in, and equal in."""
    told: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    for our, their in readings:
        for field in FIELDS:
            if field == "text" and not their.text:
                continue  # without a plain part the library has no text; we read the HTML
            told[field] += 1
            equal[field] += getattr(our, field) == getattr(their, field)
    return told, equal


def test_agreement_with_the_standard_library_does_not_fall(
    record_property: Callable[[str, object], None],
) -> None:
    corpus: list[Mail] = list(mails())
    pairs = [(ours(read(mail)), librarys(mail)) for mail in corpus]
    readable = [(our, their) for our, their in pairs if their is not None]
    told, equal = library_agreement(readable)
    shown = table("equal to the standard library (policy.default)", equal, told)
    raised = f"  the library raised on {len(pairs) - len(readable)} of {len(pairs)} messages"
    record_property(TABLE, f"{shown}\n{raised}")

    shares = {field: 100 * equal[field] / told[field] for field in FIELDS}
    assert {field for field in FIELDS if shares[field] < LEAST_EQUAL_TO_LIBRARY[field]} == set()
