"""Cut an mbox into byte ranges that begin on a message boundary.

Counts messages on the way, at the speed of the boundary scan; opens none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mail.rule import Rule
from mail.scan import boundaries
from mail.source import Source

_BLOCK_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A byte range of one mbox and how many messages the scan counted in it."""

    start: int
    stop: int
    messages: int


def plan(source: Source, rule: Rule, *, chunk_bytes: int, start: int = 0) -> Iterator[Chunk]:
    """Touching chunks that cover [start, size), each beginning on a boundary.

    Every chunk but the last is at least `chunk_bytes` long. Lazy: a planner that died resumes
    with `start` set to the `stop` of the last chunk it kept.
    """
    begin, messages = start, 0
    for offset, _ in boundaries(source, rule, start=start, block_bytes=_BLOCK_BYTES):
        if messages and offset - begin >= chunk_bytes:
            yield Chunk(start=begin, stop=offset, messages=messages)
            begin, messages = offset, 0
        messages += 1
    if begin < source.size:
        yield Chunk(start=begin, stop=source.size, messages=messages)
