"""Text as it is searched: cleaned, freed of markup, cut into words.

The words of an index and of a query come from the same function, so that they meet. Which bytes
mean which letters is settled before, in `mail.charset`.
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from itertools import chain

_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")
# The letters that are searched in pairs: Hangul, Kana, Han. As a piece of a character class.
PAIRED_LETTERS = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3105-\u312f\u3131-\u318e"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_ASIAN_LETTER = re.compile(f"[{PAIRED_LETTERS}]")
_RUN = re.compile(f"[{PAIRED_LETTERS}]+|[^{PAIRED_LETTERS}]+")
_TOKEN_CHARACTERS = 64
_ASCII_WORDS = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if chr(byte).isalnum() and byte < 128 else 32
    for byte in range(256)
)
_LONG_ASCII_WORD = re.compile(r"[a-z0-9]{65}")


def nfc_clean(text: str) -> str:
    """The same text in NFC, without NUL and with lone surrogates replaced by U+FFFD."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    if _SURROGATE_OR_NUL.search(text):
        text = text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", text)


def tokens(text: str) -> list[str]:
    """The words of a text, in order; the same for index and query.

    The text is taken in NFC and lower case. A word is a longest run of letters, digits and
    combining marks; it is cut to 64 characters. Within a word, a run of n Hangul, Kana or Han
    letters stands for its n - 1 overlapping pairs, or for itself when n is 1; what stands
    beside it is a word of its own. Each token takes one position, so a run of letters inside a
    longer one is a phrase of neighbouring pairs.
    """
    if text.isascii():
        words = text.encode().translate(_ASCII_WORDS).decode().split()
        return [word[:_TOKEN_CHARACTERS] for word in words]
    words = _word_pattern().findall(unicodedata.normalize("NFC", text).lower())
    if not _ASIAN_LETTER.search(text):
        return [word[:_TOKEN_CHARACTERS] for word in words]
    return list(chain.from_iterable(map(_pieces, words)))


@functools.cache
def _word_pattern() -> re.Pattern[str]:
    """Letters, digits and marks; `\\w` alone would split Indic words at their vowel signs."""
    marks = (chr(c) for c in range(0x300, 0x20000) if unicodedata.category(chr(c))[0] == "M")
    return re.compile(f"(?:[^\\W_]|[{''.join(marks)}])+")


def _pieces(word: str) -> list[str]:
    if not _ASIAN_LETTER.search(word):
        return [word[:_TOKEN_CHARACTERS]]
    return list(chain.from_iterable(map(_run_tokens, _RUN.findall(word))))


def _run_tokens(run: str) -> list[str]:
    if not _ASIAN_LETTER.match(run):
        return [run[:_TOKEN_CHARACTERS]]
    if len(run) == 1:
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]


def visible_text(markup: str) -> str:
    """The text a reader of an HTML body would see."""
    bare = re.sub(r"(?is)<(style|script|head)\b.*?</\1>|<!--.*?-->", " ", markup)
    return html.unescape(re.sub(r"<[^>]*>", " ", bare))
