"""Ask the API as a program would."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.harness.waiting import wait_until

OPEN = ("queued", "planning", "running")


def status_at_the_end(client: httpx2.Client, status_url: str) -> dict[str, Any]:
    """The job's status once it is over."""

    def over() -> dict[str, Any] | None:
        status: dict[str, Any] = client.get(status_url).json()
        return None if status["status"] in OPEN else status

    return wait_until(over, what="the job is over", timeout_seconds=60)


def upload(client: httpx2.Client, mbox: bytes, *, filename: str = "a.mbox") -> dict[str, Any]:
    """Send an mbox as a raw body and wait for its job's end; the final status."""
    answer = client.post("/api/upload/stream", params={"filename": filename}, content=mbox)
    assert answer.status_code == 202, answer.text
    return status_at_the_end(client, answer.json()["status_url"])


def found(client: httpx2.Client, query: str) -> list[dict[str, Any]]:
    """The messages that a search finds."""
    messages: list[dict[str, Any]] = client.get("/api/search", params={"q": query}).json()[
        "messages"
    ]
    return messages
