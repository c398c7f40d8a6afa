"""By which rule an upload was read. Pure reads."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from store.tables import job


def rule_of_upload(connection: Connection, upload_id: int) -> dict[str, Any] | None:
    """JSON of the `mail.rule.Rule` of the latest job of an upload; None before it was planned."""
    text = connection.execute(
        select(job.c.rule)
        .where(job.c.upload_id == upload_id, job.c.rule.is_not(None))
        .order_by(job.c.created_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    rule: dict[str, Any] | None = json.loads(text) if text else None
    return rule
