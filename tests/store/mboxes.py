"""Import real bytes the way a worker does, without a queue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import update

from mail.detect import detect
from mail.mbox import SpanKind, spans
from mail.message import Message, read_message
from store.database import Database
from store.messages import Reading, prepare, write
from store.spool import Spool
from store.tables import job
from store.uploads import complete_upload, open_upload
from tests.store.mails import NOW


@dataclass(frozen=True)
class Bytes:
    """An mbox in memory."""

    content: bytes

    @property
    def size(self) -> int:
        """Its length."""
        return len(self.content)

    def read_at(self, offset: int, length: int) -> bytes:
        """A piece of it."""
        return self.content[offset : offset + length]


def read_mbox(content: bytes) -> list[Message]:
    """The messages of an mbox, by the rule it seems to follow."""
    return [one.message for one in _readings(content)[1] if one.message is not None]


def import_mbox(
    database: Database, spool: Spool, content: bytes, *, filename: str = "a.mbox"
) -> int:
    """Spool and store an mbox; the upload's id."""
    rule, readings = _readings(content)
    with database.write() as connection:
        upload = open_upload(
            connection, filename=filename, declared_size=None, by="system", now=NOW
        )
    writer = spool.writer(upload.spool_name)
    writer.write(content)
    writer.finish()
    batch = prepare(readings, upload_id=upload.id, database=database)
    with database.write() as connection:
        job_id = complete_upload(
            connection, upload, size=len(content), sha256=sha256(content).hexdigest(), now=NOW
        )
        connection.execute(update(job).where(job.c.id == job_id).values(rule=rule))
        write(connection, batch, now=NOW)
    return upload.id


def _readings(content: bytes) -> tuple[str, list[Reading]]:
    source = Bytes(content)
    rule = detect(source).rule
    readings = []
    for span in spans(source, rule):
        if span.kind is SpanKind.MESSAGE:
            raw = source.read_at(span.offset, span.length)
            separator, rest = raw[: span.separator_length], raw[span.separator_length :]
            message = read_message(rest, rule=rule, separator=separator)
            readings.append(Reading(span=span, message=message, quarantine=None))
    return json.dumps(rule.to_json()), readings
