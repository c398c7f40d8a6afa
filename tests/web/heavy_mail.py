"""Mail that is too much for one page: endless texts, files, names, headers, quotes of HTML."""

from __future__ import annotations

from email.message import EmailMessage

from tests.mboxes import raw_message

NUMBERED = "".join(f"line {number} of a very long letter\n" for number in range(30_000))
ONE_LINE = "".join(f"w{number} " for number in range(130_000))
KOREAN = "도서관의 책장은 생각보다 무거워서 배로 옮기기로 했습니다. " * 12_000


def heavy_text(body: str, *, number: int = 1) -> bytes:
    """A letter of that text; UTF-8 is declared."""
    return raw_message(number, body=body).replace(
        b"\nMessage-ID", b"\nContent-Type: text/plain; charset=utf-8\nMessage-ID", 1
    )


def many_files(number: int, *, name: str = "a report of the library {}.txt") -> bytes:
    """A letter with so many attached files."""
    letter = _letter("many files")
    letter.set_content("They are all in here.\n")
    for each in range(number):
        letter.add_attachment(
            f"file {each}".encode(),
            maintype="application",
            subtype="octet-stream",
            filename=name.format(each),
        )
    return _in_mbox(letter)


def long_headers() -> bytes:
    """Everything a header can hold, and too much of it."""
    amps = "&" * 400
    people = ", ".join(f'"{amps}" <{"q" * 400}{number}@example.org>' for number in range(190))
    labels = ",".join(f"label{number}{amps[:240]}" for number in range(480))
    fields = [
        "From ann@example.org Thu Jan  5 10:00:00 2023",
        f"From: {people}",
        f"To: {people}",
        f"Cc: {people}",
        f"Bcc: {people}",
        f"Reply-To: {people}",
        f"Subject: {'&<>' * 4_000}",
        f"X-Gmail-Labels: {labels}",
        f"Date: {amps}",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=b",
    ]
    parts = "".join(
        f"--b\nContent-Type: text/plain; charset=x-{amps[:40]}{each}\n"
        f"Content-Transfer-Encoding: odd-{amps[:150]}{each}\n\nx\n"
        for each in range(150)
    )
    return "\n".join([*fields, "", f"{parts}--b--", "", ""]).encode()


def heavy_html(body: str) -> bytes:
    """A letter with that formatted text and nothing else."""
    letter = _letter("heavy html")
    letter.set_content(body, subtype="html")
    return _in_mbox(letter)


def many_pictures(*, number: int, size: int, times: int) -> bytes:
    """A formatted letter that shows each of its own pictures so many times."""
    letter = _letter("many pictures")
    shown = "".join(f'<p><img src="cid:p{each}@x" alt="p{each}">' for each in range(number)) * times
    letter.set_content(f"<p>Here they are.</p>{shown}<p>The end.</p>", subtype="html")
    for each in range(number):
        picture = b"\x89PNG\r\n\x1a\n" + bytes(size)
        letter.add_related(picture, maintype="image", subtype="png", cid=f"<p{each}@x>")
    return _in_mbox(letter)


def long_talk(number: int) -> bytes:
    """A conversation of so many letters with long subjects."""
    first = raw_message(50_000, subject="The boat")
    return first + b"".join(
        raw_message(50_000 + each, subject=f"Re: The boat {'&' * 2_000}").replace(
            b"\nMessage-ID", b"\nIn-Reply-To: <50000@letters.example.org>\nMessage-ID", 1
        )
        for each in range(1, number)
    )


def _letter(subject: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "ann@example.org", "bob@example.org", subject
    letter["Date"] = "Thu, 5 Jan 2023 10:00:00 +0000"
    return letter


def _in_mbox(letter: EmailMessage) -> bytes:
    raw = letter.as_bytes().replace(b"\nFrom ", b"\n>From ")
    return b"From ann@example.org Thu Jan  5 10:00:00 2023\n" + raw + b"\n"
