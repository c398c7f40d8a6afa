"""The spool: where mboxes rest on disk, byte for byte as they came.

Files are written once, under a `.part` name until they are whole; nothing here knows a table.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.privacy import FOLDER_MODE, private_opener, tighten

PART_SUFFIX = ".part"
# In the spool itself: which installation it belongs to.
MARK = ".installation"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class SpoolError(OSError):
    """An mbox is not in the spool as the database remembers it."""


class SpoolAway(SpoolError):
    """The whole spool is not there, or not to be read: no mbox of it is to blame."""


class DiskFull(Exception):
    """There is no room for more bytes, or there soon would be none."""


# Less than this is nothing: not even the shortest mbox and its place in the books.
NOTHING_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the spool's disk could take. All in bytes."""

    free: int
    kept_back: int  # the reserve that uploads never touch
    promised: int = 0  # still to come of other uploads whose size was declared

    @property
    def available(self) -> int:
        """What the next upload may have."""
        return max(self.free - self.kept_back - self.promised, 0)

    @property
    def is_full(self) -> bool:
        """True when there is nothing left on the disk itself, whatever is kept back of it."""
        return self.free < NOTHING_BYTES

    def require(self, needed: int) -> None:
        """Raise DiskFull, with the figures, when `needed` bytes do not fit."""
        if needed > self.available:
            raise DiskFull(
                f"{needed} bytes are needed, and of {self.free} free bytes {self.kept_back} are "
                f"kept back and {self.promised} promised to uploads under way"
            )


@dataclass(frozen=True, slots=True)
class SpoolSource:
    """Random access to one spooled mbox (a `mail.mbox.Source`)."""

    descriptor: int
    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; fewer only at the end."""
        data = os.pread(self.descriptor, length, offset)
        if len(data) == length or not data:
            return data
        return data + self.read_at(offset + len(data), length - len(data))


class SpoolWriter:
    """Takes the bytes of one upload; hashes them on the way. Not for use by two threads at once."""

    def __init__(self, path: Path, *, free_bytes_floor: int) -> None:
        self._path = path
        self._part = path.with_name(path.name + PART_SUFFIX)
        self._floor = free_bytes_floor
        with _full_disk():
            # Without a buffer of its own: what is not on the disk has not been written.
            self._file = io.FileIO(self._part, "xb", opener=private_opener)
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | bytearray) -> None:
        """Append. Raises DiskFull before the last reserve is used up."""
        # At every write: it costs microseconds, and asks for no more than is about to be written.
        Room(free=_free_bytes(self._part.parent), kept_back=self._floor).require(len(data))
        rest = memoryview(data)
        with _full_disk():
            while rest:
                rest = rest[self._file.write(rest) :]
        self._sha256.update(data)
        self.size += len(data)

    def finish(self) -> str:
        """Make the file whole and durable under its final name; answers its SHA-256 in hex.

        Raises DiskFull.
        """
        with _full_disk():
            os.fsync(self._file.fileno())
        self._file.close()
        self._part.rename(self._path)
        _sync_folder(self._path.parent)
        return self._sha256.hexdigest()

    def abandon(self) -> None:
        """Forget the bytes; harmless after `finish` or a second time."""
        self._part.unlink(missing_ok=True)
        self._file.close()


class Spool:
    """A folder of mboxes."""

    def __init__(self, folder: Path, *, free_bytes_floor: int = 0, make: bool = True) -> None:
        self.folder = folder
        self._floor = free_bytes_floor
        if make:
            folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)

    def path(self, name: str) -> Path:
        """Where the mbox of that spool name lies."""
        return self.folder / name

    def writer(self, name: str) -> SpoolWriter:
        """Begin a file. Raises DiskFull; whether all of it has room is `store.admission`'s."""
        return SpoolWriter(self.path(name), free_bytes_floor=self._floor)

    def room(self, *, promised: int = 0) -> Room:
        """What could be taken now, `promised` bytes being spoken for."""
        return Room(free=self.free_bytes(), kept_back=self._floor, promised=promised)

    def received(self, name: str) -> int:
        """How many bytes of a file are here, whole or in part; 0 when there is none."""
        for path in (self.path(name + PART_SUFFIX), self.path(name)):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                continue
        return 0

    @contextmanager
    def source(self, name: str, *, size: int) -> Iterator[SpoolSource]:
        """Open an mbox for reading. Raises SpoolError when it is gone or of another size."""
        try:
            descriptor = os.open(self.path(name), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            if self.is_away():
                raise SpoolAway(self._away()) from error
            raise SpoolError(f"the mbox is not in the spool: {error.strerror} ({name})") from error
        except PermissionError as error:
            if self.is_away() or not os.access(self.folder, os.X_OK):
                raise SpoolAway(f"the spool cannot be read: {error.strerror}") from error
            # Of this one alone: were the spool to blame, the whole machine would rest for it.
            raise SpoolError(f"the mbox cannot be read: {error.strerror} ({name})") from error
        except OSError as error:
            raise SpoolAway(f"the spool cannot be read: {error.strerror}") from error
        try:
            found = os.fstat(descriptor).st_size
            if found != size:
                raise SpoolError(f"the spooled mbox has {found} bytes, not the {size} that came")
            yield SpoolSource(descriptor, size)
        finally:
            os.close(descriptor)

    def is_away(self) -> bool:
        """True when the folder is missing, or as empty as one on which no disk is mounted."""
        try:
            return not any(self.folder.iterdir())
        except OSError:
            return True

    def _away(self) -> str:
        return f"the spool {self.folder} is missing or empty; its disk may not be mounted"

    def owner(self) -> str | None:
        """The installation this spool belongs to; None when nobody has said so."""
        try:
            return (self.folder / MARK).read_text(encoding="utf-8").strip() or None
        except OSError:
            return None

    def mark(self, installation: str) -> None:
        """Say whose spool this is, once; also what tells an unmounted disk from an empty one.

        And take it from others, unless there is something else in it: with DATA_DIR=/var it
        would be the machine's own.
        """
        if all(entry.name == MARK or ".mbox" in entry.suffixes for entry in self.folder.iterdir()):
            tighten(self.folder, FOLDER_MODE)
        if self.owner() is None:
            with open(self.folder / MARK, "w", encoding="utf-8", opener=private_opener) as file:
                file.write(f"{installation}\n")

    def remove(self, name: str) -> None:
        """Delete an mbox, whole or in part; harmless when it is gone."""
        # In this order nobody can make it whole in between and leave it behind.
        self.path(name + PART_SUFFIX).unlink(missing_ok=True)
        self.path(name).unlink(missing_ok=True)

    def age_seconds(self, name: str, *, now: float) -> float | None:
        """How long ago a file, whole or in part, was written to; None when there is none."""
        for path in (self.path(name + PART_SUFFIX), self.path(name)):
            try:
                return now - path.stat().st_mtime
            except FileNotFoundError:
                continue
        return None

    def free_bytes(self) -> int:
        """Free bytes of the disk under the spool; 0 when the spool is not there."""
        try:
            return _free_bytes(self.folder)
        except FileNotFoundError:
            return 0


@contextmanager
def _full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(str(error.strerror)) from error
        raise


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
