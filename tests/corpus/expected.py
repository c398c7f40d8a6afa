"""What other projects expect of the corpus's messages, brought into one shape.

Their expectations are opinions of other parsers' tests: a message id, a subject, an address or a
size weighs heavily, a text that hangs on a guess does not. Comparing is left to the tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
_SUFFIX = ".expected.json"
_PHRASE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One project's reading of one message; None where it says nothing."""

    subject: str | None = None
    message_id: str | None = None
    senders: tuple[str, ...] | None = None
    to: tuple[str, ...] | None = None
    sent_at: datetime | None = None
    text: str | None = None
    text_contains: str | None = None
    attachments: tuple[tuple[str | None, int], ...] | None = None
    attachment_count: int | None = None


def plain(text: str) -> str:
    """A text without regard to white space."""
    return _PHRASE.sub(" ", text).strip()


def expectations() -> Iterator[tuple[Path, Expected]]:
    """Every single message of the corpus that somebody expects something of."""
    for folder, read in _READERS.items():
        for path in sorted((CORPUS / "eml" / folder).rglob(f"*{_SUFFIX}")):
            mail = path.with_name(path.name.removesuffix(_SUFFIX) + ".eml")
            if mail.exists():
                yield mail, read(json.loads(path.read_text("utf-8")), path)


def _imap_tools(kept: dict[str, Any], path: Path) -> Expected:
    return Expected(
        subject=kept["subject"],
        senders=(kept["from_"],) if kept["from_"] else None,
        to=tuple(kept["to"]),
        sent_at=_moment(kept["date"]),
        text=kept["text"] or None,
        attachments=tuple(
            (one["filename"] or None, one["payload"]["bytes_len"]) for one in kept["attachments"]
        ),
    )


def _moment(written: str) -> datetime | None:
    moment = datetime.fromisoformat(written) if written[:1].isdigit() else None
    return moment if moment and moment.tzinfo and moment.year > 1900 else None


def _stalwart(kept: dict[str, Any], path: Path) -> Expected:
    root = kept["parts"][0]
    headers: dict[str, Any] = {}
    for name, value in root["headers"]:
        headers[name] = value
    bodies = [kept["parts"][number] for number in kept["text_body"]]
    plain_only = [part["text"] for part in bodies if part["kind"] == "text"]
    text = "\n".join(plain_only) if len(plain_only) == len(bodies) else None
    return Expected(
        subject=headers.get("subject"),
        message_id=_first(headers.get("message_id")),
        senders=_stalwart_people(headers.get("from")),
        to=_stalwart_people(headers.get("to")),
        sent_at=_moment(headers.get("date") or ""),
        text=text or None,
    )


def _first(value: str | list[str] | None) -> str | None:
    return value[0] if isinstance(value, list) else value


def _stalwart_people(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, dict) or "Address" not in value:
        return None
    kind = value["Address"]
    people = kind.get("List") or [
        one for group in kind.get("Group", []) for one in group["addresses"]
    ]
    return tuple(one["address"] for one in people if one.get("address"))


def _zbateson(kept: dict[str, Any], path: Path) -> Expected:
    text = None
    if "text" in kept:
        text = (path.parent / "files" / kept["text"]).read_text("iso-8859-1")
    return Expected(
        subject=kept.get("Subject"),
        message_id=kept.get("Message-ID"),
        senders=(kept["From"]["email"],) if "From" in kept else None,
        text=text,
        attachment_count=kept.get("attachments"),
    )


def _php(kept: dict[str, Any], path: Path) -> Expected:
    text = kept.get("text") or {}
    return Expected(
        subject=kept.get("subject"),
        senders=tuple(one["address"] for one in kept["from"]) if kept.get("from") else None,
        to=tuple(one["address"] for one in kept["to"]) if kept.get("to") else None,
        text=text.get("match") or None,
        text_contains=text.get("substring"),
        attachments=tuple((one["filename"], one["size"]) for one in kept.get("attachments") or ()),
    )


_READERS = {
    "imap-tools": _imap_tools,
    "mail-parser": _stalwart,
    "mail-mime-parser": _zbateson,
    "php-mime-mail-parser": _php,
}
