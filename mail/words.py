"""Header values as text: folds undone, encoded-words (RFC 2047) decoded, raw bytes guessed.

Adjacent encoded-words of one charset are joined before decoding, because many programs split a
letter across two of them. Structure (addresses, parameters) is found elsewhere, before words
are decoded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from typing import NamedTuple

from mail.charset import Decoded, decode_as, decode_labelled, guess, is_borne_out
from mail.charset_label import codec_of
from mail.defect import DefectKind, Defects
from mail.text import nfc_clean

_AROUND = b" \t\r\n"
_FOLD = re.compile(rb"\n[ \t]*")
# The text of a word may hold blanks: forbidden, and common.
_WORD = re.compile(
    r"=\?([A-Za-z0-9_.:$()<>+-]{1,60})(?:\*[A-Za-z0-9-]*)?\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*)*)\?="
)
# A word that holds raw bytes of its charset, which Q-encoding should have written as digits.
_RAW_WORD = re.compile(rb"=\?[!->@-~]{1,60}\?[qQ]\?[^?\x80-\xff]*[\x80-\xff][^?]*\?=")
_BETWEEN = re.compile(r"\s*\Z")


class Reading(NamedTuple):
    """How the headers of one message are read: what its parts declare, and what was overruled."""

    hints: Iterable[str]
    # Chosen by a person, for texts and for what a header does not declare well; None lets the
    # labels and guesses speak.
    charset: str | None
    defects: Defects


def header_text(value: bytes, *, name: str, reading: Reading) -> str:
    """A header's value as clean text, fully decoded."""
    value = value.strip(_AROUND)
    if value.isascii():  # in one line, without words or escapes: nearly all
        text = value.decode("ascii")
        if text.isprintable() and "=?" not in text:
            return text
    return decode_words(raw_text(value, name=name, reading=reading), name=name, reading=reading)


def raw_text(value: bytes, *, name: str, reading: Reading) -> str:
    """A header's value unfolded and in letters, its encoded-words still encoded."""
    text = ascii_text(value)
    if text is not None:
        return text
    value = _unfolded(value)
    if b"=?" in value:
        value = _RAW_WORD.sub(_quoted_bytes, value)
        if value.isascii():
            return value.decode("ascii").replace("\0", "")
    return nfc_clean(_raw_letters(value, name=name, reading=reading))


def ascii_text(value: bytes) -> str | None:
    """As `raw_text`, for a value that is ASCII and nothing else; None where letters are a guess."""
    if not value.isascii():
        return None
    text = _unfolded(value).decode("ascii")
    return None if "\x1b" in text or "\x0e" in text or "\0" in text else text


def _unfolded(value: bytes) -> bytes:
    value = value.strip(_AROUND)
    if b"\r" in value:
        value = value.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return _FOLD.sub(b" ", value) if b"\n" in value else value


def _quoted_bytes(word: re.Match[bytes]) -> bytes:
    return b"".join(b"=%02X" % byte if byte > 127 else bytes((byte,)) for byte in word.group())


def _raw_letters(value: bytes, *, name: str, reading: Reading) -> str:
    if b"\0" in value:
        reading.defects.note(DefectKind.NUL_REMOVED, where=name)
        value = value.replace(b"\0", b"")
    if reading.charset:
        return decode_as(value, reading.charset).text
    decoded = guess(value, hints=reading.hints)
    if decoded.guessed:
        reading.defects.note(DefectKind.CHARSET_GUESSED, where=name, what=decoded.charset)
    return decoded.text


def decode_words(text: str, *, name: str, reading: Reading) -> str:
    """The text with every encoded-word decoded; one that cannot be is left as it stands."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    run: list[re.Match[str]] = []
    at = 0
    # Not beyond the last end of a word, or each beginning would look for one to the end.
    for word in _WORD.finditer(text, 0, text.rfind("?=") + 2):
        between = text[at : word.start()]
        if run and not (_BETWEEN.match(between) and _same_charset(run[-1], word)):
            pieces.append(_decode_run(run, name=name, reading=reading))
            run = []
            between = "" if _BETWEEN.match(between) else between
        elif run:
            between = ""
        pieces.append(between)
        run.append(word)
        at = word.end()
    pieces += [_decode_run(run, name=name, reading=reading), text[at:]]
    return nfc_clean("".join(pieces))


def _same_charset(first: re.Match[str], second: re.Match[str]) -> bool:
    one, other = first.group(1).lower(), second.group(1).lower()
    if one == other:
        return True
    codec = codec_of(one)
    return codec is not None and codec == codec_of(other)


def _decode_run(run: list[re.Match[str]], *, name: str, reading: Reading) -> str:
    if not run:
        return ""
    content = b"".join(_word_bytes(word, name=name, reading=reading) for word in run)
    label = run[0].group(1)
    decoded = _decoded_word(content, label, run=run, hints=reading.hints)
    if reading.charset and not is_borne_out(decoded, label, content):
        text = decode_as(content, reading.charset).text
    else:
        text = decoded.text
        _note(decoded, label, name=name, reading=reading)
    if "\0" in text:
        reading.defects.note(DefectKind.NUL_REMOVED, where=name)
    return _in_one_line(text)


def _decoded_word(
    content: bytes, label: str, *, run: list[re.Match[str]], hints: Iterable[str]
) -> Decoded:
    codec = codec_of(label) or ""
    if len(run) > 1 and (codec in ("utf-7", "utf-16") or b"\x1b" in content):
        return _one_by_one(label, run=run, hints=hints)
    return decode_labelled(content, label, hints=hints)


def _one_by_one(label: str, *, run: list[re.Match[str]], hints: Iterable[str]) -> Decoded:
    """Words of a charset with a state of its own (escapes), which each word begins afresh."""
    found = [decode_labelled(word_content(word), label, hints=hints) for word in run]
    return Decoded(
        "".join(one.text for one in found),
        found[0].charset,
        guessed=any(one.guessed for one in found),
        broken=any(one.broken for one in found),
    )


def _note(decoded: Decoded, label: str, *, name: str, reading: Reading) -> None:
    if codec_of(label) is None:
        reading.defects.note(DefectKind.CHARSET_UNKNOWN, where=name, what=label)
    if decoded.guessed:
        reading.defects.note(DefectKind.CHARSET_GUESSED, where=name, what=decoded.charset)
    if decoded.broken:
        reading.defects.note(DefectKind.CHARSET_BROKEN, where=name, what=decoded.charset)


def _word_bytes(word: re.Match[str], *, name: str, reading: Reading) -> bytes:
    if word.group(2) in "bB" and len(word.group(3).strip().rstrip("=")) % 4 == 1:
        reading.defects.note(DefectKind.ENCODED_WORD_BROKEN, where=name, what=word.group())
    return word_content(word)


def word_content(word: re.Match[str]) -> bytes:
    """The bytes an encoded-word stands for, as many as can be saved."""
    encoded = word.group(3).encode("utf-8", "replace")
    if word.group(2) in "qQ":
        return binascii.a2b_qp(encoded.replace(b" ", b"_"), header=True)
    digits = _NOT_BASE64.sub(b"", encoded)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def _in_one_line(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return nfc_clean(text).replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
