"""An mbox full of attachments, for measuring: the same every time.

`python -m tests.bench.heavy 300 heavy.mbox`. Each message has a short text and one to three
attachments in base64, of 20 kB to 20 MB, small ones more often than large ones.
"""

from __future__ import annotations

import argparse
import base64
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

SMALLEST, LARGEST = 20_000, 20_000_000
TYPES = (("pdf", "application/pdf"), ("png", "image/png"), ("xls", "application/vnd.ms-excel"))
BOUNDARY = "=_part_of_the_letter"


def messages(count: int, *, seed: int = 5) -> Iterator[bytes]:
    """So many messages, separators included."""
    pick = random.Random(seed)
    for number in range(count):
        sent = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        lines = [
            f"From office@example.com {sent:%a %b %d %H:%M:%S %Y}",
            f"From: Office <office{pick.randrange(20)}@example.com>",
            f"To: Ann <ann{pick.randrange(50)}@example.org>",
            f"Subject: Papers of day {number}",
            f"Date: {format_datetime(sent)}",
            f"Message-ID: <papers-{number}@example.com>",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/mixed; boundary="{BOUNDARY}"',
            "",
            f"--{BOUNDARY}",
            "Content-Type: text/plain; charset=utf-8",
            "",
            f"Please find the papers of day {number} attached.",
        ]
        yield "\n".join(lines).encode() + b"\n"
        for file in range(pick.randrange(1, 4)):
            yield from _attachment(pick, f"papers-{number}-{file}")
        yield f"--{BOUNDARY}--\n\n".encode()


def _attachment(pick: random.Random, name: str) -> Iterator[bytes]:
    size = int(SMALLEST * (LARGEST / SMALLEST) ** pick.random())
    ending, content_type = pick.choice(TYPES)
    lines = [
        f"--{BOUNDARY}",
        f'Content-Type: {content_type}; name="{name}.{ending}"',
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{name}.{ending}"',
        "",
        "",
    ]
    yield "\n".join(lines).encode()
    yield base64.encodebytes(pick.randbytes(size))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("mbox", type=Path)
    options = parser.parse_args()
    with options.mbox.open("wb") as file:
        file.writelines(messages(options.count))


if __name__ == "__main__":
    main()
