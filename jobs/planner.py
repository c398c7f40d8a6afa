"""Plan one mbox: fix its rule, then cut it into chunks while it is scanned.

Chunks appear in the database stretch by stretch, so parsing starts before the scan ends, and a
planner that dies is continued where its last stretch ended.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from jobs.finishing import finish_chunk
from jobs.processor import Statistics, StopAsked
from jobs.workshop import Workshop
from mail.chunk import Chunk, plan
from mail.mbox import Detection, Rule, Source, detect
from store.claims import Claim
from store.clock import now_of
from store.planning import add_chunks, counted_messages, fix_rule
from store.vitals import beat, earn

STRETCH_CHUNKS = 64
STRETCH_SECONDS = 1.0


class Hopeless(Exception):
    """It cannot be done, and trying again by itself will not change that; the text says why."""


class NoMessages(Hopeless):
    """The file holds no message at all."""


class Planner:
    """Carries out a claimed plan. `ring` is called whenever new chunks wait."""

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
        self.statistics = Statistics()

    def run(self) -> None:
        """Scan to the end of the file.

        Raises NoMessages, store.claims.Fenced, StopAsked, SpoolError.
        """
        with self._workshop.spool.source(self._claim.spool_name, size=self._claim.size) as source:
            rule = self._rule(source)
            for stretch in self._stretches(source, rule):
                self._commit(stretch)
        with self._workshop.database.write() as connection:
            if not counted_messages(connection, self._claim.job_id):
                raise NoMessages("no message was found in this file")
            finish_chunk(connection, self._claim, vitals=self.statistics.vitals())

    def _rule(self, source: Source) -> Rule:
        if self._claim.rule is not None:
            return Rule.from_json(json.loads(self._claim.rule))
        found: Detection = detect(source)
        with self._workshop.database.write() as connection:
            fix_rule(
                connection,
                self._claim,
                rule=found.rule.to_json(),
                detection=found.to_json(),
            )
        return found.rule

    def _stretches(self, source: Source, rule: Rule) -> Iterator[list[Chunk]]:
        stretch: list[Chunk] = []
        began = time.monotonic()
        chunk_bytes = self._workshop.config.chunk_bytes
        for planned in plan(source, rule, chunk_bytes=chunk_bytes, start=self._position):
            stretch.append(planned)
            if len(stretch) >= STRETCH_CHUNKS or time.monotonic() - began > STRETCH_SECONDS:
                yield stretch
                stretch, began = [], time.monotonic()
        if stretch:
            yield stretch

    def _commit(self, stretch: list[Chunk]) -> None:
        with self._workshop.database.write() as connection:
            to = add_chunks(connection, self._claim, planned=stretch, since=self._position)
            earn(connection, self._claim.attempt_id, size=to - self._position, messages=0)
            beat(
                connection,
                self._claim.attempt_id,
                vitals=self.statistics.vitals(),
                now=now_of(connection),
                lease_seconds=self._workshop.config.lease_seconds,
            )
        self.statistics.bytes += to - self._position
        self._position = to
        self._still_moving()
        self._ring()
        if self._stop_asked() and self._position < self._claim.size:
            raise StopAsked
