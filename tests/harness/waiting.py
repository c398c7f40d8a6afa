"""Wait for a condition instead of sleeping for a guess."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

POLL_SECONDS = 0.02


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
    """A TCP port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def accepts_connections(port: int) -> bool:
    """True when somebody listens on `port` of 127.0.0.1."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
