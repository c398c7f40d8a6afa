"""Entries of the audit log in the reader's words, and what a reader's words mean in the log.

Pure. Codes that are not known here are shown as they are: a newer version may have written them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from store.audit import AuditEntry
from store.chunk_names import ID, NUMBER, ChunkName
from store.file_names import FileName, subject_in
from store.job_acts import REACHED_HERE
from store.touched import Touched
from web import words
from web.act_words import DETAILS, DIGEST, MOMENTS, NAMES, PLACES, SIZES, SUBJECTS, VALUES
from web.language import N_, Language, catalogue

LONGEST_VALUE = 200
NAMES_SHOWN = 20
UPLOADED = "upload.stored"
# Said by the act itself.
FORM = "form"
NO_FILES: Mapping[str, FileName] = {}
NO_CHUNKS: Mapping[int, ChunkName] = {}
DONE = "errand.done"
NO_TOUCHED = Touched()
# Not to be looked at any more when their file is gone.
HELD = (SUBJECTS["job"], SUBJECTS["upload"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One thing more that an entry says.

    `shape`: text, number, size, digest, moment, words, files or chunk.
    """

    name: str
    value: Any
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an act was done to. `address` is where it is looked at, None where nowhere."""

    kind: str
    name: str
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The first of the files that an errand reached, or of workers, by name, and how many more."""

    names: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkShown:
    """A chunk by its number in the file; of one of which nobody knows that any more, by its id.

    `address` is None where it is not there any more.
    """

    seq: int | None
    id: int
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An entry as it is shown."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: Subject
    details: tuple[Detail, ...]
    reached_here: int | None  # chunks of the job whose acts are told, of an act over many


def file_meant(entry: AuditEntry) -> str | None:
    """The upload or job that an entry is about, as `store.file_names` takes it."""
    kind = entry.subject.partition(":")[0]
    return entry.subject if kind in ("job", "upload") else subject_in(entry.detail)


def errand_meant(entry: AuditEntry) -> int | None:
    """The errand that an entry is about, where that names no file itself."""
    kind, _, number = entry.subject.partition(":")
    is_one = kind == "errand" and number.isascii() and number.isdecimal()
    return int(number) if is_one and file_meant(entry) is None else None


def chunk_meant(entry: AuditEntry) -> int | None:
    """The id of the chunk that an entry is about."""
    named = entry.detail.get(ID)
    return named if isinstance(named, int) and not isinstance(named, bool) else None


def act_of(
    entry: AuditEntry,
    files: Mapping[str, FileName] = NO_FILES,
    touched: Touched = NO_TOUCHED,
    chunks: Mapping[int, ChunkName] = NO_CHUNKS,
) -> Act:
    """The entry, ready to be shown; with the names of its files, where `files` knows them."""
    file = files.get(file_meant(entry) or "")
    subject = subject_of(entry.subject)
    if file and file.is_gone and subject.kind in HELD:
        subject = replace(subject, address=None)
    return Act(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        action=_action(entry),
        subject=subject,
        details=(
            *_reached(files, touched),
            *_details(
                ({"filename": file.name} if file else {}) | _beside(entry) | _chunk(entry, chunks)
            ),
        ),
        reached_here=entry.detail.get(REACHED_HERE),
    )


def _chunk(entry: AuditEntry, chunks: Mapping[int, ChunkName]) -> dict[str, Any]:
    """The chunk as pages call it, in the place of its id; nothing of entries about none."""
    chunk_id = chunk_meant(entry)
    if chunk_id is None:
        return {}
    here, written = chunks.get(chunk_id), entry.detail.get(NUMBER)
    seq = here.seq if here else written if isinstance(written, int) else None
    address = f"/jobs/{here.job_id}?chunk={here.seq}#chunk" if here and here.seq else None
    return {ID: ChunkShown(seq=seq, id=chunk_id, address=address), NUMBER: None}


def _beside(entry: AuditEntry) -> dict[str, Any]:
    """The details, without the number of the errand that the entry is about."""
    is_its_own = entry.subject == f"errand:{entry.detail.get('errand')}"
    return {**entry.detail, "errand": None} if is_its_own else entry.detail


def _reached(files: Mapping[str, FileName], touched: Touched) -> Iterator[Detail]:
    names = tuple(files[one].name for one in touched.subjects if one in files)
    if names:
        reached = Files(names=names, more=touched.count - len(names))
        yield Detail(name=DETAILS["filename"], value=reached, shape="files")


def _action(entry: AuditEntry) -> str:
    form = entry.detail.get(FORM)
    if entry.action == DONE and entry.detail.get("kind") in words.PUT_BACK:
        return words.PUT_BACK[entry.detail["kind"]]
    if entry.action == UPLOADED and form in words.UPLOADED:
        return words.UPLOADED[form]
    return words.action(entry.action)


def subject_of(subject: str) -> Subject:
    """What "job:3f…" or "console" is, and where."""
    kind, _, name = subject.partition(":")
    if kind not in SUBJECTS:
        return Subject(kind="", name=subject, address=None)
    place = PLACES.get(kind) if name else None
    return Subject(
        kind=SUBJECTS[kind], name=name, address=place and place.format(quote(name, safe=""))
    )


def _details(detail: dict[str, Any]) -> Iterator[Detail]:
    # What people look for first; JSON has them in alphabetical order.
    known = {name: place for place, name in enumerate(DETAILS)}
    for name, value in sorted(detail.items(), key=lambda item: known.get(item[0], len(known))):
        # From the plan on is the whole file: there is no chunk 0 for a reader.
        is_whole = name == "from_seq" and value == 0
        if value is not None and value != "" and name != FORM and not is_whole:
            shape, shown = _shaped(name, value)
            yield Detail(name=DETAILS.get(name, name.replace("_", " ")), value=shown, shape=shape)


def _shaped(name: str, value: Any) -> tuple[str, Any]:
    """How a value is shown, and the value for that."""
    if isinstance(value, ChunkShown):
        return "chunk", value
    if isinstance(value, bool):
        return "words", N_("yes") if value else N_("no")
    if isinstance(value, int | float):
        return ("text" if name in NAMES else "size" if name in SIZES else "number"), value
    if isinstance(value, list) and name == "names":
        return "files", _first(value)
    if isinstance(value, list):
        return "number", len(value)
    if not isinstance(value, str):
        return "text", json.dumps(value, ensure_ascii=False)[:LONGEST_VALUE]
    if name in MOMENTS:
        return "moment", datetime.fromisoformat(value)
    if name == DIGEST or (name == "cause" and len(value) > 12):
        return "digest", value
    known = VALUES.get(value) if name in ("way", "kind", "fold") else None
    if known is None and name == "role":
        known = words.role(value)
    if known is None and name in ("was", "is"):
        known = words.state(value).text
    return ("words", known) if known else ("text", value[:LONGEST_VALUE])


def _first(names: Sequence[Any]) -> Files:
    shown = tuple(str(name) for name in names[:NAMES_SHOWN])
    return Files(names=shown, more=len(names) - len(shown))


def actions_meant(text: str, present: Iterable[str]) -> tuple[str, ...]:
    """The acts among those present that a reader of either language may mean by `text`."""
    if text in present:
        return (text,)
    return tuple(code for code in present if _said(text, *_names_of(code)))


def actors_meant(text: str, present: Iterable[str]) -> tuple[str, ...]:
    """The actors among those present that `text` may mean."""
    if text in present:
        return (text,)
    return tuple(one for one in present if _said(text, one, words.who(one).name))


def _names_of(code: str) -> tuple[str, ...]:
    narrower = {UPLOADED: words.UPLOADED, DONE: words.PUT_BACK}.get(code, {})
    said = [words.action(code), *narrower.values()]
    plain = code.replace(".", " ").replace("_", " ")
    return (
        code,
        plain,
        *said,
        *(catalogue(one).gettext(word) for one in Language for word in said),
    )


def _said(text: str, *names: str) -> bool:
    return any(text.casefold() in name.casefold() for name in names)
