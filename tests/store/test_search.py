"""What a search finds, in which order, and how it says so; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mail.defect import Defect
from mail.envelope import Address
from mail.filename import safe_filename
from store.database import Database
from store.results import Count, Order
from tests.store.asking import days_ago, found, offsets
from tests.store.mails import a_message, keep, key, note_upload

PAYMENT = "온라인결제시스템은 내일 점검합니다."


def test_all_words_must_be_there_in_any_order_and_any_field(database: Database) -> None:
    keep(
        database,
        a_message("The boat leaves at noon", subject="Harbour"),
        a_message("The boat has sunk", subject="Sea"),
    )

    assert offsets(database, "harbour boat") == [0]
    assert offsets(database, "boat") == [1, 0]
    assert offsets(database, "boat train") == []


def test_a_phrase_is_found_only_where_its_words_follow_each_other(database: Database) -> None:
    keep(database, a_message("cold hot water"), a_message("hot, cold water"))

    assert offsets(database, '"hot water"') == [0]
    assert offsets(database, '"hot cold"') == [1]
    assert found(database, '"hot water"').count == Count(1, False)


def test_a_word_is_found_wherever_its_line_might_have_been_broken(database: Database) -> None:
    keep(
        database, a_message("Die Donau\u00addampf\u00adschiff\u00adfahrt", subject="Fahr\u00adplan")
    )

    for query in (
        "donaudampfschifffahrt",
        "donau\u00addampfschifffahrt",
        "subject:fahrplan",
        "body:donaudampfschifffahrt",
        '"die donaudampfschifffahrt"',
        '"fahrplan"',
    ):
        assert offsets(database, query) == [0], query


def test_either_or_and_not(database: Database) -> None:
    keep(database, a_message("apple"), a_message("pear"), a_message("apple pear"))

    assert offsets(database, "apple OR pear") == [2, 1, 0]
    assert offsets(database, "apple -pear") == [0]
    assert offsets(database, "-apple") == [1]
    assert offsets(database, "-(apple pear)") == [1, 0]
    assert offsets(database, '-"apple pear"') == [1, 0]
    assert offsets(database, "(apple OR pear) -(apple pear)") == [1, 0]


def test_a_beginning_finds_what_goes_on(database: Database) -> None:
    keep(database, a_message("mountaineer"), a_message("mount"), a_message("amount"))

    assert offsets(database, "mount*") == [1, 0]
    assert offsets(database, "subject:mount*") == []


def test_a_beginning_never_meets_the_marks_of_fields(database: Database) -> None:
    keep(database, a_message("xyz", subject="q", sender=Address(None, "q@q.q")))

    for letter in "dfhstcnl":
        assert offsets(database, f"{letter}*") == []


def test_each_field_is_searched_by_its_name(database: Database) -> None:
    keep(
        database,
        a_message(
            "body words",
            subject="subject words",
            sender=Address("Ann Sender", "ann@example.org"),
            to=[Address("Bob", "bob@example.net")],
            cc=[Address(None, "carol@example.com")],
            filenames=["trail map.pdf"],
            list_id="walks.example.org",
            list_description="Long hikes, 산행모임",
        ),
        a_message("ann bob carol trail walks sender", subject=None, sender=None),
    )

    for query in (
        "from:sender",
        "from:ann@example.org",
        "from:ANN@EXAMPLE.ORG",
        "to:bob",
        "cc:carol@example.com",
        "filename:trail",
        'filename:"trail map"',
        "list:walks.example.org",
        "list:hikes",
        'list:"long hikes"',
        "list:(hikes walks)",
        "list:모임",
        '"long hikes"',
        "subject:(subject words)",
        "has:attachment",
    ):
        assert offsets(database, query) == [0], query
    assert offsets(database, "body:trail") == [1]
    assert offsets(database, "from:ann@example.com") == []
    assert offsets(database, "to:carol") == []


def test_a_character_that_turned_a_file_name_around_parts_its_words(database: Database) -> None:
    name = safe_filename("photo\u202egpj.exe")
    keep(database, a_message("body words", filenames=[str(name)]))

    for query in ("filename:photo", "filename:gpj", "filename:gpj.exe", 'filename:"photo gpj"'):
        assert offsets(database, query) == [0], query
    assert offsets(database, "filename:photogpj") == []


def test_blind_copies_are_found_alone_and_among_copies(database: Database) -> None:
    ann, bob = Address("Ann Apple", "ann@example.org"), Address("Bob", "bob@example.org")
    keep(
        database,
        a_message("word one", sender=None, bcc=[ann]),
        a_message("word two", sender=None, cc=[ann], bcc=[bob]),
    )

    for query in ("bcc:ann", "bcc:ann@example.org", 'bcc:"ann apple"', "bcc:app*", "word bcc:ann"):
        assert offsets(database, query) == [0], query
    for query in ("-bcc:ann", "-bcc:ann@example.org", "word -bcc:ann", "bcc:bob"):
        assert offsets(database, query) == [1], query
    assert offsets(database, "cc:ann") == [1, 0]
    assert offsets(database, "bcc:ann OR bcc:bob@example.org") == [1, 0]
    assert [met.place for met in found(database, "bcc:ann").hits[0].met] == ["bcc"]


@pytest.mark.parametrize(
    "query", ["결제", "시스템", "결제시스템", "온라인결제시스템은", "은", "제"]
)
def test_korean_is_found_inside_longer_words(database: Database, query: str) -> None:
    keep(
        database,
        a_message(PAYMENT, subject="안내"),
        a_message("본문", subject=PAYMENT),
        a_message("본문", subject="하나", sender=Address("온라인결제시스템은", "a@b.kr")),
        a_message("본문", subject="둘", filenames=["온라인결제시스템은.pdf"]),
        a_message("결 재 시 템", subject="다름"),
    )

    assert offsets(database, query) == [3, 2, 1, 0]


def test_the_hit_is_marked_wherever_it_is(database: Database) -> None:
    keep(
        database,
        a_message(
            "말머리 " * 100 + PAYMENT,
            subject="온라인결제시스템은",
            sender=Address("온라인결제시스템은", "a@b.kr"),
            filenames=["온라인결제시스템은.pdf"],
        ),
    )

    (hit,) = found(database, "결제").hits

    for marked in (hit.subject, hit.sender_name, hit.snippet, hit.filenames[0]):
        assert marked is not None
        ((start, stop),) = marked.ranges
        assert marked.text[start:stop] == "결제"


def where_met(database: Database, query: str) -> list[tuple[str, list[str], bool]]:
    """Of the only hit: each further place it was met in, with what is marked there."""
    (hit,) = found(database, query).hits
    return [
        (
            met.place,
            [text.text[start:stop] for text in met.texts for start, stop in text.ranges],
            met.more,
        )
        for met in hit.met
    ]


def test_a_hit_among_the_recipients_is_marked_there(database: Database) -> None:
    crowd = [Address(f"Walker {number}", f"w{number}@example.net") for number in range(9)]
    keep(
        database,
        a_message(
            "The boat leaves at noon",
            to=[Address("Bob Rower", "bob@example.net"), Address(None, "dora@example.net")],
            cc=[Address(None, "carol@example.com"), *crowd],
            list_id="sailing.example.org",
        ),
    )

    assert where_met(database, "rower") == [("to", ["Rower"], False)]
    assert where_met(database, "to:dora@example.net") == [("to", ["dora@example.net"], False)]
    assert where_met(database, "carol") == [("cc", ["carol"], False)]
    assert where_met(database, "walker") == [("cc", ["Walker"] * 3, True)]
    assert where_met(database, "sailing") == [("list", ["sailing"], False)]
    assert where_met(database, "boat cc:carol") == [("cc", ["carol"], False)]
    assert where_met(database, "to:bob cc:carol") == [
        ("to", ["Bob", "bob"], False),
        ("cc", ["carol"], False),
    ]


def test_recipients_are_left_out_where_a_hit_shows_its_mark_already(database: Database) -> None:
    keep(database, a_message("Bob rows", to=[Address("Bob", "bob@example.net")]))

    assert where_met(database, "bob") == []
    assert where_met(database, "from:ann") == []


def test_japanese_and_chinese_are_found_inside_longer_words(database: Database) -> None:
    keep(database, a_message("東京都庁へ行きます"), a_message("我们在北京大学见面"))

    assert offsets(database, "京都") == [0]
    assert offsets(database, "大学") == [1]
    assert offsets(database, "行きます") == [0]
    assert offsets(database, "京") == [1, 0]


def test_a_word_in_decomposed_letters_finds_the_composed_one(database: Database) -> None:
    keep(database, a_message(PAYMENT), a_message("Café"))

    assert offsets(database, "결제") == [0]
    assert offsets(database, "cafe\u0301") == [1]


def test_dates_narrow_a_search(database: Database) -> None:
    keep(
        database,
        a_message("a", sent_at=datetime(2023, 12, 31, 23, 59, tzinfo=UTC)),
        a_message("b", sent_at=datetime(2024, 1, 1, tzinfo=UTC)),
        a_message("c", sent_at=datetime(2024, 3, 5, 12, tzinfo=UTC)),
        a_message("d", sent_at=None),
        a_message("e", sent_at=datetime(2040, 1, 1, tzinfo=UTC), plausible=False),
    )

    assert offsets(database, "after:2024") == [2, 1]
    assert offsets(database, "before:2024") == [0]
    assert offsets(database, "on:2024-03-05") == [2]
    assert offsets(database, "on:2024") == [2, 1]
    assert offsets(database, "after:2024-01-02 before:2024-04") == [2]
    assert offsets(database, "date:unknown") == [4, 3]
    assert offsets(database, "-date:unknown") == [2, 1, 0]
    assert offsets(database, "") == [2, 1, 0, 4, 3]


def test_sizes_labels_states_and_ids_narrow_a_search(database: Database) -> None:
    one = a_message("one", labels=["여행", "Work"], message_id="one@example.org")
    keep(database, one, a_message("two", defects=[Defect(kind="x", where="y", what="z")]), one)
    keep(database, a_message("three"), length=100_000, start=90_000)

    assert offsets(database, "larger:50K") == [90]
    assert offsets(database, "smaller:50K") == [1, 0]
    assert offsets(database, "label:여행") == [0]
    assert offsets(database, "label:WORK") == [0]
    assert offsets(database, "label:nowhere") == []
    assert offsets(database, "-label:work smaller:50K") == [1]
    assert offsets(database, "is:duplicate") == [0]
    assert offsets(database, "has:defect") == [1]
    assert offsets(database, "id:<one@example.org>") == [0]


def test_labels_of_all_copies_are_shown_and_found_on_the_first(database: Database) -> None:
    keep(database, a_message("once", labels=["A"], digest=b"d" * 32))
    keep(database, a_message("once", labels=["B"], digest=b"d" * 32), upload_id=2)

    (hit,) = found(database, "label:b").hits

    assert (hit.id, hit.labels, hit.copies) == (key(0), ("A", "B"), 2)


def test_mail_is_found_by_the_upload_it_or_a_copy_of_it_came_in(database: Database) -> None:
    note_upload(database, 1, filename="Old mail.mbox")
    note_upload(database, 2, filename="takeout.mbox")
    keep(database, a_message("zero"), a_message("one"), upload_id=1)
    keep(database, a_message("one"), a_message("two"), upload_id=2, start=1000)

    assert offsets(database, "in:1") == [1, 0]
    assert offsets(database, "in:takeout") == [2, 1]
    assert offsets(database, 'in:"old mail"') == [1, 0]
    assert offsets(database, "in:nothing") == []


def test_mail_marked_as_deleted_is_hidden_until_asked_for(database: Database) -> None:
    keep(database, a_message("kept"), a_message("gone", deleted_in_source=True))

    assert offsets(database, "") == [0]
    assert offsets(database, "gone") == []
    assert offsets(database, "gone is:deleted") == [1]
    assert offsets(database, "is:deleted OR kept") == [1, 0]


def test_conditions_of_any_kind_can_be_joined_by_or(database: Database) -> None:
    keep(database, a_message("hot water"), a_message("water hot"), a_message("tea", labels=["x"]))

    assert offsets(database, '"hot water" OR label:x') == [2, 0]
    assert offsets(database, '-("hot water" OR label:x)') == [1]
    assert offsets(database, "tea OR larger:1G") == [2]
    assert offsets(database, "(tea OR -water) smaller:1G") == [2]


def test_the_best_say_it_in_their_subject(database: Database) -> None:
    keep(
        database,
        a_message("x", subject="Cheese", sent_at=days_ago(9)),
        a_message("cheese", subject="Lunch", sent_at=days_ago(1)),
        a_message("y", subject="More cheese", sent_at=days_ago(5)),
    )

    assert offsets(database, "cheese", order=Order.BEST) == [2, 0, 1]
    assert offsets(database, "cheese", order=Order.NEWEST) == [1, 2, 0]


def test_a_hit_far_behind_is_shown_all_the_same(database: Database) -> None:
    keep(database, a_message("hay " * 100_000 + "needle" + " hay" * 10))

    [hit] = found(database, "needle").hits

    [(start, stop)] = hit.snippet.ranges
    assert hit.snippet.text[start:stop] == "needle"
