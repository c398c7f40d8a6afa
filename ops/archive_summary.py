"""What became of an archive, in a few lines for the command line: its members, its files, its mail.

Every member is in one of the numbers, and the messages are those that a search in it finds.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobs.workshop import Workshop
from store.archives import Fate
from store.found_inside import FoundInside, found_inside
from store.job_view import JobView
from store.members import MembersSum, sum_of_members

_FATES = {
    Fate.IMPORTED: "taken in",
    Fate.SAME: "with the same bytes as a file that came before",
    Fate.DAMAGED: "damaged",
    Fate.SKIPPED: "not taken in",
}


def summary_of(workshop: Workshop, view: JobView) -> Iterator[str]:
    """The lines, without an end; none for what is no archive."""
    if view.held is None:
        return
    with workshop.database.read() as connection:
        added_up = sum_of_members(connection, view.upload_id, held=view.held)
        found = found_inside(connection, view.upload_id)
    yield f"  members: {_members(added_up)}"
    yield f"  files: {_files(view)}"
    yield f"  messages: {_messages(view, added_up, found)}"


def _members(added_up: MembersSum) -> str:
    parts = [
        f"{added_up.by_fate[fate]} {words}{_why(added_up) if fate is Fate.SKIPPED else ''}"
        for fate, words in _FATES.items()
        if fate in added_up.by_fate
    ]
    if added_up.lost:
        parts.append(f"the mail of {added_up.lost} was deleted with other files")
    if added_up.deleted:
        parts.append(f"{added_up.deleted} deleted since")
    return "; ".join([f"{added_up.members} in all", *parts])


def _why(added_up: MembersSum) -> str:
    return f" ({', '.join(f'{number} {why}' for why, number in added_up.by_reason.items())})"


def _files(view: JobView) -> str:
    numbers: dict[str, int] = {}
    for one in view.held.standings if view.held else ():
        numbers[one.standing] = numbers.get(one.standing, 0) + one.files
    told = ", ".join(f"{number} {standing}" for standing, number in sorted(numbers.items()))
    return f"{told or 'none'}; unpacking {view.state}"


def _messages(view: JobView, added_up: MembersSum, found: FoundInside) -> str:
    parts = [f"in:{view.upload_id} finds {found.shown}"]
    if found.hidden:
        parts.append(f"{found.hidden} more are marked as deleted in their mailboxes")
    if copies := added_up.messages - found.different:
        parts.append(f"{copies} are copies of others in here")
    return "; ".join([f"{added_up.messages} in all", *parts])
