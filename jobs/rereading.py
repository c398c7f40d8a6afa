"""Read one stored message again, by a charset, a rule or limits that a person chose.

In a process of its own, as what was quarantined may have ended a worker before: `in_a_child` asks,
`read_again` does. When it cannot be read nothing changes, and the reason is a sentence.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace

from jobs.deaths import cause_of_death
from jobs.guard import MessageTooSlow, cpu_limit
from jobs.workshop import Workshop
from mail.defect import Defect, DefectKind
from mail.mbox import spans
from mail.message import Message, read_message
from mail.rule import Dialect, Rule
from mail.span_bytes import read_span
from store.audit import record
from store.clock import utc_now
from store.config import Config
from store.messages import Kind, Reading, prepare
from store.naming import message_name
from store.rereading import CannotReplace, Stored, replace_reading, stored_message
from store.spool import SpoolError

# How much more than usual a message may take when a person asks for it.
WIDE = 4


class CannotRead(Exception):
    """It could not be read this way; nothing was changed. The text is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How one message is to be read. None means: as found."""

    key: int
    charset: str | None
    dialect: str | None
    wide: bool
    actor: str

    @property
    def choices(self) -> dict[str, str]:
        """What is not as found, by the word under which it is noted with the message."""
        wide = f"{WIDE}x" if self.wide else None
        named = {"charset": self.charset, "rule": self.dialect, "limits": wide}
        return {name: value for name, value in named.items() if value}


def in_a_child(config: Config, wish: Wish) -> Kind:
    """Have it read by a child process; what became of the message. Raises CannotRead."""
    seconds = config.message_seconds * (WIDE if wish.wide else 1)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "jobs.reread_child"],
            env={**os.environ, **config.environment()},
            input=json.dumps(asdict(wish)).encode(),
            capture_output=True,
            timeout=seconds * 2 + 15,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotRead(_too_slow(seconds)) from None
    if ended.returncode != 0:
        raise CannotRead(f"Reading it ended the process: {_last_words(ended)}.")
    answer = json.loads(ended.stdout)
    if "why" in answer:
        raise CannotRead(answer["why"])
    return Kind(answer["kind"])


def _last_words(ended: subprocess.CompletedProcess[bytes]) -> str:
    said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[-1] if said and ended.returncode > 0 else cause_of_death(ended.returncode)


def read_again(workshop: Workshop, wish: Wish) -> Kind:
    """Read it and store what was read, in one transaction. Main thread only; see `cpu_limit`.

    Raises CannotRead, and whatever reading raises.
    """
    try:
        with workshop.database.read() as connection:
            stored = stored_message(connection, wish.key)
        message = _read(workshop, stored, wish)
        return _store(workshop, stored, message, wish)
    except (CannotReplace, SpoolError) as error:
        raise CannotRead(str(error)) from error


def _read(workshop: Workshop, stored: Stored, wish: Wish) -> Message:
    config, span, times = workshop.config, stored.span, WIDE if wish.wide else 1
    size = span.length - span.separator_length
    if size > (limit := config.max_message_bytes * times):
        raise CannotRead(f"It has {size} bytes; messages above {limit} bytes are not read whole.")
    found = Rule.from_json(json.loads(stored.rule))
    rule = rule_by(found, wish.dialect)
    with workshop.spool.source(stored.spool_name, size=stored.size) as source:
        # Whether anything follows it is told by the file, not by what is stored.
        place = next(spans(source, found, start=span.offset, stop=span.offset + 1))
        read = read_span(source, span, rule, largest_bytes=limit, head_bytes=0)
    seconds = config.message_seconds * times
    limits = replace(workshop.limits, seconds=workshop.limits.seconds * times)
    try:
        with cpu_limit(seconds):
            message = read_message(
                read.raw,
                rule=rule,
                separator=read.separator,
                limits=limits,
                charset=wish.charset,
                trimmed=read.trimmed,
                is_last=place.is_last,
                cut_off=place.cut_off,
                not_after=stored.uploaded_at,
            )
    except MessageTooSlow:
        raise CannotRead(_too_slow(seconds)) from None
    noted = tuple(
        Defect(kind=DefectKind.READ_BY_CHOICE, where=name, what=value)
        for name, value in wish.choices.items()
    )
    return replace(message, defects=(*noted, *message.defects))


def _too_slow(seconds: float) -> str:
    return f"Reading it took more than {seconds:g} s of CPU time."


def rule_by(found: Rule, dialect: str | None) -> Rule:
    """The rule of the file, or that of another dialect with the file's line ends."""
    return found if dialect is None else replace(Rule.of(Dialect(dialect)), line_end=found.line_end)


def _store(workshop: Workshop, stored: Stored, message: Message, wish: Wish) -> Kind:
    now = utc_now()
    reading = Reading(span=stored.span, message=message, quarantine=None)
    batch = prepare([reading], upload_id=stored.upload_id, database=workshop.database)
    with workshop.database.write() as connection:
        kind = replace_reading(connection, stored, batch, now=now)
        record(
            connection,
            actor=wish.actor,
            action="message.read_again",
            subject=f"job:{stored.job_id}",
            now=now,
            detail={
                "message": message_name(wish.key),
                "was": stored.kind,
                "is": kind,
                **wish.choices,
            },
        )
    return kind
