"""Count what comes out of an archive, and stop it when it is more than any honest one gives.

Counts bytes that have come out, never what a header says would.
"""

from __future__ import annotations

import time

from jobs.planner import Hopeless
from mail.packed import Packed
from store.config import Config

# Short texts and holes pack better than anything; a ratio means something only after this much.
RATIO_FROM_BYTES = 16 << 20
RING_SECONDS = 1.0


class CannotUnpack(Hopeless):
    """The archive is not unpacked, or not any further."""


class Meter:
    """What one archive has given so far, in bytes.

    `inflated` in this attempt, `inflated_before` in earlier ones; much of that comes once more.
    `elsewhere` is what came out of others under the same root.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._of_member = 0
        self._rung = 0.0
        self._passed_over = 0
        self.elsewhere = 0
        self.inflated = 0
        self.inflated_before = 0

    def begin_member(self) -> None:
        """What comes from now on is of the next member."""
        self._of_member = 0

    def pass_over(self, length: int) -> None:
        """So much came out of a member that is not unpacked again."""
        self._passed_over += length

    @property
    def given(self) -> int:
        """What has come out of this archive, by whichever attempt."""
        return max(self.inflated + self._passed_over, self.inflated_before)

    def count(self, run: Packed | None, length: int) -> None:
        """So many bytes came out of `run`. Raises CannotUnpack beyond a limit."""
        self.inflated += length
        self._of_member += length
        config = self._config
        if self._of_member > config.archive_member_bytes:
            raise _more(
                f"one member gives more than {config.archive_member_bytes} bytes", "MEMBER_BYTES"
            )
        if self.given + self.elsewhere > config.archive_bytes:
            raise _more(f"it gives more than {config.archive_bytes} bytes", "BYTES")
        if run is not None:
            self._hold(run.inflated, run.used)
            # Many short runs together give as much as a long one.
            self._hold(self.inflated, run.position)

    def _hold(self, inflated: int, used: int) -> None:
        """So many bytes out of so many packed ones. Raises CannotUnpack."""
        ratio = self._config.archive_ratio
        if inflated >= RATIO_FROM_BYTES and inflated > ratio * max(used, 1):
            raise _more(f"one packed byte gives more than {ratio} bytes", "RATIO")

    def rings(self) -> bool:
        """True when the doorbell may be rung again."""
        if time.monotonic() - self._rung < RING_SECONDS:
            return False
        self._rung = time.monotonic()
        return True


def _more(what: str, setting: str) -> CannotUnpack:
    return CannotUnpack(f"the archive was not unpacked any further: {what} (ARCHIVE_{setting})")
