"""How much of one message is read, so that no message can hold up or exhaust a worker."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What lies beyond a limit stays in the raw message and is noted as a defect."""

    text_characters: int = 1_000_000
    header_bytes: int = 1 << 20
    value_bytes: int = 64 << 10  # read of one header field, but for addresses
    subject_characters: int = 4_000
    name_characters: int = 500  # of a person's name or address
    label_characters: int = 1_000
    addresses: int = 2_000  # of one header name
    references: int = 500
    labels: int = 500
    parts: int = 10_000
    depth: int = 100
    seconds: float = 20.0  # from then on, no further part is opened
