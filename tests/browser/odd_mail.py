"""Mail that tries to break its page: endless words, names that turn around, too many people."""

from __future__ import annotations

from email.message import EmailMessage

from tests.mboxes import mbox_of, raw_message

WORD = "verylongwordwithoutanyplacetobreak"
SENTENCE = "A subject that goes on and on and never comes to its end "


def odd_mail() -> bytes:
    """One letter of each kind."""
    long = raw_message(90_001, subject=WORD * 300, body=f"{WORD * 90}\n\n{SENTENCE * 60}\n")
    wordy = raw_message(90_002, subject=SENTENCE * 180, body="It has a wordy subject.\n")
    return mbox_of(
        [long, wordy, _turned(), _to_everybody(), _without_subject(), _without_date(), _marked()]
    )


def _in_mbox(letter: EmailMessage) -> bytes:
    raw = letter.as_bytes().replace(b"\nFrom ", b"\n>From ")
    return b"From ann@example.org Thu Jan  5 10:00:00 2023\n" + raw + b"\n"


def _letter(subject: str, *, sender: str = "Ann <ann@example.org>", to: str = "") -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = sender, to or "Bob <bob@example.org>"
    if subject:
        letter["Subject"] = subject
    letter["Date"] = "Thu, 5 Jan 2023 10:00:00 +0000"
    letter["Message-ID"] = f"<{len(subject)}.odd@letters.example.org>"
    return letter


def _turned() -> bytes:
    letter = _letter("Turned \u202earound\u202c, שלום", sender="\u202emoc.knab <mail@bank.example>")
    letter.set_content("Some of it is \u202eturned\u202c.\n")
    names = (
        "invoice\u202efdp.exe",
        f"{WORD * 6}.pdf",
        "견적서 최종_진짜최종 (3).hwp",
        "<b>bold.html",
    )
    for name in names:
        letter.add_attachment(
            name.encode(), maintype="application", subtype="octet-stream", filename=name
        )
    return _in_mbox(letter)


def _to_everybody() -> bytes:
    to = ", ".join(f"Person Number {number} <person{number}@example.org>" for number in range(120))
    letter = _letter("To everybody", to=to)
    letter.set_content("There are many of you.\n")
    return _in_mbox(letter)


def _without_date() -> bytes:
    return (
        b"From ann@example.org Thu Jan  5 10:00:00 2023\n"
        b"From: Ann <ann@example.org>\nSubject: Nodateatall\n"
        b"Date: some day of the week of the great storm, as far as anybody remembers it\n\n"
        b"quarknodate\n\n"
    )


def _marked() -> bytes:
    """Letters under hundreds of marks, which are drawn high above their line and far below it."""
    high, low = "\u0301" * 250, "\u0323" * 250
    letter = _letter(f"Zalgoquark a{high}b{low}c", sender=f"Z{high}a{low} <zalgo@example.org>")
    letter.set_content("It has many marks.\n")
    letter.add_attachment(
        b"x", maintype="application", subtype="octet-stream", filename=f"z{high}{low}.txt"
    )
    return _in_mbox(letter)


def _without_subject() -> bytes:
    letter = _letter("", sender=f"{WORD * 4} <{WORD}@{'a' * 60}.example>")
    letter.set_content("quarknosubject\n")
    return _in_mbox(letter)
