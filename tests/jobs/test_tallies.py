"""The tally of one process under several names, on both databases."""

from __future__ import annotations

from datetime import timedelta

from store.clock import utc_now
from store.tables import attempt
from store.tallies import Tally, first_begun, tallies, tally_of
from tests.jobs.floor import Floor
from tests.mboxes import letters


def test_several_names_have_one_tally_and_names_are_found_by_how_they_begin(floor: Floor) -> None:
    floor.hand_in(letters(3))
    floor.run()
    ((name, host), *_) = floor.rows(attempt, "worker", "host")
    done = len(floor.rows(attempt, "id"))
    since = utc_now() - timedelta(hours=1)

    with floor.workshop.database.read() as connection:
        together = tally_of(connection, {name, "another"}, since=since)
        none = tally_of(connection, {"another"}, since=since)
        alone = tallies(connection, {name}, since=since)
        found = first_begun(connection, [name[:3]], since=since)
        missed = first_begun(connection, ["_" * len(name), "%"], since=since)

    assert together == Tally(host=host, done=done, failed=0) == alone[name]
    assert none is None
    assert list(found) == [name]
    assert since < found[name] < utc_now()
    assert missed == {}
