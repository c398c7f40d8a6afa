"""Read one setting from its text: what is allowed, and what to say when it is not."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from urllib.parse import urlsplit

MIN_PASSWORD_CHARS = 8


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
    return found


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
    """The address of a database we know."""
    if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError("must begin with sqlite:/// or postgresql+psycopg://")
    return value


def redis_url(value: str) -> str | None:
    """The address of a Redis, or None."""
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ConfigError("must begin with redis://, rediss:// or unix://")
    return value or None


def log_level(value: str) -> str:
    """A level of the logging module."""
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ConfigError("must be one of DEBUG, INFO, WARNING, ERROR")
    return value.upper()
