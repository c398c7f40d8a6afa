"""The fixtures of `tests.jobs.fixtures`, here too."""

from __future__ import annotations

from tests.jobs.fixtures import floor, make_floor

__all__ = ["floor", "make_floor"]
