"""Every row of the list of bad input has a test that is named after it."""

from __future__ import annotations

import re
from pathlib import Path

ROWS = range(1, 58)
_NAMED = re.compile(r"^ *def test_row_(\d+)_", re.MULTILINE)


def test_every_row_of_bad_input_is_a_test_by_name() -> None:
    tests = Path(__file__).parent.rglob("test_*.py")

    named = {int(row) for path in tests for row in _NAMED.findall(path.read_text("utf-8"))}

    assert set(ROWS) - named == set()
