"""Copy the bytes of a member into the spool, as far as there is room that nobody was promised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from jobs.meter import CannotUnpack
from jobs.workshop import Workshop
from mail.sniff import HEAD_BYTES
from store.admission import promised_bytes
from store.spool import DiskFull, SpoolWriter

WRITE_BYTES = 1 << 20


def head_of(blocks: Iterator[bytes]) -> bytes:
    """The beginning of a member, enough to tell what it is."""
    head = bytearray()
    for block in blocks:
        head += block
        if len(head) >= HEAD_BYTES:
            break
    return bytes(head)


def copy_member(
    workshop: Workshop, spool_name: str, *, head: bytes, blocks: Iterator[bytes]
) -> str:
    """All of a member into a new file; its SHA-256. Leaves no file when it comes to no end.

    Raises CannotUnpack when there is no room for it.
    """
    try:
        with ExitStack() as undo:
            writer = workshop.spool.writer(spool_name)
            undo.callback(writer.abandon)
            sha256 = _copy(workshop, writer, head=head, blocks=blocks)
            undo.pop_all()
            return sha256
    except DiskFull as error:
        raise CannotUnpack(f"there is no room for what is in this archive: {error}") from error


def _copy(workshop: Workshop, writer: SpoolWriter, *, head: bytes, blocks: Iterator[bytes]) -> str:
    buffer = bytearray(head)
    for block in blocks:
        buffer += block
        if len(buffer) >= WRITE_BYTES:
            _keep_promises(workshop, len(buffer))
            writer.write(buffer)
            buffer = bytearray()
    _keep_promises(workshop, len(buffer))
    writer.write(buffer)
    return writer.finish()


def _keep_promises(workshop: Workshop, size: int) -> None:
    """What was promised to uploads under way is not for us. Raises DiskFull."""
    with workshop.database.read() as connection:
        promised = promised_bytes(connection, workshop.spool)
    workshop.spool.room(promised=promised).require(size)
