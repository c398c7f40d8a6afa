"""One message read again by a person's choice: what is stored is replaced, and the books follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from jobs import processor, rereading
from jobs.guard import MessageTooSlow, arm_cpu_limit
from jobs.rereading import CannotRead, Wish, in_a_child, read_again
from mail.defect import DefectKind
from store import tables, tables_mail
from store.audit import entries
from store.clock import utc_now
from store.job_view import JobView
from store.ledger import entries_of
from store.messages import Kind, Reading, prepare
from store.quarantine import quarantined_of
from store.reading import MessageView, find_message, text_of
from store.rereading import replace_reading, stored_message
from store.rows import message_key
from store.search import search
from tests.jobs.floor import Floor
from tests.mboxes import mbox_of, offsets_in, raw_message
from tests.store.mails import a_message

LARGE = raw_message(7, subject="A heavy one", body="heavy quarkseven\n" * 6000)
KOREAN = raw_message(8, body="PLACE\n").replace(b"PLACE", "도서관 책상".encode("cp949"))


@pytest.fixture(autouse=True)
def armed() -> None:
    arm_cpu_limit()


def wish(floor: Floor, mbox: bytes, number: int, **asked: Any) -> Wish:
    """To read the message at a place of the mbox again."""
    key = message_key(floor.upload_id, offsets_in(mbox)[number])
    plain = {"charset": None, "dialect": None, "wide": False, "actor": "account:ann"}
    return Wish(key=key, **{**plain, **asked})


def shown(floor: Floor, key: int) -> MessageView:
    with floor.workshop.database.read() as connection:
        found = find_message(connection, key)
    assert found is not None
    return found


def text_in(floor: Floor, key: int) -> str | None:
    with floor.workshop.database.read() as connection:
        return text_of(connection, key)


def hits(floor: Floor, query: str) -> int:
    with floor.workshop.database.read() as connection:
        return len(search(connection, query, now=utc_now()).hits)


def sums(job: JobView) -> tuple[int, int, int]:
    progress = job.progress
    return progress.messages, progress.duplicates, progress.quarantined


def kinds(floor: Floor) -> list[str]:
    with floor.workshop.database.read() as connection:
        return [str(entry.kind) for entry in entries_of(connection, floor.upload_id)]


def test_a_quarantined_message_that_can_be_read_takes_its_place(
    make_floor: Callable[..., Floor],
) -> None:
    floor = make_floor(MAX_MESSAGE_BYTES="65536", CHUNK_BYTES="1000000")
    mbox = mbox_of([raw_message(1), LARGE, raw_message(2)])
    floor.hand_in(mbox)
    floor.run()
    again = wish(floor, mbox, 1, wide=True)
    assert (sums(floor.job()), hits(floor, "quarkseven")) == ((2, 0, 1), 0)

    kind = read_again(floor.workshop, again)

    assert kind is Kind.MESSAGE
    assert sums(floor.job()) == (3, 0, 0)
    assert floor.books().balances
    assert floor.books().messages == 3
    assert "quarantined" not in kinds(floor)
    assert hits(floor, "quarkseven") == 1
    assert shown(floor, again.key).quarantine is None
    assert shown(floor, again.key).choice("limits") == "4x"
    with floor.workshop.database.read() as connection:
        assert quarantined_of(connection, floor.upload_id) == []
        act = entries(connection, subject=f"job:{floor.job_id}")[0]
    assert (act.action, act.actor) == ("message.read_again", "account:ann")
    assert (act.detail["was"], act.detail["is"]) == ("quarantined", "message")


def test_one_of_several_quarantined_in_a_row_leaves_the_others_in_the_books(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = make_floor(CHUNK_BYTES="1000000")
    mbox = mbox_of([raw_message(number) for number in range(5)])
    floor.hand_in(mbox)

    def too_slow(*_: Any, **__: Any) -> None:
        raise MessageTooSlow

    monkeypatch.setattr(processor, "read_message", too_slow)
    floor.run()
    assert sums(floor.job()) == (0, 0, 5)

    read_again(floor.workshop, wish(floor, mbox, 2))

    assert kinds(floor) == ["quarantined", "message", "quarantined"]
    assert sums(floor.job()) == (1, 0, 4)
    assert floor.books().balances
    assert floor.books().messages == 5
    assert shown(floor, wish(floor, mbox, 2).key).subject == "Letter 2"


def test_what_turns_out_to_be_a_copy_is_booked_as_one(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_floor(), make_floor()
    first.hand_in(raw_message(1))
    first.run()
    second.hand_in(raw_message(1))

    def too_slow(*_: Any, **__: Any) -> None:
        raise MessageTooSlow

    with monkeypatch.context() as patched:
        patched.setattr(processor, "read_message", too_slow)
        second.run()

    assert read_again(second.workshop, wish(second, raw_message(1), 0)) is Kind.DUPLICATE
    assert sums(second.job()) == (0, 1, 0)
    assert second.books().balances


def test_what_still_cannot_be_read_changes_nothing_and_says_why(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = make_floor(MAX_MESSAGE_BYTES="65536")
    floor.hand_in(LARGE)
    floor.run()

    def too_slow(*_: Any, **__: Any) -> None:
        raise MessageTooSlow

    with pytest.raises(CannotRead, match="messages above 65536 bytes are not read whole"):
        read_again(floor.workshop, wish(floor, LARGE, 0, charset="cp949"))
    monkeypatch.setattr(rereading, "read_message", too_slow)
    with pytest.raises(CannotRead, match="more than 120 s of CPU time"):
        read_again(floor.workshop, wish(floor, LARGE, 0, wide=True))

    assert sums(floor.job()) == (0, 0, 1)
    assert kinds(floor) == ["quarantined"]


def test_a_kept_charset_is_stored_searched_and_undone(floor: Floor) -> None:
    mbox = mbox_of([raw_message(1), KOREAN])
    floor.hand_in(mbox)
    floor.run()
    western, as_found = (wish(floor, mbox, 1, charset=name) for name in ("cp1252", None))
    before = text_in(floor, western.key)

    read_again(floor.workshop, western)

    changed = text_in(floor, western.key)
    assert "µµ¼­°ü" in (changed or "")
    assert hits(floor, "도서관") == 0
    assert shown(floor, western.key).choice("charset") == "cp1252"
    assert shown(floor, western.key).defects[0].kind == DefectKind.READ_BY_CHOICE

    read_again(floor.workshop, as_found)

    assert text_in(floor, western.key) == before
    assert hits(floor, "도서관") == 1
    assert shown(floor, western.key).choice("charset") is None
    assert sums(floor.job()) == (2, 0, 0)
    assert floor.books().balances


def test_a_first_copy_stays_the_first_of_its_copies(make_floor: Callable[..., Floor]) -> None:
    first, second = make_floor(), make_floor()
    for floor in (first, second):
        floor.hand_in(KOREAN)
        floor.run()

    read_again(first.workshop, wish(first, KOREAN, 0, charset="cp1252"))

    assert first.rows(tables_mail.message, "kind") == [("duplicate",), ("message",)]
    assert len(shown(first, wish(first, KOREAN, 0).key).copies) == 2
    with pytest.raises(CannotRead, match="This is a copy"):
        read_again(second.workshop, wish(second, KOREAN, 0))


def test_a_first_copy_that_becomes_another_content_leaves_its_place_to_a_copy(
    make_floor: Callable[..., Floor],
) -> None:
    floor = make_floor()
    mbox = mbox_of([raw_message(1)])
    floor.hand_in(mbox)
    floor.run()
    first = wish(floor, mbox, 0).key
    floor.hand_in(mbox)
    floor.run()
    second = wish(floor, mbox, 0).key
    database = floor.workshop.database
    with database.read() as connection:
        stored = stored_message(connection, first)
    other = Reading(span=stored.span, message=a_message("quarkother"), quarantine=None)
    batch = prepare([other], upload_id=stored.upload_id, database=database)

    with database.write() as connection:
        assert replace_reading(connection, stored, batch, now=utc_now()) is Kind.MESSAGE

    assert [shown(floor, key).kind for key in (first, second)] == [Kind.MESSAGE, Kind.MESSAGE]
    assert sorted(key for _, key in floor.rows(tables_mail.content, "digest", "message_id")) == [
        first,
        second,
    ]
    assert (hits(floor, "quarkother"), hits(floor, "quark1")) == (1, 1)


def test_the_description_of_a_list_comes_to_mail_of_before_by_reading_it_again(
    floor: Floor,
) -> None:
    mbox = raw_message(1).replace(b"To: ", b"List-Id: Long walks <walks.example.org>\nTo: ")
    floor.hand_in(mbox)
    floor.run()
    again = wish(floor, mbox, 0)
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables_mail.message).values(list_description=None))
    assert shown(floor, again.key).list_description is None

    read_again(floor.workshop, again)

    assert shown(floor, again.key).list_description == "Long walks"
    assert hits(floor, 'list:"long walks"') == 1


def test_another_rule_unquotes_the_text_anew(floor: Floor) -> None:
    mbox = raw_message(1, body=">From here on\n>>From there\n")
    floor.hand_in(mbox)
    floor.run()
    single = wish(floor, mbox, 0, dialect="mboxcl2")

    read_again(floor.workshop, single)

    assert ">From here on" in (text_in(floor, single.key) or "")
    assert shown(floor, single.key).choice("rule") == "mboxcl2"
    assert floor.books().balances


def test_a_child_process_does_it_and_tells(floor: Floor) -> None:
    floor.hand_in(KOREAN)
    floor.run()
    western = wish(floor, KOREAN, 0, charset="cp1252")

    assert in_a_child(floor.workshop.config, western) is Kind.MESSAGE

    assert "µµ¼­°ü" in (text_in(floor, western.key) or "")
    with pytest.raises(CannotRead, match="not there any more"):
        in_a_child(floor.workshop.config, Wish(**{**_plain(western), "key": western.key + 1}))
    assert floor.rows(tables.quarantine, "offset") == []


def _plain(one: Wish) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("charset", "dialect", "wide", "actor")}


CUT_OFF = raw_message(2, body="it ends here") + b"\0" * 512
AHEAD = raw_message(3).replace(b"Thu, 5 Jan 2023", b"Fri, 5 Jan 2029").replace(b"2023\n", b"2029\n")


@pytest.mark.parametrize("damaged", [CUT_OFF, AHEAD], ids=["cut off", "dated after its upload"])
def test_what_is_read_again_as_found_is_found_as_before(floor: Floor, damaged: bytes) -> None:
    mbox = mbox_of([raw_message(1), damaged])
    floor.hand_in(mbox)
    floor.run()
    again = wish(floor, mbox, 1)
    before = shown(floor, again.key)
    assert before.defects

    read_again(floor.workshop, again)

    after = shown(floor, again.key)
    assert (after.defects, after.sent_at) == (before.defects, before.sent_at)
