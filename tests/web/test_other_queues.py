"""Workers of other queues in the same Redis: shown, told as such, and left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from store.clock import utc_now
from store.tables import job
from tests.mboxes import letters
from tests.web.hall import Hall
from tests.web.test_pages_workers import words_of
from tests.web.visiting import Visit


def work_hangs(hall: Hall, there: Visit) -> None:
    """Work is due for minutes, and a wake-up call for it hangs in our queue."""
    there.take_in(letters(3), work=False)
    begun = utc_now() - timedelta(seconds=400)
    with there.house.database.write() as connection:
        connection.execute(update(job).values(created_at=begun))
    hall.redis.rpush("rq:queue:default", "chunk-1-0fa9c1d2")


@pytest.mark.parametrize(
    ("queues", "state", "takes"),
    [
        ("mail,reports", "elsewhere", False),
        ("default", "stuck", False),
        ("reports,default", "stuck", False),
        (None, "stuck", False),
    ],
)
def test_who_serves_other_queues_is_not_stuck_on_our_calls(
    hall: Hall, there: Visit, queues: str | None, state: str, takes: bool
) -> None:
    work_hangs(hall, there)
    hall.enlist("theirs", beat_ago=200, kept_seconds=480, more={"queues": queues} if queues else {})
    hall.wait(1)

    health = there.visitor().get("/api/health").json()

    (told,) = health["workers"]
    assert (told["state"], told["takes_work"]) == (state, takes)
    assert (told["unmoved_since"] is None) is (state == "elsewhere")
    assert (health["queue"]["consumers"], health["queue"]["stuck"]) == (0, True)


@pytest.mark.parametrize("state", ["idle", "busy"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_who_serves_other_queues_says_which_and_is_not_asked_to_end(
    hall: Hall, there: Visit, state: str, language: str
) -> None:
    hall.enlist("theirs", state=state, more={"queues": "mail,<b>reports"})
    hall.enlist("gone", alive=False, more={"queues": "mail"})
    hall.enlist("ours", more={"queues": "default"})
    hall.wait(2)
    visitor = there.visitor(language=language)

    page = visitor.get("/fragments/workers").text

    said = {"en": "serves other queues (mail, <b>reports)", "ko": "다른 대기열(mail, <b>reports)"}
    assert said[language] in words_of(page)
    assert "<b>reports" not in page
    assert "gone" not in page
    assert "name=ours" in page
    assert "name=theirs" not in page
    assert visitor.get("/workers/drain?name=theirs").status_code == 404
    health = visitor.get("/api/health").json()
    assert health["queue"]["consumers"] == 1


def test_who_serves_other_queues_and_is_late_needs_nobody_here(hall: Hall, there: Visit) -> None:
    hall.enlist("theirs", beat_ago=110, more={"queues": "mail"})
    hall.enlist("dead", alive=False, more={"queues": "mail"})
    hall.wait(1)

    page = words_of(there.visitor().get("/").text)

    assert "is late" not in page
    assert "presumed dead" not in page


def test_all_workers_are_those_of_our_queue(hall: Hall, there: Visit) -> None:
    hall.enlist("theirs", more={"queues": "mail"})
    hall.enlist("ours", more={"queues": "default"})
    hall.wait(2)

    assert there.visitor().post("/api/workers/drain").json()["workers"] == ["ours"]
