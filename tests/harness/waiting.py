"""Wait for a condition instead of sleeping for a guess."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

POLL_SECONDS = 0.02
# Below those that Linux gives to clients.
PORTS = range(10_000, 32_768)
_chance = random.SystemRandom()


def wait_until(
    condition: Callable[[], Value | None], *, what: str, timeout_seconds: float = 30
) -> Value:
    """The first truthy answer of `condition`. Raises TimeoutError naming `what` never came."""
    deadline = time.monotonic() + timeout_seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_seconds:g} s in vain until {what}")
        time.sleep(POLL_SECONDS)
    return answer


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on just now, nor is likely to before it is used.

    The system would give the same again to whoever asks next, or to a client: another process of
    the tests, often. Chance does not, and no seed of a test run has a say in it.
    """
    while not _is_free(port := _chance.choice(PORTS)):
        pass
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def accepts_connections(port: int) -> bool:
    """True when somebody listens on `port` of 127.0.0.1."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
