"""Workers that are frozen between two jobs: their subscription stands, and they take nothing.

One that was stopped (SIGSTOP, a suspended container) while it waited for work looks idle until
its beats are overdue, which of a plain `rq worker` takes a quarter of an hour. Two things tell
sooner. Ours names its connections: Redis answered one, and nothing was asked on any since. And
of whatever kind it is: wake-up calls hang untaken, of which whoever waits takes the next at once.
Pure reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby

from redis import Redis
from redis.exceptions import RedisError

from jobs.record import whole_of
from jobs.sightings import Sighting

# Between two jobs a worker asks for the next within moments, and then waits in Redis.
FROZEN_AFTER = timedelta(seconds=45)


def find_frozen(
    redis: Redis,
    resting: Iterable[Sighting],
    *,
    hanging: int,
    unmoved_since: datetime | None,
    now: datetime,
) -> dict[str, datetime]:
    """Since when at least those of the workers have not moved that are frozen; none without Redis.

    To be asked of those that say they are idle, while work is due. `hanging` bells are in the
    queue, `unmoved_since` is set where nobody has begun any of the work for a while.
    """
    there = {one.name: one for one in resting}
    frozen = _on_silent_lines(redis, there, now=now)
    if hanging and unmoved_since is not None:
        frozen |= _beside_bells(there, unmoved_since=unmoved_since, now=now) | frozen
    return frozen


def _beside_bells(
    there: Mapping[str, Sighting], *, unmoved_since: datetime, now: datetime
) -> dict[str, datetime]:
    """Those that leave bells untaken, since they beat last or since there is work to take.

    One that was started just now has beaten just now, and is about to take one.
    """
    beats = {name: one.beat_at for name, one in there.items()}
    return {
        name: max(beat_at, unmoved_since)
        for name, beat_at in beats.items()
        if beat_at is not None and now - beat_at > FROZEN_AFTER
    }


def _on_silent_lines(redis: Redis, names: Collection[str], *, now: datetime) -> dict[str, datetime]:
    """Workers that wait on no line to Redis, and have asked nothing on any for a while."""
    try:
        # Without those that listen to a channel: there a living worker has nothing to say either.
        lines = redis.client_list(_type="normal")
    except RedisError:  # also a console that may not ask for it
        return {}
    own = sorted((one for one in lines if _name(one) in names), key=_name)
    found = {name: _silent_for(some) for name, some in groupby(own, key=_name)}
    return {
        name: now - silent
        for name, silent in found.items()
        if silent is not None and silent > FROZEN_AFTER
    }


def _name(line: Mapping[str, str]) -> str:
    return line.get("name", "")


def _silent_for(lines: Iterable[Mapping[str, str]]) -> timedelta | None:
    """For how long nothing was said on any of a worker's lines; None while it waits on one.

    None too where that is not told of every line, as by what is compatible with Redis.
    """
    told = list(lines)
    if any("b" in line.get("flags", "b") for line in told):
        return None
    idle = [whole_of(line.get("idle")) for line in told]
    known = [seconds for seconds in idle if seconds is not None]
    return timedelta(seconds=min(known)) if len(known) == len(told) else None
