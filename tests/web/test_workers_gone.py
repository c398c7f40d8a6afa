"""Workers that were found gone stand among those that died, and in the audit log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.vanished import GONE_AFTER, Roster
from store.claims import WorkerIdentity, claim_next
from store.clock import utc_now
from store.recovery import Trouble, record_trouble
from store.states import EngineName, Outcome
from tests.mboxes import letters
from tests.web.hall import Hall
from tests.web.test_pages_workers import words_of
from tests.web.visiting import Visit

NAME = "node-1-4711-0fa9c1"


def lose(hall: Hall, there: Visit, *names: str) -> None:
    """These workers were there a while ago, and are found gone now."""
    for name in names:
        hall.enlist(name, beat_ago=0)
    hall.wait(len(names))
    roster, then = Roster(), utc_now() - GONE_AFTER - timedelta(seconds=120)
    roster.look(there.house.workshop, there.house.link, now=then)
    for name in names:
        hall.fall_silent(name)
    hall.redis.flushall()
    while then < utc_now():
        then += timedelta(seconds=15)
        roster.look(there.house.workshop, there.house.link, now=then)


@pytest.mark.parametrize(
    ("language", "told", "acted"),
    [
        ("en", "gone without a farewell, and presumed dead", "found a worker gone"),
        ("ko", "종료 인사 없이 사라져 죽은 것으로 보임", "사라진 작업자 발견"),
    ],
)
def test_a_worker_that_was_found_gone_is_told_with_when_it_was_there(
    hall: Hall, there: Visit, language: str, told: str, acted: str
) -> None:
    lose(hall, there, NAME)
    visitor = there.visitor(language=language)

    page = words_of(visitor.get("/fragments/deaths").text)

    assert "node-1 · 4711" in page
    assert told in page
    assert ("4 minutes ago" if language == "en" else "4분 전") in page
    log = words_of(visitor.get("/audit?action=worker.vanished").text)
    assert acted in log
    assert "email-parser worker" in log


def test_who_died_of_a_chunk_is_not_told_twice(hall: Hall, there: Visit) -> None:
    floor = there.take_in(letters(3), work=False)
    worker = WorkerIdentity(engine=EngineName.RQ, name=NAME, host="node-1", pid=7, version="1")
    trouble = Trouble(outcome=Outcome.LOST, error_type="WorkerDied", error="not heard of any more")
    with floor.workshop.database.write() as connection:
        claimed = claim_next(connection, worker=worker, now=utc_now(), lease_seconds=60)
        assert claimed is not None
        policy = floor.workshop.policy
        record_trouble(
            connection, claimed.attempt_id, trouble=trouble, policy=policy, now=utc_now()
        )
    lose(hall, there, NAME)

    page = words_of(there.visitor().get("/fragments/deaths").text)

    assert "not heard of any more" in page
    assert "gone without a farewell" not in page


def test_of_very_many_the_audit_log_tells_the_others(hall: Hall, there: Visit) -> None:
    lose(hall, there, *(f"{number:032x}" for number in range(14)))

    page = there.visitor().get("/fragments/deaths").text

    assert words_of(page).count("gone without a farewell, and") == 10
    assert "4 more are gone without a farewell" in page
    assert 'href="/audit?action=worker.vanished"' in page
