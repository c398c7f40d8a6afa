"""Failures told apart by cause: type, message without its numbers and names, last frame of ours.

Pure functions of what attempts left behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from store.chunks import FailedChunk

# A line of a traceback that stands in one of our own rooms.
FRAME = re.compile(
    r'File "[^"]*?(?P<file>(?:mail|store|jobs|web|ops)/[\w/]+\.py)", line (?P<line>\d+),'
    r" in (?P<name>\S+)"
)
KEY_LETTERS = 24
Signature = tuple[str, str, str | None]
VARIABLE = (
    (re.compile(r"'[^']*'|\"[^\"]*\""), "…"),
    (re.compile(r"(?:/[\w.-]+){2,}"), "…"),
    (re.compile(r"\b[0-9a-f]{8,}\b"), "…"),
    (re.compile(r"\d+(?:\.\d+)?"), "N"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Failed chunks that failed in the same way, the latest first."""

    error_type: str
    message: str
    frame: str | None
    chunks: tuple[FailedChunk, ...]
    first_at: datetime | None
    last_at: datetime | None

    @property
    def key(self) -> str:
        """Names the cause in an address or an errand; the same as long as the program is."""
        return _key((self.error_type, self.message, self.frame))

    @property
    def example(self) -> FailedChunk:
        """The latest of them."""
        return self.chunks[0]

    @property
    def frames(self) -> tuple[str, ...]:
        """Our own frames of the latest, innermost first."""
        attempt = self.example.last_attempt
        return own_frames(attempt.traceback if attempt else None)


def own_frames(traceback: str | None) -> tuple[str, ...]:
    """The frames of a traceback that are ours, innermost first."""
    found = FRAME.finditer(traceback or "")
    return tuple(f"{hit['file']}:{hit['line']} {hit['name']}" for hit in found)[::-1]


def by_cause(failed: Iterable[FailedChunk]) -> tuple[Cause, ...]:
    """Groups, the largest first."""
    groups: dict[Signature, list[FailedChunk]] = {}
    for chunk in failed:
        groups.setdefault(_signature(chunk), []).append(chunk)
    causes = [_cause(signature, chunks) for signature, chunks in groups.items()]
    return tuple(sorted(causes, key=lambda cause: -len(cause.chunks)))


def cause_key(failed: FailedChunk) -> str:
    """The key of the cause that a chunk failed for."""
    return _key(_signature(failed))


def _key(signature: Signature) -> str:
    return sha256(repr(signature).encode("utf-8", "replace")).hexdigest()[:KEY_LETTERS]


def _signature(failed: FailedChunk) -> Signature:
    attempt = failed.last_attempt
    if attempt is None:
        return "", _normal(failed.chunk.error or ""), None
    frames = own_frames(attempt.traceback)
    # The line number moves with every release; file and function name the place well enough.
    place = re.sub(r":\d+ ", " ", frames[0]) if frames else None
    return attempt.error_type or "", _normal(attempt.error or failed.chunk.error or ""), place


def _normal(message: str) -> str:
    for pattern, placeholder in VARIABLE:
        message = pattern.sub(placeholder, message)
    return message[:300]


def _cause(signature: Signature, chunks: list[FailedChunk]) -> Cause:
    times = [chunk.chunk.ended_at for chunk in chunks if chunk.chunk.ended_at is not None]
    latest_first = sorted(
        chunks,
        key=lambda failed: failed.chunk.ended_at.timestamp() if failed.chunk.ended_at else 0.0,
        reverse=True,
    )
    return Cause(
        error_type=signature[0],
        message=signature[1],
        frame=signature[2],
        chunks=tuple(latest_first),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
    )
