"""What to do when a process that was parsing is found dead by its parent."""

from __future__ import annotations

import signal
import socket

from jobs.workshop import Workshop
from store.clock import now_of
from store.planning import settle
from store.recovery import Trouble, record_trouble, running_attempts_of
from store.states import Outcome


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


def cause_of_death(exit_code: int) -> str:
    """An exit code in words; negative for a signal, as `subprocess` and `os` give it."""
    if exit_code >= 0:
        return f"exit status {exit_code}"
    name = signal.Signals(-exit_code).name
    hint = " (out of memory, or ended by hand)" if -exit_code == signal.SIGKILL else ""
    return f"ended by signal {-exit_code}, {name}{hint}"
