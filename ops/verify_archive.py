"""Hold an archive's books against the archive: unpack it once more, and keep nothing of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from jobs.member_notes import ledger_entries
from jobs.workshop import Workshop
from mail.archive import TooManyMembers, open_archive
from mail.member import Member
from mail.source import Source
from ops.books import ledger_of
from store.archives import Fate
from store.job_view import JobView
from store.ledger import runs
from store.member_lists import MemberView, members_of

PAGE = 1000


def discrepancies_of_archive(workshop: Workshop, view: JobView, source: Source) -> Iterator[str]:
    """Every way in which the books and the archive disagree, as sentences."""
    config = workshop.config
    archive = open_archive(source, view.filename, most=config.archive_members)
    if archive is None:
        yield "this is no archive that can be opened here"
        return
    books = _members(workshop, view.upload_id)
    try:
        for member in archive.members():
            yield from _compared(member, next(books, None))
    except TooManyMembers:
        yield f"the archive has more than {config.archive_members} members"
        return
    for left in books:
        yield f"the books list {left.name}, and the archive does not hold it"
    if runs(ledger_entries(archive)) != list(ledger_of(workshop, view.upload_id)):
        yield "the ledger divides the archive in another way than it is divided"


def _compared(member: Member, noted: MemberView | None) -> Iterator[str]:
    if noted is None or noted.ordinal != member.ordinal:
        yield f"the archive holds {member.name}, and the books do not list it"
        return
    if noted.fate is Fate.SKIPPED or noted.sha256 is None:
        return
    digest = hashlib.sha256()
    for block in member.blocks():
        digest.update(block)
    if digest.hexdigest() != noted.sha256:
        yield f"{noted.name} gives other bytes than were taken in"


def _members(workshop: Workshop, upload_id: int) -> Iterator[MemberView]:
    after = -1
    while True:
        with workshop.database.read() as connection:
            page = members_of(connection, upload_id, after=after, limit=PAGE)
        yield from page
        if not page:
            return
        after = page[-1].ordinal
