"""Row 16 of bad-input.md: reading any bytes as an archive ends, and counts no byte twice."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile

import pytest

from mail.archive import TooManyMembers, open_archive
from mail.member import Damage
from mail.packed import STEP_BYTES
from mail.source import BytesSource
from mail.zip_directory import read_directory
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


def read_through(content: bytes) -> list[bytes]:
    """What came out, member by member."""
    source = AsOnDisk(content)
    archive = open_archive(source, "any.gz", most=500)
    came: list[bytes] = []
    if archive is None:
        return came
    try:
        for member in archive.members():
            blocks = list(member.blocks() if member.not_taken is None else ())
            assert max(map(len, blocks), default=0) <= STEP_BYTES
            came.append(b"".join(blocks))
    except TooManyMembers:
        return came
    counted = 0
    for span in archive.spans:
        assert span.start >= counted
        assert span.length > 0
        counted = span.start + span.length
    assert counted <= source.size
    return came


@pytest.mark.parametrize("form", WHOLE)
def test_row_16_no_bytes_whatever_raise_or_are_counted_twice(form: str) -> None:
    dice = random.Random(form)
    for _ in range(MUTANTS):
        read_through(mutant(WHOLE[form], dice))


@pytest.mark.parametrize("form", WHOLE)
def test_row_16_cut_off_anywhere_an_archive_gives_what_came_before(form: str) -> None:
    whole = read_through(WHOLE[form])
    longest = 0
    for stop in range(4, len(WHOLE[form]), 7):
        came = read_through(WHOLE[form][:stop])
        if form == "tgz" and not whole[0].startswith(b"".join(came[:1])):
            assert len(came[0]) < tarfile.BLOCKSIZE  # too little of it to see that it is a tar
            continue

        assert all(all_of_it.startswith(one) for all_of_it, one in zip(whole, came, strict=False))
        assert len(b"".join(came)) >= longest, stop
        longest = len(b"".join(came))
    assert longest > len(whole[0]) // 2


@pytest.mark.parametrize("size", ["1" * 5000, "9" * 20, "1_0", "-1", " 12"])
def test_row_16_a_size_that_is_none_is_a_damaged_header(size: str) -> None:
    info = tarfile.TarInfo("a.mbox")
    info.pax_headers = {"size": size}
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as writer:
        writer.addfile(info)

    archive = open_archive(AsOnDisk(made.getvalue()), "x.tar", most=500)

    assert archive is not None
    assert list(archive.members()) == []
    assert archive.damage is Damage.HEADER


@pytest.mark.parametrize("size", [b"+0000000012", b"-0000000012", b"0o000000012", b"0_000000012"])
def test_row_16_only_octal_digits_are_a_number_of_a_tar(size: bytes) -> None:
    header = bytearray(tar_of([("a.mbox", mail(1))]))
    header[124:135] = size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])

    archive = open_archive(AsOnDisk(bytes(header)), "x.tar", most=500)

    assert archive is not None
    assert list(archive.members()) == []
    assert archive.damage is Damage.HEADER


class Counting(AsOnDisk):
    """Counts the bytes it is asked for."""

    asked = 0

    def read_at(self, offset: int, length: int) -> bytes:
        found = super().read_at(offset, length)
        self.asked += len(found)
        return found


@pytest.mark.parametrize("off_by", [-1, 1])
def test_row_16_thousands_of_ends_of_a_zip_are_not_all_tried(off_by: int) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 16)
    directory, header = entry * 2000, b"PK\x03\x04" + bytes(26)
    number = 2000 + off_by
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, number, number, len(directory), len(header), 0
    )
    source = Counting(header + directory + end * 2900)

    assert read_directory(source, most=10_000) is None
    assert source.asked < 10 * (len(directory) + 65_557)


def test_row_16_a_directory_longer_than_is_read_at_once_is_read_whole() -> None:
    files = {f"{number}/{'x' * 900}.txt": b"" for number in range(2500)}

    found = read_directory(BytesSource(zip_of(files)), most=10_000)

    assert found is not None
    assert [one.name.decode() for one in found.entries] == list(files)
