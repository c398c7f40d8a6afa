"""The names that our workers bear: new each time, and telling host and process by themselves.

So a worker is still told from its neighbours when Redis has lost its record of it.
"""

from __future__ import annotations

import os
import re
import secrets
import socket

_OURS = re.compile(r"(.+)-([1-9]\d{0,9})-[0-9a-f]{6}", re.ASCII)


def new_name() -> str:
    """A name nobody has had: a crashed worker's name stays taken in Redis for a while."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


def host_told_by(name: str) -> str | None:
    """The host, from a name of ours; others say nothing."""
    found = _OURS.fullmatch(name)
    return found[1] if found else None


def pid_told_by(name: str) -> int | None:
    """The process id, from a name of ours."""
    found = _OURS.fullmatch(name)
    return int(found[2]) if found else None


def process_told_by(name: str) -> str | None:
    """With what every name of the same process begins, from a name of ours."""
    found = _OURS.fullmatch(name)
    return f"{found[1]}-{found[2]}-" if found else None
