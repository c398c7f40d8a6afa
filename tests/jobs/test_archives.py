"""Row 16 of bad-input.md: archives are unpacked, and every member is accounted for."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from jobs import archive_books, meter, unpacker
from jobs.archive_books import UNSEEN
from jobs.attempts import Surroundings, run_attempt
from store.archives import Fate, find_archive
from store.member_lists import MemberView, members_of
from store.members import sum_of_members
from store.spool import Spool
from store.states import JobState, Outcome
from store.uploads import forget_upload
from tests.archives import mail, special, streamed_zip, tar_of, tgz_of, with_flag, zip_of
from tests.jobs.floor import Floor

ONE, TWO = mail(1), mail(2)
EML = b"From: Ann <ann@example.org>\nSubject: One\nDate: Thu, 5 Jan 2023 10:00:00 +0000\n\nHi.\n"


def members(floor: Floor) -> list[MemberView]:
    with floor.workshop.database.read() as connection:
        return members_of(connection, floor.upload_id, limit=10_000)


def fates(floor: Floor) -> dict[str, tuple[str, str | None]]:
    return {one.name: (str(one.fate), one.reason) for one in members(floor)}


def unpacked(floor: Floor, archive: bytes, filename: str = "takeout.zip") -> Floor:
    floor.hand_in(archive, filename=filename)
    floor.run()
    return floor


def messages(floor: Floor) -> int:
    with floor.workshop.database.read() as connection:
        return sum_of_members(connection, floor.upload_id).messages


def spooled(floor: Floor) -> list[str]:
    return sorted(path.name for path in floor.workshop.spool.folder.iterdir())


def assert_green(floor: Floor) -> None:
    job = floor.job()
    assert (job.state, job.error) == (JobState.FINISHED, None)
    assert floor.books().balances
    assert job.progress.bytes_unpacked == job.size


@pytest.mark.parametrize(
    ("archive", "filename"),
    [
        (zip_of({"a/one.mbox": ONE, "a/two.mbox": TWO}), "x.zip"),
        (zip_of({"a/one.mbox": ONE, "a/two.mbox": TWO}, method=zipfile.ZIP_STORED), "x.zip"),
        (zip_of({"a/one.mbox": ONE, "a/two.mbox": TWO}, method=zipfile.ZIP_BZIP2), "x.zip"),
        (streamed_zip({"a/one.mbox": ONE, "a/two.mbox": TWO}), "no ending"),
        (tar_of([("a/one.mbox", ONE), ("a/two.mbox", TWO)]), "x.tar"),
        (tgz_of([("a/one.mbox", ONE), ("a/two.mbox", TWO)]), "x.tgz"),
        (bz2.compress(tar_of([("a/one.mbox", ONE), ("a/two.mbox", TWO)])), "x.tar.bz2"),
        (lzma.compress(tar_of([("a/one.mbox", ONE), ("a/two.mbox", TWO)])), "x.tar.xz"),
    ],
    ids=["zip", "stored", "bzip2", "streamed zip64", "tar", "tgz", "tar.bz2", "tar.xz"],
)
def test_row_16_every_mbox_in_an_archive_becomes_a_job(
    floor: Floor, archive: bytes, filename: str
) -> None:
    unpacked(floor, archive, filename)

    assert fates(floor) == {"a/one.mbox": ("imported", None), "a/two.mbox": ("imported", None)}
    assert {one.job_state for one in members(floor)} == {JobState.FINISHED}
    assert messages(floor) == 6
    assert_green(floor)


@pytest.mark.parametrize(
    ("packed", "filename"),
    [
        (gzip.compress(ONE), "one.mbox.gz"),
        (bz2.compress(ONE), "one.mbox.bz2"),
        (lzma.compress(ONE), "one.mbox.xz"),
        (gzip.compress(ONE[:700]) + gzip.compress(ONE[700:]), "one.mbox.gz"),
        (gzip.compress(ONE) + bytes(1000), "one.mbox.gz"),
    ],
    ids=["gz", "bz2", "xz", "several gzip members", "zeros after the end"],
)
def test_row_16_a_packed_mbox_is_read_as_the_mbox_it_is(
    floor: Floor, packed: bytes, filename: str
) -> None:
    unpacked(floor, packed, filename)

    (member,) = members(floor)
    assert (member.name, member.fate, member.size) == ("one.mbox", Fate.IMPORTED, len(ONE))
    assert messages(floor) == 3
    assert_green(floor)


def test_row_16_the_archive_itself_stays_as_it_came(floor: Floor) -> None:
    archive = zip_of({"one.mbox": ONE})
    unpacked(floor, archive)

    path = floor.workshop.spool.path(floor.spool_name)

    assert path.read_bytes() == archive


def test_row_16_what_is_no_mail_is_listed_with_the_reason(floor: Floor) -> None:
    inner = zip_of({"deep.zip": zip_of({"deeper.mbox": ONE})})
    files = {
        "Takeout/Mail/Inbox.mbox": ONE,
        "Takeout/one.eml": EML,
        "Takeout/index.html": b"<!doctype html><p>hello",
        "Takeout/settings.json": b'{"a": 1}',
        "__MACOSX/Takeout/._Inbox.mbox": b"\x00\x05\x16\x07\x00\x02\x00\x00",
        "Takeout/.DS_Store": b"\0\0\0\1Bud1",
        "Takeout/empty.mbox": b"",
        "Takeout/": b"",
        "Takeout/inner.zip": inner,
    }

    unpacked(floor, zip_of(files))

    assert fates(floor) == {
        "Takeout/Mail/Inbox.mbox": ("imported", None),
        "Takeout/one.eml": ("imported", None),
        "Takeout/index.html": ("skipped", "no_mail"),
        "Takeout/settings.json": ("skipped", "no_mail"),
        "__MACOSX/Takeout/._Inbox.mbox": ("skipped", "system"),
        "Takeout/.DS_Store": ("skipped", "system"),
        "Takeout/empty.mbox": ("skipped", "empty"),
        "Takeout/": ("skipped", "directory"),
        "Takeout/inner.zip": ("imported", None),
    }
    assert_green(floor)


def test_row_16_archives_in_archives_are_opened_as_deep_as_is_set(floor: Floor) -> None:
    middle = zip_of({"deep.mbox": ONE, "inner.tgz": tgz_of([("deeper.mbox", TWO)])})
    unpacked(floor, zip_of({"middle.zip": middle}))

    (outer,) = members(floor)
    with floor.workshop.database.read() as connection:
        inside = members_of(connection, outer.upload_id or 0, limit=9)

    assert [(one.name, str(one.fate), one.reason) for one in inside] == [
        ("deep.mbox", "imported", None),
        ("inner.tgz", "skipped", "too_deep"),
    ]
    # Nobody has seen whether there is mail in it: neither archive is whole.
    assert outer.job_state is JobState.INCOMPLETE
    assert floor.job().state is JobState.FINISHED
    assert floor.job().status is JobState.INCOMPLETE


def test_row_16_what_is_hidden_beside_mail_makes_an_archive_incomplete(floor: Floor) -> None:
    both = zip_of({"one.mbox": ONE, "secret.mbox": TWO})
    # The flag of the last entry, in its own header and in the directory.
    hidden = bytearray(both)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        hidden[hidden.rfind(mark) + at] |= 1
    unpacked(floor, bytes(hidden))

    assert fates(floor) == {
        "one.mbox": ("imported", None),
        "secret.mbox": ("skipped", "encrypted"),
    }
    assert floor.job().state is JobState.INCOMPLETE
    assert floor.job().error == "1 member could not be opened and may hold mail"
    assert floor.books().balances


def test_row_16_links_devices_and_climbing_names_never_leave_the_spool(floor: Floor) -> None:
    archive = tgz_of(
        [("../../../etc/one.mbox", ONE), ("/abs\x07olute\u202e.mbox", TWO)],
        special("link.mbox", tarfile.SYMTYPE),
        special("hard.mbox", tarfile.LNKTYPE),
        special("dev", tarfile.CHRTYPE),
        special("pipe", tarfile.FIFOTYPE),
    )

    unpacked(floor, archive, "x.tgz")

    assert fates(floor) == {
        "../../../etc/one.mbox": ("imported", None),
        "/abs\ufffdolute\ufffd.mbox": ("imported", None),
        "link.mbox": ("skipped", "link"),
        "hard.mbox": ("skipped", "link"),
        "dev": ("skipped", "device"),
        "pipe": ("skipped", "device"),
    }
    names = {name for (name,) in floor.rows(tables_upload(), "filename")}
    assert names == {"x.tgz", "etc/one.mbox", "abs\ufffdolute\ufffd.mbox"}
    assert len(spooled(floor)) == 3
    assert_green(floor)


def tables_upload() -> Any:
    from store import tables  # noqa: PLC0415

    return tables.upload


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
def test_row_16_korean_names_without_a_flag_are_read_as_korean(floor: Floor, encoding: str) -> None:
    placeholder, name = "abcdefghijklmnopqrstuvwxyz", "받은 편지함/회의 자료.mbox"
    raw = name.encode(encoding)
    archive = zip_of({placeholder[: len(raw)] + "#" * (len(raw) - 26): ONE})
    archive = archive.replace((placeholder[: len(raw)] + "#" * (len(raw) - 26)).encode(), raw)

    unpacked(floor, archive)

    assert list(fates(floor)) == [name]


def test_row_16_a_name_of_any_length_is_shown_in_part(floor: Floor) -> None:
    unpacked(floor, zip_of({"x" * 60_000 + "/end.mbox": ONE}))

    (name,) = fates(floor)

    assert len(name) == 400
    assert name.endswith("x/end.mbox")


def test_row_16_what_a_password_hides_is_listed_as_encrypted(floor: Floor) -> None:
    unpacked(floor, with_flag(zip_of({"secret.mbox": ONE}), 1))

    assert fates(floor) == {"secret.mbox": ("skipped", "encrypted")}
    assert floor.job().state is JobState.FAILED
    assert floor.job().error == f"NoMessages: {UNSEEN}"
    assert floor.books().balances


def test_row_16_a_cut_off_gzip_gives_what_can_be_had_and_is_not_green(floor: Floor) -> None:
    whole = mail(7, count=300)
    packed = gzip.compress(whole)

    unpacked(floor, packed[: len(packed) // 2], "one.mbox.gz")

    (member,) = members(floor)
    assert (member.fate, member.reason) == (Fate.DAMAGED, "cut")
    assert member.size is not None
    assert 0 < member.size < len(whole)
    assert 50 < messages(floor) < 300
    assert floor.job().state is JobState.INCOMPLETE
    assert floor.job().error == "the archive is cut off; 1 member is damaged"


def test_row_16_a_wrong_checksum_is_found_and_what_came_out_is_kept(floor: Floor) -> None:
    damaged = bytearray(gzip.compress(ONE))
    damaged[-7] ^= 1

    unpacked(floor, bytes(damaged), "one.mbox.gz")

    assert fates(floor) == {"one.mbox": ("damaged", "checksum")}
    assert messages(floor) == 3
    assert floor.job().state is JobState.INCOMPLETE


def test_row_16_one_damaged_member_of_a_zip_keeps_no_other_from_being_read(floor: Floor) -> None:
    archive = bytearray(
        zip_of({"one.mbox": ONE, "two.mbox": TWO, "three.mbox": mail(3)}, method=zipfile.ZIP_STORED)
    )
    archive[archive.find(b"letter 2001")] ^= 1

    unpacked(floor, bytes(archive))

    assert fates(floor) == {
        "one.mbox": ("imported", None),
        "two.mbox": ("damaged", "checksum"),
        "three.mbox": ("imported", None),
    }
    assert floor.job().error == "1 member is damaged"
    assert floor.books().balances
    assert messages(floor) == 9


def test_row_16_a_zip_without_its_end_is_read_header_by_header(floor: Floor) -> None:
    archive = streamed_zip({"one.mbox": ONE, "two.mbox": TWO})

    unpacked(floor, archive[:-150])

    assert fates(floor)["one.mbox"] == ("imported", None)
    assert floor.job().state is JobState.INCOMPLETE
    assert "the directory at the end" in (floor.job().error or "")


def test_row_16_without_its_end_what_follows_a_large_file_that_is_no_mail_is_read(
    floor: Floor,
) -> None:
    table = "\n".join(f"{number},{number * 7919 % 10_007}" for number in range(200_000))
    archive = streamed_zip({"table.csv": table.encode(), "one.mbox": ONE})

    unpacked(floor, archive[: archive.find(b"PK\x01\x02")])

    assert fates(floor) == {
        "table.csv": ("skipped", "no_mail"),
        "one.mbox": ("imported", None),
    }
    assert messages(floor) == 3


def test_row_16_bytes_after_the_end_are_named_and_not_green(floor: Floor) -> None:
    packed = gzip.compress(ONE)

    unpacked(floor, packed + b"something else", "one.mbox.gz")

    assert fates(floor) == {"one.mbox": ("imported", None)}
    assert floor.job().state is JobState.INCOMPLETE
    assert floor.books().gaps == ((len(packed), 14),)


def test_row_16_the_same_bytes_are_imported_once(floor: Floor) -> None:
    unpacked(floor, zip_of({"a.mbox": ONE, "copy of a.mbox": ONE}))

    first, second = members(floor)

    assert (first.fate, second.fate) == (Fate.IMPORTED, Fate.SAME)
    assert first.upload_id == second.upload_id
    assert len(spooled(floor)) == 2
    assert_green(floor)


def test_row_16_an_archive_taken_in_again_takes_its_members_in_again(floor: Floor) -> None:
    unpacked(floor, zip_of({"a.mbox": ONE}))
    floor.hand_in(zip_of({"a.mbox": ONE}), filename="x.zip", again=True)
    floor.run()

    assert fates(floor) == {"a.mbox": ("imported", None)}


@pytest.mark.parametrize(
    ("setting", "limit", "word"),
    [
        ("ARCHIVE_RATIO", "20", "one packed byte gives more than 20 bytes (ARCHIVE_RATIO)"),
        ("ARCHIVE_BYTES", "100000", "it gives more than 100000 bytes (ARCHIVE_BYTES)"),
        ("ARCHIVE_MEMBER_BYTES", "100000", "more than 100000 bytes (ARCHIVE_MEMBER_BYTES)"),
    ],
)
@pytest.mark.parametrize("form", ["zip", "gz", "tgz"])
def test_row_16_a_bomb_stops_with_its_cause_and_leaves_no_file(
    make_floor: Callable[..., Floor],
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    limit: str,
    word: str,
    form: str,
) -> None:
    monkeypatch.setattr(meter, "RATIO_FROM_BYTES", 50_000)
    floor, bomb = make_floor(**{setting: limit}), ONE + b"x" * 3_000_000
    archive = {
        "zip": zip_of({"bomb.mbox": bomb}),
        "gz": gzip.compress(bomb),
        "tgz": tgz_of([("bomb.mbox", bomb)]),
    }[form]

    floor.hand_in(archive, filename="bomb")

    assert floor.run() == [Outcome.FAILED]
    assert floor.job().state is JobState.FAILED
    assert word in (floor.job().error or "")
    assert spooled(floor) == [floor.spool_name]


def test_row_16_many_small_bombs_are_held_together(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "RATIO_FROM_BYTES", 100_000)
    floor = make_floor(ARCHIVE_RATIO="100")
    small = bz2.compress(b"\n" * 90_000)

    unpacked(floor, bz2.compress(ONE) + small * 60, "one.mbox.bz2")

    assert "one packed byte gives more than 100 bytes" in (floor.job().error or "")
    assert spooled(floor) == [floor.spool_name]


def test_row_16_a_bomb_that_is_no_mail_is_not_unpacked_for_ever(
    make_floor: Callable[..., Floor],
) -> None:
    floor = make_floor(ARCHIVE_BYTES="1000000")

    unpacked(floor, tgz_of([("zeros.bin", bytes(3_000_000)), ("one.mbox", ONE)]), "x.tgz")

    assert "ARCHIVE_BYTES" in (floor.job().error or "")


def test_row_16_after_a_limit_was_raised_a_retry_takes_the_rest(
    make_floor: Callable[..., Floor],
) -> None:
    floor = make_floor(ARCHIVE_MEMBERS="2")
    unpacked(floor, zip_of({"a.mbox": ONE, "b.mbox": TWO, "c.mbox": mail(3)}))
    assert "more than 2 members (ARCHIVE_MEMBERS)" in (floor.job().error or "")

    wider = make_floor()
    wider.job_id, wider.upload_id = floor.job_id, floor.upload_id
    from store.wishes import retry_job  # noqa: PLC0415

    with wider.workshop.database.write() as connection:
        retry_job(connection, wider.job_id)
    wider.run()

    assert len(members(wider)) == 3
    assert_green(wider)


def test_row_16_entries_that_share_their_bytes_are_not_unpacked_twice(floor: Floor) -> None:
    archive = bytearray(zip_of({"one.mbox": ONE, "two.mbox": TWO}))
    second = archive.rfind(b"PK\x01\x02")
    archive[second + 42 : second + 46] = bytes(4)

    unpacked(floor, bytes(archive))

    assert sorted(fate for fate in fates(floor).values()) == [
        ("imported", None),
        ("skipped", "overlaps"),
    ]


def test_row_16_an_empty_archive_says_that_there_is_no_mail(floor: Floor) -> None:
    unpacked(floor, gzip.compress(tar_of([])), "empty.tgz")

    assert floor.job().state is JobState.FAILED
    assert floor.job().error == "NoMessages: no mail was found in this archive"


def test_row_16_five_thousand_members_are_each_accounted_for(floor: Floor) -> None:
    files = {f"note{number}.txt": b"no mail" for number in range(4900)}
    files |= {f"letter{number}.eml": EML + b"%d\n" % number for number in range(100)}
    floor.hand_in(zip_of(files), filename="many.zip")

    floor.plan()

    with floor.workshop.database.read() as connection:
        found = sum_of_members(connection, floor.upload_id)
    assert found.members == 5000
    assert found.by_fate == {Fate.SKIPPED: 4900, Fate.IMPORTED: 100}
    assert len(spooled(floor)) == 101
    assert_green(floor)


class Killed(BaseException):
    """What a test ends an attempt with, as a kill would: nobody tidies up after it."""


def unpack_until_killed(floor: Floor, *, after: int) -> None:
    """An attempt that takes in so many members, dies at the next and is given up."""
    complete, taken = unpacker.Unpacker._complete, list[int]()

    def dying(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(taken) == after:
            raise Killed
        taken.append(1)
        complete(self, *args, **kwargs)

    claimed = floor.must_claim()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacker.Unpacker, "_complete", dying)
        with pytest.raises(Killed):
            run_attempt(floor.workshop, claimed, surroundings=Surroundings())
    floor.lose(claimed)


def test_an_unpacking_that_died_is_continued_and_leaves_no_stray_file(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(zip_of({"a.mbox": ONE, "b.mbox": TWO, "c.mbox": mail(3)}))
    taken: list[int] = []
    complete, forget = unpacker.Unpacker._complete, unpacker.Unpacker._forget

    def dying(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(taken) == 1:
            raise Killed
        taken.append(1)
        complete(self, *args, **kwargs)

    monkeypatch.setattr(unpacker.Unpacker, "_complete", dying)
    monkeypatch.setattr(unpacker.Unpacker, "_forget", lambda *_: None)
    claimed = floor.must_claim()

    with pytest.raises(Killed):
        run_attempt(floor.workshop, claimed, surroundings=Surroundings())
    assert len(spooled(floor)) == 3  # the archive, the first member, and what nobody asked for
    monkeypatch.setattr(unpacker.Unpacker, "_complete", complete)
    monkeypatch.setattr(unpacker.Unpacker, "_forget", forget)
    floor.lose(claimed)

    floor.run()

    assert [one.fate for one in members(floor)] == [Fate.IMPORTED] * 3
    assert len(spooled(floor)) == 4
    assert messages(floor) == 9
    assert_green(floor)


def test_members_passed_over_after_a_kill_are_not_one_long_member(
    make_floor: Callable[..., Floor],
) -> None:
    floor = make_floor(ARCHIVE_MEMBER_BYTES="1500000")
    long = [(f"{one}.mbox", mail(one, count=3) + b"x\n" * 400_000) for one in range(1, 5)]
    floor.hand_in(tgz_of(long), filename="x.tgz")
    unpack_until_killed(floor, after=3)

    floor.run()

    assert [one.fate for one in members(floor)] == [Fate.IMPORTED] * 4


def test_an_unpacking_whose_archive_changed_hands_writes_nothing_more(floor: Floor) -> None:
    floor.hand_in(zip_of({"a.mbox": ONE}))
    stale = floor.must_claim()
    floor.lose(stale)
    floor.run()

    outcome = run_attempt(floor.workshop, stale, surroundings=Surroundings())

    assert outcome is Outcome.FENCED
    assert len(members(floor)) == 1
    assert len(spooled(floor)) == 2
    assert_green(floor)


def test_an_unpacking_killed_as_it_found_a_twin_leaves_no_stray_file(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(zip_of({"a.mbox": ONE, "copy.mbox": ONE}))
    remove, forget = Spool.remove, unpacker.Unpacker._forget

    def dying(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(Spool, "remove", dying)
    monkeypatch.setattr(unpacker.Unpacker, "_forget", lambda *_: None)
    claimed = floor.must_claim()
    with pytest.raises(Killed):
        run_attempt(floor.workshop, claimed, surroundings=Surroundings())
    assert len(spooled(floor)) == 3
    monkeypatch.setattr(Spool, "remove", remove)
    monkeypatch.setattr(unpacker.Unpacker, "_forget", forget)
    floor.lose(claimed)

    floor.run()

    assert [one.fate for one in members(floor)] == [Fate.IMPORTED, Fate.SAME]
    assert len(spooled(floor)) == 2
    assert_green(floor)


def test_a_member_whose_archive_is_deleted_meanwhile_leaves_no_file(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(zip_of({"a.mbox": ONE}))

    def deleting(self: Any, _member: Any, upload: Any, **_: Any) -> None:
        with floor.workshop.database.write() as connection:
            forget_upload(connection, upload.id)
        raise Killed

    monkeypatch.setattr(unpacker.Unpacker, "_complete", deleting)
    claimed = floor.must_claim()

    with pytest.raises(Killed):
        run_attempt(floor.workshop, claimed, surroundings=Surroundings())

    assert spooled(floor) == [floor.spool_name]


def test_archives_that_are_unpacked_side_by_side_are_held_together(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacker, "NOTE_SECONDS", 0.0)
    floor = make_floor(ARCHIVE_BYTES="1000000")
    inner = [zip_of({"a.mbox": mail(one) + b"x\n" * 300_000}) for one in (1, 2)]
    floor.hand_in(zip_of({"one.zip": inner[0], "two.zip": inner[1]}), filename="x.zip")
    floor.plan()
    first, second = unpacking(floor), unpacking(floor)
    begin = archive_books.ArchiveBooks.begin

    def meanwhile(self: Any, *args: Any) -> None:
        monkeypatch.setattr(archive_books.ArchiveBooks, "begin", begin)
        second.run()
        begin(self, *args)

    monkeypatch.setattr(archive_books.ArchiveBooks, "begin", meanwhile)

    with pytest.raises(meter.CannotUnpack, match="ARCHIVE_BYTES"):
        first.run()


def unpacking(floor: Floor) -> unpacker.Unpacker:
    return unpacker.Unpacker(
        floor.workshop,
        floor.must_claim(),
        stop_asked=lambda: False,
        still_moving=lambda: None,
        ring=lambda: None,
    )


@pytest.mark.parametrize("form", ["zip", "tgz"])
def test_what_came_out_is_counted_once_however_many_attempts_it_took(
    floor: Floor, form: str
) -> None:
    files = [("a.mbox", ONE), ("b.mbox", TWO)]
    floor.hand_in(zip_of(dict(files)) if form == "zip" else tgz_of(files), filename="x")
    unpack_until_killed(floor, after=1)

    floor.run()

    with floor.workshop.database.read() as connection:
        books = find_archive(connection, floor.upload_id)
    assert books is not None
    whole = len(ONE) + len(TWO) if form == "zip" else len(tar_of(files))
    assert books.inflated_bytes == whole


OTHER_BOXES = {
    "old.pst": b"!BDN" + bytes(60),
    "mail.7z": b"7z\xbc\xaf\x27\x1c" + bytes(60),
    "in.mbox.zst": b"\x28\xb5\x2f\xfd" + bytes(60),
    "INBOX": b"*mbx*\r\n" + bytes(60),
    "one.msg": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60),
}


@pytest.mark.parametrize("name", OTHER_BOXES)
def test_row_16_a_mailbox_of_another_kind_leaves_an_archive_incomplete(
    floor: Floor, name: str
) -> None:
    unpacked(floor, zip_of({"one.mbox": ONE, name: OTHER_BOXES[name]}))

    assert fates(floor)[name] == ("skipped", "form")
    assert floor.job().error == "1 member could not be opened and may hold mail"
    assert floor.job().status is JobState.INCOMPLETE


def test_row_16_documents_in_the_form_of_archives_are_no_mail_at_any_depth(floor: Floor) -> None:
    letter = zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"})
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60)
    inner = zip_of({"deep.mbox": ONE, "letter.docx": letter})
    unpacked(floor, zip_of({"a.docx": letter, "b.doc": old, "inner.zip": inner}))

    assert fates(floor) == {
        "a.docx": ("skipped", "no_mail"),
        "b.doc": ("skipped", "no_mail"),
        "inner.zip": ("imported", None),
    }
    assert_green(floor)
    assert floor.job().status is JobState.FINISHED


def test_row_16_labels_of_tapes_and_lists_of_names_hide_no_mail(floor: Floor) -> None:
    archive = tgz_of([("one.mbox", ONE)], special("a tape", b"V"), special("dump/", b"D"))

    unpacked(floor, archive, "x.tgz")

    assert fates(floor) == {
        "one.mbox": ("imported", None),
        "a tape": ("skipped", "empty"),
        "dump/": ("skipped", "directory"),
    }
    assert_green(floor)
