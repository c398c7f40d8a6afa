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
# Where a byte beyond ASCII stands, one that a plain search finds: ten times as fast as a pattern.
_HIGH = b"\x80"
_HIGH_MARKED = bytes(range(128)) + _HIGH * 128
# Words with such bytes, and those between them: what is nearly all letters is read in one piece.
_NEAR_LETTERS = re.compile(rb"(?:[\x00-\x7f]{0,40}+[\x80-\xff]++)*+[^ ]*+")
# From blank to blank as far as a word may reach, which looks at few of the words.
_SHORT_WORDS = re.compile(rb"(?s:.{0,%d} )*+" % _TOKEN_CHARACTERS)
# The same and as much of the next word as is kept; then the rest of that word.
_LONG_WORD = re.compile(rb"(?s:(%b.{%d}))[^ ]++" % (_SHORT_WORDS.pattern, _TOKEN_CHARACTERS))
# An alternation would be four times as slow: one beginning is searched for by its bytes.
_PUNCTUATION = re.compile(rb"\xe2\x80[\x80-\xbf]")
_UNBROKEN_BLANK = "\N{NO-BREAK SPACE}"
_SOFT_HYPHEN = "\N{SOFT HYPHEN}"
# Blocks that hold all combining marks of the basic plane. Looking every one of them up takes a
# process 8 ms, which most mail never needs: its letters are Latin, Greek, Cyrillic or East Asian.
_NEAR_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u10ff\u135d-\u1cff\u1dc0-\u1dff\u20d0-\u20f0"
    "\u2cef-\u2cf1\u2d7f-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\uabff\ufb1e\ufe00-\ufe2f]"
)
_SHORT_TEXT = 1000
_MOST_MARKS = 30
_MANY_MARKS = re.compile(
    f"[{_NEAR_MARKS.pattern.strip('[]')}\U00010000-\U0001ffff]{{{_MOST_MARKS},}}"
)
_GRAPHEME_JOINER = "\u034f"
_SIGNATURE = "-- "


def nfc_clean(text: str) -> str:
    """The same text in NFC, without NUL and with lone surrogates replaced by U+FFFD."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    if "\0" in text:
        text = text.replace("\0", "")
    if _is_latin_1(text):  # all of it in NFC already
        return text
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _composed(text)


def _composed(text: str) -> str:
    """The text in NFC, in time linear to its length.

    Sorting the marks of one letter takes the square of their number. Beyond 30, which no
    language needs, a grapheme joiner parts them, as Unicode's stream-safe format does.
    """
    if len(text) > _SHORT_TEXT:
        # Every mark takes more than one byte: without that many to spare, no run can be long.
        spare = len(text.encode("utf-8", "ignore")) - len(text)
        if spare >= _MOST_MARKS and _MANY_MARKS.search(text):
            text = _MANY_MARKS.sub(_parted, text)
    return unicodedata.normalize("NFC", text)


def _parted(found: re.Match[str]) -> str:
    pieces: list[str] = []
    marks = 0
    for letter in found.group():
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > _MOST_MARKS:
            pieces.append(_GRAPHEME_JOINER)
            marks = 1
        pieces.append(letter)
    return "".join(pieces)


def _is_latin_1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def with_plain_line_ends(text: str) -> str:
    """The text with CRLF and lone CR turned into LF."""
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unflowed(text: str, *, delete_space: bool) -> str:
    """format=flowed text (RFC 3676) with its soft line breaks joined and its stuffing undone."""
    pieces: list[str] = []
    open_depth = -1  # the quote depth of a paragraph that goes on, or -1
    for line in text.split("\n"):
        words = line.lstrip(">")
        depth = len(line) - len(words)
        words = words.removeprefix(" ")
        soft = words.endswith(" ") and words != _SIGNATURE
        if open_depth == depth and words != _SIGNATURE:
            if delete_space:
                pieces[-1] = pieces[-1][:-1]
            pieces.append(words)
        else:
            pieces.append("\n")
            pieces.append(f"{line[:depth]} {words}" if depth else words)
        open_depth = depth if soft else -1
    return "".join(pieces[1:])


def without_soft_hyphens(text: str) -> str:
    """The text with its words whole: where a line might be broken says nothing of them."""
    return text.replace(_SOFT_HYPHEN, "")


def tokens(text: str) -> list[str]:
    """The words of a text, in order; the same for index and query.

    The text is taken in NFC and lower case. A word is a longest run of letters, digits and
    combining marks; it is cut to 64 characters. Within a word, a run of n Hangul, Kana or Han
    letters stands for its n - 1 overlapping pairs, or for itself when n is 1; what stands
    beside it is a word of its own. Each token takes one position, so a run of letters inside a
    longer one is a phrase of neighbouring pairs.
    """
    if text.isascii():
        return ascii_words(text).split()
    # Typographic quotes, dashes and blanks: all that is beyond ASCII in most English mail.
    letters = without_soft_hyphens(text.replace(_UNBROKEN_BLANK, " "))
    encoded = letters.encode("utf-8", "replace")
    stretches = _PUNCTUATION.sub(b" ", encoded).translate(_ASCII_WORDS)
    words = _with_letters(stretches)
    return _cut(words) if has_long_word(stretches) else words


def ascii_words(text: str) -> str:
    """The `tokens` of a text that is all ASCII, with blanks between."""
    stretches = text.encode().translate(_ASCII_WORDS)
    pieces: list[bytes] = []
    at = 0
    while long := _LONG_WORD.match(stretches, at):
        pieces.append(long[1])
        at = long.end()
    return (b"".join((*pieces, stretches[at:])) if pieces else stretches).decode()


def has_long_word(stretches: bytes) -> bool:
    """Whether any word between blanks may have to be cut.

    Counted in bytes: no letter becomes more characters than those, in NFC and lower case.
    """
    short = _SHORT_WORDS.match(stretches)
    return short is not None and len(stretches) - short.end() > _TOKEN_CHARACTERS


def _cut(words: list[str]) -> list[str]:
    return [word[:_TOKEN_CHARACTERS] for word in words]


def _with_letters(stretches: bytes) -> list[str]:
    """The words of stretches with blanks between them, some with letters beyond ASCII."""
    marked = stretches.translate(_HIGH_MARKED)
    words: list[str] = []
    at = 0
    while (odd := marked.find(_HIGH, at)) >= 0:
        begin = marked.rfind(b" ", at, odd) + 1 or at
        near = _NEAR_LETTERS.match(stretches, odd)
        words += stretches[at:begin].decode().split()
        at = near.end() if near else len(stretches)
        words += _letters_of(stretches[begin:at].decode())
    return words + stretches[at:].decode().split()


def _letters_of(stretch: str) -> list[str]:
    """The words in a stretch with letters beyond ASCII; of ASCII, only blanks part them."""
    lowered = _composed(stretch).lower()
    words = (_marked_words() if _has_marks(lowered) else _WORD).findall(lowered)
    if not _ASIAN_LETTER.search(lowered):
        return words
    return list(chain.from_iterable(map(_pieces, words)))


def _has_marks(text: str) -> bool:
    return _NEAR_MARKS.search(text) is not None and _marks().search(text) is not None


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
