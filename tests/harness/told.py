"""What a run of the tests tells besides who passed: tables that tests leave for its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

# The property under which a test records a table, with pytest's `record_property`.
TABLE = "table"


def tables_of(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """The tables that tests left, whichever process ran them."""
    for report in reports:
        if report.when == "call":
            yield from (str(value) for name, value in report.user_properties if name == TABLE)
