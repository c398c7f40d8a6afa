"""What is written down of an archive: each member, and which of its bytes were what. Pure."""

from __future__ import annotations

from mail.archive import Archive
from mail.member import Member
from mail.member_name import shown_name
from store.archives import Fate, MemberNote
from store.ledger import Entry, EntryKind

LARGEST_CLAIM = 1 << 62


def note_of(
    member: Member,
    fate: Fate,
    *,
    reason: str | None,
    upload_id: int | None = None,
    sha256: str | None = None,
) -> MemberNote:
    """A member as the books keep it."""
    looked_at = fate is not Fate.SKIPPED
    return MemberNote(
        ordinal=member.ordinal,
        name=shown_name(member.name),
        fate=fate,
        claimed_size=_storable(member.claimed_size),
        size=member.size if looked_at else None,
        packed_bytes=_storable(member.packed_bytes),
        reason=reason,
        upload_id=upload_id,
        sha256=sha256,
    )


def _storable(claimed: int | None) -> int | None:
    """A header may claim more bytes than a database can count: then it has said nothing."""
    return claimed if claimed is None or claimed <= LARGEST_CLAIM else None


def ledger_entries(archive: Archive) -> list[Entry]:
    """An archive's bytes as its ledger divides them."""
    return [
        Entry(start=span.start, length=span.length, kind=EntryKind(span.kind), messages=0)
        for span in archive.spans
    ]
