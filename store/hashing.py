"""Short stable names for long texts: 64 bits of a hash, the same on every machine."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=20_000)
def hash64(text: str) -> int:
    """A signed 64-bit number; texts that differ practically never share one."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def label_key(name: str) -> int:
    """The key of a label: never negative, so that it can stand in an address."""
    return hash64(name) & ((1 << 63) - 1)
