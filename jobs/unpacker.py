"""Unpack one archive: every member that is mail becomes an upload and a job of its own.

The plan of an archive's job. Inflates in bounded steps into the spool, commits member by member
behind the fence, and so goes on after a kill with the first member that nobody has dealt with.
What a killed attempt had half written is removed first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from jobs.member_notes import ledger_entries, note_of
from jobs.meter import CannotUnpack, Meter
from jobs.planner import NoMessages
from jobs.processor import Statistics, StopAsked
from jobs.workshop import Workshop
from mail.archive import Archive, TooManyMembers, open_archive
from mail.member import Member, NotTaken
from mail.packed import Packed
from mail.sniff import HEAD_BYTES, Found, Verdict, sniff
from store.admission import promised_bytes
from store.archives import (
    Fate,
    MemberNote,
    count_fates,
    find_archive,
    inflated_elsewhere,
    note_damage,
    note_members,
    note_reading,
    sizes_of_members,
)
from store.claims import Claim, advance, finish
from store.clock import now_of, utc_now
from store.counted_on import lost_members
from store.database import Transaction
from store.ledger import add_entries
from store.spool import DiskFull, SpoolWriter
from store.states import Outcome
from store.uploads import (
    Twin,
    Upload,
    UploadKind,
    UploadState,
    break_off,
    complete_unless_twin,
    complete_upload,
    open_upload,
    receiving_from,
    require_upload,
)
from store.vitals import beat, earn, end_attempt
from store.wishes import forget_range
from store.wishes_inside import paused_since

WRITE_BYTES = 1 << 20
# How often it is written down how far it is, and looked whether the archive is still ours.
NOTE_SECONDS = 1.0
# Members that are not taken are written down together with the next that is, or so many at once.
NOTES_AT_ONCE = 200


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
        self._position = claimed.position
        self._notes: list[MemberNote] = []
        self._due = time.monotonic() + NOTE_SECONDS
        self._archive: Archive | None = None
        self._meter = Meter(workshop.config)
        self.statistics = Statistics()

    def run(self) -> None:
        """Unpack what is left. Raises CannotUnpack, store.claims.Fenced, StopAsked, SpoolError."""
        self._tidy()
        self._read_the_books()
        config, spool = self._workshop.config, self._workshop.spool
        with spool.source(self._claim.spool_name, size=self._claim.size) as source:
            self._archive = open_archive(
                source, self._claim.filename, most=config.archive_members, tick=self._tick
            )
            if self._archive is None:
                raise CannotUnpack("this is no archive that can be opened here")
            try:
                for member in self._archive.members():
                    self._deal_with(member)
            except TooManyMembers:
                self._commit_notes()
                raise CannotUnpack(
                    f"the archive has more than {config.archive_members} members (ARCHIVE_MEMBERS)"
                ) from None
            self._finish(self._archive)

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

    def _read_the_books(self) -> None:
        with self._workshop.database.read() as connection:
            books = find_archive(connection, self._claim.upload_id)
            if books is None:
                raise CannotUnpack("the archive has no books")
            self._books = books
            lost = lost_members(connection, self._claim.upload_id)
            sizes = sizes_of_members(connection, self._claim.upload_id)
            # What was deleted with another file is in here still, and is taken in from here.
            self._done = {place: size for place, size in sizes.items() if place not in lost}
            self._meter.elsewhere = inflated_elsewhere(connection, books)

    def _deal_with(self, member: Member) -> None:
        self._meter.begin_member()
        if member.ordinal in self._done:
            if self._archive is not None and self._archive.passes_over:
                self._meter.elsewhere += self._done[member.ordinal]
            return
        if self._stop_asked():
            self._commit_notes()
            raise StopAsked
        not_taken = member.not_taken
        if not_taken is None and member.damage is None:
            blocks = member.blocks()
            head = _head(blocks)
            if not head and member.damage is None:
                not_taken = NotTaken.EMPTY
            elif head:
                verdict = sniff(head, member.name)
                if member.damage is None or verdict.is_taken:
                    not_taken = self._refusal(verdict)
                if not_taken is None and verdict.is_taken:
                    self._import(member, head, blocks, UploadKind.of(verdict))
                    return
        self._note(member, not_taken)

    def _refusal(self, verdict: Verdict) -> NotTaken | None:
        if verdict.found is Found.RESOURCE_FORK:
            return NotTaken.SYSTEM
        if not verdict.is_taken:
            return NotTaken.NO_MAIL
        too_deep = self._books.depth >= self._workshop.config.archive_depth
        return NotTaken.TOO_DEEP if verdict.is_archive and too_deep else None

    def _note(self, member: Member, not_taken: NotTaken | None) -> None:
        """Nothing of it is imported: it is listed with the reason."""
        fate = Fate.DAMAGED if member.damage is not None else Fate.SKIPPED
        self._notes.append(note_of(member, fate, reason=member.damage or not_taken))
        if len(self._notes) >= NOTES_AT_ONCE:
            self._commit_notes()

    def _commit_notes(self) -> None:
        with self._workshop.database.write() as connection:
            self._move_on(connection)
            self._write_notes(connection)

    def _write_notes(self, connection: Transaction) -> None:
        note_members(connection, self._claim.upload_id, self._notes)
        self._notes = []

    def _import(
        self, member: Member, head: bytes, blocks: Iterator[bytes], kind: UploadKind
    ) -> None:
        """The member's bytes into the spool, and a job for them, or nothing at all."""
        with self._workshop.database.write() as connection:
            # The fence first: who has lost the archive begins nothing more.
            self._move_on(connection)
            self._write_notes(connection)
            upload = open_upload(
                connection,
                filename=member.name,
                declared_size=None,
                by=self._claim.uploaded_by,
                now=utc_now(),
                archive_id=self._claim.upload_id,
            )
        try:
            sha256 = self._write(upload, head, blocks)
            self._complete(member, upload, sha256=sha256, kind=kind)
        except BaseException:
            self._forget(upload)
            raise

    def _write(self, upload: Upload, head: bytes, blocks: Iterator[bytes]) -> str:
        """Raises CannotUnpack when there is no room for it."""
        try:
            writer = self._workshop.spool.writer(upload.spool_name)
            try:
                return _copy(head, blocks, writer, keep_promises=self._keep_promises)
            except BaseException:
                writer.abandon()
                raise
        except DiskFull as error:
            raise CannotUnpack(f"there is no room for what is in this archive: {error}") from error

    def _keep_promises(self, size: int) -> None:
        """What was promised to uploads under way is not for us."""
        with self._workshop.database.read() as connection:
            promised = promised_bytes(connection, self._workshop.spool)
        self._workshop.spool.room(promised=promised).require(size)

    def _complete(self, member: Member, upload: Upload, *, sha256: str, kind: UploadKind) -> None:
        now = utc_now()
        with self._workshop.database.write() as connection:
            self._move_on(connection)
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
            advance(connection, self._claim, since=self._position, to=self._position)
            self._beat(connection)
        self._due = time.monotonic() + NOTE_SECONDS
        if self._stop_asked():
            raise StopAsked

    def _move_on(self, connection: Transaction) -> None:
        """Everything read so far is dealt with. Behind the fence."""
        # A position that was reached by an earlier attempt stays: what it read is read again.
        to = max(self._position, min(self._read_bytes, self._claim.size))
        advance(connection, self._claim, since=self._position, to=to)
        self._position = to
        self._beat(connection)

    @property
    def _read_bytes(self) -> int:
        return self._archive.position if self._archive is not None else 0

    def _beat(self, connection: Transaction) -> None:
        note_reading(
            connection,
            self._claim.upload_id,
            read_bytes=self._read_bytes,
            inflated_bytes=self._meter.inflated,
        )
        read = self._read_bytes - self.statistics.bytes
        earn(connection, self._claim.attempt_id, size=max(read, 0), messages=0)
        self.statistics.bytes += max(read, 0)
        beat(
            connection,
            self._claim.attempt_id,
            vitals=self.statistics.vitals(),
            now=now_of(connection),
            lease_seconds=self._workshop.config.lease_seconds,
        )

    def _finish(self, archive: Archive) -> None:
        """The account: which byte of the archive was what. Raises NoMessages."""
        upload_id = self._claim.upload_id
        with self._workshop.database.write() as connection:
            advance(connection, self._claim, since=self._position, to=self._claim.stop)
            self._position = self._claim.stop
            self._beat(connection)
            self._write_notes(connection)
            forget_range(connection, upload_id, start=0)
            add_entries(connection, upload_id, ledger_entries(archive))
            note_damage(connection, upload_id, archive.damage)
            note_reading(
                connection,
                upload_id,
                read_bytes=self._claim.size,
                inflated_bytes=self._meter.inflated,
            )
            fates = count_fates(connection, upload_id)
        if not any(fate is not Fate.SKIPPED for fate in fates) and archive.damage is None:
            raise NoMessages("no mail was found in this archive")
        with self._workshop.database.write() as connection:
            now = now_of(connection)
            finish(connection, self._claim, now=now)
            end_attempt(
                connection,
                self._claim.attempt_id,
                outcome=Outcome.DONE,
                vitals=self.statistics.vitals(),
                now=now,
            )
        self._ring()


def _head(blocks: Iterator[bytes]) -> bytes:
    """The beginning of a member, enough to tell what it is."""
    head = bytearray()
    for block in blocks:
        head += block
        if len(head) >= HEAD_BYTES:
            break
    return bytes(head)


def _copy(
    head: bytes,
    blocks: Iterator[bytes],
    writer: SpoolWriter,
    *,
    keep_promises: Callable[[int], None],
) -> str:
    """Everything into the spool; its SHA-256. Raises DiskFull."""
    buffer = bytearray(head)
    for block in blocks:
        buffer += block
        if len(buffer) >= WRITE_BYTES:
            keep_promises(len(buffer))
            writer.write(buffer)
            buffer = bytearray()
    keep_promises(len(buffer))
    writer.write(buffer)
    return writer.finish()
