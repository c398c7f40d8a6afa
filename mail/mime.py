"""Find the leaves of a message's body: which range of bytes each part is, and its header.

Nothing is decoded here, but for messages inside that were encoded against the rules. Plain
multiparts are cut by a quick search for their delimiters; what is not plain goes to
`mail.careful`. Limits on depth and number keep bombs small: what lies beyond them stays one leaf.
"""

from __future__ import annotations

import time

from mail.careful import careful_pieces
from mail.defect import DefectKind, Defects
from mail.header import Header, cut_header
from mail.limits import Limits
from mail.parameters import Parametered, boundary, content_type
from mail.transfer import decoded, encoding_of

_PART_HEADER_BYTES = 64 << 10
_LARGEST_ENCODED_BYTES = 32 << 20
_NESTED = frozenset(("message/rfc822", "message/global", "message/news"))
_IDENTITY = frozenset((b"", b"7bit", b"8bit", b"binary"))


class Leaf:
    """One leaf: its place in the tree, its header, and the range of its encoded body."""

    __slots__ = (
        "begin",
        "end",
        "group",
        "header",
        "inner",
        "nested",
        "parent",
        "path",
        "raw",
        "type",
        "where",
    )

    def __init__(self, *, path: str, header: Header, kind: Parametered, place: Place) -> None:
        self.path = path
        self.where = f"part {path}"  # as defects call it
        self.header = header
        self.type = kind
        self.raw = place.raw
        self.begin = place.begin
        self.end = place.end
        self.parent = place.parent  # the type of the multipart it stands in, "" at the root
        self.group = place.group  # the number of the innermost multipart/alternative, or 0
        self.nested = place.nested  # inside a message/rfc822
        self.inner: Header | None = None  # the header of a message/rfc822's message


class Place:
    """Where in the tree the walk stands."""

    __slots__ = ("begin", "depth", "end", "group", "nested", "parent", "raw")

    def __init__(
        self, raw: bytes, begin: int, end: int, *, depth: int, parent: str, group: int, nested: bool
    ) -> None:
        self.raw = raw  # the message, or the decoded bytes of one inside it
        self.begin = begin
        self.end = end
        self.depth = depth
        self.parent = parent
        self.group = group
        self.nested = nested


class Walk:
    """One walk through one message's tree."""

    __slots__ = ("deadline", "defects", "groups", "leaves", "limits", "raw")

    def __init__(self, raw: bytes, *, limits: Limits, defects: Defects) -> None:
        self.raw = raw
        self.limits = limits
        self.defects = defects
        self.leaves: list[Leaf] = []
        self.groups = 0
        self.deadline = time.monotonic() + limits.seconds

    def is_full(self) -> bool:
        """Whether no further leaf is taken."""
        return len(self.leaves) >= self.limits.parts

    def is_late(self) -> bool:
        """Whether this message has taken longer than one message may."""
        return time.monotonic() > self.deadline


def find_leaves(walk: Walk, header: Header, body: int) -> list[Leaf]:
    """The leaves of a message whose header was cut already, in document order."""
    end = len(walk.raw)
    place = Place(walk.raw, body, end, depth=0, parent="", group=0, nested=False)
    _enter(walk, header, place, path="")
    return walk.leaves


def _enter(walk: Walk, header: Header, place: Place, *, path: str) -> None:
    default = "message/rfc822" if place.parent == "multipart/digest" else "text/plain"
    kind = content_type(header.get(b"content-type"), default=default)
    if kind.value.startswith("multipart/") and not _is_cut(walk, place, path):
        _enter_multipart(walk, header, place, path=path, kind=kind)
        return
    leaf = Leaf(path=_leaf_path(place, path), header=header, kind=kind, place=place)
    walk.leaves.append(leaf)
    if kind.value in _NESTED and not _is_cut(walk, place, leaf.path):
        inside = place if _is_readable(header) else _decoded_place(walk, leaf, place)
        if inside:
            _enter_message(walk, leaf, inside)


def _is_cut(walk: Walk, place: Place, path: str) -> bool:
    """Whether what lies here is left closed, for its depth or for the time it takes."""
    if place.depth >= walk.limits.depth:
        walk.defects.note(DefectKind.DEPTH_CUT, where=_where(path), what=str(place.depth))
        return True
    if place.depth and walk.is_late():
        walk.defects.note(DefectKind.TIME_CUT, where=_where(path), what="not opened")
        return True
    return False


def _is_readable(header: Header) -> bool:
    return (header.get(b"content-transfer-encoding") or b"").strip().lower() in _IDENTITY


def _decoded_place(walk: Walk, leaf: Leaf, place: Place) -> Place | None:
    """Where a message inside lies that was encoded, which the standard forbids and some do."""
    where = leaf.where
    header = leaf.header.get(b"content-transfer-encoding")
    encoding = encoding_of(header, where=where, defects=walk.defects)
    size = place.end - place.begin
    if encoding == "identity" or size > _LARGEST_ENCODED_BYTES:
        return None
    walk.defects.note(DefectKind.MESSAGE_ENCODED, where=where, what=encoding)
    raw = decoded(place.raw[place.begin : place.end], encoding, where=where, defects=walk.defects)
    leaf.raw, leaf.begin, leaf.end = raw, 0, len(raw)
    return Place(
        raw,
        0,
        len(raw),
        depth=place.depth,
        parent=place.parent,
        group=place.group,
        nested=place.nested,
    )


def _enter_message(walk: Walk, leaf: Leaf, place: Place) -> None:
    cut = cut_header(
        place.raw,
        place.begin,
        place.end,
        limit=_PART_HEADER_BYTES,
        where=leaf.where,
        defects=walk.defects,
    )
    leaf.inner = cut.header
    inside = Place(
        place.raw,
        cut.body,
        place.end,
        depth=place.depth + 1,
        parent="",
        group=place.group,
        nested=True,
    )
    _enter(walk, cut.header, inside, path=leaf.path)


def _leaf_path(place: Place, path: str) -> str:
    """The path of a leaf: its number, and 1 where it is all there is of its message."""
    if place.parent:
        return path
    return f"{path}.1" if path else "1"


def _enter_multipart(
    walk: Walk, header: Header, place: Place, *, path: str, kind: Parametered
) -> None:
    pieces = _pieces(walk, place, kind=kind, where=_where(path))
    if not pieces:
        text = Parametered("text/plain", kind.plain, kind.sections)
        walk.leaves.append(
            Leaf(path=_leaf_path(place, path), header=header, kind=text, place=place)
        )
        return
    group = place.group
    if kind.value == "multipart/alternative":
        walk.groups += 1
        group = walk.groups
    for number, piece in enumerate(pieces, start=1):
        if walk.is_full() or walk.is_late():
            _note_cut(walk, path, rest=len(pieces) - number + 1)
            return
        _enter_part(walk, piece, place, path=f"{path}.{number}".strip("."), kind=kind, group=group)


def _enter_part(
    walk: Walk,
    piece: tuple[int, int],
    place: Place,
    *,
    path: str,
    kind: Parametered,
    group: int,
) -> None:
    begin, end = piece
    cut = cut_header(
        place.raw,
        begin,
        end,
        limit=_PART_HEADER_BYTES,
        where=_where(path),
        defects=walk.defects,
    )
    inside = Place(
        place.raw,
        min(cut.body, end),
        end,
        depth=place.depth + 1,
        parent=kind.value,
        group=group,
        nested=place.nested,
    )
    _enter(walk, cut.header, inside, path=path)


def _note_cut(walk: Walk, path: str, *, rest: int) -> None:
    kind = DefectKind.PARTS_CUT if walk.is_full() else DefectKind.TIME_CUT
    walk.defects.note(kind, where=_where(path), what=f"{rest} parts left out")


def _pieces(walk: Walk, place: Place, *, kind: Parametered, where: str) -> list[tuple[int, int]]:
    mark = boundary(kind)
    if mark:
        found = quick_pieces(place.raw, place.begin, place.end, mark)
        if found:
            return found
    return careful_pieces(
        place.raw, place.begin, place.end, mark=mark, where=where, defects=walk.defects
    )


def quick_pieces(raw: bytes, begin: int, end: int, mark: bytes) -> list[tuple[int, int]] | None:
    """The parts of a multipart whose delimiters are all in order, else None.

    A part's range leaves out the line end before the next delimiter, which belongs to it.
    """
    delimiter = b"\n--" + mark
    length = len(delimiter)
    pieces: list[tuple[int, int]] = []
    at = raw.find(delimiter, max(0, begin - 1), end)
    begun = -1
    while at >= 0:
        after = at + length
        if begun >= 0:
            stop = at - 1 if raw.startswith(b"\r", at - 1) else at
            pieces.append((begun, max(begun, stop)))
        if raw.startswith(b"\n", after):
            begun = after + 1
        elif raw.startswith(b"\r\n", after):
            begun = after + 2
        else:
            closed = raw.startswith((b"--\n", b"--\r\n"), after) or raw[after:end] == b"--"
            return pieces if closed and raw.find(delimiter, after, end) < 0 else None
        at = raw.find(delimiter, begun - 1, end)
    return None


def _where(path: str) -> str:
    return f"part {path.strip('.')}" if path else "body"
