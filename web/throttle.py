"""Slow down guessing: so many wrong tries per name and per address, then a pause.

Kept in memory, for one web process; a restart forgets it, which costs a guesser more than it gains.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

KEYS_KEPT = 10_000


class Throttle:
    """Counts failures by key within a sliding window; safe for use by several threads."""

    def __init__(
        self,
        *,
        failures: int,
        window_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._window = window_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_seconds(self, key: str) -> float:
        """How long this key must wait before its next try; 0 when it need not."""
        with self._lock:
            recent = self._recent(key)
            if len(recent) < self._failures:
                return 0.0
            return recent[0] + self._window - self._clock()

    def note_failure(self, key: str) -> None:
        """One wrong try."""
        with self._lock:
            recent = self._recent(key)
            recent.append(self._clock())
            while len(recent) > self._failures:
                recent.popleft()
            self._seen[key] = recent
            self._seen.move_to_end(key)
            while len(self._seen) > KEYS_KEPT:
                self._seen.popitem(last=False)

    def forget(self, key: str) -> None:
        """The right answer came: the wrong ones before it no longer count."""
        with self._lock:
            self._seen.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        recent = self._seen.get(key, deque())
        horizon = self._clock() - self._window
        while recent and recent[0] <= horizon:
            recent.popleft()
        return recent
