"""What was wrong inside a message, as data.

A defect never stops a reading; it travels with the message and is shown beside it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing wrong in one message.

    `kind` is a stable lower-case word of the catalogue (`charset_guessed`, `base64_broken` …),
    `where` names the header or the part path ("Subject", "part 1.2"), `what` is the evidence.
    """

    kind: str
    where: str
    what: str
