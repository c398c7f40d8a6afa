"""Which failed chunks are meant: the filter that lists, dry runs and bulk retries share.

Kept as JSON with an errand, so that it retries what its confirmation counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, case, func, or_, select

from store.states import ChunkState
from store.tables import chunk, upload
from store.tables_watch import cause
from store.vain import is_vain


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFilter:
    """What failed chunks have to have in common; nothing set means all of them.

    `text` stands in type, message or place of the cause, `file` in the file's name.
    """

    cause: str | None = None
    error_type: str | None = None
    text: str | None = None
    file: str | None = None
    since: datetime | None = None

    @property
    def is_everything(self) -> bool:
        """True when every failed chunk is meant."""
        return self == FailureFilter()

    def to_json(self) -> dict[str, Any]:
        """The parameters of an errand."""
        return {
            "cause": self.cause,
            "error_type": self.error_type,
            "text": self.text,
            "file": self.file,
            "since": self.since.isoformat() if self.since else None,
        }

    @classmethod
    def from_json(cls, parameters: dict[str, Any]) -> Self:
        """What `to_json` wrote; older errands name a cause only."""
        since = parameters.get("since")
        return cls(
            cause=parameters.get("cause"),
            error_type=parameters.get("error_type"),
            text=parameters.get("text"),
            file=parameters.get("file"),
            since=datetime.fromisoformat(since) if since else None,
        )


def chunks_of_filter(wanted: FailureFilter) -> list[ColumnElement[bool]]:
    """Conditions on `chunk`, to be met all."""
    found = chunks_in_files(wanted)
    if wanted.cause is not None:
        found.append(chunk.c.cause == wanted.cause)
    if wanted.error_type is not None or wanted.text is not None:
        found.append(chunk.c.cause.in_(select(cause.c.key).where(*causes_of_filter(wanted))))
    return found


def chunks_in_files(wanted: FailureFilter) -> list[ColumnElement[bool]]:
    """The same without what is asked of the cause."""
    found: list[ColumnElement[bool]] = [chunk.c.state == ChunkState.FAILED]
    if wanted.file is not None:
        named = upload.c.filename.icontains(wanted.file, autoescape=True)
        found.append(chunk.c.upload_id.in_(select(upload.c.id).where(named)))
    if wanted.since is not None:
        found.append(chunk.c.ended_at >= wanted.since)
    return found


def causes_of_filter(wanted: FailureFilter) -> list[ColumnElement[bool]]:
    """Conditions on `cause`, to be met all."""
    found: list[ColumnElement[bool]] = []
    if wanted.cause is not None:
        found.append(cause.c.key == wanted.cause)
    if wanted.error_type is not None:
        found.append(cause.c.error_type == wanted.error_type)
    if wanted.text is not None:
        columns = (cause.c.error_type, cause.c.message, cause.c.frame)
        found.append(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    return found


def in_vain() -> ColumnElement[int]:
    """How many of some chunks failed so that a retry comes to the same end."""
    return func.coalesce(func.sum(case((is_vain(), 1), else_=0)), 0)
