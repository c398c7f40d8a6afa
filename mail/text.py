"""Text as it is searched: cleaned, unwrapped, cut into words.

The words of an index and of a query come from the same function, so that they meet. Which bytes
mean which letters is settled before, in `mail.charset`; markup is `mail.html`'s.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from itertools import chain

from mail.html import visible_text

__all__ = [
    "PAIRED_LETTERS",
    "nfc_clean",
    "tokens",
    "unflowed",
    "visible_text",
    "with_plain_line_ends",
]

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
    byte + 32 if 65 <= byte <= 90 else byte if byte > 127 or chr(byte).isalnum() else 32
    for byte in range(256)
)
_WORD = re.compile(r"[^\W_]+")
# An alternation would be four times as slow: one beginning is searched for by its bytes.
_PUNCTUATION = re.compile(rb"\xe2\x80[\x80-\xbf]")
_UNBROKEN_BLANK = b"\xc2\xa0"
_SIGNATURE = "-- "


def nfc_clean(text: str) -> str:
    """The same text in NFC, without NUL and with lone surrogates replaced by U+FFFD."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", text)


def with_plain_line_ends(text: str) -> str:
    """The text with CRLF and lone CR turned into LF."""
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unflowed(text: str, *, delete_space: bool) -> str:
    """format=flowed text (RFC 3676) with its soft line breaks joined and its stuffing undone."""
    paragraphs: list[str] = []
    open_depth = -1  # the quote depth of a paragraph that goes on, or -1
    for line in text.split("\n"):
        words = line.lstrip(">")
        depth = len(line) - len(words)
        words = words.removeprefix(" ")
        soft = words.endswith(" ") and words != _SIGNATURE
        if open_depth == depth and words != _SIGNATURE:
            joined = paragraphs[-1][:-1] if delete_space else paragraphs[-1]
            paragraphs[-1] = joined + words
        else:
            paragraphs.append(f"{line[:depth]} {words}" if depth else words)
        open_depth = depth if soft else -1
    return "\n".join(paragraphs)


def tokens(text: str) -> list[str]:
    """The words of a text, in order; the same for index and query.

    The text is taken in NFC and lower case. A word is a longest run of letters, digits and
    combining marks; it is cut to 64 characters. Within a word, a run of n Hangul, Kana or Han
    letters stands for its n - 1 overlapping pairs, or for itself when n is 1; what stands
    beside it is a word of its own. Each token takes one position, so a run of letters inside a
    longer one is a phrase of neighbouring pairs.
    """
    encoded = text.encode("utf-8", "replace")
    if not text.isascii():
        # Typographic quotes, dashes and blanks: all that is beyond ASCII in most English mail.
        encoded = _PUNCTUATION.sub(b" ", encoded).replace(_UNBROKEN_BLANK, b" ")
    stretches = encoded.translate(_ASCII_WORDS).decode()
    words = stretches.split()
    if not encoded.isascii():
        words = _with_letters(words)
        # Lower case and NFC may give more letters than there were.
        longest = max(map(len, words), default=0)
        return _cut(words) if longest > _TOKEN_CHARACTERS else words
    return _cut(words) if _has_long(stretches) else words


def _has_long(stretches: str) -> bool:
    """Whether any word of plain text, blanks between words, has to be cut.

    Goes from blank to blank as far as a word may reach, which looks at few of the words.
    """
    last_blank = stretches.rfind
    at, end = 0, len(stretches) - _TOKEN_CHARACTERS
    while at < end:
        at = last_blank(" ", at, at + _TOKEN_CHARACTERS + 1) + 1
        if not at:
            return True
    return False


def _cut(words: list[str]) -> list[str]:
    return [word[:_TOKEN_CHARACTERS] for word in words]


def _with_letters(stretches: list[str]) -> list[str]:
    """The stretches, those with letters beyond ASCII replaced by the words in them."""
    plain = list(map(str.isascii, stretches))
    words: list[str] = []
    at = 0
    while True:
        try:
            odd = plain.index(False, at)
        except ValueError:  # the rest is plain
            return words + stretches[at:]
        words += stretches[at:odd]
        words += _letters_of(stretches[odd])
        at = odd + 1


def _letters_of(stretch: str) -> list[str]:
    """The words in a stretch without ASCII separators but with letters beyond ASCII."""
    lowered = unicodedata.normalize("NFC", stretch).lower()
    words = (_marked_words() if _marks().search(lowered) else _WORD).findall(lowered)
    if not _ASIAN_LETTER.search(lowered):
        return words
    return list(chain.from_iterable(map(_pieces, words)))


@functools.cache
def _marks() -> re.Pattern[str]:
    """Combining marks of the basic plane: rare, and slow to look for within words."""
    marks = (chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c))[0] == "M")
    return re.compile(f"[{''.join(marks)}]")


@functools.cache
def _marked_words() -> re.Pattern[str]:
    r"""Letters, digits and marks; `\w` alone would split Indic words at their vowel signs."""
    return re.compile(f"(?:[^\\W_]|{_marks().pattern})+")


def _pieces(word: str) -> list[str]:
    if not _ASIAN_LETTER.search(word):
        return [word]
    return list(chain.from_iterable(map(_run_tokens, _RUN.findall(word))))


def _run_tokens(run: str) -> list[str]:
    if not _ASIAN_LETTER.match(run):
        return [run]
    if len(run) == 1:
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]
