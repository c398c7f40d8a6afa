"""The shape of what each database contributes to the schema."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ddl:
    """Statements in the order they are run."""

    create: tuple[str, ...]
    drop: tuple[str, ...]
