"""Failures told apart by cause: type, message without its numbers and names, last frame of ours.

Pure functions of what an attempt left behind. Which chunks failed for a cause is
`store.failures`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

# A line of a traceback that stands in one of our own rooms.
FRAME = re.compile(
    r'File "[^"]*?(?P<file>(?:mail|store|jobs|web|ops)/[\w/]+\.py)", line (?P<line>\d+),'
    r" in (?P<name>\S+)"
)
KEY_LETTERS = 24
MESSAGE_LETTERS = 300
VARIABLE = (
    (re.compile(r"'[^']*'|\"[^\"]*\""), "…"),
    (re.compile(r"(?:/[\w.-]+){2,}"), "…"),
    (re.compile(r"\b[0-9a-f]{8,}\b"), "…"),
    (re.compile(r"\d+(?:\.\d+)?"), "N"),
)

# The bytes are what they were, and no mail is in them that the version knows which tried; whether
# that is still this one says store.vain.
LASTING = frozenset({"NoMessages"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What several failures have in common. `frame` is our last one, None without a traceback."""

    error_type: str | None
    message: str
    frame: str | None

    @property
    def key(self) -> str:
        """Names the cause in an address, a column or an errand; the same as long as the code is."""
        signature = (self.error_type or "", self.message, self.frame)
        return sha256(repr(signature).encode("utf-8", "replace")).hexdigest()[:KEY_LETTERS]

    @property
    def is_lasting(self) -> bool:
        """True when a retry with the same version comes to the same end."""
        return self.error_type in LASTING


def is_lasting(error: str | None) -> bool:
    """The same for a job or a chunk that ended with these words, their type first."""
    return (error or "").partition(":")[0] in LASTING


def cause_of(*, error_type: str | None, error: str, traceback: str | None) -> Cause:
    """The cause behind the words an attempt ended with."""
    frames = own_frames(traceback)
    return Cause(
        error_type=error_type,
        message=_normal(error),
        # The line number moves with every release; file and function name the place well enough.
        frame=re.sub(r":\d+ ", " ", frames[0]) if frames else None,
    )


def own_frames(traceback: str | None) -> tuple[str, ...]:
    """The frames of a traceback that are ours, innermost first."""
    found = FRAME.finditer(traceback or "")
    return tuple(f"{hit['file']}:{hit['line']} {hit['name']}" for hit in found)[::-1]


def _normal(message: str) -> str:
    for pattern, placeholder in VARIABLE:
        message = pattern.sub(placeholder, message)
    return message[:MESSAGE_LETTERS]
