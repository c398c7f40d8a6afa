"""The quick path and the careful path must read plain mail alike: all of the corpus, both ways."""

from __future__ import annotations

import pytest

from tests.corpus.reading import Mail, mails, read


@pytest.fixture(scope="module")
def corpus() -> list[Mail]:
    return list(mails())


def test_without_the_quick_cut_of_parts_every_message_reads_the_same(
    corpus: list[Mail], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [read(mail) for mail in corpus]
    monkeypatch.setattr("mail.mime.quick_pieces", lambda *_: None)

    careful = [read(mail) for mail in corpus]

    assert [mail.name for mail, a, b in zip(corpus, quick, careful, strict=True) if a != b] == []


def test_without_the_quick_cut_of_headers_every_message_reads_the_same(
    corpus: list[Mail], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [read(mail) for mail in corpus]
    monkeypatch.setattr("mail.header.quick_header", lambda *_: None)

    careful = [read(mail) for mail in corpus]

    assert [mail.name for mail, a, b in zip(corpus, quick, careful, strict=True) if a != b] == []


def test_without_the_short_ways_to_addresses_every_message_reads_the_same(
    corpus: list[Mail], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [read(mail).envelope for mail in corpus]
    monkeypatch.setattr("mail.address._plain", lambda *_: None)

    careful = [read(mail).envelope for mail in corpus]

    assert [mail.name for mail, a, b in zip(corpus, quick, careful, strict=True) if a != b] == []
