"""`email-parser config`: the effective settings, and the page that documents them all."""

from __future__ import annotations

import argparse
import os
from enum import StrEnum
from pathlib import Path

from ops.premises import settings
from ops.tables import print_table
from store.config import SETTINGS, Config, Setting, dotenv
from store.masking import MASK, without_password

SECRETS = {"ADMIN_PASSWORD"}

_INTRODUCTION = """\
# Configuration

<!-- Written by `make docs` from store/settings.py; change it there. -->

Every setting is an environment variable, or a line `NAME=value` of a file `.env` in the folder
where the command is started; the environment wins. A value that cannot be used is one clear line
on standard error, and exit status 2. Console and workers must be given the same `DATABASE_URL`,
`DATA_DIR` and `REDIS_URL`. `email-parser config` shows what is in effect and where it comes from,
secrets masked.

Sizes are bytes, durations seconds; both may be written with underscores between digits
(`16_777_216`).

| variable | default | meaning |
|---|---|---|
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """config [--markdown]"""
    parser.add_argument(
        "--markdown", action="store_true", help="print docs/configuration.md instead"
    )


def run(args: argparse.Namespace) -> int:
    """Print the settings. Raises ConfigError."""
    if args.markdown:
        print(document(), end="")
    else:
        _print_effective(settings())
    return 0


def document() -> str:
    """docs/configuration.md: every setting with its default and meaning."""
    return _INTRODUCTION + "".join(_row(setting) for setting in SETTINGS)


def _row(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else "empty"
    return f"| `{setting.name}` | {default} | {setting.meaning} |\n"


def _print_effective(config: Config) -> None:
    from_file = dotenv(Path.cwd() / ".env")
    rows = [
        (
            setting.name,
            masked(setting.name, getattr(config, setting.name.lower())),
            _origin(setting.name, from_file),
        )
        for setting in SETTINGS
    ]
    print_table(("variable", "value", "from"), rows)


def _origin(name: str, from_file: dict[str, str]) -> str:
    if os.environ.get(name, "").strip():
        return "environment"
    return ".env" if from_file.get(name) and name not in os.environ else "default"


def masked(name: str, value: object) -> str:
    """A value as it may be shown to anyone: no password, not even inside an address."""
    if value is None or value == ():
        return ""
    if name in SECRETS:
        return MASK
    if isinstance(value, tuple):
        return ",".join(value)
    return without_password(str(value)) if name.endswith("_URL") else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, StrEnum):
        return value.value
    return f"{value:g}" if isinstance(value, float) else str(value)
