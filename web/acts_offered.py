"""Which acts on all jobs that match a list offers, from what the list shows anyway.

Only what it does not show, on another page or within an archive there, is asked of the database
(`store.acts_that_help`). Where an act is offered and would change nothing after all, its
confirmation counts and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from store.acts_that_help import retry_may_help, some_are_paused
from store.database import Transaction
from store.job_filter import JobFilter
from store.job_view import JobView
from store.overall import PAUSED, REREADING, UNDER_WAY
from store.states import JobState
from web.job_query import JobAct

_STOPPED = (JobState.FAILED, JobState.CANCELLED)


def acts_offered(
    connection: Transaction,
    wanted: JobFilter,
    *,
    counts: Mapping[str, int],
    jobs: Collection[JobView],
    inside: Mapping[int, Mapping[str, int]],
) -> tuple[JobAct, ...]:
    """`counts`: how many of all that match stand where; `jobs` and `inside` are of the page shown,
    which is all there is when there are no fewer."""
    standings = {name for name, count in counts.items() if count}
    standings |= {name for numbers in inside.values() for name in numbers}
    begins_any = not UNDER_WAY.isdisjoint(standings)
    is_all_shown = sum(counts.values()) <= len(jobs)
    helps = {
        JobAct.RETRY: _shows_what_to_retry(counts, jobs, standings, is_all_shown=is_all_shown)
        or (not is_all_shown and retry_may_help(connection, wanted)),
        # While messages are being taken away there is nothing that could wait.
        JobAct.PAUSE: not (UNDER_WAY - {REREADING}).isdisjoint(standings),
        # An archive that is under way does not say that some of its files are paused.
        JobAct.RESUME: PAUSED in standings
        or (begins_any and not is_all_shown and some_are_paused(connection, wanted)),
        JobAct.CANCEL: begins_any or PAUSED in standings,
        JobAct.DELETE: any(counts.values()),
    }
    return tuple(act for act in JobAct if helps[act])


def _shows_what_to_retry(
    counts: Mapping[str, int],
    jobs: Collection[JobView],
    standings: Collection[str],
    *,
    is_all_shown: bool,
) -> bool:
    """Not where all that stopped would come to the same end; of failed jobs on other pages nobody
    knows that here."""
    stopped = {state: counts.get(state, 0) for state in _STOPPED}
    if stopped[JobState.CANCELLED]:
        return True
    if is_all_shown and sum(stopped.values()) > sum(job.retry_is_vain for job in jobs):
        return True
    # Chunks may have failed of what goes on, and mail may be gone of what is finished.
    may_help = (job for job in jobs if not job.retry_is_vain)
    shown = any(job.progress.chunks_failed or job.lost for job in may_help)
    return shown or any(state in standings and not counts.get(state) for state in _STOPPED)
