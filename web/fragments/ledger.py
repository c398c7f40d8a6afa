"""The ledger of a job's mbox: which byte went where, as a strip of the file and as a sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.job_view import JobView
from store.ledger import Balance, Entry, balance, entries_of
from web.fragments.progress import require_job
from web.house import house_of
from web.moment import at_one_moment
from web.pace import MOVING, pace_of
from web.render import render

# The strip is this many units wide; entries narrower than one are drawn one unit wide.
STRIP_UNITS = 1000
ENTRIES_DRAWN = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A piece of the strip, in its units."""

    x: int
    width: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """The books of one mbox. `complete_strip` is False when there are too many entries to draw."""

    job: JobView
    balance: Balance
    strip: tuple[Stretch, ...]
    complete_strip: bool
    every: int | None


@at_one_moment
def ledger_fragment(request: Request) -> Response:
    """`GET /fragments/ledger/{id}`."""
    return render(request, "fragments/ledger.html", ledger_of(request, require_job(request)))


def ledger_of(request: Request, job: JobView) -> LedgerView:
    """The books of a job."""
    with house_of(request).database.read() as connection:
        books = balance(connection, job.upload_id, size=job.size)
        entries = entries_of(connection, job.upload_id, limit=ENTRIES_DRAWN + 1)
    return LedgerView(
        job=job,
        balance=books,
        strip=strip_of(entries[:ENTRIES_DRAWN], size=job.size),
        complete_strip=len(entries) <= ENTRIES_DRAWN,
        every=None if not job.goes_on else pace_of(job, quick=MOVING * 2),
    )


def strip_of(entries: Sequence[Entry], *, size: int) -> tuple[Stretch, ...]:
    """Entries to scale; touching ones of a kind are drawn as one."""
    drawn: list[Stretch] = []
    for entry in entries:
        x = entry.start * STRIP_UNITS // max(size, 1)
        end = max(entry.stop * STRIP_UNITS // max(size, 1), x + 1)
        last = drawn[-1] if drawn else None
        if last is not None and last.kind == entry.kind and last.x + last.width >= x:
            drawn[-1] = Stretch(x=last.x, width=end - last.x, kind=last.kind)
        else:
            drawn.append(Stretch(x=x, width=end - x, kind=entry.kind))
    return tuple(drawn)
