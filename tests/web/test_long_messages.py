"""Errors of thousands of letters: folded where they would fill a page, and whole once opened."""

from __future__ import annotations

import re

from sqlalchemy import update

from store.causes import Cause
from store.errands import ErrandKind, ErrandState, add_errand, end_errand
from store.tables import chunk
from tests.store.failing import NOON, add_job, fail_chunks
from tests.web.visiting import Visit

LONG = f"no room: {'long ' * 600}the end"
CAUSE = Cause(error_type="OSError", message="no room", frame=None)


def unfolded(page: str) -> str:
    """What stands there before anything is opened."""
    return re.sub(r"(?s)(<details(?![^>]* open)[^>]*>.*?</summary>).*?</details>", r"\1", page)


def fail_at_length(here: Visit) -> None:
    with here.house.database.write() as connection:
        ids = fail_chunks(connection, add_job(connection), CAUSE, count=2)
        connection.execute(update(chunk).where(chunk.c.id.in_(ids)).values(error=LONG))


def test_a_cause_and_the_question_about_it_fold_what_was_said(here: Visit) -> None:
    fail_at_length(here)
    visitor = here.visitor()

    for address in (f"/failures/{CAUSE.key}", f"/failures/retry?cause={CAUSE.key}"):
        page = visitor.get(address).text
        assert LONG[-60:] not in unfolded(page), address
    assert LONG in visitor.get(f"/failures/{CAUSE.key}").text


def test_an_errand_that_ended_with_a_long_error_folds_it(here: Visit) -> None:
    with here.house.database.write() as connection:
        errand = add_errand(
            connection, ErrandKind.EXPORT, {"query": "x", "format": "mbox"}, by="ann", now=NOON
        )
        end_errand(connection, errand, state=ErrandState.FAILED, now=NOON, error=LONG)

    page = here.visitor().get(f"/errands/{errand}").text

    assert LONG in page
    assert LONG[-60:] not in unfolded(page)
    assert '<details id="why">' in page
