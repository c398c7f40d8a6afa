"""What stands in lists around a message: files, defects, its conversation, copies, labels.

Each a page at a time, or as much as there is room for, so that no message makes its page heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

from mail.defect import DefectKind, guess_and_declared
from store.conversations import ThreadMessage
from store.document import Field
from store.reading import AttachmentView, DefectView, Place
from store.results import Marked
from web.cuts import Stretch, cuts_by_weight, stretch_of, weight_of
from web.defect_words import DefectWords, defect_words
from web.found_marks import FoundMarks
from web.language import N_
from web.shown import LONGEST_WORD, shortened

# Of one name, type, subject; all of it stands among the headers and the parts.
LONGEST_SUBJECT = 160
# Of each list on a page: bytes, and things.
ROOM, FILES, DEFECTS, TALK = 13_000, 50, 50, 50
ROOM_FOR_PLACES, ROOM_FOR_LABELS = 6_000, 6_000
_AROUND_FILE, _AROUND_DEFECT, _AROUND_TALK, _AROUND_PLACE, _AROUND_LABEL = 560, 420, 260, 160, 120
_AROUND_OWN_LABEL = 500

# In what a message can be read otherwise than it was found.
CHOICES = {"charset": N_("charset"), "rule": N_("rule"), "limits": N_("limits")}
# Of these defects the evidence is an amount, in words of ours.
SAID_BY_US = frozenset(
    (
        DefectKind.VALUE_CUT,
        DefectKind.TEXT_CUT,
        DefectKind.TIME_CUT,
        DefectKind.ADDRESSES_CUT,
        DefectKind.PARTS_CUT,
        DefectKind.HEADER_TOO_LARGE,
        DefectKind.MESSAGE_ID_LONG,
        DefectKind.UUENCODE_BROKEN,
    )
)
# Whose title names the header that they are about.
NAMED_BY_TITLE = frozenset((DefectKind.DATE_MISSING, DefectKind.MESSAGE_ID_MISSING))
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Thing]):
    """One page of a list, and the way to the others."""

    shown: tuple[Thing, ...]
    stretch: Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Some(Generic[Thing]):
    """The first of a list that have room, and how many more there are."""

    shown: tuple[Thing, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """One attachment, its names cut to what a line takes."""

    part: AttachmentView
    name: Marked
    was_named: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDefect:
    """One thing that was wrong, in words: what it means, where it is, the evidence."""

    words: DefectWords
    where: str
    chosen: str  # what a person chose, which lies nowhere in the message; "" for what was found
    what: str
    is_said_by_us: bool  # and not by the mail
    declared: str  # the charset that bytes do not fit, "" where that is not what is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One message of the conversation, its words cut to what a line takes."""

    one: ThreadMessage
    sender: str  # the name, "" for none
    address: str
    subject: str


def files_shown(
    files: Sequence[AttachmentView],
    marks: FoundMarks,
    *,
    at: int,
    page_at: Callable[[int], str],
) -> Listed[ShownFile]:
    """The attachments from the place `at` on."""
    shown = [
        ShownFile(
            part=one,
            name=marks.on(one.filename, Field.FILENAME, most=LONGEST_WORD),
            was_named=shortened(
                one.original_filename if one.original_filename != one.filename else None
            ),
            content_type=shortened(one.content_type),
        )
        for one in files
    ]
    weights = [
        _AROUND_FILE + weight_of(one.name.text + one.was_named + one.content_type) for one in shown
    ]
    return _listed(shown, weights, most=FILES, at=at, page_at=page_at)


def defects_shown(
    defects: Sequence[DefectView], *, at: int, page_at: Callable[[int], str]
) -> Listed[ShownDefect]:
    """What was wrong, from the place `at` on."""
    shown = [_defect_shown(one) for one in defects]
    weights = [_AROUND_DEFECT + weight_of(one.where + one.what) for one in shown]
    return _listed(shown, weights, most=DEFECTS, at=at, page_at=page_at)


def _defect_shown(one: DefectView) -> ShownDefect:
    is_guess = one.kind == DefectKind.CHARSET_GUESSED
    what, declared = guess_and_declared(one.what) if is_guess else (one.what, "")
    return ShownDefect(
        words=defect_words(one.kind),
        where="" if one.kind in NAMED_BY_TITLE else shortened(one.where),
        chosen=CHOICES.get(one.where, "") if one.kind == DefectKind.READ_BY_CHOICE else "",
        # For this kind the evidence says in English what its words say in any language.
        what="" if one.kind == DefectKind.TOO_LARGE else what,
        is_said_by_us=one.kind in SAID_BY_US,
        declared=declared,
    )


def talk_shown(
    talk: Sequence[ThreadMessage], *, at: int, page_at: Callable[[int], str]
) -> Listed[Talk]:
    """The conversation, from the place `at` on."""
    shown = [
        Talk(
            one=one,
            sender=shortened(one.sender_name),
            address=shortened(one.sender_address),
            subject=shortened(one.subject, LONGEST_SUBJECT),
        )
        for one in talk
    ]
    weights = [_AROUND_TALK + weight_of(one.sender + one.address + one.subject) for one in shown]
    return _listed(shown, weights, most=TALK, at=at, page_at=page_at)


def some_labels(labels: Sequence[str], *, own: bool = False) -> Some[str]:
    """Labels as far as there is room; each as long as it is, since it is a link to a search."""
    around = _AROUND_OWN_LABEL if own else _AROUND_LABEL
    weights = [around + weight_of(one) + len(quote(one)) for one in labels]
    return _some(labels, weights, room=ROOM_FOR_LABELS)


def some_places(places: Sequence[Place]) -> Some[Place]:
    """Where the same was met, as far as there is room."""
    weights = [_AROUND_PLACE + weight_of(one.filename) for one in places]
    return _some(places, weights, room=ROOM_FOR_PLACES)


def _listed(
    things: Sequence[Thing],
    weights: Sequence[int],
    *,
    most: int,
    at: int,
    page_at: Callable[[int], str],
) -> Listed[Thing]:
    cuts = cuts_by_weight(weights, room=ROOM, most=most)
    stretch = stretch_of(cuts, len(things), at=at, page_at=page_at)
    return Listed(shown=tuple(things[stretch.start : stretch.stop]), stretch=stretch)


def _some(things: Sequence[Thing], weights: Sequence[int], *, room: int) -> Some[Thing]:
    cuts = cuts_by_weight(weights, room=room, most=len(things) or 1)
    shown = tuple(things[: cuts[1]] if len(cuts) > 1 else things)
    return Some(shown=shown, more=len(things) - len(shown))
