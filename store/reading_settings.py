"""Read one setting from its text: what is allowed, and what to say when it is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

MIN_PASSWORD_CHARS = 8
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_DATABASE_NUMBER = re.compile(r"|/|/\d+")
# What was wrong is not repeated: a piece of a password may have been taken for the port.
_HINT = "is the port a number? In a password, / @ : ? # are written %2F %40 %3A %3F %23"


class ConfigError(ValueError):
    """A setting that cannot be used; the text is one line, fit for the operator."""


class QueueChoice(StrEnum):
    """Who runs chunks; the meaning of each stands in `SETTINGS`."""

    AUTO = "auto"
    REDIS = "redis"
    LOCAL = "local"


def text(value: str) -> str:
    """Any text."""
    return value


def password(value: str) -> str | None:
    """A password long enough for an account, or None when it is empty."""
    if value and len(value) < MIN_PASSWORD_CHARS:
        raise ConfigError(f"needs at least {MIN_PASSWORD_CHARS} characters")
    return value or None


def names(value: str) -> tuple[str, ...]:
    """Host names between commas; `*` alone or as the first label of one (`*.example.org`)."""
    found = tuple(name.strip() for name in value.split(",") if name.strip())
    for name in found:
        if "*" in name and name != "*" and ("*" in name[1:] or not name.startswith("*.")):
            raise ConfigError(f"has {name!r}: a star stands alone or as in *.example.org")
        if not _is_host(name.removeprefix("*.")):
            raise ConfigError(f"has {name!r}: only a name or an address, no scheme, port or path")
    return found


def _is_host(name: str) -> bool:
    if name == "*" or _NAME.fullmatch(name):
        return True
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def host(value: str) -> str:
    """An address or a name to listen on."""
    if not _is_host(value) or "*" in value:
        raise ConfigError("is not a host name or an address")
    return value


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(value: str) -> int:
        try:
            number = int(value.replace("_", ""))
        except ValueError:
            raise ConfigError("is not a whole number") from None
        if not low <= number <= high:
            raise ConfigError(f"must lie between {low} and {high}")
        return number

    return read


def seconds(low: float, high: float) -> Callable[[str], float]:
    """A number of seconds within bounds."""

    def read(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            raise ConfigError("is not a number of seconds") from None
        if not low <= number <= high:
            raise ConfigError(f"must lie between {low:g} and {high:g} seconds")
        return number

    return read


def queue(value: str) -> QueueChoice:
    """One of the three queues."""
    try:
        return QueueChoice(value)
    except ValueError:
        raise ConfigError("must be one of auto, redis, local") from None


def database_url(value: str) -> str:
    """The address of a database we know; empty for the one in DATA_DIR."""
    if not value:
        return value
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError("must begin with sqlite:/// or postgresql+psycopg://")
    try:
        address = make_url(value)
    except (ArgumentError, ValueError):
        raise ConfigError(f"cannot be taken apart: {_HINT}") from None
    if address.drivername == "sqlite" and address.database in {None, "", ":memory:"}:
        raise ConfigError("needs the path of a file: workers look at the same one")
    return value


def redis_url(value: str) -> str | None:
    """The address of a Redis, or None."""
    if not value:
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ConfigError(f"cannot be taken apart: {_HINT}") from None
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise ConfigError("must begin with redis://, rediss:// or unix://")
    if port == 0:
        raise ConfigError("has no port that can be asked")
    if parts.scheme != "unix" and not _DATABASE_NUMBER.fullmatch(parts.path):
        raise ConfigError("must end with the number of a database, as in redis://host:6379/0")
    return value


def log_level(value: str) -> str:
    """A level of the logging module."""
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ConfigError("must be one of DEBUG, INFO, WARNING, ERROR")
    return value.upper()
