"""Errands over all that a search finds: labels put on and taken off, messages read again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import jobs.found
from jobs.rereading import Wish, in_a_child
from store import tables_mail
from store.clock import utc_now
from store.errands import Errand, ErrandKind, ErrandState
from store.facets import facets
from store.own_labels import own_labels_of, put_on
from store.reading import find_message
from store.search import search
from tests.jobs.asked import ask, carry_out, count
from tests.jobs.floor import Floor
from tests.mboxes import letters, mbox_of, raw_message

KOREAN = raw_message(8, body="PLACE\n").replace(b"PLACE", "도서관 책상".encode("cp949"))


def labelled(number: int) -> bytes:
    """A message that came with the label "Work"."""
    separator, _, rest = raw_message(number).partition(b"\n")
    return separator + b"\nX-Gmail-Labels: Work\n" + rest


def hits(floor: Floor, query: str) -> int:
    with floor.workshop.database.read() as connection:
        return search(connection, query, now=utc_now()).count.value


def label(floor: Floor, query: str, name: str) -> Errand:
    return carry_out(floor, ask(floor, ErrandKind.LABEL, query=query, label=name))


def unlabel(floor: Floor, query: str, name: str) -> Errand:
    return carry_out(floor, ask(floor, ErrandKind.UNLABEL, query=query, label=name))


def read_found(floor: Floor, query: str, **how: object) -> Errand:
    wish = {"query": query, "charset": None, "dialect": None, "wide": False, **how}
    return ask(floor, ErrandKind.READ_FOUND, **wish)


def ids_of(floor: Floor, query: str) -> list[int]:
    with floor.workshop.database.read() as connection:
        return [hit.id for hit in search(connection, query, limit=500, now=utc_now()).hits]


def test_a_label_put_on_all_that_match_is_found_and_counted_at_once(floor: Floor) -> None:
    floor.hand_in(letters(30))
    floor.run()

    done = label(floor, "", "Späti prüfen")

    assert done.state is ErrandState.DONE
    assert done.result == {"looked_at": 30, "changed": 30}
    assert (done.done, done.total) == (30, 30)
    assert hits(floor, 'label:"späti prüfen"') == 30
    with floor.workshop.database.read() as connection:
        (value,) = facets(connection, "", now=utc_now()).labels
    assert (value.value, value.count) == ("Späti prüfen", 30)


def test_a_label_goes_only_on_what_matches_and_a_second_time_changes_nothing(
    floor: Floor,
) -> None:
    floor.hand_in(mbox_of([raw_message(1, body="alpha\n"), raw_message(2, body="beta\n")]))
    floor.run()

    first, second = label(floor, "alpha", "mine"), label(floor, "alpha", "MINE")

    assert first.result == {"looked_at": 1, "changed": 1}
    assert second.result == {"looked_at": 1, "changed": 0}
    assert hits(floor, "label:mine") == hits(floor, "label:mine alpha") == 1


def test_a_search_that_the_label_itself_empties_is_gone_through_to_its_end(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.found, "LABELLED_AT_ONCE", 7)
    floor.hand_in(letters(30))
    floor.run()

    done = label(floor, "-label:seen", "seen")

    assert done.result == {"looked_at": 30, "changed": 30}
    assert hits(floor, "-label:seen") == 0


def test_a_labelling_that_was_broken_off_goes_on_from_where_it_was(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.found, "LABELLED_AT_ONCE", 10)
    floor.hand_in(letters(35))
    floor.run()
    looks = iter([True, True, True, False])

    half = carry_out(
        floor,
        ask(floor, ErrandKind.LABEL, query="-label:seen", label="seen"),
        still_mine=lambda: next(looks),
    )
    labelled = hits(floor, "label:seen")
    done = carry_out(floor, half)

    assert half.state is ErrandState.RUNNING
    assert 0 < labelled < 35
    assert done.result == {"looked_at": 35, "changed": 35}
    assert (done.done, done.total) == (35, 35)


def test_what_came_with_the_mail_is_never_taken_off(floor: Floor) -> None:
    floor.hand_in(mbox_of([labelled(1), raw_message(2)]))
    floor.run()
    label(floor, "", "work")
    both = ids_of(floor, "label:work")

    done = unlabel(floor, "", "WORK")

    assert len(both) == 2
    assert done.result == {"looked_at": 2, "changed": 2}
    assert hits(floor, "label:work") == 1
    with floor.workshop.database.read() as connection:
        assert own_labels_of(connection, both) == set()


def test_ours_can_be_told_from_those_of_the_mail(floor: Floor) -> None:
    floor.hand_in(mbox_of([labelled(1)]))
    floor.run()
    (key,) = ids_of(floor, "")

    label(floor, "", "ours")

    with floor.workshop.database.read() as connection:
        message = find_message(connection, key)
    assert message is not None
    assert message.labels == ("Work", "ours")
    assert (message.came_labels, message.own_labels) == (("Work",), ("ours",))


def test_a_label_of_ours_stays_when_its_file_is_read_again(floor: Floor) -> None:
    floor.hand_in(letters(12))
    floor.run()
    label(floor, "", "kept")

    carry_out(floor, ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id))
    between = hits(floor, "label:kept")
    floor.run()

    assert between == 0
    assert hits(floor, "label:kept") == 12


def two_labelled_copies(make_floor: Callable[..., Floor]) -> tuple[Floor, Floor]:
    """Two uploads of the same twelve messages, which bear a label of ours."""
    first, second = make_floor(), make_floor()
    for one in (first, second):
        one.hand_in(letters(12))
        one.run()
    label(first, "", "kept")
    return first, second


def test_a_label_of_ours_goes_to_the_copy_that_is_left_and_with_the_last(
    make_floor: Callable[..., Floor],
) -> None:
    first, second = two_labelled_copies(make_floor)

    carry_out(first, ask(first, ErrandKind.DELETE_UPLOAD, upload_id=first.upload_id))
    left = hits(second, "label:kept")
    carry_out(second, ask(second, ErrandKind.DELETE_UPLOAD, upload_id=second.upload_id))

    assert left == 12
    assert count(first, tables_mail.message_label) == 0


def test_a_label_of_ours_stays_when_one_of_two_copies_is_read_again(
    make_floor: Callable[..., Floor],
) -> None:
    first, _ = two_labelled_copies(make_floor)

    carry_out(first, ask(first, ErrandKind.READ_AGAIN, job_id=first.job_id))
    between = hits(first, "label:kept")
    first.run()

    assert between == hits(first, "label:kept") == 12
    assert count(first, tables_mail.message_label) == 12


def test_a_label_of_ours_stays_when_the_message_is_read_by_another_charset(floor: Floor) -> None:
    floor.hand_in(mbox_of([KOREAN]))
    floor.run()
    (key,) = ids_of(floor, "")
    with floor.workshop.database.write() as connection:
        assert put_on(connection, [key], "kept", now=utc_now()) == 1
    wish = Wish(key=key, charset="cp949", dialect=None, wide=False, actor="account:ann")

    in_a_child(floor.workshop.config, wish)

    assert hits(floor, "label:kept 도서관") == 1


def test_all_that_match_are_read_again_by_another_charset(floor: Floor) -> None:
    others = [raw_message(number) for number in range(20, 25)]
    floor.hand_in(mbox_of([KOREAN, *others]))
    floor.run()
    before = hits(floor, "도서관")

    done = carry_out(floor, read_found(floor, "", charset="koi8-r"))
    otherwise = hits(floor, "도서관")
    carry_out(floor, read_found(floor, ""))

    assert done.state is ErrandState.DONE
    assert done.result == {"read": 6, "copies": 0, "not_read": 0, "reasons": []}
    assert (before, otherwise, hits(floor, "도서관")) == (1, 0, 1)
    assert floor.books().balances


def test_what_cannot_be_read_again_is_told_and_stays(floor: Floor) -> None:
    floor.hand_in(letters(3))
    floor.run()
    errand = read_found(floor, "")
    floor.workshop.spool.path(floor.spool_name).unlink()

    done = carry_out(floor, errand)

    assert done.state is ErrandState.DONE
    assert done.result is not None
    assert (done.result["read"], done.result["not_read"]) == (0, 3)
    assert len(done.result["reasons"]) == 3
    assert hits(floor, "") == 3


def test_a_reading_that_was_broken_off_goes_on_from_where_it_was(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.found, "READ_AT_ONCE", 4)
    floor.hand_in(letters(10))
    floor.run()
    looks = iter([True] * 10 + [False])

    half = carry_out(floor, read_found(floor, ""), still_mine=lambda: next(looks))
    done = carry_out(floor, half)

    assert half.state is ErrandState.RUNNING
    assert half.place["done"] == 4
    assert done.result is not None
    assert done.result["read"] == 10
    assert (done.done, done.total) == (10, 10)
