"""Run `email-parser` inside the test's own process: the same code, without its start-up time."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.cli import main
from store.config import SETTINGS


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a command."""

    status: int
    out: str
    err: str


class Shell:
    """A folder and an environment in which commands are given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        for setting in SETTINGS:
            monkeypatch.delenv(setting.name, raising=False)
        self.set(DATA_DIR=str(folder / "var"))

    def set(self, **environ: str) -> None:
        """Give environment variables from now on."""
        for name, value in environ.items():
            self._monkeypatch.setenv(name, value)

    def __call__(self, *words: str | Path, typed: str = "") -> Ran:
        """Run `email-parser WORDS…`, with `typed` on its standard input."""
        out, err = io.StringIO(), io.StringIO()
        self._monkeypatch.chdir(self.folder)
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with redirect_stdout(out), redirect_stderr(err):
            status = main([str(word) for word in words])
        return Ran(status, out.getvalue(), err.getvalue())


@pytest.fixture
def shell_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Shell]:
    """Makes a shell with the given settings: `shell_in(DATABASE_URL=database.url)`."""

    def make(**environ: str) -> Shell:
        shell = Shell(monkeypatch, tmp_path)
        shell.set(**environ)
        return shell

    return make
