"""Whoever makes a journey: a page in one look, and the words that are read on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.walking import LOOKS
from web.language import Language, catalogue


@pytest.fixture
def walker(new_page: Callable[..., Page], look: str) -> Page:
    """A page in the look that the test is parametrised with."""
    return new_page(**LOOKS[look])


@pytest.fixture
def said(look: str) -> Callable[[str], str]:
    """What a text of the console reads in the language of that look."""
    return catalogue(Language(look[:2])).gettext
