"""StreamingEmailProcessor: reads one chunk of an mbox with bounded memory.

RQ work-horses and the local thread's children run this same class. It decides nothing about
retries: it commits batch by batch behind the fence, and raises when it cannot go on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from jobs.finishing import finish_chunk
from jobs.guard import (
    MessageTooSlow,
    cpu_limit,
    cpu_seconds,
    peak_memory_bytes,
    rare_collections,
)
from jobs.workshop import Workshop
from mail.mbox import Source, Span, SpanKind, spans
from mail.message import read_message
from mail.rule import Rule
from mail.span_bytes import read_span
from store.claims import Claim, advance, count, suspect
from store.clock import now_of, utc_now
from store.ledger import Entry, EntryKind, add_entries
from store.messages import Batch, Kind, Quarantine, Reading, prepare, settle_index, write
from store.quarantine import add_quarantined
from store.recovery import last_trouble
from store.vitals import Vitals, beat, earn

BATCH_MESSAGES = 1_000
BATCH_TEXT_CHARS = 8 << 20
BATCH_RAW_BYTES = 64 << 20
# Of a message that is too large to read, this much is looked at for its headers.
HEAD_BYTES = 1 << 20


class StopAsked(Exception):
    """The process was asked to make way; everything so far is committed."""


@dataclass(slots=True)
class Statistics:
    """What one attempt has committed so far, and what it took."""

    bytes: int = 0
    messages: int = 0
    duplicates: int = 0
    quarantined: int = 0
    batches: int = 0
    started: float = field(default_factory=time.monotonic)
    cpu_started: float = field(default_factory=cpu_seconds)

    def vitals(self) -> Vitals:
        """What it took, for the attempts list."""
        return Vitals(
            peak_memory_bytes=peak_memory_bytes(),
            cpu_seconds=cpu_seconds() - self.cpu_started,
        )

    def bytes_per_second(self) -> float:
        """Average over the attempt."""
        return self.bytes / max(time.monotonic() - self.started, 1e-6)

    def add(self, kinds: tuple[Kind, ...], *, size: int) -> None:
        """Take in one committed batch of `size` bytes."""
        self.bytes += size
        self.batches += 1
        self.messages += kinds.count(Kind.MESSAGE)
        self.duplicates += kinds.count(Kind.DUPLICATE)
        self.quarantined += kinds.count(Kind.QUARANTINED)


@dataclass(frozen=True, slots=True)
class _Item:
    """One span and, when it is a message, how it was read."""

    span: Span
    reading: Reading | None

    @property
    def text_chars(self) -> int:
        message = self.reading.message if self.reading else None
        return len(message.text) if message else 0


class StreamingEmailProcessor:
    """Parses the rest of a claimed chunk.

    `offset` is the byte offset of what is being worked on: the message that is read, or the
    first of the batch that is written. When an attempt dies, that is where.
    """

    def __init__(
        self,
        workshop: Workshop,
        claimed: Claim,
        *,
        stop_asked: Callable[[], bool],
        still_moving: Callable[[], None],
    ) -> None:
        self._workshop = workshop
        self._claim = claimed
        self._rule = Rule.from_json(json.loads(claimed.rule or "null"))
        self._stop_asked = stop_asked
        self._still_moving = still_moving
        self._position = claimed.position
        self._careful_left = BATCH_MESSAGES if claimed.careful else 0
        self.offset = claimed.position
        self.statistics = Statistics()

    def run(self) -> None:
        """Read to the chunk's end and mark it done.

        Raises store.claims.Fenced when the chunk has changed hands, StopAsked when asked to make
        way, SpoolError when the mbox is not what it was, and whatever reading or writing raises.
        """
        spool = self._workshop.spool
        with (
            spool.source(self._claim.spool_name, size=self._claim.size) as source,
            rare_collections(),
        ):
            for batch in self._batches(source):
                self._commit(batch)
                self._still_moving()
                if self._stop_asked() and self._position < self._claim.stop:
                    raise StopAsked
        with self._workshop.database.write() as connection:
            settle_index(connection)
        with self._workshop.database.write() as connection:
            finish_chunk(connection, self._claim, vitals=self.statistics.vitals())
        self._workshop.database.begin_log_anew()

    def _batches(self, source: Source) -> Iterator[list[_Item]]:
        batch: list[_Item] = []
        text_chars = raw_bytes = 0
        for span in spans(source, self._rule, start=self._position, stop=self._claim.stop):
            item = self._item(source, span)
            batch.append(item)
            text_chars += item.text_chars
            raw_bytes += span.length
            if self._is_full(batch, text_chars=text_chars, raw_bytes=raw_bytes):
                yield batch
                batch, text_chars, raw_bytes = [], 0, 0
        if batch:
            yield batch

    def _is_full(self, batch: list[_Item], *, text_chars: int, raw_bytes: int) -> bool:
        return (
            self._careful_left > 0
            or len(batch) >= BATCH_MESSAGES
            or text_chars >= BATCH_TEXT_CHARS
            or raw_bytes >= BATCH_RAW_BYTES
        )

    def _item(self, source: Source, span: Span) -> _Item:
        if span.kind is not SpanKind.MESSAGE:
            return _Item(span, None)
        self.offset = span.offset
        if span.offset == self._claim.condemned_offset:
            self._careful_left = 0
            return _Item(span, self._condemned(span))
        if self._careful_left:
            self._note_suspect(span)
        return _Item(span, self._read(source, span))

    def _note_suspect(self, span: Span) -> None:
        with self._workshop.database.write() as connection:
            suspect(connection, self._claim, offset=span.offset)

    def _condemned(self, span: Span) -> Reading:
        with self._workshop.database.read() as connection:
            cause, detail, traceback = last_trouble(connection, self._claim.chunk_id)
        quarantine = Quarantine(cause=cause, detail=detail, traceback=traceback)
        return Reading(span=span, message=None, quarantine=quarantine)

    def _read(self, source: Source, span: Span) -> Reading:
        size = span.length - span.separator_length
        found = read_span(
            source,
            span,
            self._rule,
            largest_bytes=self._workshop.config.max_message_bytes,
            head_bytes=HEAD_BYTES,
        )
        try:
            with cpu_limit(self._workshop.config.message_seconds):
                message = read_message(
                    found.raw,
                    rule=self._rule,
                    separator=found.separator,
                    limits=self._workshop.limits,
                    whole=found.whole,
                    trimmed=found.trimmed,
                    is_last=span.is_last,
                    cut_off=span.cut_off,
                    not_after=self._claim.uploaded_at,
                )
        except MessageTooSlow:
            return Reading(span=span, message=None, quarantine=self._too_slow())
        return Reading(
            span=span, message=message, quarantine=None if found.whole else self._too_large(size)
        )

    def _too_slow(self) -> Quarantine:
        seconds = self._workshop.config.message_seconds
        return Quarantine(
            cause="too_slow", detail=f"Reading it took more than {seconds:g} s of CPU time."
        )

    def _too_large(self, size: int) -> Quarantine:
        limit = self._workshop.config.max_message_bytes
        return Quarantine(
            cause="too_large",
            detail=f"It has {size} bytes; messages above {limit} bytes are not read whole.",
        )

    def _commit(self, items: list[_Item]) -> None:
        self.offset = items[0].span.offset
        readings = [item.reading for item in items if item.reading is not None]
        prepared = prepare(
            readings,
            upload_id=self._claim.upload_id,
            database=self._workshop.database,
        )
        to = items[-1].span.offset + items[-1].span.length
        kinds = self._write(items, readings, prepared, to=to)
        self._careful_left = max(self._careful_left - 1, 0)
        self._position = to
        self.statistics.add(kinds, size=to - items[0].span.offset)

    def _write(
        self, items: list[_Item], readings: list[Reading], prepared: Batch, *, to: int
    ) -> tuple[Kind, ...]:
        now = utc_now()
        with self._workshop.database.write() as connection:
            # The fence comes first: a stale attempt finds out before it has written anything.
            advance(connection, self._claim, since=self._position, to=to)
            kinds = write(connection, prepared, now=now)
            add_quarantined(connection, self._claim.upload_id, readings, now=now)
            add_entries(connection, self._claim.upload_id, _entries(items, kinds))
            count(
                connection,
                self._claim,
                messages=kinds.count(Kind.MESSAGE),
                duplicates=kinds.count(Kind.DUPLICATE),
                quarantined=kinds.count(Kind.QUARANTINED),
            )
            size = to - items[0].span.offset
            earn(connection, self._claim.attempt_id, size=size, messages=len(kinds))
            beat(
                connection,
                self._claim.attempt_id,
                vitals=self.statistics.vitals(),
                now=now_of(connection),
                lease_seconds=self._workshop.config.lease_seconds,
            )
        return kinds


def _entries(items: list[_Item], kinds: tuple[Kind, ...]) -> list[Entry]:
    fates = iter(kinds)
    return [
        Entry(
            start=item.span.offset,
            length=item.span.length,
            kind=EntryKind(item.span.kind) if item.reading is None else EntryKind(next(fates)),
            messages=0 if item.reading is None else 1,
        )
        for item in items
    ]
