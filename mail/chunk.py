"""Cut an mbox into byte ranges that begin on a message boundary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A byte range of one mbox and how many messages the scan counted in it."""

    start: int
    stop: int
    messages: int
