"""One message with all that is known of it; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert

from mail.defect import Defect
from mail.envelope import Address, DateSource
from store.database import Database
from store.messages import Kind, Quarantine
from store.naming import message_key_of, message_name
from store.reading import MessageView, find_message, text_of
from store.tables import quarantine
from tests.store.mails import NOW, a_message, keep, key, note_upload


def seen(database: Database, name: int | str) -> MessageView:
    with database.read() as connection:
        view = find_message(connection, name)
    assert view is not None
    return view


def test_a_message_is_shown_with_everything_it_says(database: Database) -> None:
    keep(
        database,
        a_message(
            "Bring water.",
            subject="산행",
            to=[Address("Bob", "bob@example.net")],
            cc=[Address(None, "carol@example.com")],
            message_id="1@example.org",
            labels=["Work", "Äpfel"],
            list_id="walks.example.org",
            list_description="Long walks",
            filenames=["map.pdf"],
            defects=[Defect(kind="charset_guessed", where="Subject", what="cp949")],
        ),
    )

    view = seen(database, "1-0")

    assert view.subject == "산행"
    assert view.senders == (("Ann Example", "ann@example.org"),)
    assert view.to == (("Bob", "bob@example.net"),)
    assert view.cc == ((None, "carol@example.com"),)
    assert view.sent_at == NOW
    assert view.date_source is DateSource.DATE
    assert view.labels == ("Work", "Äpfel")
    assert (view.list_id, view.list_description) == ("walks.example.org", "Long walks")
    assert [one.filename for one in view.attachments] == ["map.pdf"]
    assert [one.kind for one in view.defects] == ["charset_guessed"]
    assert (view.place.offset, view.place.length, view.size) == (0, 1000, 960)
    with database.read() as connection:
        assert text_of(connection, key(0)) == "Bring water."


def test_a_copy_shows_the_first_one_and_every_place_it_lies_in(database: Database) -> None:
    note_upload(database, 2, filename="again.mbox")
    one = a_message("Twice", filenames=["map.pdf"])
    keep(database, one)
    keep(database, one, upload_id=2)

    view = seen(database, "2-0")

    assert view.kind is Kind.DUPLICATE
    assert view.first.name == "1-0"
    assert [(place.name, place.filename) for place in view.copies] == [
        ("1-0", ""),
        ("2-0", "again.mbox"),
    ]
    assert len(view.attachments) == 1
    with database.read() as connection:
        assert text_of(connection, key(0, upload_id=2)) == "Twice"


def test_the_same_message_id_with_other_content_is_a_variant(database: Database) -> None:
    keep(
        database,
        a_message("One", message_id="same@example.org"),
        a_message("Other", message_id="same@example.org"),
    )

    assert [place.name for place in seen(database, "1-0").variants] == ["1-1000"]


def test_a_quarantined_message_says_why(database: Database) -> None:
    note_upload(database, 1, filename="a.mbox")
    keep(database, Quarantine(cause="killed", detail="It killed two workers."))
    with database.write() as connection:
        connection.execute(
            insert(quarantine).values(
                upload_id=1,
                offset=0,
                length=1000,
                cause="killed",
                detail="It killed two workers.",
                created_at=NOW,
            )
        )

    view = seen(database, "1-0")

    assert view.kind is Kind.QUARANTINED
    assert view.quarantine is not None
    assert view.quarantine.cause == "killed"
    assert (view.subject, view.sent_at, view.attachments) == (None, None, ())


def test_a_message_of_hostile_text_is_kept_and_shown(database: Database) -> None:
    keep(
        database,
        a_message(
            "text",
            subject="nul\0 lone\ud800 end",
            sender=Address("x" * 5000, "\udfff@example.org"),
            sent_at=datetime(1, 1, 1, tzinfo=UTC),
            plausible=False,
            message_id="i" * 5000,
            labels=["l" * 5000, "\0", ""],
            filenames=["\0.pdf"],
        ),
    )

    view = seen(database, "1-0")

    assert view.subject == "nul lone\ufffd end"
    assert view.sent_at == datetime(1, 1, 1, tzinfo=UTC)
    assert len(view.labels) == 1


def test_names_that_are_none_find_nothing(database: Database) -> None:
    with database.read() as connection:
        for name in ("", "1", "1-", "-1", "0-0", "1-01", "x-1", "1-" + "9" * 40, "９-１", 12345):
            assert find_message(connection, name) is None


def test_a_name_says_upload_and_offset() -> None:
    assert message_name(key(104857, upload_id=3)) == "3-104857"
    assert message_key_of("3-104857") == key(104857, upload_id=3)
