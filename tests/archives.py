"""Archives made to measure, for tests that care about what is in them."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping

from tests.mboxes import mbox_of, raw_message


def mail(number: int, *, count: int = 3) -> bytes:
    """An mbox of `count` letters that no other number gives."""
    return mbox_of(raw_message(number * 1000 + one) for one in range(count))


def zip_of(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of those files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


class _OneWay(io.RawIOBase):
    """A place that can only be written to from front to back, as a pipe is."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        block = bytes(data)  # type: ignore[call-overload]
        self.written += block
        return len(block)


def streamed_zip(files: Mapping[str, bytes]) -> bytes:
    """A zip as it is written into a pipe: sizes behind the data, in 64 bits."""
    place = _OneWay()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(content)
    return bytes(place.written)


def tar_of(files: Iterable[tuple[str, bytes]], *others: tarfile.TarInfo) -> bytes:
    """A tar of those files, and of members that are no files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in others:
            archive.addfile(info)
    return made.getvalue()


def tgz_of(files: Iterable[tuple[str, bytes]], *others: tarfile.TarInfo) -> bytes:
    """The same, packed."""
    return gzip.compress(tar_of(files, *others))


def special(name: str, kind: bytes) -> tarfile.TarInfo:
    """A tar member of some other kind."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "/etc/passwd" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    return info


def with_flag(archive: bytes, flag: int) -> bytes:
    """A zip every entry of which has a flag set, in its header and in the directory."""
    changed = bytearray(archive)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = changed.find(mark)
        while place >= 0:
            changed[place + at] |= flag
            place = changed.find(mark, place + 4)
    return bytes(changed)
