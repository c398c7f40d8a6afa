"""Read stored messages again, by a charset, a rule or limits that a person chose.

In a process of its own, as what was quarantined may have ended a worker before: a `Reader` asks,
`read_again` does. When one cannot be read nothing changes, and the reason is a sentence.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import IO, Any, Self

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
PREVIEW_LINES = 12
PREVIEW_CHARACTERS = 1_000


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
    errand: int | None = None  # that goes through many; the message itself says how it was read

    @property
    def choices(self) -> dict[str, str]:
        """What is not as found, by the word under which it is noted with the message."""
        wide = f"{WIDE}x" if self.wide else None
        named = {"charset": self.charset, "rule": self.dialect, "limits": wide}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How a message would read: its subject, and how its text begins, or all of it.

    `cut`: the text goes on.
    """

    subject: str | None
    text: str
    cut: bool


class Reader:
    """A child process that reads one message after the other; begun anew when one ends it."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._child: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Nothing is begun before there is something to read."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the child."""
        self._end()

    def read(self, wish: Wish) -> Kind:
        """Have one message read; what became of it. Raises CannotRead."""
        return Kind(self._answer(wish, only_look=False)["kind"])

    def look(self, wish: Wish, *, whole: bool = False) -> Preview:
        """How one message would read; nothing is stored. Raises CannotRead."""
        return Preview(**self._answer(wish, only_look=True, whole=whole)["preview"])

    def _answer(self, wish: Wish, *, only_look: bool, whole: bool = False) -> dict[str, Any]:
        child = self._running()
        assert child.stdin is not None
        seconds = self._config.message_seconds * (WIDE if wish.wide else 1)
        try:
            asked = {"wish": asdict(wish), "only_look": only_look, "whole": whole}
            child.stdin.write(json.dumps(asked).encode() + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        line = _line_within(child, seconds * 2 + 15)
        if line is None:
            self._end()
            raise CannotRead(_too_slow(seconds))
        if not line:
            raise self._ended()
        answer: dict[str, Any] = json.loads(line)
        if "why" in answer:
            raise CannotRead(answer["why"])
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed in `_end`)
            self._child = subprocess.Popen(
                [sys.executable, "-m", "jobs.reread_child"],
                env={**os.environ, **self._config.environment()},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )
        return self._child

    def _ended(self) -> CannotRead:
        """Why the child is gone."""
        assert self._child is not None
        assert self._errors is not None
        code = self._child.wait()
        self._errors.seek(0)
        why = _last_words(self._errors.read(), code)
        self._end()
        return CannotRead(f"Reading it ended the process: {why}.")

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None or self._errors is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, self._errors):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


def in_a_child(config: Config, wish: Wish) -> Kind:
    """Have one message read by a child process of its own; see `Reader.read`."""
    with Reader(config) as reader:
        return reader.read(wish)


def look_in_a_child(config: Config, wish: Wish, *, whole: bool = False) -> Preview:
    """Have one message looked at by a child process of its own; see `Reader.look`."""
    with Reader(config) as reader:
        return reader.look(wish, whole=whole)


def _line_within(child: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """What the child says next; nothing when it has ended, None when it takes too long.

    It says one line and then waits for the next wish, so a line comes in one piece.
    """
    assert child.stdout is not None
    waiting = select.poll()  # `select` itself knows only the first 1,024 descriptors of a process
    waiting.register(child.stdout, select.POLLIN)
    return child.stdout.readline() if waiting.poll(seconds * 1000) else None


def _last_words(errors: bytes, code: int) -> str:
    said = errors.decode("utf-8", "replace").strip().splitlines()
    return said[-1] if said and code > 0 else cause_of_death(code)


def read_again(workshop: Workshop, wish: Wish) -> Kind:
    """Read it and store what was read, in one transaction. Main thread only; see `cpu_limit`.

    Raises CannotRead, and whatever reading raises.
    """
    try:
        stored, message = _read_stored(workshop, wish)
        return _store(workshop, stored, message, wish)
    except (CannotReplace, SpoolError) as error:
        raise CannotRead(str(error)) from error


def look_at(workshop: Workshop, wish: Wish, *, whole: bool = False) -> Preview:
    """Read it and tell how it begins, or all of it; stores nothing. As `read_again` otherwise."""
    try:
        _, message = _read_stored(workshop, wish)
    except (CannotReplace, SpoolError) as error:
        raise CannotRead(str(error)) from error
    if whole:
        return Preview(subject=message.envelope.subject, text=message.text, cut=message.text_cut)
    lines = message.text[: PREVIEW_CHARACTERS + 1].splitlines()
    begins = "\n".join(lines[:PREVIEW_LINES])[:PREVIEW_CHARACTERS]
    return Preview(
        subject=message.envelope.subject,
        text=begins.rstrip(),
        cut=len(begins.rstrip()) < len(message.text.rstrip()),
    )


def _read_stored(workshop: Workshop, wish: Wish) -> tuple[Stored, Message]:
    with workshop.database.read() as connection:
        stored = stored_message(connection, wish.key)
    return stored, _read(workshop, stored, wish)


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
        if wish.errand is not None and kind is stored.kind:
            return kind  # of many at once the log keeps the errand, and what became another thing
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
                **({"errand": wish.errand} if wish.errand else {}),
            },
        )
    return kind
