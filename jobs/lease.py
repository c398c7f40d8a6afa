"""A named lease in the database for a background task: one holder, quickly inherited.

Writes seldom, so that an idle console leaves the disk alone, and takes over at once from a
holder of this machine whose process is gone.
"""

from __future__ import annotations

import os
import secrets
import socket
import time

from store.clock import now_of
from store.database import Database
from store.locks import hold, holder, release


class Lease:
    """The right to do what `name` stands for, for `seconds` at a time."""

    def __init__(self, database: Database, name: str, *, seconds: float) -> None:
        self._database = database
        self._name = name
        self._seconds = seconds
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._renew_at = 0.0

    def held(self) -> bool:
        """Take it, keep it, or find out that another has it. Raises what the database raises."""
        if time.monotonic() < self._renew_at:
            return True
        if not self._hold() and not (self._evict_the_dead() and self._hold()):
            return False
        self._renew_at = time.monotonic() + self._seconds / 3
        return True

    def _hold(self) -> bool:
        with self._database.write() as connection:
            return hold(
                connection,
                self._name,
                owner=self._owner,
                now=now_of(connection),
                seconds=self._seconds,
            )

    def _evict_the_dead(self) -> bool:
        with self._database.read() as connection:
            other = holder(connection, self._name, now=now_of(connection))
        if other is None or not _is_dead(other):
            return False
        with self._database.write() as connection:
            release(connection, self._name, owner=other, now=now_of(connection))
        return True

    def doubt(self) -> None:
        """Ask the database the next time, whatever was known."""
        self._renew_at = 0.0

    def give_back(self) -> None:
        """Let another have it now; harmless when it was not held."""
        self._renew_at = 0.0
        with self._database.write() as connection:
            release(connection, self._name, owner=self._owner, now=now_of(connection))


def _is_dead(owner: str) -> bool:
    host, pid, _ = owner.split(":", 2) if owner.count(":") == 2 else ("", "0", "")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
