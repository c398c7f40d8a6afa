"""The MIME tree of a message, flattened, and the bytes of each of its leaves.

What a leaf is gets found out in `mail.leaf`, and put together in `mail.body`.
"""

from __future__ import annotations

from mail.body import html_of
from mail.defect import Defects
from mail.embedded import take_out_files
from mail.leaf import leaf_bytes
from mail.opened import open_message
from mail.part_record import Part, PartKind
from mail.rule import Rule

__all__ = ["Part", "PartKind", "body_html", "part_bytes"]


def part_bytes(raw: bytes | memoryview, path: str, *, rule: Rule) -> bytes:
    """The decoded bytes of the part at `path`; `raw` is the span without its separator line.

    Raises KeyError for an unknown path.
    """
    opened = open_message(raw, rule)
    outer, _, number = path.partition("#")
    for leaf in opened.leaves:
        if leaf.path == outer:
            content = leaf_bytes(leaf, opened.reading)
            return _file_in(content, number) if number else content
    raise KeyError(path)


def _file_in(content: bytes, number: str) -> bytes:
    files = take_out_files(content, where="", defects=Defects())[1]
    if not (number.isdecimal() and len(number) < 6 and 1 <= int(number) <= len(files)):
        raise KeyError(number)
    return files[int(number) - 1].content


def body_html(raw: bytes | memoryview, *, rule: Rule, charset: str | None = None) -> str | None:
    """The HTML body, decoded and unsanitised, or None when there is none. Never raises."""
    opened = open_message(raw, rule, charset=charset)
    return html_of(opened.leaves, opened.reading)
