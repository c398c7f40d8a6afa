"""Cutting an mbox into chunks: on boundaries, of the size asked for, resumable."""

from __future__ import annotations

from mail.chunk import Chunk, plan
from mail.mbox import BytesSource, detect
from tests.mail.builders import mbox_of, raw_message

MBOX = mbox_of(*[raw_message("x\n" * 40) for _ in range(20)])
ONE = len(MBOX) // 20


def planned(content: bytes, *, chunk_bytes: int, start: int = 0) -> list[Chunk]:
    source = BytesSource(content)
    return list(plan(source, detect(source).rule, chunk_bytes=chunk_bytes, start=start))


def test_chunks_touch_begin_on_boundaries_and_count_their_messages() -> None:
    assert planned(MBOX, chunk_bytes=7 * ONE) == [
        Chunk(start=0, stop=7 * ONE, messages=7),
        Chunk(start=7 * ONE, stop=14 * ONE, messages=7),
        Chunk(start=14 * ONE, stop=20 * ONE, messages=6),
    ]


def test_a_message_longer_than_a_chunk_is_a_chunk_of_its_own() -> None:
    long = mbox_of(raw_message("y\n" * 5000))

    chunks = planned(MBOX + long + MBOX, chunk_bytes=20 * ONE)

    assert [chunk.messages for chunk in chunks] == [20, 1, 20]


def test_the_preamble_is_in_the_first_chunk_and_the_trailer_in_the_last() -> None:
    front, end = b"exported\n\n", bytes(100)

    chunks = planned(front + MBOX + end, chunk_bytes=15 * ONE)

    assert chunks[0].start == 0
    assert chunks[-1].stop == len(front + MBOX + end)
    assert sum(chunk.messages for chunk in chunks) == 20


def test_a_plan_resumes_where_it_died() -> None:
    whole = planned(MBOX, chunk_bytes=3 * ONE)

    assert planned(MBOX, chunk_bytes=3 * ONE, start=whole[2].stop) == whole[3:]


def test_a_plan_is_lazy() -> None:
    class Watched(BytesSource):
        read = 0

        def read_at(self, offset: int, length: int) -> bytes:
            self.read += len(found := super().read_at(offset, length))
            return found

    source = Watched(MBOX * 5000)
    rule = detect(BytesSource(MBOX)).rule

    next(plan(source, rule, chunk_bytes=ONE))

    assert source.read < source.size / 2


def test_an_empty_file_has_no_chunks_and_one_without_mail_has_one() -> None:
    assert planned(b"", chunk_bytes=10) == []
    assert planned(b"no mail\n" * 9, chunk_bytes=10) == [Chunk(start=0, stop=72, messages=0)]
