"""Which file an upload or a job is about, for lists that know no more of it than its id.

Asked for by subject, as the audit log writes them: "upload:7", "job:3f…".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, null, select, union_all

from store.counted_on import GONE
from store.tables import job, upload

# Above every upload there can be; databases refuse far larger numbers.
_LARGEST_UPLOAD = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class FileName:
    """What a file is called. It keeps its name when it `is_gone`, and nothing else."""

    name: str
    is_gone: bool


def subject_in(wish: Mapping[str, Any]) -> str | None:
    """The one upload or job that an errand's parameters name; None where they name none."""
    for kind in ("upload", "job"):
        if named := wish.get(f"{kind}_id"):
            return f"{kind}:{named}"
    return None


def file_names(connection: Connection, subjects: Iterable[str | None]) -> dict[str, FileName]:
    """The files of all subjects that are known, by subject, in one query."""
    named = [subject.partition(":") for subject in set(subjects) if subject]
    jobs = [name for kind, _, name in named if kind == "job"]
    uploads = [int(name) for kind, _, name in named if kind == "upload" and _is_number(name)]
    if not jobs and not uploads:
        return {}
    return {
        f"job:{row.job_id}" if row.job_id else f"upload:{row.id}": FileName(
            name=row.filename, is_gone=row.state in GONE
        )
        for row in connection.execute(union_all(_of_uploads(uploads), _of_jobs(jobs)))
    }


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and int(name) < _LARGEST_UPLOAD


# Two searches by key: joined with an OR, databases would walk through all jobs.
def _of_uploads(ids: list[int]) -> Select[Any]:
    columns = (upload.c.id, upload.c.filename, upload.c.state, null().label("job_id"))
    return select(*columns).where(upload.c.id.in_(ids))


def _of_jobs(ids: list[str]) -> Select[Any]:
    columns = (upload.c.id, upload.c.filename, upload.c.state, job.c.id.label("job_id"))
    return select(*columns).join(job, job.c.upload_id == upload.c.id).where(job.c.id.in_(ids))
