"""Take one upload in: bytes to the spool, looked at on the way, all or nothing.

Fed by `web.uploading` with whatever arrives; knows no HTTP body formats.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from mail.sniff import Verdict, sniff
from store.admission import admit, promised_bytes
from store.clock import utc_now
from store.spool import DiskFull, SpoolWriter
from store.uploads import Twin, Upload, break_off
from web.house import House

HEAD_BYTES = 64 << 10
WRITE_BYTES = 1 << 20
# A slow sender's file must be seen to grow, or the reconciler takes it for abandoned.
WRITE_SECONDS = 30.0


class Refused(HTTPException):
    """An upload that is not taken; `detail` is the sentence for whoever sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A whole upload. `twin` is an earlier one of the same bytes; then this one was not kept."""

    job_id: str
    sha256: str
    size: int
    twin: Twin | None


class Intake:
    """One upload under way: feed it, then `finish`; `abandon` is harmless in any state."""

    def __init__(self, house: House, *, by: str, again: bool) -> None:
        self._house = house
        self._by = by
        self._again = again
        self._upload: Upload | None = None
        self._writer: SpoolWriter | None = None
        self._buffer = bytearray()
        self._write_by = time.monotonic() + WRITE_SECONDS
        self._filename = ""
        self._declared = False
        self._size = 0
        self._verdict: Verdict | None = None

    @property
    def size(self) -> int:
        """Bytes taken so far."""
        return self._size

    async def begin(self, filename: str | None, *, declared_size: int | None) -> None:
        """Open the books. Raises Refused when there is no room."""
        self._filename = filename or ""
        await run_in_threadpool(self._open, declared_size)

    def _open(self, declared_size: int | None) -> None:
        self._declared = declared_size is not None
        if declared_size is not None:
            self._check_size(declared_size)
        try:
            with self._house.database.write() as connection:
                self._upload = admit(
                    connection,
                    self._house.spool,
                    filename=self._filename,
                    declared_size=declared_size,
                    by=self._by,
                    now=utc_now(),
                )
            self._writer = self._house.spool.writer(self._upload.spool_name)
        except DiskFull as error:
            raise _no_room(error) from error

    async def feed(self, data: bytes | memoryview) -> None:
        """Take bytes. Raises Refused: no mail (415), too large (413), disk full (507)."""
        before = self._size
        self._buffer += data
        self._size += len(data)
        if before < HEAD_BYTES <= self._size:
            self._look()
        late = self._size >= HEAD_BYTES and time.monotonic() > self._write_by
        if late or len(self._buffer) >= WRITE_BYTES:
            await run_in_threadpool(self._flush)

    def _look(self) -> None:
        # Nothing is written before the first look, so the buffer still begins with byte 0.
        if not self._buffer:
            raise Refused(400, "The file is empty: there is nothing to take in.")
        verdict = sniff(bytes(self._buffer[:HEAD_BYTES]), self._filename)
        if not verdict.is_taken:
            raise Refused(415, verdict.sentence)
        self._verdict = verdict

    def _check_size(self, size: int) -> None:
        limit = self._house.config.max_upload_bytes
        if size > limit:
            raise Refused(413, f"The file has more than the {limit} bytes that are taken here.")

    def _flush(self) -> None:
        self._check_size(self._size)
        if self._writer is None:
            raise RuntimeError("begin() comes first")
        try:
            if not self._declared:
                self._keep_promises()
            self._writer.write(self._buffer)
        except DiskFull as error:
            raise _no_room(error) from error
        self._buffer = bytearray()
        self._write_by = time.monotonic() + WRITE_SECONDS

    def _keep_promises(self) -> None:
        """Who did not say how much would come must not take what others were promised."""
        with self._house.database.read() as connection:
            promised = promised_bytes(connection, self._house.spool)
        self._house.spool.room(promised=promised).require(len(self._buffer))

    async def finish(self) -> Received:
        """All bytes came: make them durable and give them a job. Raises Refused."""
        if self._size < HEAD_BYTES:
            self._look()
        return await run_in_threadpool(self._finish)

    def _finish(self) -> Received:
        self._flush()
        if self._writer is None or self._upload is None or self._verdict is None:
            raise RuntimeError("begin() comes first")
        try:
            sha256 = self._writer.finish()
        except DiskFull as error:
            raise _no_room(error) from error
        found = self._house.dispatch.submit(
            self._upload, size=self._size, sha256=sha256, again=self._again, verdict=self._verdict
        )
        if isinstance(found, Twin):
            self._forget()
            return Received(job_id=found.job_id, sha256=sha256, size=self._size, twin=found)
        self._upload = self._writer = None
        return Received(job_id=found, sha256=sha256, size=self._size, twin=None)

    async def abandon(self) -> None:
        """The bytes are of no use; nothing of them stays. Harmless after `finish`."""
        await run_in_threadpool(self._forget)

    def _forget(self) -> None:
        upload, writer = self._upload, self._writer
        self._upload = self._writer = None
        if writer is not None:
            writer.abandon()
        if upload is not None:
            # The books first: they alone know whether the bytes have become a job's meanwhile.
            with self._house.database.write() as connection:
                broken = break_off(connection, upload.id)
            if broken:
                self._house.spool.remove(upload.spool_name)


def _no_room(error: DiskFull) -> Refused:
    return Refused(507, f"There is no room for this file on the server: {error}.")
