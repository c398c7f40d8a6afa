"""Rows 15 to 17 of bad-input.md: what a file is, told by its first bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from mail.sniff import Found, sniff
from tests.mail.builders import SEPARATOR, mbox_of, raw_message


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.mbox", mbox_of(raw_message()))
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.mbox"))
    return file.getvalue()


REFUSED = [
    (b"%PDF-1.7\n%\xe2\xe3", Found.PDF, "PDF"),
    (b"\x28\xb5\x2f\xfd\x04\x00", Found.ZSTD, "zstd"),
    (b"7z\xbc\xaf\x27\x1c\x00\x04", Found.ARCHIVE, "7-Zip"),
    (b"Rar!\x1a\x07\x01\x00", Found.ARCHIVE, "RAR"),
    (b"PK\x05\x06" + bytes(18), Found.EMPTY, "empty ZIP"),
    (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", Found.DOCUMENT, "office document"),
    (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zip", Found.DOCUMENT, "a book"),
    (b"PK\x03\x04" + bytes(26) + b"META-INF/MANIFEST.MF", Found.DOCUMENT, "a program"),
    (b"!BDN\x00\x00", Found.PST, "Outlook"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Found.MSG, "Outlook"),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF", Found.IMAGE, "JPEG"),
    (b"\x89PNG\r\n\x1a\n", Found.IMAGE, "PNG"),
    (b"<!DOCTYPE html><html>", Found.HTML, "web page"),
    (b"\x00\x05\x16\x07\x00\x02", Found.RESOURCE_FORK, "resource fork"),
    (bytes(4096), Found.BINARY, "no mail"),
    (b"Just a diary.\n" * 50, Found.TEXT, "without any mail"),
    (b"Title: x\nAuthor: y\n\nNo mail either.\n", Found.TEXT, "without any mail"),
    ("From: x\n".encode("utf-16"), Found.UTF16, "UTF-16"),
    (b"", Found.EMPTY, "empty"),
]


@pytest.mark.parametrize(("head", "found", "word"), REFUSED)
def test_row_17_what_is_no_mail_is_refused_with_what_it_is(
    head: bytes, found: Found, word: str
) -> None:
    verdict = sniff(head, "mail.mbox" if found is not Found.TEXT else "mail.txt")

    assert (verdict.found, verdict.is_mail) == (found, False)
    assert word in verdict.sentence


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (zipped(), Found.ZIP),
        (gzip.compress(b"x", mtime=0), Found.GZIP),
        (bz2.compress(b"x"), Found.BZIP2),
        (lzma.compress(b"x"), Found.XZ),
        (tarred(), Found.TAR),
    ],
)
def test_row_16_an_archive_is_taken_in_whatever_it_is_called(head: bytes, found: Found) -> None:
    verdict = sniff(head, "mail.mbox")

    assert (verdict.found, verdict.is_mail, verdict.is_archive) == (found, False, True)
    assert verdict.is_taken


def test_row_16_an_archive_that_cannot_be_opened_says_how_to_go_on() -> None:
    sentence = "This is a 7-Zip archive. Unpack it and upload the .mbox inside."

    assert sniff(b"7z\xbc\xaf\x27\x1c\x00\x04", "takeout.7z").sentence == sentence


@pytest.mark.parametrize(
    "head",
    [b"7z\xbc\xaf\x27\x1c", b"%PDF-1.7", b"\x00\x05\x16\x07", b"<html>", b"plain words", b"\0"],
)
def test_whoever_names_a_file_to_a_command_is_not_told_to_upload(head: bytes) -> None:
    verdict = sniff(head, "x")

    assert "pload" in verdict.sentence
    assert "pload" not in verdict.sentence_for_command
    assert verdict.sentence_for_command.startswith(verdict.what)


@pytest.mark.parametrize("name", ["mbox", "Inbox", "mail.dat", "takeout.zip", "x.pdf"])
def test_row_15_an_mbox_is_recognised_whatever_its_name(name: str) -> None:
    verdict = sniff(mbox_of(raw_message()), name)

    assert (verdict.found, verdict.is_mail) == (Found.MBOX, True)


@pytest.mark.parametrize(
    "body", ["안녕하세요".encode("cp949"), bytes(range(256)), "日本".encode("cp932")]
)
def test_row_17_mail_need_not_be_utf8(body: bytes) -> None:
    assert sniff(mbox_of(raw_message(body)), "a.mbox").is_mail
    assert sniff(raw_message(body), "a.eml").found is Found.SINGLE


@pytest.mark.parametrize(
    "head",
    [
        b"\xef\xbb\xbf" + SEPARATOR + raw_message(),
        b"1234\n" + raw_message(),
        raw_message(headers="Received: from a\n by b\n"),
        mbox_of(raw_message()).replace(b"\n", b"\r"),
        b"From \nSubject: x\n\nbare\n",
        b"an exporter's note\n\n" + mbox_of(raw_message()),
        mbox_of(raw_message("x" * 200_000))[:65536],
    ],
)
def test_mail_is_recognised_in_every_shape(head: bytes) -> None:
    assert sniff(head, "upload").is_mail


def test_a_text_that_claims_to_be_mail_is_told_so() -> None:
    assert sniff(b"hello\n" * 10, "a.mbox").sentence == (
        "In spite of its name, this text has no mail in it."
    )
