"""Of how many failed chunks the file is gone from the spool: a retry of those is in vain.

Looked at file by file, so of the files with most failed chunks only; and not where so very many
failed that telling them apart by file would hold the page up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from store.files_needed import FileNeeded
from store.spool import Spool, SpoolAway, SpoolError

# Files that are looked at for one page, and failed chunks that are told apart by file for it.
LOOKED_AT, CHUNKS = 100, 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Failed chunks whose file cannot be read: how many, by cause, and of which jobs."""

    by_cause: dict[str | None, int]
    jobs: frozenset[str]

    @property
    def chunks(self) -> int:
        """All of them."""
        return sum(self.by_cause.values())

    def of(self, key: str) -> int:
        """Those of one cause."""
        return self.by_cause.get(key, 0)


def few_enough(causes: Iterable[tuple[str, int]]) -> list[str]:
    """Those of some causes whose failed chunks can be told apart, the first ones first."""
    left, kept = CHUNKS, list[str]()
    for key, chunks in causes:
        if chunks <= left:
            kept.append(key)
            left -= chunks
    return kept


def gone_among(spool: Spool, needed: Iterable[FileNeeded]) -> Gone:
    """Look at the files. While the whole spool is away none of them counts: it comes back."""
    looked_at = dict[str, bool]()
    by_cause = dict[str | None, int]()
    for one in needed:
        if one.job_id not in looked_at:
            looked_at[one.job_id] = _is_gone(spool, one)
        if looked_at[one.job_id]:
            by_cause[one.cause] = by_cause.get(one.cause, 0) + one.chunks
    jobs = frozenset(job_id for job_id, is_gone in looked_at.items() if is_gone)
    return Gone(by_cause=by_cause, jobs=jobs)


def _is_gone(spool: Spool, needed: FileNeeded) -> bool:
    try:
        with spool.source(needed.spool_name, size=needed.size):
            return False
    except SpoolAway:
        return False
    except SpoolError:
        return True
