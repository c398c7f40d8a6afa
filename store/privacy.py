"""Keep what holds mail to its owner, whatever the folder around it allows."""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

FILE_MODE = 0o600
FOLDER_MODE = 0o700
_OTHERS = 0o077


def private_opener(path: str, flags: int) -> int:
    """For `open(…, opener=…)`: a new file is its owner's alone."""
    return os.open(path, flags | os.O_CLOEXEC, FILE_MODE)


def make_private(path: Path) -> None:
    """Make an empty file for its owner alone, if its folder is there and it is not."""
    if path.parent.is_dir() and not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE))


def tighten(path: Path, mode: int) -> None:
    """Take a file or folder from others, and say so.

    Only for what has been seen to be ours: a setting may name anything, /etc/passwd too. What
    belongs to another user stays as it is.
    """
    found = path.stat().st_mode & 0o777
    if not found & _OTHERS:
        return
    try:
        path.chmod(mode)
    except OSError as error:
        log.warning("%s is open to others (%04o): %s", path, found, error.strerror)
    else:
        log.warning("%s was open to others (%04o); it is its owner's alone now", path, found)
