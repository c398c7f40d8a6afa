"""What a run of the tests tells besides who passed, and how its processes tell one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

# The property under which a test records a table, with pytest's `record_property`.
TABLE = "table"


def tables_of(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """The tables that tests left, whichever process ran them."""
    for report in reports:
        if report.when == "call":
            yield from (str(value) for name, value in report.user_properties if name == TABLE)


def sendable(told: Any) -> Any:
    """A report's contents with lone surrogates spelled out: UTF-8, which carries it, has none."""
    match told:
        case str():
            return told.encode("utf-8", "backslashreplace").decode("utf-8")
        case dict():
            return {sendable(name): sendable(value) for name, value in told.items()}
        case list():
            return [sendable(value) for value in told]
        case tuple():
            return tuple(sendable(value) for value in told)
    return told
