"""Open a span: its container's marks undone, its header cut, its leaves found.

Every reader of a message begins here, so that a part has the same path for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mail.defect import Defects
from mail.limits import Limits
from mail.mime import Leaf, Walk, find_leaves
from mail.parameters import label
from mail.prepare import Prepared, prepare
from mail.rule import Rule
from mail.words import Reading

LIMITS = Limits()
_WORD_CHARSET = re.compile(rb"=\?([A-Za-z0-9_.:-]{2,40})\?[bBqQ]\?")


class Opened(NamedTuple):
    """A message ready to be read."""

    mail: Prepared
    leaves: list[Leaf]
    reading: Reading
    deadline: float  # of `time.monotonic`: from then on, no further part is read


def open_message(
    span: bytes | memoryview,
    rule: Rule,
    *,
    limits: Limits = LIMITS,
    charset: str | None = None,
    whole: bool = True,
    trimmed: bool = False,
) -> Opened:
    """The message in a span without its separator line; without leaves unless it is `whole`."""
    defects = Defects()
    mail = prepare(span, rule, limits=limits, defects=defects, trimmed=trimmed)
    leaves: list[Leaf] = []
    walk = Walk(mail.raw, limits=limits, defects=defects)
    if whole:
        leaves = find_leaves(walk, mail.header, mail.body)
    reading = Reading(_Declared(mail, leaves), charset, defects)
    return Opened(mail, leaves, reading, walk.deadline)


class _Declared:
    """The charsets that a message declares anywhere, for what declares none: seldom asked for."""

    __slots__ = ("_leaves", "_mail")

    def __init__(self, mail: Prepared, leaves: list[Leaf]) -> None:
        self._mail = mail
        self._leaves = leaves

    def __iter__(self) -> Iterator[str]:
        labels = dict.fromkeys(label(leaf.type) for leaf in self._leaves if leaf.type.plain)
        head = self._mail.raw[: self._mail.body]
        if not head.isascii():
            labels |= dict.fromkeys(word.decode("ascii") for word in _WORD_CHARSET.findall(head))
        return iter([one for one in labels if one])
