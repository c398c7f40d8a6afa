"""The charsets that pages offer."""

from __future__ import annotations

import pytest

from mail.charset import decode_as
from mail.charset_label import codec_of
from tests.web.visiting import Visit
from web.charsets import GROUPS, charset_choice

OFFERED = [one.codec for group in GROUPS for one in group.charsets]
PAGES = ("/messages/1-0", "/messages/1-0/read-again", "/search/all?act=read&q=")


def test_each_charset_is_offered_once_and_can_be_read_with() -> None:
    assert len(set(OFFERED)) == len(OFFERED)
    for codec in OFFERED:
        assert codec_of(codec) == codec
        assert decode_as("abc".encode(codec), codec).text.endswith("abc")


@pytest.mark.parametrize(
    "label", ["EUC-JP", "KOI8-R", "ISO-8859-2", "windows-1251", "UTF-16", "big5", "euc-kr"]
)
def test_common_labels_are_on_the_list(label: str) -> None:
    choice = charset_choice(label)

    assert choice.chosen in OFFERED
    assert choice.named is None


@pytest.mark.parametrize("page", PAGES)
def test_every_page_that_asks_for_a_charset_offers_all_of_them(here: Visit, page: str) -> None:
    here.take_in(b"From a Mon Jan  1 00:00:00 2024\nSubject: One\n\nText.\n")

    text = here.visitor().get(page).text

    assert all(f'<option value="{codec}"' in text for codec in OFFERED)
    assert 'name="other_charset"' in text
