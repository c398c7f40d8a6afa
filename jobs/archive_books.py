"""The books of an archive while it is unpacked: how far it is, and what became of each member.

Everything is written behind the fence of the attempt that unpacks. What is unpacked, and why a
member is not taken in, is `jobs.unpacker`.
"""

from __future__ import annotations

from jobs.finishing import finish_chunk
from jobs.member_notes import ledger_entries
from jobs.meter import CannotUnpack, Meter
from jobs.planner import NoMessages
from jobs.processor import Statistics
from jobs.workshop import Workshop
from mail.archive import Archive
from store.archives import (
    Fate,
    MemberNote,
    count_fates,
    count_unseen,
    find_archive,
    inflated_elsewhere,
    note_damage,
    note_members,
    note_reading,
    sizes_of_members,
)
from store.claims import Claim, advance
from store.clock import now_of
from store.counted_on import lost_members
from store.database import Transaction
from store.ledger import add_entries
from store.read_anew import forget_range
from store.vitals import beat, earn

# Members that are not taken are written down together with the next that is, or so many at once.
NOTES_AT_ONCE = 200
# Why an archive failed that keeps shut what may hold mail.
UNSEEN = (
    "no mail was found in what could be opened of this archive; "
    "unpack the rest yourself and upload its mailboxes"
)


class ArchiveBooks:
    """Keeps them for one claimed plan. `meter` counts what comes out."""

    def __init__(self, workshop: Workshop, claimed: Claim, meter: Meter) -> None:
        self._workshop = workshop
        self._claim = claimed
        self._meter = meter
        self._position = claimed.position
        self._notes: list[MemberNote] = []
        self._archive: Archive | None = None
        self.statistics = Statistics()

    def open(self) -> None:
        """Look up what earlier attempts have dealt with. Raises CannotUnpack."""
        with self._workshop.database.read() as connection:
            books = find_archive(connection, self._claim.upload_id)
            if books is None:
                raise CannotUnpack("the archive has no books")
            self._books = books
            lost = lost_members(connection, self._claim.upload_id)
            # Gone through to its end before: this version may see mail in what was not taken in.
            is_first = self._claim.position < self._claim.stop
            sizes = sizes_of_members(connection, self._claim.upload_id, with_skipped=is_first)
            # What was deleted with another file is in here still, and is taken in from here.
            self.done = {place: size for place, size in sizes.items() if place not in lost}
            self._meter.inflated_before = books.inflated_bytes
            self._meter.elsewhere = inflated_elsewhere(connection, books)

    def begin(self, archive: Archive) -> None:
        """It is this archive that is read from now on."""
        self._archive = archive

    @property
    def depth(self) -> int:
        """1 for an archive that was uploaded, one more for each around it."""
        return self._books.depth

    @property
    def again(self) -> bool:
        """True when also what is here already is taken in."""
        return self._books.again

    def note(self, note: MemberNote) -> None:
        """What became of a member; written down with the next that is taken in, at the latest."""
        self._notes.append(note)
        if len(self._notes) >= NOTES_AT_ONCE:
            self.commit_notes()

    def commit_notes(self) -> None:
        """Write down what was noted."""
        with self._workshop.database.write() as connection:
            self.move_on(connection)

    def move_on(self, connection: Transaction) -> None:
        """Everything read so far is dealt with. Raises Fenced."""
        # A position that was reached by an earlier attempt stays: what it read is read again.
        self._advance(connection, to=max(self._position, min(self._read_bytes, self._claim.size)))
        note_members(connection, self._claim.upload_id, self._notes)
        self._notes = []

    def stand_still(self, connection: Transaction) -> None:
        """A member is under way: the archive is still ours, and that is all. Raises Fenced."""
        self._advance(connection, to=self._position)

    def _advance(self, connection: Transaction, *, to: int) -> None:
        advance(connection, self._claim, since=self._position, to=to)
        self._position = to
        self._beat(connection)

    @property
    def _read_bytes(self) -> int:
        return self._archive.position if self._archive is not None else 0

    def _beat(self, connection: Transaction) -> None:
        self._note_reading(connection, self._read_bytes)
        # Others may unpack what lies in the same archive at this moment.
        self._meter.elsewhere = inflated_elsewhere(connection, self._books)
        read = max(self._read_bytes - self.statistics.bytes, 0)
        earn(connection, self._claim.attempt_id, size=read, messages=0)
        self.statistics.bytes += read
        beat(
            connection,
            self._claim.attempt_id,
            vitals=self.statistics.vitals(),
            now=now_of(connection),
            lease_seconds=self._workshop.config.lease_seconds,
        )

    def _note_reading(self, connection: Transaction, read_bytes: int) -> None:
        note_reading(
            connection,
            self._claim.upload_id,
            read_bytes=read_bytes,
            inflated_bytes=self._meter.given,
        )

    def close(self) -> None:
        """The account: which byte of the archive was what. Raises NoMessages, Fenced."""
        upload_id, archive = self._claim.upload_id, self._archive
        if archive is None:
            raise RuntimeError("begin() comes first")
        with self._workshop.database.write() as connection:
            self.move_on(connection)
            self._advance(connection, to=self._claim.stop)
            forget_range(connection, upload_id, start=0)
            add_entries(connection, upload_id, ledger_entries(archive))
            note_damage(connection, upload_id, archive.damage)
            self._note_reading(connection, self._claim.size)
            fates = count_fates(connection, upload_id)
            unseen = count_unseen(connection, upload_id)
        if not any(fate is not Fate.SKIPPED for fate in fates) and archive.damage is None:
            # Without a number: archives that fail for one reason are one cause.
            raise NoMessages(UNSEEN if unseen else "no mail was found in this archive")
        with self._workshop.database.write() as connection:
            finish_chunk(connection, self._claim, vitals=self.statistics.vitals())
