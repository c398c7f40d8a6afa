"""What a message says about itself: addresses, subject, dates, ids, labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DateSource(StrEnum):
    """Where a message's date was found."""

    DATE = "date"
    RECEIVED = "received"
    SEPARATOR = "separator"
    RESENT_DATE = "resent_date"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: a display name, if any, and an address as written (possibly malformed)."""

    name: str | None
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a message says about itself, before anyone opens its parts."""

    message_id: str | None  # without angle brackets
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    subject: str | None
    senders: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    sent_at: datetime | None  # always aware, UTC
    date_source: DateSource
    date_raw: str | None
    date_plausible: bool
    labels: tuple[str, ...]
    thread_id: str | None  # X-GM-THRID
    list_id: str | None
