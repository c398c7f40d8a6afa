"""In which order files are unpacked, scanned and read when there is one worker."""

from __future__ import annotations

from jobs.attempts import Surroundings, run_slice
from jobs.workshop import this_worker
from store.bells import due_bells
from store.clock import utc_now
from store.states import ChunkKind, EngineName
from store.turns import BYTES_OF_A_TURN, turn_of_plan
from tests.archives import mail, zip_of
from tests.jobs.floor import Floor


def order_of_work(floor: Floor) -> list[str]:
    """What is worked on one after the other, as "unpack a.zip"."""
    done = []
    while (claimed := floor.claim()) is not None:
        does = "unpack" if claimed.is_archive else str(claimed.kind)
        done.append(f"{does} {claimed.filename}")
        floor.finish_claimed(claimed)
    return done


def two_archives(floor: Floor) -> None:
    floor.hand_in(zip_of({"a1": mail(1), "a2": mail(2)}), filename="a.zip")
    floor.hand_in(zip_of({"b1": mail(3)}), filename="b.zip")


def test_what_came_out_of_one_archive_is_read_before_the_next_is_opened(floor: Floor) -> None:
    two_archives(floor)

    assert order_of_work(floor) == [
        "unpack a.zip",
        *("plan a1", "plan a2", "parse a1", "parse a2"),
        "unpack b.zip",
        *("plan b1", "parse b1"),
    ]


def test_an_archive_inside_comes_before_the_next_one(floor: Floor) -> None:
    inner = zip_of({"i1": mail(1)})
    floor.hand_in(zip_of({"in.zip": inner, "a1": mail(2)}), filename="a.zip")
    floor.hand_in(zip_of({"b1": mail(3)}), filename="b.zip")

    order = order_of_work(floor)

    assert order.index("parse i1") < order.index("unpack b.zip")


def test_a_small_archive_does_not_wait_for_all_of_a_large_file(floor: Floor) -> None:
    floor.hand_in(mail(1, count=2000), filename="large.mbox")
    floor.plan()
    large = len(floor.chunks())
    floor.hand_in(zip_of({"a1": mail(2)}), filename="a.zip")

    order = order_of_work(floor)

    assert large > 10
    assert order.index("unpack a.zip") <= 2
    assert order.index("parse a1") <= 5


def test_an_archive_waits_for_as_many_turns_as_it_takes() -> None:
    of_gigabyte = turn_of_plan(is_archive=True, size=1 << 30, is_inside=False)

    assert of_gigabyte == 2 + (1 << 30) // BYTES_OF_A_TURN
    assert turn_of_plan(is_archive=False, size=1 << 30, is_inside=False) == 0


def test_a_bell_rung_for_an_archive_leads_to_whose_turn_it_is(floor: Floor) -> None:
    two_archives(floor)
    with floor.workshop.database.write() as connection:
        rung = due_bells(connection, now=utc_now(), window=64, hanging=0)
    assert floor.step() is not None

    made = run_slice(
        floor.workshop,
        first=rung[-1].chunk_id,
        worker=this_worker(EngineName.LOCAL, "test"),
        seconds=0,
        surroundings=Surroundings(),
    )

    assert [bell.is_first for bell in rung] == [False, False]
    assert (made, rung[-1].kind) == (1, ChunkKind.PLAN)
    assert order_of_work(floor)[0] == "plan a2"
