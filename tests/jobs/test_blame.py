"""Who is to blame when an attempt ends badly: the message in hand, or what is around it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

import jobs.processor
from store import tables
from store.claims import Fenced
from store.states import JobState, Outcome
from tests.jobs.floor import Floor
from tests.mboxes import letters, offsets_in


def fail_once(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    """The next call of that function of `jobs.processor` raises."""
    real = getattr(jobs.processor, name)

    def call(*words: object, **named: object) -> object:
        monkeypatch.setattr(jobs.processor, name, real)
        raise error

    monkeypatch.setattr(jobs.processor, name, call)


def test_a_database_that_goes_away_does_not_condemn_the_message_in_hand(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    floor, mbox = make_floor(ATTEMPTS="5"), letters(5)
    floor.hand_in(mbox)
    floor.plan()
    for _ in range(2):
        floor.lose(floor.must_claim())
    fail_once(monkeypatch, "write", OperationalError("COPY", None, Exception("it went away")))

    assert floor.run() == [Outcome.FAILED, Outcome.DONE]

    assert floor.rows(tables.quarantine, "offset") == []
    assert floor.job().state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)


@pytest.mark.parametrize("words", ["a \0 in it", "half a \udc80 letter"])
def test_an_error_is_written_down_whatever_letters_its_words_have(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    fail_once(monkeypatch, "read_message", ValueError(words))

    assert floor.run() == [Outcome.FAILED, Outcome.DONE]

    with floor.workshop.database.read() as connection:
        failed = select(tables.attempt).where(tables.attempt.c.outcome == Outcome.FAILED)
        attempt = connection.execute(failed).one()
    assert attempt.error == words.replace("\0", "\\x00").replace("\udc80", "\\udc80")
    assert "Traceback" in attempt.traceback


def test_a_fence_that_nobody_else_put_up_does_not_leave_the_chunk_to_nobody(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    fail_once(monkeypatch, "finish_chunk", Fenced("not at its end"))

    assert floor.run() == [Outcome.FENCED, Outcome.DONE]
    assert floor.job().state is JobState.FINISHED
