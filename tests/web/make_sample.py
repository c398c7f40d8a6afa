"""Write the sample mbox that the console offers to a newcomer: `python -m tests.web.make_sample`.

About forty messages of our own invention that show what mail is like: a thread, Korean in four
charsets, HTML, attachments, a duplicate, damage. The same bytes every time; a test compares.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime, parseaddr
from itertools import count
from pathlib import Path
from urllib.parse import quote

from tests.web import sample_texts as texts

SAMPLE = Path(__file__).parents[2] / "web" / "sample" / "sample.mbox"
BEGIN = datetime(2024, 3, 4, 8, 15, tzinfo=UTC)
STEP = timedelta(hours=17, minutes=23)
TO = "Library team <team@library.example>"


class Calendar:
    """Hands out numbers and times, the same ones on every run."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def next(self) -> tuple[int, datetime]:
        """The next message's number and time."""
        number = next(self._numbers)
        return number, BEGIN + number * STEP


def sample() -> bytes:
    """The whole mbox."""
    calendar = Calendar()
    letters = [
        *_thread(calendar),
        *_letters(calendar),
        *_korean(calendar),
        *_formatted(calendar),
        *_attached(calendar),
        *_damaged(calendar),
    ]
    return b"".join(letters)


def _message(
    number: int,
    at: datetime,
    *,
    sender: str,
    subject: str,
    body: bytes,
    more: tuple[tuple[str, str], ...] = (),
    charset: str = "utf-8",
    content: str | None = None,
) -> bytes:
    """One message in mboxrd dress. Subject and names are encoded in the charset of the body."""
    name, address = parseaddr(sender)
    fields = [
        ("Message-ID", f"<{number}.sample@library.example>"),
        ("Date", format_datetime(at)),
        ("From", f"{_word(name, charset)} <{address}>"),
        ("To", TO),
        ("Subject", _word(subject, charset)),
        *more,
        ("MIME-Version", "1.0"),
        ("Content-Type", content or f'text/plain; charset="{charset}"'),
    ]
    if not any(field == "Content-Transfer-Encoding" for field, _ in more):
        encoding = "7bit" if charset == "iso-2022-kr" or content else "8bit"
        fields.append(("Content-Transfer-Encoding", encoding))
    head = "".join(f"{field}: {value}\n" for field, value in fields).encode("utf-8")
    return _in_mbox(address, at, head + b"\n" + body)


def _in_mbox(address: str, at: datetime, raw: bytes) -> bytes:
    lines = raw.rstrip(b"\n").split(b"\n")
    quoted = [b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines]
    separator = f"From {address} {at:%a %b %d %H:%M:%S %Y}\n".encode()
    return separator + b"\n".join(quoted) + b"\n\n"


def _word(text: str, charset: str) -> str:
    """Plain where it can be; ISO-2022-KR headers are written in UTF-8, as programs do."""
    if text.isascii():
        return text
    if charset == "cp949":
        return f"=?ks_c_5601-1987?B?{base64.b64encode(text.encode('cp949')).decode()}?="
    return Header(text, "utf-8" if charset == "iso-2022-kr" else charset).encode(linesep="\n")


def _thread(calendar: Calendar) -> Iterator[bytes]:
    seen: list[str] = []
    for sender, subject, body in texts.THREAD:
        number, at = calendar.next()
        more = [
            ("List-Id", "Library team <team.library.example>"),
            ("X-Gmail-Labels", "Move,Inbox"),
        ]
        if seen:
            more += [("In-Reply-To", seen[-1]), ("References", " ".join(seen))]
        seen.append(f"<{number}.sample@library.example>")
        yield _message(
            number, at, sender=sender, subject=subject, body=body.encode(), more=tuple(more)
        )


def _letters(calendar: Calendar) -> Iterator[bytes]:
    for sender, subject, body in texts.LETTERS:
        number, at = calendar.next()
        yield _message(number, at, sender=sender, subject=subject, body=body.encode())


def _korean(calendar: Calendar) -> Iterator[bytes]:
    for charset, sender, subject, body in texts.KOREAN:
        number, at = calendar.next()
        content = 'text/plain; charset="ks_c_5601-1987"' if charset == "cp949" else None
        more = (("Content-Transfer-Encoding", "8bit"),) if content else ()
        yield _message(
            number,
            at,
            sender=sender,
            subject=subject,
            body=body.encode(charset),
            charset=charset,
            content=content,
            more=(("X-Gmail-Labels", _word("받은편지함", "utf-8")), *more),
        )


def _formatted(calendar: Calendar) -> Iterator[bytes]:
    news = "Library news <news@library.example>"
    number, at = calendar.next()
    both = _multipart(
        "alternative",
        "=-news-=",
        (_leaf("text/plain; charset=utf-8", b"Spring at the library\n\nDoors open on 1 May.\n"),
         _leaf("text/html; charset=utf-8", texts.NEWSLETTER.encode())),
    )  # fmt: skip
    yield _letter_of_parts(number, at, news, "Spring at the library", *both)
    number, at = calendar.next()
    yield _message(
        number,
        at,
        sender=news,
        subject="Only formatted: the spring programme",
        body=texts.NEWSLETTER.encode(),
        content="text/html; charset=utf-8",
    )
    number, at = calendar.next()
    picture = _leaf(
        "image/png", _picture(), disposition="inline", more=("Content-ID: <stamp@library.example>",)
    )
    related = _multipart(
        "related",
        "=-stamp-=",
        (_leaf("text/html; charset=utf-8", texts.NOTICE_WITH_PICTURE.encode()), picture),
    )
    yield _letter_of_parts(number, at, news, "The new stamp", *related)
    number, at = calendar.next()
    yield _message(
        number,
        at,
        sender="Prize Desk <prize@collect.example>",
        subject="You have won a shelf",
        body=texts.HOSTILE.encode(),
        content="text/html; charset=utf-8",
    )


def _attached(calendar: Calendar) -> Iterator[bytes]:
    plan = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    table = "자리,길이 (m)\n창가,4.2\n난로 옆,2.0\n".encode()
    for sender, subject, text, leaf in (
        (
            "Orla Quinn <orla@carpenter.example>",
            "Invoice, first half",
            "Here is the first half of the invoice for the shelves.\n",
            _leaf("application/pdf", plan, disposition='attachment; filename="invoice-1.pdf"'),
        ),
        (
            "김민지 <minji@library.example>",
            "서가 배치표",
            "서가 배치표를 첨부합니다.\n",
            _leaf(
                "text/csv; charset=utf-8",
                table,
                disposition=f"attachment; filename*=UTF-8''{quote('서가 배치.csv')}",
            ),
        ),
        (
            "Tom Field <tom@library.example>",
            "The plan of the wiring",
            "The file name came from an old program; it should be harmless by now.\n",
            _leaf(
                "application/octet-stream",
                b"wiring\n" * 40,
                disposition='attachment; filename="../../etc/wiring.html"',
            ),
        ),
    ):
        number, at = calendar.next()
        first = _leaf("text/plain; charset=utf-8", text.encode())
        yield _letter_of_parts(
            number, at, sender, subject, *_multipart("mixed", f"=-mixed-{number}-=", (first, leaf))
        )


def _damaged(calendar: Calendar) -> Iterator[bytes]:
    tom = "Tom Field <tom@library.example>"
    number, at = calendar.next()
    twin = ("Shelf numbers", b"Row A has numbers 1 to 40, row B 41 to 90.\n")
    for label in ("Inbox", "Shelves"):
        yield _message(
            number,
            at,
            sender=tom,
            subject=twin[0],
            body=twin[1],
            more=(("X-Gmail-Labels", label),),
        )
    number, at = calendar.next()
    yield _message(
        number,
        at,
        sender=tom,
        subject="Broken on the way",
        body=b"VGhpcyBsaW5lIGFycml2ZWQgd2hvbGUu\nCkFuZCB0aGlz!!IG9u*ZSBkaWQ\n",
        more=(("Content-Transfer-Encoding", "base64"),),
    )
    number, at = calendar.next()
    raw = _message(number, at, sender=tom, subject="A day that never was", body=b"Which day?\n")
    yield raw.replace(f"Date: {format_datetime(at)}".encode(), b"Date: Tue, 32 Mar 2024 25:61:00")
    number, at = calendar.next()
    kind, body = _multipart(
        "mixed", "=-open-=", (_leaf("text/plain; charset=utf-8", b"The end was lost.\n"),)
    )
    yield _letter_of_parts(
        number, at, tom, "No closing boundary", kind, body.replace(b"=-open-=--", b"")
    )
    number, at = calendar.next()
    raw = _message(
        number, at, sender=tom, subject="SUBJECT", body="제목의 글자를 보세요.\n".encode()
    )
    yield raw.replace(b"SUBJECT", "공지: 월요일 휴관".encode("cp949"))
    number, at = calendar.next()
    yield _message(
        number, at, sender=tom, subject="Turned \u202egnorw\u202c around", body=b"Look.\n"
    )


def _leaf(
    kind: str, content: bytes, *, disposition: str | None = None, more: tuple[str, ...] = ()
) -> bytes:
    head = [f"Content-Type: {kind}", *more]
    if disposition:
        head.append(f"Content-Disposition: {disposition}")
    if kind.startswith("text/") and disposition is None:
        return "\n".join([*head, "Content-Transfer-Encoding: 8bit", "", ""]).encode() + content
    head.append("Content-Transfer-Encoding: base64")
    return "\n".join([*head, "", ""]).encode() + base64.encodebytes(content)


def _multipart(kind: str, boundary: str, leaves: tuple[bytes, ...]) -> tuple[str, bytes]:
    parts = b"".join(b"--" + boundary.encode() + b"\n" + leaf + b"\n" for leaf in leaves)
    return f'multipart/{kind}; boundary="{boundary}"', parts + f"--{boundary}--\n".encode()


def _letter_of_parts(
    number: int, at: datetime, sender: str, subject: str, kind: str, body: bytes
) -> bytes:
    return _message(number, at, sender=sender, subject=subject, body=body, content=kind)


def _picture(width: int = 96, height: int = 32) -> bytes:
    """A striped PNG."""
    blue, white = b"\x0a\x5c\x86", b"\xff\xff\xff"
    row = b"\x00" + b"".join(blue if x // 8 % 2 else white for x in range(width))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


if __name__ == "__main__":
    SAMPLE.write_bytes(sample())
