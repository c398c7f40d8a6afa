"""The MIME tree of one message for people to look at: multiparts and leaves, in document order.

Reads the whole message to measure each leaf; indexing needs less and is `mail.body`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mail.filename import safe_filename
from mail.leaf import disposition_of, kind_of, leaf_encoding, measure, original_filename
from mail.mime import Leaf
from mail.opened import Opened, open_message
from mail.parameters import content_type, label
from mail.part_record import PartKind
from mail.rule import Rule

MULTIPART = "multipart"  # of a kind that none of its own leaves tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One part. What a multipart does not have of its own is None.

    `path` is "" for the multipart that is the whole body; `depth` counts from 0.
    """

    path: str
    depth: int
    content_type: str
    kind: PartKind | None  # None for a multipart
    charset: str | None  # as declared
    encoding: str | None  # "base64", "quoted-printable", "identity" …
    filename: str | None
    size: int | None  # bytes, after the transfer encoding is undone
    sha256: bytes | None


def tree_of(raw: bytes | memoryview, *, rule: Rule) -> tuple[Node, ...]:
    """The tree of a message; `raw` is its span without its separator line. Never raises."""
    opened = open_message(raw, rule)
    root = content_type(opened.mail.header.get(b"content-type"), default="text/plain").value
    containers = _containers(opened.leaves, root=root)
    return tuple(_nodes(opened, containers))


def _containers(leaves: Sequence[Leaf], *, root: str) -> dict[str, str]:
    """The multiparts by path, with their type as far as the leaves in them tell."""
    messages = {leaf.path for leaf in leaves}
    found: dict[str, str] = {}
    for leaf in leaves:
        above = _above(leaf.path)
        for path in above:
            if path not in messages:
                found.setdefault(path, MULTIPART)
        if leaf.parent and above and above[-1] in found:
            found[above[-1]] = leaf.parent
    if "" in found:
        if root.startswith("multipart/"):
            found[""] = root
        elif found[""] == MULTIPART:
            del found[""]  # one leaf is all there is
    return found


def _above(path: str) -> list[str]:
    """The paths that a path lies below, the root's first."""
    steps = path.split(".")
    return [".".join(steps[:number]) for number in range(len(steps))]


def _nodes(opened: Opened, containers: dict[str, str]) -> Iterator[Node]:
    told: set[str] = set()
    below = 1 if "" in containers else 0
    for number, leaf in enumerate(opened.leaves):
        for path in _above(leaf.path):
            if path in containers and path not in told:
                told.add(path)
                yield _multipart(path, containers[path], below)
        yield _leaf(opened, leaf, first=number == 0, depth=leaf.path.count(".") + below)


def _multipart(path: str, kind: str, below: int) -> Node:
    return Node(
        path=path,
        depth=path.count(".") + below if path else 0,
        content_type=kind,
        kind=None,
        charset=None,
        encoding=None,
        filename=None,
        size=None,
        sha256=None,
    )


def _leaf(opened: Opened, leaf: Leaf, *, first: bool, depth: int) -> Node:
    reading = opened.reading
    disposition = disposition_of(leaf)
    name = original_filename(leaf, disposition, reading)
    size, digest = measure(leaf, reading)
    return Node(
        path=leaf.path,
        depth=depth,
        content_type=leaf.type.value,
        kind=kind_of(leaf, name=name, disposition=disposition.value, first=first),
        charset=label(leaf.type) if leaf.type.plain or leaf.type.sections else None,
        encoding=leaf_encoding(leaf, reading),
        filename=safe_filename(name) if name else None,
        size=size,
        sha256=digest,
    )
