"""Who could reach the console: what it listens on, and which names it answers to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ops.checkups.finding import Finding, Verdict, judged
from store.config import Config

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def look_at_exposure(config: Config, *, folder: Path) -> Iterator[Finding]:
    """The settings that open a door; `folder` is where a `.env` would lie."""
    open_to_others = config.host not in LOOPBACK
    yield judged(
        "host names",
        "any host name is answered" if "*" in config.allowed_hosts else "host names are checked",
        fine=not (open_to_others and "*" in config.allowed_hosts),
        remedy="Set ALLOWED_HOSTS to the names people use; any name allows DNS rebinding.",
        otherwise=Verdict.WARNING,
    )
    secrets = folder / ".env"
    if secrets.is_file():
        mode = secrets.stat().st_mode & 0o777
        yield judged(
            "secrets",
            f".env has mode {mode:04o}",
            fine=mode & 0o007 == 0,
            remedy="Others on this machine may read it: chmod o= .env",
            otherwise=Verdict.WARNING,
        )
