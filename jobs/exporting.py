"""Exports as errands: a file is written beside, can be fetched for some days, and goes by itself.

The file appears under its name only when it is whole. A console that was killed begins it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from jobs.steps import Steps
from jobs.workshop import Workshop
from store.clock import utc_now
from store.config import Config
from store.errands import Errand
from store.export import Format, counts_of, export

KEPT_DAYS = 7
SWEEP_SECONDS = 3600.0
_STEP_SECONDS = 0.5
_PART = ".part"


def write_export(workshop: Workshop, errand: Errand, steps: Steps) -> Iterator[None]:
    """Write what the errand's query finds into its file, counting first how much that is."""
    query, now = errand.parameters["query"], utc_now()
    steps.done = counted = 0  # begun again, all of it is written anew
    for number in counts_of(workshop.database, query, now=now):
        counted += number
        yield
    steps.total = counted
    yield

    def note(messages: int) -> None:
        steps.done = messages

    size, looked_at = 0, time.monotonic()
    with _growing(export_path(workshop.config, errand)) as file:
        for piece in export(
            workshop.database,
            workshop.spool,
            query,
            format=Format(errand.parameters["format"]),
            labelled=bool(errand.parameters.get("labelled")),
            now=now,
            progress=note,
        ):
            size += file.write(piece)
            if time.monotonic() - looked_at > _STEP_SECONDS:
                looked_at = time.monotonic()
                yield
        # Once more before it gets its name: what was stopped meanwhile leaves no file.
        yield
    steps.result = {"messages": steps.done, "bytes": size, "kept_days": KEPT_DAYS}


def export_path(config: Config, errand: Errand) -> Path:
    """Where an errand's file is, or would be."""
    return _folder(config) / f"export-{errand.id}.{Format(errand.parameters['format'])}"


def remove_export(config: Config, errand: Errand) -> bool:
    """Take the file away; False when it was gone."""
    path = export_path(config, errand)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def sweep_exports(config: Config, *, now: float) -> int:
    """Remove files nobody is kept waiting for any more; how many they were. `now`: Unix seconds."""
    old = [path for path in _folder(config).glob("export-*") if _is_old(path, now=now)]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _is_old(path: Path, *, now: float) -> bool:
    try:
        return now - path.stat().st_mtime > KEPT_DAYS * 86_400
    except FileNotFoundError:  # somebody has removed it since it was listed
        return False


def _folder(config: Config) -> Path:
    return config.data_dir / "exports"


@contextmanager
def _growing(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name at the end, and is gone if it does not come to that."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_name(path.name + _PART)
    try:
        with part.open("wb") as file:
            part.chmod(0o600)
            yield file
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
