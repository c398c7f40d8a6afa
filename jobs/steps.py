"""What an errand is carried out in: steps, how far it is, and why it may not be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from store.touched import Touched


class CannotDo(Exception):
    """An errand that makes no sense (any more); the text is a sentence."""


@dataclass(slots=True)
class Steps:
    """How far an errand is, and what it leaves behind.

    `touched`: the files it has reached, of one that goes through many. `half_done`: what is in
    hand has to be finished first, also when the errand was stopped.
    """

    done: int = 0
    total: int | None = None
    half_done: bool = False
    touched: Touched = field(default_factory=Touched)
    result: dict[str, Any] = field(default_factory=dict)
