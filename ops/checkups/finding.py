"""What a check found: how bad it is, what it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad."""

    OK = "ok"
    WARNING = "warning"  # it works, and will not under load, in a crash or tomorrow
    WRONG = "wrong"  # something does not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One look at one thing. `remedy` is None when there is nothing to do."""

    check: str
    verdict: Verdict
    what: str
    remedy: str | None = None


def judged(
    check: str, what: str, *, fine: bool, remedy: str, otherwise: Verdict = Verdict.WRONG
) -> Finding:
    """A finding that is fine, or else as bad as `otherwise` and in need of `remedy`."""
    if fine:
        return Finding(check=check, verdict=Verdict.OK, what=what)
    return Finding(check=check, verdict=otherwise, what=what, remedy=remedy)
