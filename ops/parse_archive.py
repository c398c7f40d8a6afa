"""The members of an archive for `email-parser parse`, each through a temporary file of its own.

The same limits as in a worker, and as little held in memory.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from typing import BinaryIO

from jobs.meter import CannotUnpack, Meter
from mail.archive import Archive, TooManyMembers, open_archive
from mail.member import Damage, Member
from mail.member_name import shown_name
from mail.sniff import HEAD_BYTES, sniff
from mail.source import Source
from ops.premises import settings
from ops.refusal import Refusal

# Reads what is in a file, and says whether it held mail.
Reader = Callable[[BinaryIO, str], bool]


def parse_members(source: Source, label: str, *, depth: int, read: Reader) -> bool:
    """Read every member that may hold mail; False when something is damaged or nothing was mail.

    What is not read is said on standard error. Raises Refusal beyond a limit.
    """
    config = settings()
    if depth > config.archive_depth:
        print(f"{label}: not read (too_deep)", file=sys.stderr)
        return False
    meter = Meter(config)
    archive = open_archive(
        source, label.rsplit("/", 1)[-1], most=config.archive_members, tick=meter.count
    )
    if archive is None:
        raise Refusal(f"{label}: this is no archive that can be opened here")
    try:
        found = [_parse(member, label, meter=meter, read=read) for member in archive.members()]
    except TooManyMembers:
        raise Refusal(
            f"{label}: the archive has more than {config.archive_members} members"
        ) from None
    except CannotUnpack as error:
        raise Refusal(f"{label}: {error}") from None
    return _is_whole(archive, label, source) and any(found) and None not in found


def _is_whole(archive: Archive, label: str, source: Source) -> bool:
    if archive.damage is not None:
        print(f"{label}: damaged ({archive.damage})", file=sys.stderr)
    gap = source.size - sum(span.length for span in archive.spans)
    if gap:
        print(f"{label}: {gap} bytes are no part of the archive", file=sys.stderr)
    return archive.damage is None and not gap


def _parse(member: Member, label: str, *, meter: Meter, read: Reader) -> bool | None:
    """Whether it held mail; None when it is damaged."""
    name, why = shown_name(member.name), str(member.not_taken or "")
    meter.begin_member()
    held = False
    if not why and member.damage is None:
        with tempfile.TemporaryFile() as file:
            for block in member.blocks():
                file.write(block)
            file.seek(0)
            taken = sniff(file.read(HEAD_BYTES), member.name).is_taken
            held = taken and read(file, name)
            why = "" if taken else "no_mail"
    if member.damage is not None:
        _complain(label, name, member.damage)
        return None
    if why:
        print(f"{label}: {name}: not read ({why})", file=sys.stderr)
    return held


def _complain(label: str, name: str, damage: Damage) -> None:
    print(f"{label}: {name}: damaged ({damage})", file=sys.stderr)
