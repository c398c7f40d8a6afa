"""Whether a message is looked at by another charset than it is kept by: what to say above it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mail.charset_label import codec_of
from mail.defect import DefectKind, guess_and_declared
from store.reading import MessageView
from web.charsets import charset_name
from web.looks import Look
from web.message_links import MessageLinks

# The others show bytes, or what the parts say of themselves.
LOOKS_WITH_LETTERS = frozenset((Look.HTML, Look.TEXT, Look.HEADERS, Look.RAW))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAs:
    """By what it is shown, by what it is kept ("" for what its parts say), and the way back."""

    shown: str
    kept: str
    back: str


def shown_as(message: MessageView, links: MessageLinks, look: Look) -> ShownAs | None:
    """None where it is shown as it is kept."""
    if links.charset is None or look not in LOOKS_WITH_LETTERS:
        return None
    kept = message.choice("charset") or _guessed(message)
    if kept and codec_of(kept) == codec_of(links.charset):
        return None
    return ShownAs(
        shown=charset_name(links.charset),
        kept=charset_name(kept) if kept else "",
        back=replace(links, charset=None).to(look),
    )


def _guessed(message: MessageView) -> str:
    """The charset that its parts were read by, where all that were guessed came to one."""
    found = {
        guess_and_declared(one.what)[0]
        for one in message.defects
        if one.kind == DefectKind.CHARSET_GUESSED and one.where.startswith(("part ", "body"))
    }
    return found.pop() if len(found) == 1 else ""
