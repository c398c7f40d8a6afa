"""The folder with the spool: can it be written, is it private, is there room, is it all there."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from ops.checkups.finding import Finding, Verdict, judged
from store.config import Config
from store.spool import MARK, PART_SUFFIX, Spool

# Below this many bytes above the floor, the next large upload is refused.
COMFORTABLE_BYTES = 5 << 30
ENOUGH_OPEN_FILES = 1024
NETWORK_FILESYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"}
NAMED_AT_MOST = 3


def look_at_data_dir(config: Config) -> Iterator[Finding]:
    """The folder and the disk under it."""
    yield _writable(config.data_dir)
    yield _private(config.data_dir)
    yield _room(config)
    yield _filesystem(config.data_dir)
    yield _open_files()


def _writable(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
        what, fine = f"{folder} can be written", True
    except OSError as error:
        what, fine = f"{folder} cannot be written: {error.strerror}", False
    remedy = "Give the folder to the user that runs the console and the workers."
    return judged("data folder", what, fine=fine, remedy=remedy)


def _private(folder: Path) -> Finding:
    mode = folder.stat().st_mode & 0o777
    return judged(
        "privacy",
        f"{folder} has mode {mode:04o}",
        fine=mode & 0o007 == 0,
        remedy=f"Others on this machine may read the mail: chmod o= {folder}",
        otherwise=Verdict.WARNING,
    )


def _room(config: Config) -> Finding:
    free = Spool(config.spool_dir).free_bytes()
    above_floor = free - config.free_bytes_floor
    return judged(
        "disk space",
        f"{free >> 20} MiB are free, {config.free_bytes_floor >> 20} MiB are kept back",
        fine=above_floor >= COMFORTABLE_BYTES,
        remedy="Make room, or point DATA_DIR at a larger disk.",
        otherwise=Verdict.WARNING if above_floor > 0 else Verdict.WRONG,
    )


def _filesystem(folder: Path) -> Finding:
    kind = filesystem_of(folder, mounts=Path("/proc/mounts"))
    return judged(
        "file system",
        f"{folder} lies on {kind}",
        fine=kind not in NETWORK_FILESYSTEMS,
        remedy="SQLite's locks cannot be trusted on a network file system; use PostgreSQL, "
        "and let every worker mount the spool from the same server.",
        otherwise=Verdict.WARNING,
    )


def filesystem_of(folder: Path, *, mounts: Path) -> str:
    """The kind of file system that holds `folder`, by a table in the shape of /proc/mounts."""
    if not mounts.is_file():
        return "a file system of unknown kind"
    rows = [line.split(" ") for line in mounts.read_text(encoding="utf-8").splitlines()]
    where = folder.resolve()
    holding = [row for row in rows if where.is_relative_to(row[1].replace("\\040", " "))]
    return max(holding, key=lambda row: len(row[1]))[2] if holding else "an unlisted file system"


def _open_files() -> Finding:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return judged(
        "open files",
        f"a process may open {limit} files",
        fine=limit == resource.RLIM_INFINITY or limit >= ENOUGH_OPEN_FILES,
        remedy=f"Raise the limit to {ENOUGH_OPEN_FILES} or more (ulimit -n, LimitNOFILE).",
        otherwise=Verdict.WARNING,
    )


def look_at_spool(
    spool: Spool, *, expected: Mapping[str, int], moving: Set[str]
) -> Iterator[Finding]:
    """Files that the database knows and the disk does not, and the other way round.

    `expected` are whole files and their bytes, `moving` those that come or go just now.
    """
    entries = [entry for entry in os.scandir(spool.folder) if entry.name != MARK]
    found = {entry.name: entry.stat().st_size for entry in entries}
    lost = sorted(name for name, size in expected.items() if found.get(name) != size)
    yield judged(
        "spool",
        f"{len(lost)} of {len(expected)} mboxes are missing or of another size{_named(lost)}",
        fine=not lost,
        remedy="Is DATA_DIR the right folder, and mounted? Otherwise restore them from a backup.",
    )
    strangers = sorted(
        name
        for name in found
        if name not in expected and name.removesuffix(PART_SUFFIX) not in moving
    )
    yield judged(
        "leftovers",
        f"{len(strangers)} files in the spool belong to no upload{_named(strangers)}",
        fine=not strangers,
        remedy=f"They take room and nothing else; remove them from {spool.folder} by hand.",
        otherwise=Verdict.WARNING,
    )


def _named(names: list[str]) -> str:
    if not names:
        return ""
    more = " …" if len(names) > NAMED_AT_MOST else ""
    return f": {', '.join(names[:NAMED_AT_MOST])}{more}"
