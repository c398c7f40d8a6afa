"""What a person asks of workers: to end after what they hold, or at once. Each noted as one act.

What is asked of several is one entry of the audit log, which names them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.draining import ask_to_drain, kill_horse
from jobs.link import QueueLink
from jobs.workshop import Workshop
from store.audit import record
from store.clock import utc_now
from store.database import Transaction
from store.wishes import stop_worker

# The subject of an act on all workers, and how many of them its entry names.
EVERYBODY = "worker:all"
MOST_NAMED = 200


def drain(workshop: Workshop, link: QueueLink, names: Sequence[str], *, actor: str) -> None:
    """Ask workers to end after what they hold. Raises QueueUnreachable."""
    ask_to_drain(link, names)
    with workshop.database.write() as connection:
        _note(connection, "drain", names, actor=actor)


def stop(workshop: Workshop, link: QueueLink, names: Sequence[str], *, actor: str) -> list[int]:
    """End workers at once; what they hold waits again. Answers the chunks that do.

    Raises QueueUnreachable, and has changed nothing then unless Redis goes away midway.
    """
    # First of all, so that they begin nothing new when their work-horses are gone.
    ask_to_drain(link, names)
    chunks: list[int] = []
    # A transaction each: chunks are locked in the order of their uploads, which is that of one
    # worker and not of several. The first holds the entry: whatever comes after is accounted for.
    for name in names:
        with workshop.database.write() as connection:
            given = stop_worker(connection, name, by=actor, now=utc_now())
            if name == names[0]:
                told = {"chunks": given} if len(names) == 1 else {}
                _note(connection, "stop", names, actor=actor, **told)
        chunks += given
    for name in names:
        kill_horse(link, name)
    # What they have begun since is given back too, without waiting until they are found dead.
    for name in names:
        with workshop.database.write() as connection:
            chunks += stop_worker(connection, name, by=actor, now=utc_now())
    return chunks


def _note(
    connection: Transaction, act: str, names: Sequence[str], *, actor: str, **detail: Any
) -> None:
    several = len(names) != 1
    if several:
        detail |= {"workers": len(names), "names": list(names[:MOST_NAMED])}
    record(
        connection,
        actor=actor,
        action=f"workers.{act}" if several else f"worker.{act}",
        subject=EVERYBODY if several else f"worker:{names[0]}",
        now=utc_now(),
        detail=detail or None,
    )
