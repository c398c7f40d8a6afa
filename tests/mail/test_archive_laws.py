"""Row 16 of bad-input.md: reading any bytes as an archive ends, and counts no byte twice."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tarfile

import pytest

from mail.archive import TooManyMembers, open_archive
from mail.packed import STEP_BYTES
from mail.source import BytesSource
from tests.archives import mail, special, streamed_zip, tar_of, tgz_of, zip_of

WHOLE = {
    "zip": zip_of({"a.mbox": mail(1), "b.mbox": mail(2)}),
    "streamed": streamed_zip({"a.mbox": mail(1), "b.mbox": mail(2)}),
    "tar": tar_of([("a.mbox", mail(1)), ("긴" * 90, mail(2))]),
    "tgz": tgz_of([("a.mbox", mail(1))], special("link", tarfile.SYMTYPE)),
    "gz": gzip.compress(mail(1)) * 3,
    "bz2": bz2.compress(mail(1)),
    "xz": lzma.compress(mail(1)),
}
MARKS = (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06", b"\x1f\x8b\x08\x08", bytes(4))
MUTANTS = 600


class AsOnDisk(BytesSource):
    """Refuses what a file on disk could not be asked for."""

    def read_at(self, offset: int, length: int) -> bytes:
        assert 0 <= offset < 1 << 62
        assert 0 <= length < 1 << 30
        return super().read_at(offset, length)


def mutant(whole: bytes, dice: random.Random) -> bytes:
    changed = bytearray(whole)
    for _ in range(dice.choice((1, 1, 2, 5, 20))):
        at = dice.randrange(len(changed))
        match dice.randrange(5):
            case 0:
                changed[at] = dice.randrange(256)
            case 1:
                changed = changed[: max(at, 4)]
            case 2:
                changed[at:at] = changed[max(at - 40, 0) : at]
            case 3:
                changed[at : at + 8] = b"\xff" * 8
            case _:
                changed[at : at + 4] = dice.choice(MARKS)
    return bytes(changed)


def read_through(content: bytes) -> None:
    source = AsOnDisk(content)
    archive = open_archive(source, "any.gz", most=500)
    if archive is None:
        return
    try:
        for member in archive.members():
            for block in member.blocks() if member.not_taken is None else ():
                assert len(block) <= STEP_BYTES
    except TooManyMembers:
        return
    counted = 0
    for span in archive.spans:
        assert span.start >= counted
        assert span.length > 0
        counted = span.start + span.length
    assert counted <= source.size


@pytest.mark.parametrize("form", WHOLE)
def test_row_16_no_bytes_whatever_raise_or_are_counted_twice(form: str) -> None:
    dice = random.Random(form)
    for _ in range(MUTANTS):
        read_through(mutant(WHOLE[form], dice))


@pytest.mark.parametrize("form", WHOLE)
def test_row_16_cut_off_anywhere_an_archive_gives_what_came_before(form: str) -> None:
    for stop in range(4, len(WHOLE[form]), 7):
        read_through(WHOLE[form][:stop])
