"""Sums that pages read are kept short: some more of it in each round of the reconciler.

Nothing is wrong while it is not done; pages then add up more rows. See `store.block_sums` and
`store.past_work`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from jobs.workshop import Workshop
from store.block_sums import FOLDED_AT_ONCE, fold
from store.database import Transaction
from store.past_work import COUNTED_AT_ONCE, count_ended

# Of a round, at most; others wait for the reconciler too.
SECONDS_A_ROUND = 3.0
# To find what has many rows, all of them are looked through.
FOLD_EVERY_SECONDS = 60.0


class SumKeeper:
    """Adds up ended attempts in each round, and folds the sums of chunks once a minute."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._next_fold = 0.0

    def keep(self) -> None:
        """Some more of both."""
        self._little_by_little(count_ended, at_once=COUNTED_AT_ONCE)
        if time.monotonic() >= self._next_fold:
            self._little_by_little(fold, at_once=FOLDED_AT_ONCE)
            self._next_fold = time.monotonic() + FOLD_EVERY_SECONDS

    def _little_by_little(self, some: Callable[[Transaction], int], *, at_once: int) -> None:
        until = time.monotonic() + SECONDS_A_ROUND
        while time.monotonic() < until:
            with self._workshop.database.write() as connection:
                if some(connection) < at_once:
                    return
