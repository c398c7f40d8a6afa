"""Members whose bytes came before: their mail lies with the earlier upload, and may go with it."""

from __future__ import annotations

import gzip

from jobs.dispatch import Dispatch
from store.archives import Fate
from store.counted_on import CountsOn, counting_on, counting_on_upload
from store.errands import ErrandKind
from store.forecast_inside import InsideForecast, forecast_inside
from store.member_lists import MemberView, members_of
from store.members import sum_of_members
from store.states import JobState
from tests.archives import mail, zip_of
from tests.jobs.asked import ask, carry_out
from tests.jobs.floor import Floor

ONE, TWO = mail(1), mail(2)


def taken_in(floor: Floor, content: bytes, filename: str) -> int:
    """The number of an upload that was read to its end."""
    floor.hand_in(content, filename=filename)
    floor.run()
    return floor.upload_id


def counted_on(floor: Floor, upload_id: int) -> list[tuple[str, int]]:
    with floor.workshop.database.read() as connection:
        return [(one.filename, one.members) for one in counting_on_upload(connection, upload_id)]


def members(floor: Floor) -> list[MemberView]:
    with floor.workshop.database.read() as connection:
        return members_of(connection, floor.upload_id, limit=10)


def inside(floor: Floor) -> InsideForecast:
    with floor.workshop.database.read() as connection:
        return forecast_inside(connection, floor.upload_id)


def delete(floor: Floor, upload_id: int) -> None:
    carry_out(floor, ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=upload_id))


def retry(floor: Floor) -> int:
    dispatch = Dispatch(floor.workshop, link=None, wake_local=lambda: None)
    return dispatch.retry(floor.job_id, actor="account:bob").did


def test_a_deletion_names_the_archives_that_count_on_the_bytes(floor: Floor) -> None:
    earlier = taken_in(floor, ONE, "a.mbox")
    taken_in(floor, zip_of({"a.mbox": ONE, "copy.mbox": ONE, "b.mbox": TWO}), "x.zip")
    taken_in(floor, zip_of({"b.mbox": TWO}), "y.zip")

    assert counted_on(floor, earlier) == [("x.zip", 2)]
    assert counted_on(floor, floor.upload_id) == []


def test_deleting_an_archive_names_the_archives_that_have_the_same_files(floor: Floor) -> None:
    first = taken_in(floor, zip_of({"a.mbox": ONE, "b.mbox": TWO}), "x.zip")
    second = taken_in(floor, zip_of({"a.mbox": ONE, "c.mbox": mail(3)}), "y.zip")

    assert counted_on(floor, first) == [("y.zip", 1)]
    with floor.workshop.database.read() as connection:
        own = [one.upload_id for one in members_of(connection, first, limit=9)]
        assert counting_on(connection, {first, second, *(key for key in own if key)}) == ()


def test_what_went_with_an_earlier_deletion_is_not_lost_once_more(floor: Floor) -> None:
    first = taken_in(floor, zip_of({"a.mbox": ONE, "b.mbox": TWO}), "x.zip")
    taken_in(floor, zip_of({"a.mbox": ONE}), "y.zip")
    with floor.workshop.database.read() as connection:
        held = {one.name: one.upload_id for one in members_of(connection, first, limit=9)}

    delete(floor, held["a.mbox"] or 0)

    assert counted_on(floor, first) == []


def test_a_damaged_file_whose_bytes_came_before_counts_on_them_too(floor: Floor) -> None:
    earlier = taken_in(floor, ONE, "a.mbox")
    damaged = bytearray(gzip.compress(ONE))
    damaged[-7] ^= 1
    taken_in(floor, bytes(damaged), "one.mbox.gz")

    assert counted_on(floor, earlier) == [("one.mbox.gz", 1)]


def test_a_member_tells_that_its_mail_went_with_the_earlier_upload(floor: Floor) -> None:
    earlier = taken_in(floor, ONE, "a.mbox")
    taken_in(floor, zip_of({"a.mbox": ONE, "b.mbox": TWO}), "x.zip")

    delete(floor, earlier)

    same, other = members(floor)
    assert (same.fate, same.gone, same.lies_elsewhere, same.job_id) == (Fate.SAME, True, True, None)
    assert not other.gone
    with floor.workshop.database.read() as connection:
        added_up = sum_of_members(connection, floor.upload_id)
    assert (added_up.lost, added_up.deleted) == (1, 0)


def test_a_retry_takes_in_from_the_archive_what_was_deleted_with_another_file(
    floor: Floor,
) -> None:
    earlier = taken_in(floor, ONE, "a.mbox")
    taken_in(floor, zip_of({"a.mbox": ONE, "copy.mbox": ONE, "b.mbox": TWO}), "x.zip")
    delete(floor, earlier)
    assert inside(floor).lost == 2

    assert retry(floor) == 1
    floor.run()

    first, copy, other = members(floor)
    assert [one.fate for one in (first, copy, other)] == [Fate.IMPORTED, Fate.SAME, Fate.IMPORTED]
    assert (first.messages, copy.upload_id, copy.gone) == (3, first.upload_id, False)
    assert floor.job().state is JobState.FINISHED
    assert floor.books().balances
    assert retry(floor) == 0


def test_a_file_that_was_deleted_by_itself_is_not_taken_in_again(floor: Floor) -> None:
    taken_in(floor, zip_of({"a.mbox": ONE, "b.mbox": TWO}), "x.zip")
    delete(floor, members(floor)[0].upload_id or 0)

    assert retry(floor) == 0

    (deleted, _) = members(floor)
    assert (deleted.gone, deleted.lies_elsewhere) == (True, False)


def test_with_a_file_that_was_deleted_by_itself_its_copies_in_the_archive_are_not_lost(
    floor: Floor,
) -> None:
    archive = taken_in(floor, zip_of({"a.mbox": ONE, "copy.mbox": ONE, "b.mbox": TWO}), "x.zip")
    first = members(floor)[0].upload_id or 0
    assert counted_on(floor, first) == []

    delete(floor, first)

    (_, copy, _) = members(floor)
    assert (copy.fate, copy.gone, copy.lies_elsewhere) == (Fate.SAME, True, False)
    with floor.workshop.database.read() as connection:
        added_up = sum_of_members(connection, archive)
    assert (added_up.lost, added_up.deleted, floor.job().lost) == (0, 2, 0)
    assert inside(floor).lost == 0
    assert retry(floor) == 0


def test_a_copy_in_another_archive_is_still_lost_with_the_file(floor: Floor) -> None:
    taken_in(floor, zip_of({"a.mbox": ONE}), "x.zip")
    first = members(floor)[0].upload_id or 0
    taken_in(floor, zip_of({"a.mbox": ONE, "copy.mbox": ONE}), "y.zip")
    assert counted_on(floor, first) == [("y.zip", 2)]

    delete(floor, first)

    assert floor.job().lost == 2


def test_a_file_that_was_deleted_by_itself_stays_so_when_its_bytes_came_and_went(
    floor: Floor,
) -> None:
    taken_in(floor, zip_of({"a.mbox": ONE, "b.mbox": TWO}), "x.zip")
    archive = floor.job_id, floor.upload_id
    delete(floor, members(floor)[0].upload_id or 0)
    again = taken_in(floor, ONE, "again.mbox")
    floor.job_id, floor.upload_id = archive
    assert [(one.fate, one.gone) for one in members(floor)] == [
        (Fate.IMPORTED, True),
        (Fate.IMPORTED, False),
    ]
    assert counted_on(floor, again) == []

    delete(floor, again)

    assert retry(floor) == 0
    (deleted, _) = members(floor)
    assert (deleted.gone, deleted.lies_elsewhere) == (True, False)
    assert inside(floor).lost == 0


def test_a_damaged_file_that_was_deleted_by_itself_stays_so_too(floor: Floor) -> None:
    damaged = bytearray(gzip.compress(ONE))
    damaged[-7] ^= 1
    taken_in(floor, bytes(damaged), "one.mbox.gz")
    archive = floor.job_id, floor.upload_id
    delete(floor, members(floor)[0].upload_id or 0)
    again = taken_in(floor, ONE, "again.mbox")
    floor.job_id, floor.upload_id = archive

    delete(floor, again)

    (deleted,) = members(floor)
    assert (deleted.fate, deleted.gone, deleted.lies_elsewhere) == (Fate.DAMAGED, True, False)
    assert inside(floor).lost == 0


def test_a_file_that_was_lost_with_another_is_here_again_with_its_bytes(floor: Floor) -> None:
    earlier = taken_in(floor, ONE, "a.mbox")
    archive_id = taken_in(floor, zip_of({"a.mbox": ONE, "b.mbox": TWO}), "x.zip")
    delete(floor, earlier)

    again = taken_in(floor, ONE, "again.mbox")

    assert counted_on(floor, again) == [("x.zip", 1)]
    floor.upload_id = archive_id
    (same, _) = members(floor)
    assert (same.fate, same.upload_id, same.gone) == (Fate.SAME, again, False)


def test_a_retry_leaves_alone_what_lies_with_an_earlier_upload(floor: Floor) -> None:
    taken_in(floor, ONE, "a.mbox")
    taken_in(floor, zip_of({"a.mbox": ONE, "b.mbox": TWO}), "x.zip")

    assert (inside(floor).elsewhere, inside(floor).does_something) == (1, False)
    assert retry(floor) == 0


def test_archives_are_named_with_their_jobs(floor: Floor) -> None:
    earlier = taken_in(floor, ONE, "a.mbox")
    archive = taken_in(floor, zip_of({"a.mbox": ONE}), "x.zip")

    with floor.workshop.database.read() as connection:
        (found,) = counting_on_upload(connection, earlier)

    assert found == CountsOn(upload_id=archive, job_id=floor.job_id, filename="x.zip", members=1)


def test_an_archive_waits_for_others_when_all_that_is_left_was_paused_before_it(
    floor: Floor,
) -> None:
    dispatch = Dispatch(floor.workshop, link=None, wake_local=lambda: None)
    floor.hand_in(ONE, filename="a.mbox")
    earlier = floor.job_id
    assert dispatch.pause(earlier, actor="account:bob")
    floor.hand_in(zip_of({"a.mbox": ONE, "b.mbox": TWO}), filename="x.zip")
    assert floor.job().waits_for_others == 0  # to be unpacked
    floor.plan()
    assert floor.job().waits_for_others == 0  # b.mbox is to be read
    floor.run()

    assert (floor.job().waits_for_others, floor.job().is_settled) == (1, False)

    assert dispatch.resume(earlier, actor="account:bob")
    assert floor.job().waits_for_others == 0  # it goes on by itself
    floor.run()
    assert (floor.job().waits_for_others, floor.job().is_settled) == (0, True)
