"""Mutate real mail and read it: nothing may raise, nothing may take long, nothing may be lost.

`python -m tests.mail.fuzz --seconds 60` (what `make fuzz` runs). A finding is written beside this
file's name in the working folder, with the seed that made it, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from mail.chunk import plan
from mail.mbox import BytesSource, SpanKind, detect, spans
from mail.message import body_html, read_message
from mail.part import part_bytes
from mail.sniff import sniff
from mail.text import tokens
from tests.corpus.expected import CORPUS
from tests.mail.builders import mbox_of, raw_message
from tests.mail.test_laws import PIECES, is_clean

# A megabyte of anything is read in far less; more than this is a pattern that blows up.
SLOWEST_SECONDS = 5.0
_LARGEST_BYTES = 200_000
# What patterns stop and start at: repeated, they find every place that is looked at twice.
_PUMPED = [bytes((byte,)) for byte in b" \t\r\n\0a1<>()[]\"'\\,;:@.=?&#!-_*%/{}~^\x0e\x1b\xb0\xff"]
_PUMPED += [b"=?", b"?=", b"=?a?q?", b"--", b"--b", b"From ", b"a@b", b"&#", b"<!--", b"/*", b"=y"]
_PUMPED += [b"begin 644 a\n", b"=ybegin line=1 name=a\n", "\u0301".encode(), "가".encode()]

Mutation = Callable[[bytearray, random.Random], None]


def seeds() -> list[bytes]:
    """Real mail to begin with: the corpus where it is at hand, else a built mbox."""
    files = [path for path in sorted(CORPUS.rglob("*")) if path.suffix in (".eml", ".mbox")]
    found = [path.read_bytes() for path in files if path.stat().st_size <= _LARGEST_BYTES]
    return found or [mbox_of(raw_message(), raw_message("x\n"))]


def _place(content: bytearray, dice: random.Random) -> int:
    return dice.randrange(len(content) + 1)


def flip(content: bytearray, dice: random.Random) -> None:
    """Change single bytes."""
    for _ in range(dice.randrange(1, 20)):
        if content:
            content[dice.randrange(len(content))] = dice.randrange(256)


def insert(content: bytearray, dice: random.Random) -> None:
    """Insert something that means something to the reader, perhaps many times."""
    at = _place(content, dice)
    content[at:at] = dice.choice(PIECES) * dice.choice((1, 1, 1, 2, 50, 2000))


def cut(content: bytearray, dice: random.Random) -> None:
    """Leave out a stretch, or all of the rest."""
    at = _place(content, dice)
    del content[at : dice.choice((at + dice.randrange(200), len(content)))]


def repeat(content: bytearray, dice: random.Random) -> None:
    """Repeat a stretch elsewhere."""
    at = _place(content, dice)
    stretch = content[at : at + dice.randrange(500)]
    place = _place(content, dice)
    content[place:place] = stretch * dice.choice((1, 2, 30))


def pump(content: bytearray, dice: random.Random) -> None:
    """Insert a few characters that mean something, over and over, and perhaps something else."""
    fragment = b"".join(dice.choice(_PUMPED) for _ in range(dice.randrange(1, 4)))
    at = _place(content, dice)
    end = dice.choice((b"", b"x", b"\n", dice.choice(_PUMPED)))
    content[at:at] = fragment * (dice.choice((100, 10_000, 100_000)) // len(fragment)) + end


def swap_line_ends(content: bytearray, dice: random.Random) -> None:
    """Write other line ends."""
    content[:] = content.replace(b"\n", dice.choice((b"\r\n", b"\r", b"\n\n", b"\n ", b"\0\n")))


MUTATIONS: tuple[Mutation, ...] = (flip, insert, insert, cut, repeat, pump, swap_line_ends)


def mutated(seed: bytes, dice: random.Random) -> bytes:
    """The seed after a few mutations."""
    content = bytearray(seed)
    for _ in range(dice.randrange(1, 6)):
        dice.choice(MUTATIONS)(content, dice)
    return bytes(content[: 4 * _LARGEST_BYTES])


def read_everything(content: bytes) -> None:
    """Take the content in as the product would. Raises AssertionError for a broken promise."""
    sniff(content[:65536], "fuzz.mbox")
    source = BytesSource(content)
    rule = detect(source).rule
    found = list(spans(source, rule, block_bytes=4096))
    assert sum(span.length for span in found) == len(content), "bytes lost between spans"
    messages = [span for span in found if span.kind is SpanKind.MESSAGE]
    chunks = list(plan(source, rule, chunk_bytes=20_000))
    assert sum(chunk.messages for chunk in chunks) == len(messages), "chunks miscount"
    for span in messages[:20]:
        begin = span.offset + span.separator_length
        raw = content[begin : span.offset + span.length]
        message = read_message(raw, rule=rule, separator=content[span.offset : begin])
        assert is_clean(message), "a text that no database takes"
        tokens(message.text)
        body_html(raw, rule=rule)
        for part in message.parts[:5]:
            assert len(part_bytes(raw, part.path, rule=rule)) == part.size, "a part of other size"


def run(seconds: float, seed: int) -> int:
    """Fuzz for so many seconds; the exit status."""
    dice = random.Random(seed)
    corpus = seeds()
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        content = mutated(dice.choice(corpus), dice)
        begun = time.process_time()
        trouble = _trouble(content)
        took = time.process_time() - begun
        if trouble or took > SLOWEST_SECONDS:
            kept = Path(f"fuzz-finding-{seed}-{count}.mbox")
            kept.write_bytes(content)
            print(trouble or f"took {took:.1f} s", f"kept in {kept}", sep="\n")
            return 1
        count += 1
    print(f"{count} mutated files read in {seconds:.0f} s, seed {seed}: nothing raised or hung")
    return 0


def _trouble(content: bytes) -> str | None:
    try:
        read_everything(content)
    except Exception:  # noqa: BLE001 - finding any exception is what a fuzzer is for
        return traceback.format_exc()
    return None


def main() -> int:
    """Read the arguments and fuzz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments = parser.parse_args()
    return run(arguments.seconds, arguments.seed)


if __name__ == "__main__":
    sys.exit(main())
