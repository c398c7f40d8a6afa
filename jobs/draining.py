"""Ask RQ workers to finish what they hold and then to end. Knows nothing of who restarts them."""

from __future__ import annotations

from collections.abc import Iterable

from redis.exceptions import RedisError
from rq.command import send_shutdown_command

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
