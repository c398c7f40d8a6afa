"""The MIME tree of a message, flattened."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message as Tree
from email.parser import BytesParser
from email.policy import compat32
from enum import StrEnum

from mail.rule import Rule


class PartKind(StrEnum):
    """What a leaf is, as far as it matters to a reader."""

    TEXT = "text"  # a plain text body
    HTML = "html"  # an HTML body
    ATTACHMENT = "attachment"
    INLINE = "inline"  # referred to by cid:
    MESSAGE = "message"  # message/rfc822
    ENCRYPTED = "encrypted"  # S/MIME or PGP
    SIGNATURE = "signature"
    TNEF = "tnef"  # winmail.dat
    UUENCODE = "uuencode"  # found inside a text body


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One leaf of a message's body. `path` ("1", "1.2") addresses it in `part_bytes`."""

    path: str
    kind: PartKind
    content_type: str  # lower case, "text/plain" when none was given
    charset: str | None  # as declared
    filename: str | None  # safe to show and to save: no path, control or direction characters
    original_filename: str | None  # as decoded, kept for evidence
    size: int  # bytes after the transfer encoding is undone
    sha256: bytes | None  # of those bytes; None for text bodies
    content_id: str | None  # without angle brackets


def part_bytes(raw: bytes, path: str, *, rule: Rule) -> bytes:
    """The decoded bytes of the part at `path`. Raises KeyError for an unknown path."""
    tree = BytesParser(policy=compat32).parsebytes(bytes(raw))
    return payload(dict(leaves(tree))[path])


def leaves(tree: Tree, path: str = "") -> list[tuple[str, Tree]]:
    if not tree.is_multipart() or tree.get_content_type() == "message/rfc822":
        return [(path or "1", tree)]
    children = enumerate(tree.get_payload(), start=1)
    return [
        leaf for number, child in children for leaf in leaves(child, f"{path}.{number}".strip("."))
    ]


def payload(leaf: Tree) -> bytes:
    if leaf.is_multipart():
        return bytes(leaf.get_payload(0))  # type: ignore[arg-type]
    payload = leaf.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
