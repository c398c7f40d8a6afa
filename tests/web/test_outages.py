"""The console while its database is away or full."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from store.accounts import Role
from store.api_tokens import make_token
from store.clock import utc_now
from store.database import Database
from tests.web.visiting import Visit


@contextmanager
def nobody_opens(_database: Database) -> Iterator[Connection]:
    raise OperationalError("BEGIN", None, Exception("database or disk is full"))
    yield


def bearer(here: Visit) -> dict[str, str]:
    with here.house.database.write() as connection:
        token = make_token(connection, name="ci", role=Role.VIEWER, now=utc_now())
    return {"Authorization": f"Bearer {token}"}


def test_a_token_is_good_for_reading_although_its_use_cannot_be_noted(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = bearer(here)
    monkeypatch.setattr(Database, "write", nobody_opens)

    assert here.stranger().get("/api/jobs", headers=headers).status_code == 200


@pytest.mark.parametrize("address", ["/api/jobs", "/jobs"])
def test_row_56_a_database_that_is_away_is_said_to_be(
    here: Visit, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    headers = bearer(here)
    monkeypatch.setattr(Database, "read", nobody_opens)

    answer = here.stranger().get(address, headers=headers)

    assert answer.status_code == 503


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "The database cannot be reached just now."),
        ("ko", "데이터베이스에 연결할 수 없습니다"),
    ],
)
def test_a_page_without_its_database_names_it_and_asks_again_by_itself(
    here: Visit, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    visitor = here.visitor(language=language)
    monkeypatch.setattr(Database, "read", nobody_opens)

    page = visitor.get("/jobs")
    posted = visitor.post("/sample")
    live = visitor.get("/fragments/overview")

    assert page.status_code == posted.status_code == live.status_code == 503
    assert words in page.text
    assert '<meta http-equiv="refresh" content="10">' in page.text
    assert "http-equiv" not in posted.text
    assert live.headers["X-Away"] == "database"
    assert page.headers["Retry-After"] == "10"


@pytest.mark.parametrize("address", ["/jobs/nothing", "/api/jobs/nothing", "/api/search?q=%22a"])
def test_a_refusal_of_our_own_says_that_nothing_is_away(here: Visit, address: str) -> None:
    refused = here.visitor().get(address)

    assert refused.status_code in (400, 404)
    assert refused.headers["X-Away"] == "no"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", r"It last answered at 09:41:07 UTC, 2 min( \d+ s)? ago\."),
        ("ko", r"09:41:07 UTC\(2분( \d+초)? 전\)에 마지막으로 응답했습니다\."),
    ],
)
def test_of_a_database_that_is_away_it_is_said_when_it_last_answered(
    here: Visit, monkeypatch: pytest.MonkeyPatch, language: str, told: str
) -> None:
    visitor = here.visitor(language=language)
    answered_at = datetime(2026, 1, 8, 9, 41, 7, tzinfo=UTC)
    monkeypatch.setattr(Database, "read", nobody_opens)
    monkeypatch.setattr(Database, "write", nobody_opens)
    monkeypatch.setattr(here.house.database, "answered_at", answered_at)
    monkeypatch.setattr("web.render.utc_now", lambda: answered_at + timedelta(minutes=2))

    page, problem = visitor.get("/jobs"), visitor.get("/api/jobs")

    assert re.search(told, page.text.replace("\N{NO-BREAK SPACE}", " "))
    assert problem.json()["answered_at"] == "2026-01-08T09:41:07+00:00"


def test_a_database_answers_when_it_has_done_what_it_was_asked(here: Visit) -> None:
    database, before = here.house.database, utc_now()

    with suppress(LookupError), database.read():
        raise LookupError
    with database.read() as connection:
        connection.exec_driver_sql("SELECT 1")

    assert database.answered_at is not None
    assert before <= database.answered_at <= utc_now()


def test_where_a_database_never_answered_nothing_is_said_of_it(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = here.visitor()
    monkeypatch.setattr(Database, "read", nobody_opens)
    monkeypatch.setattr(here.house.database, "answered_at", None)

    assert "last answered" not in visitor.get("/jobs").text
    assert "answered_at" not in visitor.get("/api/jobs").json()


def test_a_database_that_answered_a_moment_ago_is_not_said_to_be_away_since(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = here.visitor()
    monkeypatch.setattr(Database, "write", nobody_opens)  # a full disk; reading goes on

    answer = visitor.post("/sample")

    assert answer.status_code == 503
    assert "last answered" not in answer.text
