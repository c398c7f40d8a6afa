"""Mail given away in each format, and taken in again."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from mail.message import Message
from store.database import Database
from store.export import Format, counts_of, export
from store.results import QueryError
from store.spool import Spool
from tests.store.mails import NOW, a_message, keep
from tests.store.mboxes import import_mbox, read_mbox

MORE_THAN_THERE_ARE_CONNECTIONS = 20
TRICKY = b"""From ann@example.org Sun Nov  3 10:00:00 2024
From: Ann <ann@example.org>
Date: Sun, 3 Nov 2024 10:00:00 +0000
Message-ID: <1@example.org>
Subject: =HYPERLINK("http://example.org")

>From here the path goes up.
>>From there it goes down.

From bob@example.org Sun Nov  3 11:00:00 2024
From: =?euc-kr?B?yKux5rW/?= <hong@example.kr>
Date: no date at all
Message-ID: <2@example.org>
Subject: =?utf-8?B?6rKw7KCc?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=euc-kr
Content-Transfer-Encoding: 8bit

\xb0\xe1\xc1\xa6
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="map.pdf"
Content-Transfer-Encoding: base64

aGVsbG8=
--b--

"""


def exported(database: Database, spool: Spool, query: str, kind: Format) -> bytes:
    return b"".join(export(database, spool, query, format=kind, now=NOW))


def told(messages: list[Message]) -> set[tuple[object, ...]]:
    """What makes a message the same message."""
    return {
        (one.digest, one.text, one.envelope.subject, one.envelope.sent_at, len(one.parts))
        for one in messages
    }


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def test_importing_an_exported_mbox_gives_the_same_messages(
    database: Database, spool: Spool
) -> None:
    import_mbox(database, spool, TRICKY)

    again = exported(database, spool, "", Format.MBOX)

    assert told(read_mbox(again)) == told(read_mbox(TRICKY))
    assert len(read_mbox(again)) == 2


CORPUS_MBOXES = (
    "email-folder/mboxcl2.mbox",
    "email-folder/testmbox.mbox",
    "email-folder/testmbox.dos.mbox",
    "email-folder/testmbox.mac.mbox",
    "apache-lists/maven_duplicates_2017_mboxvm.mbox",
    "apache-lists/asterix-dev-201709-mailarchivesao.mbox",
    "perceval/pipermail_2015_november.mbox",
)


@pytest.mark.parametrize("name", CORPUS_MBOXES)
def test_real_mboxes_of_every_dialect_survive_export_and_import(
    sqlite_database: Database, spool: Spool, corpus: Path, name: str
) -> None:
    content = (corpus / "mbox" / name).read_bytes()
    import_mbox(sqlite_database, spool, content)

    again = read_mbox(exported(sqlite_database, spool, "", Format.MBOX))

    # Copies within the file are exported once.
    assert {one.digest for one in again} == {one.digest for one in read_mbox(content)}
    assert len(again) == len({one.digest for one in again})


def test_a_zip_holds_each_message_as_a_file_of_its_own(database: Database, spool: Spool) -> None:
    upload_id = import_mbox(database, spool, TRICKY)

    archive = zipfile.ZipFile(io.BytesIO(exported(database, spool, "", Format.ZIP)))

    assert archive.testzip() is None
    assert f"{upload_id}-0.eml" in archive.namelist()
    assert b"\nFrom here the path goes up." in archive.read(f"{upload_id}-0.eml")


def test_row_53_no_cell_of_a_table_computes(database: Database, spool: Spool) -> None:
    import_mbox(database, spool, TRICKY)

    text = exported(database, spool, "", Format.CSV).decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["subject"] for row in rows} == {'\'=HYPERLINK("http://example.org")', "결제"}
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


def test_json_lines_hold_what_is_known_of_each_message(database: Database, spool: Spool) -> None:
    import_mbox(database, spool, TRICKY)

    lines = exported(database, spool, "filename:map", Format.JSON_LINES).splitlines()

    (message,) = [json.loads(line) for line in lines]
    assert message["from"] == [{"name": "홍길동", "address": "hong@example.kr"}]
    assert message["text"].strip() == "결제"
    assert (message["date_source"], message["date_plausible"]) == ("separator", True)
    assert message["attachments"][0]["filename"] == "map.pdf"


def test_an_export_goes_through_every_page_and_tells_how_far_it_is(
    database: Database, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.export.PAGE", 3)
    monkeypatch.setattr("store.export.FOUND_AT_ONCE", 6)
    keep(database, *(a_message(f"Letter {n}") for n in range(8)))
    told_of: list[int] = []

    pieces = export(
        database, spool, "letter", format=Format.JSON_LINES, now=NOW, progress=told_of.append
    )

    assert len(b"".join(pieces).splitlines()) == 8
    assert told_of == [3, 6, 8]


def test_a_mistaken_query_is_refused_before_anything_is_sent(
    database: Database, spool: Spool
) -> None:
    with pytest.raises(QueryError):
        next(export(database, spool, '"open', format=Format.CSV, now=NOW))


def test_an_export_that_nobody_reads_on_holds_no_connection(
    sqlite_database: Database, spool: Spool
) -> None:
    import_mbox(sqlite_database, spool, TRICKY)
    slow = [
        export(sqlite_database, spool, "", format=Format.CSV, now=NOW)
        for _ in range(MORE_THAN_THERE_ARE_CONNECTIONS)
    ]

    begun = [(next(one), next(one)) for one in slow]

    assert len(begun) == MORE_THAN_THERE_ARE_CONNECTIONS


LABELLED = b"""From ann@example.org Sun Nov  3 10:00:00 2024
From: ann@example.org
X-Gmail-Labels: Archive,
 old
Subject: labelled

x

"""


def test_the_labels_of_all_copies_go_out_when_asked_for_and_come_in_again(
    database: Database, spool: Spool
) -> None:
    import_mbox(database, spool, LABELLED)
    copy = LABELLED.replace(b"Archive,\n old", b'=?utf-8?B?67Cb7J2A?=,"a, b"')
    import_mbox(database, spool, copy, filename="b.mbox")
    pieces = export(database, spool, "", format=Format.MBOX, now=NOW, labelled=True)

    [again] = read_mbox(b"".join(pieces))

    assert set(again.envelope.labels) == {"Archive", "old", "받은", "a, b"}
    [plain] = read_mbox(exported(database, spool, "", Format.MBOX))
    assert set(plain.envelope.labels) == {"Archive", "old"}
    assert again.digest == plain.digest


def test_an_export_is_counted_beforehand_however_many_pages_it_takes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.export.FOUND_AT_ONCE", 3)
    keep(database, *(a_message(f"Letter {n}") for n in range(8)))

    assert list(counts_of(database, "letter", now=NOW)) == [3, 3, 2]
    assert sum(counts_of(database, "nothing", now=NOW)) == 0


@pytest.mark.parametrize(("year", "plausible"), [("2024", "true"), ("1904", "false")])
def test_a_table_says_whether_a_date_can_be_believed(
    database: Database, spool: Spool, year: str, plausible: str
) -> None:
    mail = (
        b"From ann@example.org Sun Nov  3 10:00:00 2024\nFrom: ann@example.org\nDate: %s\n\nhello\n"
    )
    import_mbox(database, spool, mail % f"Thu, 3 Nov {year} 10:00:00 +0000".encode())

    text = exported(database, spool, "", Format.CSV).decode("utf-8-sig")

    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["date_source"], row["date_plausible"]) == ("date", plausible)
