"""The chunks of a job as a small map: one cell each, or one for several when there are many.

Pure. A cell for several shows the worst among them, so that no trouble hides in a crowd.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.chunks import ChunkView
from store.states import ChunkState

CELLS = 240
# Worst first.
SEVERITY = (
    "failed",
    "retrying",
    "running",
    "cancelled",
    "waiting",
    "recovered",
    "done",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Chunks from `first` to `last` (their places in the file, from 1) and how they stand."""

    first: int
    last: int
    state: str
    share: float
    messages: int


def cells_of(chunks: Sequence[ChunkView]) -> tuple[Cell, ...]:
    """The map, in file order; at most CELLS cells."""
    width = max(1, -(-len(chunks) // CELLS))
    return tuple(_cell(chunks[at : at + width]) for at in range(0, len(chunks), width))


def _cell(chunks: Sequence[ChunkView]) -> Cell:
    size = sum(chunk.stop - chunk.start for chunk in chunks)
    return Cell(
        first=chunks[0].seq,
        last=chunks[-1].seq,
        state=min((standing(chunk) for chunk in chunks), key=SEVERITY.index),
        share=sum(chunk.position - chunk.start for chunk in chunks) / max(size, 1),
        messages=sum(chunk.messages for chunk in chunks),
    )


def standing(chunk: ChunkView) -> str:
    """A chunk's state, told apart by whether it has been tried before."""
    if chunk.state is ChunkState.WAITING and chunk.attempts:
        return "retrying"
    if chunk.state is ChunkState.DONE and chunk.attempts > 1:
        return "recovered"
    return str(chunk.state)
