"""What explains a bend in a line: what people did to the work, and when a new version began.

Acts come from the audit log, among them marks that somebody set in words of their own; that workers
run a new version is told by their attempts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from unicodedata import category

from sqlalchemy import Connection, func, select

from mail.text import nfc_clean
from store.audit import record
from store.tables import attempt
from store.tables_people import audit

SET = "mark.set"
CONSOLE_START = "console.start"
CONSOLE_DEPLOY = "console.deploy"
WORKER_DEPLOY = "worker.deploy"
MARKING = (
    SET,
    CONSOLE_START,
    "job.retry",
    "job.cancel",
    "job.pause",
    "job.resume",
    "chunk.retry",
    "chunk.stop",
    "worker.drain",
    "worker.stop",
    "workers.drain",
    "workers.stop",
    "errand.delete_upload",
    "errand.read_again",
    "errand.retry_failed",
    "errand.retry_jobs",
    "errand.pause_jobs",
    "errand.resume_jobs",
    "errand.cancel_jobs",
    "errand.delete_jobs",
    "errand.read_found",
    "errand.stop",
)
MOST = 50
MARK_CHARACTERS = 80
# What a letter has to be of to leave ink: letters, numbers, punctuation, symbols.
SEEN = "LNPS"


class MarkError(ValueError):
    """A mark that cannot be set; the text says why, fit for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One of them. `version` is that which began, `words` are somebody's own; else None."""

    at: datetime
    action: str
    subject: str
    actor: str
    version: str | None = None
    words: str | None = None


def set_mark(connection: Connection, words: str, *, actor: str, now: datetime) -> str:
    """Mark this moment on the charts; answers the words as they are kept. Raises MarkError."""
    words = " ".join(nfc_clean(words).split())
    if len(words) > MARK_CHARACTERS or not any(category(one)[0] in SEEN for one in words):
        raise MarkError(f"A mark needs 1 to {MARK_CHARACTERS} characters.")
    record(connection, actor=actor, action=SET, subject="charts", now=now, detail={"text": words})
    return words


def marks(
    connection: Connection, *, since: datetime, until: datetime, limit: int = MOST
) -> list[Mark]:
    """The latest `limit` from then until before then, oldest first."""
    found = [*_acts(connection, since, until, limit), *_new_workers(connection, since, until)]
    return sorted(found, key=lambda mark: mark.at)[-limit:]


def _acts(connection: Connection, since: datetime, until: datetime, limit: int) -> Iterator[Mark]:
    rows = connection.execute(
        select(audit)
        .where(audit.c.at >= since, audit.c.at < until, audit.c.action.in_(MARKING))
        .order_by(audit.c.id.desc())
        .limit(limit)
    ).all()
    running = _version_before(connection, rows[-1].id) if rows else None
    for row in reversed(rows):
        action, version, words = row.action, None, None
        if action == SET:
            words = json.loads(row.detail).get("text")
        elif action == CONSOLE_START:
            version = json.loads(row.detail).get("version")
            # The very first start is no deploy: nothing ran before it.
            if running is not None and version != running:
                action = CONSOLE_DEPLOY
            running = version
        yield Mark(
            at=row.at,
            action=action,
            subject=row.subject,
            actor=row.actor,
            version=version,
            words=words,
        )


def _version_before(connection: Connection, audit_id: int) -> str | None:
    """What the console ran before that entry of the audit log."""
    started = (
        select(audit.c.detail)
        .where(audit.c.action == CONSOLE_START, audit.c.id < audit_id)
        .order_by(audit.c.id.desc())
        .limit(1)
    )
    detail = connection.execute(started).scalar_one_or_none()
    return json.loads(detail).get("version") if detail else None


def _new_workers(connection: Connection, since: datetime, until: datetime) -> Iterator[Mark]:
    """The first attempt of each version that began then; of the very first version none."""
    earlier = select(attempt.c.version).where(attempt.c.seen_at < since).limit(1)
    if connection.execute(earlier).first() is None:
        return
    for version in _versions(connection):
        first = select(func.min(attempt.c.started_at, type_=attempt.c.started_at.type))
        at = connection.execute(first.where(attempt.c.version == version)).scalar_one()
        if since <= at < until:
            yield Mark(
                at=at,
                action=WORKER_DEPLOY,
                subject=f"worker:{_first_of(connection, version, at)}",
                actor="system",
                version=version,
            )


def _versions(connection: Connection) -> Iterator[str]:
    """Those that attempts have: one look into the index each, however many attempts there are."""
    after = ""
    while True:
        least = select(func.min(attempt.c.version)).where(attempt.c.version > after)
        version: str | None = connection.execute(least).scalar_one()
        if version is None:
            return
        yield version
        after = version


def _first_of(connection: Connection, version: str, at: datetime) -> str:
    first = select(attempt.c.worker).where(attempt.c.version == version, attempt.c.started_at == at)
    return str(connection.execute(first.limit(1)).scalar_one())
