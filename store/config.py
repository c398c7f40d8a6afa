"""The effective settings, read once from the environment by an entry point.

Nothing else in the house looks at the environment: everybody is handed this object or the
one value needed. What can be set, and what it means, stands in `store.settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from store.masking import without_password
from store.reading_settings import ConfigError, QueueChoice
from store.settings import SETTINGS, Setting

__all__ = [
    "SETTINGS",
    "Config",
    "ConfigError",
    "QueueChoice",
    "Setting",
    "from_environment",
    "load",
]

# Never repeated in a complaint.
SECRETS = {"ADMIN_PASSWORD"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The effective settings. Sizes are bytes, durations seconds."""

    host: str
    port: int
    data_dir: Path
    database_url: str
    redis_url: str | None
    queue: QueueChoice
    admin_password: str | None
    allowed_hosts: tuple[str, ...]
    chunk_bytes: int
    local_workers: int
    max_upload_bytes: int
    max_message_bytes: int
    max_text_chars: int
    archive_members: int
    archive_member_bytes: int
    archive_bytes: int
    archive_ratio: int
    archive_depth: int
    free_bytes_floor: int
    read_timeout_seconds: float
    message_seconds: float
    slice_seconds: float
    lease_seconds: float
    beat_seconds: float
    reconcile_seconds: float
    attempts: int
    retry_seconds: float
    log_level: str

    @property
    def uses_redis(self) -> bool:
        """True when RQ workers are expected to do the work."""
        return self.redis_url is not None and self.queue is not QueueChoice.LOCAL

    def environment(self) -> dict[str, str]:
        """The same settings as environment variables, for a child process."""
        values = {setting.name: getattr(self, setting.name.lower()) for setting in SETTINGS}
        return {name: _as_text(value) for name, value in values.items()}

    def address(self, port: int | None = None) -> str:
        """Where a browser on this machine finds the console; no slash at the end."""
        host = "127.0.0.1" if self.host in {"", "0.0.0.0", "::"} else self.host  # noqa: S104
        bracketed = f"[{host}]" if ":" in host else host
        return f"http://{bracketed}:{port or self.port}"

    @property
    def spool_dir(self) -> Path:
        """Where uploaded mboxes rest."""
        return self.data_dir / "spool"


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)


def dotenv(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a `.env` file; empty when there is none."""
    if not path.is_file():
        return {}
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {
        name.strip().removeprefix("export "): value.strip().strip("\"'")
        for name, equals, value in pairs
        if equals and not name.lstrip().startswith("#")
    }


def load(environ: Mapping[str, str]) -> Config:
    """Read every setting from `environ`. Raises ConfigError naming the variable at fault."""
    values = {setting.name.lower(): _read(setting, environ) for setting in SETTINGS}
    values["data_dir"] = values["data_dir"].expanduser().resolve()
    values["database_url"] = values["database_url"] or f"sqlite:///{values['data_dir']}/mail.db"
    config = Config(**{field.name: values[field.name] for field in fields(Config)})
    _check_together(config)
    return config


def _read(setting: Setting, environ: Mapping[str, str]) -> Any:
    value = environ.get(setting.name, "").strip() or setting.default
    try:
        return setting.read(value)
    except ConfigError as error:
        shown = "" if setting.name in SECRETS else f"={without_password(value)!r}"
        raise ConfigError(f"{setting.name}{shown} {error}") from None


def _check_together(config: Config) -> None:
    if config.queue is QueueChoice.REDIS and config.redis_url is None:
        raise ConfigError("QUEUE='redis' needs REDIS_URL")
    if config.beat_seconds * 2 > config.lease_seconds:
        raise ConfigError(
            f"BEAT_SECONDS={config.beat_seconds:g} must be at most half of "
            f"LEASE_SECONDS={config.lease_seconds:g}"
        )


def from_environment(environ: Mapping[str, str], folder: Path) -> Config:
    """`load`, with a `.env` in `folder` filling in what `environ` leaves unset."""
    return load({**dotenv(folder / ".env"), **environ})
