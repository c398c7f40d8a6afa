"""The files of an archive in every order, a page after the other, on both databases."""

from __future__ import annotations

import pytest

from store.member_lists import MemberOrder, members_of
from tests.archives import mail, zip_of
from tests.jobs.floor import Floor

SIZES = {"b.mbox": 3, "a.mbox": 1, "보관함.mbox": 3, "c/d.mbox": 2, "B.mbox": 5}


@pytest.mark.parametrize("order", MemberOrder)
def test_pages_of_members_give_each_once_and_in_order(floor: Floor, order: MemberOrder) -> None:
    files = {name: mail(number, count=SIZES[name]) for number, name in enumerate(SIZES)}
    floor.hand_in(zip_of({**files, "notes.txt": b"no mail"}))
    floor.run()
    upload_id = floor.job().upload_id
    with floor.workshop.database.read() as connection:
        whole = members_of(connection, upload_id, order=order, limit=100)
        found, after = [], -1
        while page := members_of(connection, upload_id, order=order, after=after, limit=2):
            found += page
            after = page[-1].ordinal

    assert found == whole
    assert len(whole) == 6
    if order is MemberOrder.NAME:
        names = [one.name for one in whole]
        assert names == sorted(names, key=str.encode)
    if order is MemberOrder.SIZE:
        sizes = [one.size or one.claimed_size or -1 for one in whole]
        assert sizes == sorted(sizes, reverse=True)
