"""Which acts on all jobs that match a list offers, from what the list shows anyway.

Lists are asked for every few seconds, so the database is not asked for this. Where an act is
offered and would change nothing after all, its confirmation counts and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from store.jobs import JobView
from store.overall import PAUSED, UNDER_WAY
from store.states import JobState
from web.job_query import JobAct

_STOPPED = (JobState.FAILED, JobState.CANCELLED)


def acts_offered(
    counts: Mapping[str, int], jobs: Collection[JobView], inside: Mapping[int, Mapping[str, int]]
) -> tuple[JobAct, ...]:
    """`counts`: how many of all that match stand where; the others are of the page shown."""
    standings = {name for name, count in counts.items() if count}
    standings |= {name for numbers in inside.values() for name in numbers}
    begins_any = not UNDER_WAY.isdisjoint(standings)
    helps = {
        JobAct.RETRY: _may_retry(counts, jobs, standings),
        JobAct.PAUSE: begins_any,
        JobAct.RESUME: PAUSED in standings,
        JobAct.CANCEL: begins_any or PAUSED in standings,
        JobAct.DELETE: any(counts.values()),
    }
    return tuple(act for act in JobAct if helps[act])


def _may_retry(
    counts: Mapping[str, int], jobs: Collection[JobView], standings: Collection[str]
) -> bool:
    """Not where all that stopped would come to the same end."""
    vain = sum(job.retry_is_vain for job in jobs)
    if sum(counts.get(state, 0) for state in _STOPPED) > vain:
        return True
    # Chunks may have failed of what goes on, and mail may be gone of what is finished.
    may_help = (job for job in jobs if not job.retry_is_vain)
    shown = any(job.progress.chunks_failed or job.lost for job in may_help)
    return shown or any(state in standings and not counts.get(state) for state in _STOPPED)
