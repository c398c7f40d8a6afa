"""StreamingEmailProcessor: one chunk, batch by batch, behind the fence."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

import jobs.processor
from jobs.processor import StopAsked, StreamingEmailProcessor
from mail.message import Message, read_message
from store import tables, tables_mail
from store.claims import Fenced
from store.ledger import EntryKind
from store.states import ChunkState, JobState, Outcome
from store.wishes import retry_job
from tests.jobs.floor import Floor
from tests.mboxes import letters, mbox_of, offsets_in, raw_message


def never() -> bool:
    return False


def nothing() -> None:
    return None


def processor(floor: Floor, *, stop_asked: Callable[[], bool] = never) -> StreamingEmailProcessor:
    return StreamingEmailProcessor(
        floor.workshop, floor.must_claim(), stop_asked=stop_asked, still_moving=nothing
    )


def test_every_message_of_every_chunk_is_stored_once_at_its_offset(floor: Floor) -> None:
    mbox = letters(100, body_lines=10)
    floor.hand_in(mbox)

    floor.run()

    assert len(floor.chunks()) > 5
    assert floor.stored_offsets() == offsets_in(mbox)
    assert floor.job().state is JobState.FINISHED
    assert floor.books().bytes_by_kind == {EntryKind.MESSAGE: len(mbox)}


def test_progress_counts_what_is_committed(floor: Floor) -> None:
    mbox = letters(60, body_lines=10)
    floor.hand_in(mbox)
    floor.plan()
    floor.step()

    progress = floor.job().progress

    first = floor.chunks()[0]
    assert progress.chunks_done == 1
    assert progress.bytes_done == first.stop - first.start
    assert progress.messages == first.messages == first.expected_messages
    assert progress.bytes_total == len(mbox)
    assert progress.expected_messages == 60


def test_a_repeated_message_is_a_duplicate_and_keeps_its_place_in_the_ledger(floor: Floor) -> None:
    twice = raw_message(1)
    floor.hand_in(mbox_of([twice, raw_message(2), twice]))

    floor.run()

    assert floor.job().progress.duplicates == 1
    assert floor.books().messages_by_kind == {EntryKind.MESSAGE: 2, EntryKind.DUPLICATE: 1}
    assert floor.books().balances


def test_statistics_tell_bytes_messages_memory_and_time(floor: Floor) -> None:
    mbox = letters(10)
    floor.hand_in(mbox)
    floor.plan()
    work = processor(floor)

    work.run()

    vitals = work.statistics.vitals()
    assert (work.statistics.bytes, work.statistics.messages) == (len(mbox), 10)
    assert vitals.peak_memory_bytes > 1 << 20
    assert vitals.cpu_seconds > 0
    assert work.statistics.bytes_per_second() > 0


def test_an_attempt_that_lost_its_chunk_writes_nothing_more(floor: Floor) -> None:
    mbox = letters(10)
    floor.hand_in(mbox)
    floor.plan()
    orphan = floor.must_claim()
    floor.lose(orphan)
    floor.run()
    stale = StreamingEmailProcessor(floor.workshop, orphan, stop_asked=never, still_moving=nothing)

    with pytest.raises(Fenced):
        stale.run()

    assert floor.stored_offsets() == offsets_in(mbox)
    assert floor.books().balances


def test_two_attempts_on_one_chunk_at_once_store_each_message_once(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mbox = letters(40)
    floor.hand_in(mbox)
    floor.plan()
    monkeypatch.setattr(jobs.processor, "BATCH_MESSAGES", 5)
    slow_claim = floor.must_claim()
    slow = StreamingEmailProcessor(
        floor.workshop, slow_claim, stop_asked=never, still_moving=nothing
    )
    source_batches = 0

    def overtaken() -> bool:
        nonlocal source_batches
        source_batches += 1
        if source_batches == 2:  # in the middle of its work another attempt takes over
            floor.lose(slow_claim)
            floor.run()
        return False

    slow._stop_asked = overtaken
    with pytest.raises(Fenced):
        slow.run()

    assert floor.stored_offsets() == offsets_in(mbox)
    assert floor.job().state is JobState.FINISHED


def test_an_attempt_that_is_asked_to_stop_goes_on_later_where_it_was(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mbox = letters(20)
    floor.hand_in(mbox)
    floor.plan()
    monkeypatch.setattr(jobs.processor, "BATCH_MESSAGES", 5)

    with pytest.raises(StopAsked):
        processor(floor, stop_asked=lambda: True).run()

    assert floor.stored_offsets() == offsets_in(mbox)[:5]
    assert floor.chunks()[0].position == offsets_in(mbox)[5]


def test_a_message_above_the_limit_is_quarantined_with_its_headers(
    make_floor: Callable[..., Floor],
) -> None:
    floor = make_floor(MAX_MESSAGE_BYTES="65536")
    huge = raw_message(2, subject="The huge one", body="x" * 70 + "\n" + "y" * 90_000 + "\n")
    floor.hand_in(mbox_of([raw_message(1), huge, raw_message(3)]))

    floor.run()

    assert floor.job().state is JobState.FINISHED
    assert floor.job().progress.quarantined == 1
    assert floor.rows(tables.quarantine, "cause") == [("too_large",)]
    assert ("The huge one", "quarantined") in floor.rows(tables_mail.message, "subject", "kind")
    assert floor.books().balances


def test_a_message_that_takes_too_long_is_quarantined_and_the_rest_goes_on(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = make_floor(MESSAGE_SECONDS="0.5")
    reader = endless_on(b"quark2")
    monkeypatch.setattr(jobs.processor, "read_message", reader)
    floor.hand_in(letters(5))

    outcomes = floor.run()

    assert outcomes == [Outcome.DONE, Outcome.DONE]
    assert floor.rows(tables.quarantine, "cause") == [("too_slow",)]
    assert floor.job().progress.messages == 4


def endless_on(word: bytes) -> Callable[..., Message]:
    def read(raw: memoryview, **options: Any) -> Message:
        stop = time.process_time() + 20
        while word in bytes(raw) and time.process_time() < stop:
            pass
        return read_message(raw, **options)

    return read


def test_a_message_that_crashes_the_reader_is_isolated_and_quarantined(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mbox = letters(30)
    monkeypatch.setattr(jobs.processor, "read_message", raising_on(b"quark17\n"))
    floor.hand_in(mbox)

    outcomes = floor.run()

    assert outcomes.count(Outcome.FAILED) == 3
    assert floor.rows(tables.quarantine, "offset", "cause") == [(offsets_in(mbox)[17], "crashed")]
    assert floor.job().state is JobState.FINISHED
    assert floor.job().progress.messages == 29
    assert floor.books().balances


def raising_on(word: bytes) -> Callable[..., Message]:
    def read(raw: memoryview, **options: Any) -> Message:
        if word in bytes(raw):
            raise ZeroDivisionError("a bug of ours")
        return read_message(raw, **options)

    return read


class Killed(BaseException):
    """Stands for the process being gone from one moment to the next."""


def test_a_message_that_kills_its_process_is_isolated_and_quarantined(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mbox = letters(30)

    def read(raw: memoryview, **options: Any) -> Message:
        if b"quark17\n" in bytes(raw):
            raise Killed
        return read_message(raw, **options)

    monkeypatch.setattr(jobs.processor, "read_message", read)
    floor.hand_in(mbox)
    floor.plan()
    deaths = 0
    while (claimed := floor.claim()) is not None:
        work = StreamingEmailProcessor(
            floor.workshop, claimed, stop_asked=never, still_moving=nothing
        )
        try:
            work.run()
        except Killed:
            deaths += 1
            floor.lose(claimed)

    assert deaths == 3
    assert floor.rows(tables.quarantine, "offset", "cause") == [(offsets_in(mbox)[17], "killed")]
    assert floor.stored_offsets() == offsets_in(mbox)
    assert floor.books().messages_by_kind == {EntryKind.MESSAGE: 29, EntryKind.QUARANTINED: 1}


def test_an_mbox_that_left_the_spool_fails_the_chunk_until_it_is_back_and_retried(
    floor: Floor,
) -> None:
    mbox = letters(10)
    floor.hand_in(mbox)
    floor.plan()
    path = floor.workshop.spool.path(floor.spool_name)
    aside = path.with_suffix(".aside")
    path.rename(aside)

    assert floor.run() == [Outcome.FAILED] * 3

    assert floor.chunks()[0].state is ChunkState.FAILED
    assert floor.job().state is JobState.FAILED
    assert "not in the spool" in (floor.job().error or "")
    aside.rename(path)
    assert retried(floor) == 1
    assert floor.run() == [Outcome.DONE]
    assert floor.job().state is JobState.FINISHED
    assert floor.job().error is None
    assert floor.stored_offsets() == offsets_in(mbox)


def retried(floor: Floor) -> int:
    with floor.workshop.database.write() as connection:
        return retry_job(connection, floor.job_id)


def test_an_mbox_of_another_size_is_not_read_at_all(floor: Floor) -> None:
    floor.hand_in(letters(3))
    floor.plan()
    with floor.workshop.spool.path(floor.spool_name).open("ab") as spooled:
        spooled.write(b"more")

    floor.run()

    assert floor.job().state is JobState.FAILED
    assert floor.stored_offsets() == []


def test_a_done_chunk_never_has_an_attempt_that_looks_alive(floor: Floor) -> None:
    floor.hand_in(letters(5))
    floor.plan()

    processor(floor).run()

    assert floor.rows(tables.attempt, "outcome") == [(Outcome.DONE,), (Outcome.DONE,)]
