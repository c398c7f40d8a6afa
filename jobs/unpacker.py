"""Unpack one archive: every member that is mail becomes an upload and a job of its own.

The plan of an archive's job. Inflates in bounded steps into the spool, commits member by member
behind the fence, and so goes on after a kill with the first member that nobody has dealt with.
What a killed attempt had half written is removed first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from jobs.archive_books import ArchiveBooks
from jobs.member_copy import copy_member, head_of
from jobs.member_notes import note_of
from jobs.meter import CannotUnpack, Meter
from jobs.processor import Statistics, StopAsked
from jobs.workshop import Workshop
from mail.archive import Archive, TooManyMembers, open_archive
from mail.member import Member, NotTaken
from mail.packed import Packed
from mail.sniff import Found, Verdict, sniff
from store.archives import Fate, note_members
from store.claims import Claim
from store.clock import utc_now
from store.half_done import receiving_from
from store.uploads import (
    Twin,
    Upload,
    UploadKind,
    UploadState,
    break_off,
    complete_unless_twin,
    complete_upload,
    open_upload,
    require_upload,
)
from store.wishes_inside import paused_since

# How often it is written down how far it is, and looked whether the archive is still ours.
NOTE_SECONDS = 1.0


class Unpacker:
    """Carries out the claimed plan of an archive. `ring` is called when new jobs wait."""

    def __init__(
        self,
        workshop: Workshop,
        claimed: Claim,
        *,
        stop_asked: Callable[[], bool],
        still_moving: Callable[[], None],
        ring: Callable[[], None],
    ) -> None:
        self._workshop = workshop
        self._claim = claimed
        self._stop_asked = stop_asked
        self._still_moving = still_moving
        self._ring = ring
        self._due = time.monotonic() + NOTE_SECONDS
        self._meter = Meter(workshop.config)
        self._books = ArchiveBooks(workshop, claimed, self._meter)

    @property
    def statistics(self) -> Statistics:
        """What it has committed so far, and what it took."""
        return self._books.statistics

    def run(self) -> None:
        """Unpack what is left. Raises CannotUnpack, store.claims.Fenced, StopAsked, SpoolError."""
        self._tidy()
        self._books.open()
        config, spool = self._workshop.config, self._workshop.spool
        with spool.source(self._claim.spool_name, size=self._claim.size) as source:
            archive = open_archive(
                source, self._claim.filename, most=config.archive_members, tick=self._tick
            )
            if archive is None:
                raise CannotUnpack("this is no archive that can be opened here")
            self._books.begin(archive)
            try:
                for member in archive.members():
                    self._deal_with(archive, member)
            except TooManyMembers:
                self._books.commit_notes()
                raise CannotUnpack(
                    f"the archive has more than {config.archive_members} members (ARCHIVE_MEMBERS)"
                ) from None
            self._books.close()
        self._ring()

    def _tidy(self) -> None:
        """Remove what earlier attempts had begun to write: nobody goes on with it."""
        with self._workshop.database.read() as connection:
            left = receiving_from(connection, self._claim.upload_id)
        for upload in left:
            if upload.state is UploadState.BROKEN:
                self._workshop.spool.remove(upload.spool_name)
            else:
                self._forget(upload)

    def _forget(self, upload: Upload) -> None:
        with self._workshop.database.write() as connection:
            unwanted = break_off(connection, upload.id)
            if not unwanted:
                # Deleted meanwhile, with its archive: then the file came after the deletion.
                unwanted = require_upload(connection, upload.id).state is UploadState.DELETED
        if unwanted:
            self._workshop.spool.remove(upload.spool_name)

    def _deal_with(self, archive: Archive, member: Member) -> None:
        self._meter.begin_member()
        if member.ordinal in self._books.done:
            if archive.passes_over:
                self._meter.pass_over(self._books.done[member.ordinal])
            return
        if self._stop_asked():
            self._books.commit_notes()
            raise StopAsked
        not_taken = member.not_taken
        if not_taken is None and member.damage is None:
            blocks = member.blocks()
            head = head_of(blocks)
            if not head and member.damage is None:
                not_taken = NotTaken.EMPTY
            elif head:
                verdict = sniff(head, member.name)
                if member.damage is None or verdict.is_taken:
                    not_taken = self._refusal(verdict, member.name)
                if not_taken is None and verdict.is_taken:
                    self._import(member, head, blocks, UploadKind.of(verdict))
                    return
        # Nothing of it is imported: it is listed with the reason.
        fate = Fate.DAMAGED if member.damage is not None else Fate.SKIPPED
        self._books.note(note_of(member, fate, reason=member.damage or not_taken))

    def _refusal(self, verdict: Verdict, name: str) -> NotTaken | None:
        if verdict.found is Found.RESOURCE_FORK:
            return NotTaken.SYSTEM
        if verdict.found is Found.EMPTY:
            return NotTaken.EMPTY
        if not verdict.is_taken:
            return NotTaken.FORM if _may_hold_mail(verdict, name) else NotTaken.NO_MAIL
        too_deep = self._books.depth >= self._workshop.config.archive_depth
        return NotTaken.TOO_DEEP if verdict.is_archive and too_deep else None

    def _import(
        self, member: Member, head: bytes, blocks: Iterator[bytes], kind: UploadKind
    ) -> None:
        """The member's bytes into the spool, and a job for them, or nothing at all."""
        with self._workshop.database.write() as connection:
            # The fence first: who has lost the archive begins nothing more.
            self._books.move_on(connection)
            upload = open_upload(
                connection,
                filename=member.name,
                declared_size=None,
                by=self._claim.uploaded_by,
                now=utc_now(),
                archive_id=self._claim.upload_id,
            )
        with ExitStack() as undo:
            undo.callback(self._forget, upload)
            sha256 = copy_member(self._workshop, upload.spool_name, head=head, blocks=blocks)
            self._complete(member, upload, sha256=sha256, kind=kind)
            undo.pop_all()

    def _complete(self, member: Member, upload: Upload, *, sha256: str, kind: UploadKind) -> None:
        now = utc_now()
        with self._workshop.database.write() as connection:
            self._books.move_on(connection)
            complete = complete_upload if self._books.again else complete_unless_twin
            found: str | Twin = complete(
                connection,
                upload,
                size=member.size,
                sha256=sha256,
                now=now,
                kind=kind,
                paused_at=paused_since(connection, self._claim.job_id),
            )
            is_twin = isinstance(found, Twin)
            fate = Fate.SAME if is_twin else Fate.IMPORTED
            note = note_of(
                member,
                Fate.DAMAGED if member.damage is not None else fate,
                reason=member.damage,
                upload_id=found.upload_id if isinstance(found, Twin) else upload.id,
                sha256=sha256,
            )
            note_members(connection, self._claim.upload_id, [note])
        if is_twin:
            self._workshop.spool.remove(upload.spool_name)
        if self._meter.rings():
            self._ring()

    def _tick(self, run: Packed | None, length: int) -> None:
        """A block came out. Raises CannotUnpack beyond a limit, StopAsked, Fenced."""
        self._meter.count(run, length)
        self._still_moving()
        if time.monotonic() < self._due:
            return
        with self._workshop.database.write() as connection:
            self._books.stand_still(connection)
        self._due = time.monotonic() + NOTE_SECONDS
        if self._stop_asked():
            raise StopAsked


def _may_hold_mail(verdict: Verdict, name: str) -> bool:
    # The same first bytes are those of Outlook messages and of old Office documents.
    is_document = verdict.found is Found.MSG and not name.lower().endswith(".msg")
    return verdict.may_hold_mail and not is_document
