"""What to do when a process that was parsing is found dead, and how to say of what it died."""

from __future__ import annotations

import os
import re
import signal
import socket
import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from redis import Redis

from jobs.bell import QUEUE_NAME
from jobs.record import text_of, word_of
from jobs.workshop import Workshop
from store.clock import now_of
from store.planning import settle
from store.recovery import Trouble, record_trouble, running_attempts_of
from store.states import Outcome

# Of its limit a process holds about this much when the kernel ends it: the rest is the parent's.
NEAR_THE_LIMIT = 0.8
# RQ's record of a dead work-horse is among its latest failures, or is not looked for.
LATEST_FAILURES = 50
BY_HAND = "killed by hand or by the kernel"
_WAIT_STATUS = re.compile(r"waitpid returned (\d+)")
_MEANINGS = {
    signal.SIGTERM: "asked to end",
    signal.SIGINT: "asked to end",
    signal.SIGSEGV: "a library written in C crashed",
    signal.SIGBUS: "a library written in C crashed",
    signal.SIGABRT: "a library written in C gave up",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a process held at most, and what it might have held, in bytes; None when unknown."""

    held: int | None = None
    limit: int | None = None

    @property
    def was_near_the_limit(self) -> bool:
        """Near enough for the kernel to have ended it for lack of memory."""
        return bool(self.held and self.limit and self.held >= self.limit * NEAR_THE_LIMIT)


def note_death(workshop: Workshop, *, pid: int, how: str) -> int:
    """Give up at once what a dead process of this host was working on; answers how much it was.

    Its lease would run out anyway; the parent merely knows sooner, and knows the cause.
    """
    with workshop.database.read() as connection:
        left = running_attempts_of(connection, host=socket.gethostname(), pid=pid)
    trouble = Trouble(outcome=Outcome.LOST, error_type="WorkerDied", error=how)
    for attempt_id, job_id in left:
        with workshop.database.write() as connection:
            now = now_of(connection)
            record_trouble(connection, attempt_id, trouble=trouble, policy=workshop.policy, now=now)
        with workshop.database.write() as connection:
            settle(connection, job_id, now=now)
    return len(left)


def cause_of_death(exit_code: int, memory: Memory | None = None) -> str:
    """An exit code in words; negative for a signal, as `subprocess` and `os` give it."""
    if exit_code >= 0:
        return f"exit status {exit_code}"
    number = -exit_code
    known = {one.value: one for one in signal.Signals}.get(number)
    name = f"signal {number} ({known.name})" if known else f"signal {number}"
    if known is signal.SIGKILL:
        return f"{name}{_killed(memory or Memory())}"
    meaning = _MEANINGS.get(known) if known else None
    return f"{name}: {meaning}" if meaning else name


def _killed(memory: Memory) -> str:
    by = "probably out of memory" if memory.was_near_the_limit else BY_HAND
    if memory.held is None or memory.limit is None:
        return f": {by}"
    return f"; it held {_size(memory.held)} of a limit of {_size(memory.limit)}: {by}"


def cause_of_silence(memory: Memory) -> str | None:
    """Why nothing is heard of a process any more, as far as its last report tells."""
    if not memory.was_near_the_limit or memory.held is None or memory.limit is None:
        return None
    reported = f"it had reported {_size(memory.held)} of a limit of {_size(memory.limit)}"
    return f"not heard of any more; {reported}: probably out of memory"


def _size(value: int) -> str:
    return f"{value / 1e9:.1f} GB" if value >= 999_500_000 else f"{value / 1e6:.0f} MB"


def recorded_death(redis: Redis, *, worker: str, since: datetime) -> int | None:
    """The exit code of a work-horse of that worker, as RQ wrote it down; None when it did not.

    A pure read, and nothing is unpickled: RQ's text of a failure is compressed, not serialised.
    Raises RedisError.
    """
    latest = redis.zrevrange(f"rq:failed:{QUEUE_NAME}", 0, LATEST_FAILURES - 1)
    pipeline = redis.pipeline(transaction=False)
    for job_id in latest:
        if isinstance(job_id, bytes | str):  # without scores there is nothing else
            pipeline.xrevrange(f"rq:results:{word_of(job_id)}", count=1)
    for entries in pipeline.execute():
        for entry_id, fields in entries:
            told = text_of(fields)
            ended = int(word_of(entry_id).partition("-")[0]) / 1000
            if told.get("worker_name") == worker and ended >= since.timestamp():
                return _exit_code(told)
    return None


def _exit_code(told: Mapping[str, str]) -> int | None:
    try:
        text = zlib.decompress(b64decode(told.get("exc_string", ""))).decode()
    except (NotBase64, zlib.error, UnicodeDecodeError):
        return None
    found = _WAIT_STATUS.search(text)
    return os.waitstatus_to_exitcode(int(found[1])) if found else None
