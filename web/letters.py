"""One message from the spool: its bytes, and the rule they are read by.

For pages that show what the database does not hold: headers, HTML, attachments, hex.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from starlette.exceptions import HTTPException
from starlette.requests import Request

from jobs.rereading import rule_by
from mail.rule import Dialect, Rule
from store.reading import MessageView, Place, find_message
from store.rules import rule_of_upload
from store.spool import SpoolError
from store.uploads import require_upload
from web.errors import NotFound
from web.house import House, house_of

# Showing a message must not take more memory than reading it did.
SHOWN_BYTES = 128 << 20
# What is below the first is read in a moment whatever it holds; the others take 0.2 s each.
SURELY_LIGHT_BYTES = 1 << 20
MOST_BOUNDARIES, MOST_MESSAGES, MOST_NAMED = 100_000, 25_000, 20
_BOUNDARY = re.compile(rb'boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s";]{1,200}))', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The bytes of a message without its separator line. `whole` is False when they were cut."""

    raw: bytes
    separator: bytes
    rule: Rule
    whole: bool

    @property
    def is_heavy(self) -> bool:
        """Whether taking it apart would hold the console up, for its lines that may be boundaries
        or its messages in messages: 25 MB of nothing else take 9 s.
        """
        if len(self.raw) < SURELY_LIGHT_BYTES:
            return False
        if self.raw.count(b"essage/rfc822") > MOST_MESSAGES:
            return True
        # Dashes begin lines of many a text: only those of a boundary that is named anywhere count.
        if self.raw.count(b"\n--") <= MOST_BOUNDARIES:
            return False
        named = {found[1] or found[2] for found in islice(_BOUNDARY.finditer(self.raw), MOST_NAMED)}
        if len(named) >= MOST_NAMED:
            return True
        return sum(self.raw.count(b"\n--" + one) for one in named) > MOST_BOUNDARIES


def require_message(request: Request) -> MessageView:
    """The message in the path. Raises NotFound."""
    with house_of(request).database.read() as connection:
        found = find_message(connection, str(request.path_params["id"]))
    if found is None:
        raise NotFound("There is no such message.")
    return found


def letter_of(
    house: House,
    place: Place,
    *,
    separator_length: int,
    dialect: str | None = None,
    at_most: int = SHOWN_BYTES,
) -> Letter:
    """Read a message's bytes, `at_most` so many. Raises HTTPException 410 when they are gone.

    `dialect` is that by which a person had the message read, if it is not its file's.
    """
    with house.database.read() as connection:
        kept_rule = rule_of_upload(connection, place.upload_id)
    span = window_of(house, place, start=0, length=at_most + separator_length)
    found = Rule.from_json(kept_rule) if kept_rule else Rule.of(Dialect.MBOXRD)
    return Letter(
        raw=span[separator_length:],
        separator=span[:separator_length],
        rule=rule_by(found, dialect),
        whole=len(span) == place.length,
    )


def window_of(house: House, place: Place, *, start: int, length: int) -> bytes:
    """At most `length` bytes of a message from its byte `start` on, separator line included.

    Raises HTTPException 410 when they are gone.
    """
    with house.database.read() as connection:
        upload = require_upload(connection, place.upload_id)
    try:
        with house.spool.source(upload.spool_name, size=upload.size or 0) as source:
            return source.read_at(place.offset + start, min(place.length - start, length))
    except SpoolError as error:
        raise HTTPException(410, f"The bytes of this message are gone: {error}.") from error
