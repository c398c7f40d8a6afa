"""Ask RQ workers to end: after what they hold, or at once. Knows nothing of who restarts them.

RQ's workers of both kinds listen on a channel of their own; what is said there is a wish, and
a worker that is frozen hears it when it wakes up.
"""

from __future__ import annotations

from collections.abc import Iterable

from redis.exceptions import RedisError
from rq.command import send_kill_horse_command, send_shutdown_command

from jobs.bell import QueueUnreachable
from jobs.link import QueueLink


def ask_to_drain(link: QueueLink, names: Iterable[str]) -> int:
    """Send the workers of these names a warm stop; answers to how many it was sent.

    A worker ends after the job in hand, which takes SLICE_SECONDS and a chunk at most. Raises
    QueueUnreachable.
    """
    asked = 0
    try:
        for name in names:
            send_shutdown_command(link.redis, name)
            asked += 1
    except RedisError as error:
        raise QueueUnreachable(str(error)) from error
    return asked


def kill_horse(link: QueueLink, name: str) -> None:
    """Have a worker kill its work-horse, whatever that is doing. Raises QueueUnreachable."""
    try:
        send_kill_horse_command(link.redis, name)
    except RedisError as error:
        raise QueueUnreachable(str(error)) from error
