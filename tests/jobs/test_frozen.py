"""What tells that a worker is frozen, also where a server tells less than Redis does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from jobs.frozen import find_frozen
from jobs.sightings import Sighting

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "node-1-4711-0fa9c1"
SILENT = {"name": NAME, "flags": "N", "idle": "90"}


def frozen(redis_url: str, lines: list[dict[str, str]]) -> dict[str, datetime]:
    """Who is frozen, when the server lists these connections."""
    redis = Redis.from_url(redis_url)

    def tell(_answer: Any, **_: Any) -> list[dict[str, str]]:
        return lines

    redis.set_response_callback("CLIENT LIST", tell)
    seen = Sighting(
        name=NAME,
        subscribed=True,
        listed=True,
        record={"state": "idle"},
        keeps_seconds=60,
        beat_at=NOW,
    )
    return find_frozen(redis, [seen], hanging=0, unmoved_since=None, now=NOW)


def test_who_waits_on_no_line_and_asked_nothing_for_a_while_is_frozen(redis_url: str) -> None:
    assert frozen(redis_url, [SILENT]) == {NAME: NOW - timedelta(seconds=90)}


@pytest.mark.parametrize("missing", ["name", "flags", "idle"])
def test_what_a_server_does_not_tell_of_a_line_is_not_known(redis_url: str, missing: str) -> None:
    less = {key: value for key, value in SILENT.items() if key != missing}

    assert frozen(redis_url, [less]) == {}


@pytest.mark.parametrize("idle", ["", "-1", "soon"])
def test_a_silence_that_is_no_number_is_not_known(redis_url: str, idle: str) -> None:
    assert frozen(redis_url, [SILENT, {**SILENT, "idle": idle}]) == {}
