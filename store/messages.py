"""Write what was read from an mbox: messages, their text, search rows, attachments, labels.

In bulk only. The caller owns the transaction and the fence; see `store.work`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mail.mbox import Span
from mail.message import Message


class Kind(StrEnum):
    """What became of a message of an mbox; also the word in the ledger."""

    MESSAGE = "message"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Why a message was set aside. `cause`: too_large, too_slow, crashed or killed."""

    cause: str
    detail: str
    traceback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One message of an mbox as it came out of the core.

    `message` is None when it could not be read at all; then `quarantine` says why. Both are set
    for a message too large to read whole: its headers are known.
    """

    span: Span
    message: Message | None
    quarantine: Quarantine | None
