"""Splitting and duplicates against what is known for certain of the corpus's mailboxes."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from mail.rule import Dialect
from tests.corpus.expected import CORPUS
from tests.corpus.reading import mails_of, read

MBOX = CORPUS / "mbox"
_QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)


@pytest.mark.parametrize("name", ["linux-samsung-soc-2020-10_11", "linux-samsung-soc-odd-charsets"])
def test_every_message_of_a_public_inbox_is_cut_out_byte_for_byte(name: str) -> None:
    truth = json.loads((MBOX / "lists" / f"{name}.expected.json").read_text())["messages"]
    found = mails_of(MBOX / "lists" / f"{name}.mbox")

    assert len(found) == len(truth)
    for mail, true in zip(found, truth, strict=True):
        raw = _QUOTED.sub(b"", mail.raw.removesuffix(b"\n"))
        hashes = {hashlib.sha256(one).hexdigest() for one in (raw, raw.removesuffix(b"\n"))}
        assert true["raw_sha256"] in hashes
        assert read(mail).envelope.message_id == true["message_id"].strip("<>")


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("apache-lists/maven-dev-2017-11-listsao.mbox", 320),
        ("apache-lists/maven-dev-2017-11-mboxvm.mbox", 317),
        ("apache-lists/commits_ponymail_apache_org_2016-06.mbox", 82),
        ("apache-lists/no_date.mbox", 1),
        ("email-folder/mboxcl2.mbox", 3),
        ("email-folder/mboxcl2.lies.mbox", 3),
        ("email-folder/mboxcl3.mbox", 2),
        ("email-folder/testmbox.mbox", 10),
        ("email-folder/testmbox.dos.mbox", 10),
        ("email-folder/testmbox.mac.mbox", 10),
        ("email-folder/testmbox.empty.mbox", 0),
        ("perceval/mbox_no_fields.mbox", 6),
        ("pipermail/imagej-devel-2012-March.mbox", 159),
        ("tika/simple.mbox", 2),
        ("tika/complex.mbox", 3),
    ],
)
def test_a_mailbox_has_as_many_messages_as_its_source_says(name: str, count: int) -> None:
    assert len(mails_of(MBOX / name)) == count


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("email-folder/mboxcl2.mbox", Dialect.MBOXCL2),
        ("pipermail/imagej-devel-2012-April.mbox", Dialect.PIPERMAIL),
        ("lists/linux-samsung-soc-2020-10_11.mbox", Dialect.MBOXRD),
        ("apache-lists/no_date.mbox", Dialect.BARE),
    ],
)
def test_the_dialect_of_a_mailbox_is_recognised(name: str, dialect: Dialect) -> None:
    assert mails_of(MBOX / name)[0].rule.dialect is dialect


def test_the_three_line_ends_of_one_mailbox_read_alike() -> None:
    names = ("testmbox.mbox", "testmbox.dos.mbox", "testmbox.mac.mbox")
    readings = [
        [(one.envelope, one.text) for one in map(read, mails_of(MBOX / "email-folder" / name))]
        for name in names
    ]

    assert readings[0] == readings[1] == readings[2]


def digests(path: Path) -> dict[str, set[bytes]]:
    """The digests that a mailbox gives each of its message ids."""
    found: dict[str, set[bytes]] = {}
    for mail in mails_of(path):
        message = read(mail)
        found.setdefault(message.envelope.message_id or "", set()).add(message.digest)
    return found


@pytest.mark.parametrize(
    "pattern",
    [
        "maven_duplicates_2017_*.mbox",
        "maven-dev-2017-11-124652-*.mbox",
        "ponymail-dev-1079-*.mbox",
        "ponymail-dev-1080-*.mbox",
    ],
)
def test_row_21_one_mail_kept_by_several_archivers_has_one_digest(pattern: str) -> None:
    archives = [digests(path) for path in sorted((MBOX / "apache-lists").glob(pattern))]

    assert len(archives) >= 2
    assert all(archive == archives[0] for archive in archives)


def test_row_21_a_month_kept_by_three_archivers_has_the_same_mails() -> None:
    archives = [
        digests(path)
        for path in sorted((MBOX / "apache-lists").glob("maven-dev-2017-11-[lm]*.mbox"))
    ]
    common = set.intersection(*map(set, archives))
    alike = [one for one in common if len({frozenset(each[one]) for each in archives}) == 1]

    assert len(common) >= 310
    assert len(alike) == len(common)


def test_row_20_no_two_different_mails_of_the_corpus_share_a_digest() -> None:
    seen: dict[bytes, tuple[str | None, str]] = {}
    for path in sorted((MBOX / "lists").glob("*.mbox")):
        for mail in mails_of(path):
            message = read(mail)
            told = (message.envelope.message_id, message.text)
            assert seen.setdefault(message.digest, told) == told
    assert len(seen) > 1_000
