"""Results of earlier readings, remembered as long as what they were read from is little.

Bounded by length and not by number alone: thousands of messages to hundreds of people each are
rare, but would take a hundred times the memory that thousands of usual ones take.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Sized)
Value = TypeVar("Value")

_ENTRY_CHARACTERS = 100  # what an entry takes besides


class Remembered(Generic[Key, Value]):
    """Results by what they were read from. All are forgotten when there is no more room."""

    __slots__ = ("_known", "_longest", "_room", "_taken", "get")

    def __init__(self, *, longest: int, room: int) -> None:
        self._known: dict[Key, Value] = {}
        self._longest = longest  # of one, in characters
        self._room = room  # of all
        self._taken = 0
        self.get: Callable[[Key], Value | None] = self._known.get

    def keep(self, key: Key, value: Value) -> None:
        """Remember a result, unless it was read from too much."""
        if len(key) > self._longest:
            return
        self._taken += len(key) + _ENTRY_CHARACTERS
        if self._taken > self._room:
            self._known.clear()
            self._taken = len(key) + _ENTRY_CHARACTERS
        self._known[key] = value
