"""Row 52 of bad-input.md, as far as mail is concerned: names that are safe to show and to save."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.filename import safe_filename
from mail.part import PartKind
from tests.mail.builders import multipart, read, text_part


@pytest.mark.parametrize(
    ("original", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\report.doc", "report.doc"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("invoice\u202efdp.exe", "invoice\ufffdfdp.exe"),
        ("\u202e\u2066", None),
        ("  .hidden. ", "hidden"),
        ("CON.txt", "_CON.txt"),
        ('a<b>:"c|d?.txt', "a_b___c_d_.txt"),
        ("회의록.pdf", "회의록.pdf"),
        ("folder/", "folder"),
        ("..", None),
        ("/", None),
        ("", None),
    ],
)
def test_row_52_a_file_name_has_no_path_no_control_and_a_sign_for_a_direction(
    original: str, safe: str | None
) -> None:
    assert safe_filename(original) == safe


def test_row_52_the_original_name_is_kept_beside_the_safe_one() -> None:
    part = b'Content-Type: image/svg+xml; name="../x\\y.svg"\n\n<svg/>'

    found = read(multipart(text_part(), part)).parts[1]

    assert (found.filename, found.original_filename) == ("y.svg", "../x\\y.svg")
    assert found.kind is PartKind.ATTACHMENT


def test_a_long_name_keeps_its_extension() -> None:
    safe = safe_filename("가" * 300 + ".pdf")

    assert safe is not None
    assert safe.endswith("가.pdf")
    assert len(safe.encode()) <= 200


@given(st.text())
def test_any_name_becomes_a_safe_one_or_none(original: str) -> None:
    safe = safe_filename(original)

    assert safe is None or (
        safe.strip(". ") and not set("/\\\0\r\n\u202e") & set(safe) and len(safe.encode()) <= 210
    )
    assert safe is None or safe_filename(safe) == safe


def test_row_51_every_part_that_html_may_refer_to_is_listed_by_its_content_id() -> None:
    picture = b"Content-Type: image/png\nContent-ID: <a@x>\n\nx"
    raw = multipart(text_part("<img src='cid:a@x'>", kind="html"), picture, kind="related")

    assert [part.content_id for part in read(raw).parts] == [None, "a@x"]
