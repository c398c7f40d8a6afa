"""Decide which letters bytes mean: by their label, and by a guess where the label fails.

Labels are taken for what senders mean by them (every EUC-KR label means CP949). What was guessed
is said, never hidden. Encoded-words and transfer encodings are undone elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import cchardet

from mail.charset_label import codec_of
from mail.korean import looks_korean

# Charsets in which ASCII bytes may mean other letters.
_STATEFUL = frozenset(("utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "hz"))
_C1 = re.compile(rb"[\x80-\x9f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_EVERY_HIGH = bytes(range(0x80, 0x100))
# High bytes that Western European text consists of; Czech, Polish or Turkish text has others.
_WESTERN = bytes(range(0x80, 0xA0)) + (
    "\u00a0¡£§©«®°´·»¿ÀÁÂÄÅÆÇÈÉÊËÍÎÏÑÓÔÕÖØÚÜßàáâãäåæçèéêëíîïñòóôõöøúûü".encode("latin-1")
)
_WESTERN_SHARE = 0.3
_DETECT_BYTES = 64 << 10
_LATIN_1 = "iso8859-1"
# Western charsets that have a letter for nearly every byte, whatever the bytes were meant to be.
_ANY_BYTES = frozenset(
    ("iso8859-1", "iso8859-15", "iso8859-9", "iso8859-2", "cp1252", "cp1250", "cp1254", "cp850")
)
# Those of them whose letters are Western European ones.
_FOR_WESTERN = frozenset(("iso8859-1", "iso8859-15", "cp1252"))
_ISO_2022_KR = "iso2022_kr"
_CONFIDENT = 0.5
# A text with this share of damaged letters was cut or mangled on its way, not mislabelled.
_DAMAGE_SHARE = 0.05
_DETECTED_DAMAGE_SHARE = 0.01
_DAMAGED = "\N{REPLACEMENT CHARACTER}"


class Decoded(NamedTuple):
    """Letters, the charset that gave them, and what had to be guessed or repaired."""

    text: str
    charset: str
    guessed: bool = False  # the label was missing, unknown or wrong
    broken: bool = False  # some bytes mean nothing in that charset


def decode_labelled(content: bytes, label: str | None, *, hints: Iterable[str] = ()) -> Decoded:
    """Letters of `content` as its label says; guessed where it has none or the label is wrong.

    `hints` are charsets that other parts or headers of the same message declare.
    """
    codec = codec_of(label) if label else None
    if codec not in _STATEFUL and content.isascii() and not _has_escapes(content):
        return Decoded(content.decode("ascii"), "ascii")
    if codec is None or codec == "ascii":
        return guess(content, hints=hints)
    if codec in _ANY_BYTES and (found := _korean(content)) and len(found.text) > 1:
        return found
    return _by_codec(content, codec) or _mislabelled(content, codec, hints=hints)


def decode_markup(
    content: bytes, label: str | None, *, inside: str | None, hints: Iterable[str] = ()
) -> Decoded:
    """As `decode_labelled`, for HTML that names a charset `inside` itself.

    A label that has a letter for every byte proves nothing, so the one inside speaks before it.
    """
    own = codec_of(inside) if inside else None
    if own and codec_of(label or "") in _ANY_BYTES and own not in (*_ANY_BYTES, "ascii"):
        found = _by_codec(content, own) if not content.isascii() else None
        if found:
            return found._replace(guessed=True)
    return decode_labelled(content, label, hints=(inside, *hints) if inside else hints)


def _has_escapes(content: bytes) -> bool:
    return b"\x1b" in content or b"\x0e" in content


def decode_as(content: bytes, label: str) -> Decoded:
    """Letters of `content` in the charset a person chose; bytes it lacks become U+FFFD."""
    codec = codec_of(label) or "utf-8"
    return _by_codec(content, codec) or Decoded(
        content.decode(codec, "replace"), codec, broken=True
    )


def is_borne_out(decoded: Decoded, label: str, content: bytes) -> bool:
    """Whether the bytes bear out the label by which they were decoded: nothing lacking, nothing
    guessed. A Western label has a letter for any byte, so its letters must be Western ones too.
    """
    codec = codec_of(label)
    if codec is None or decoded.guessed or decoded.broken:
        return False
    return codec not in _FOR_WESTERN or content.translate(None, _WESTERN).isascii()


def _by_codec(content: bytes, codec: str) -> Decoded | None:
    """The strict reading, with the repairs each charset is known to need; None when it fails."""
    if codec == _LATIN_1 and _C1.search(content):
        return _strict(content, "utf-8", guessed=True) or _strict(content, "cp1252")
    if codec == _ISO_2022_KR:
        return _iso_2022_kr(content)
    if codec == "utf-16" and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return _strict(content, _byte_order(content))
    found = _strict(content, codec)
    if found is None and codec == "iso2022_jp_2":
        return _strict(iso_2022_jp_to_cp932(content), "cp932")
    if found is None and codec == "big5hkscs":
        return _strict(content, "cp950")
    return found


def _byte_order(content: bytes) -> str:
    return "utf-16-le" if content[1:400:2].count(0) > content[0:400:2].count(0) else "utf-16-be"


def _strict(content: bytes, codec: str, *, guessed: bool = False) -> Decoded | None:
    try:
        return Decoded(content.decode(codec), codec, guessed)
    except (UnicodeError, ValueError):
        return None


def _iso_2022_kr(content: bytes) -> Decoded | None:
    """ISO-2022-KR, its designator supplied where a line or header lost it."""
    if _HIGH.search(content):
        return None
    lost = b"\x1b$)C" not in content
    pairs = _SHIFTED.sub(lambda found: bytes(b | 0x80 for b in found.group(1)), content)
    return _strict(pairs.replace(b"\x1b$)C", b""), "cp949", guessed=lost and b"\x0e" in content)


_SHIFTED = re.compile(rb"\x0e([^\x0f\r\n]*)\x0f?")
_JIS_SEGMENT = re.compile(rb"\x1b(\$[@B]|\$\(D|\([BJI])([^\x1b]*)")


def iso_2022_jp_to_cp932(content: bytes) -> bytes:
    """The same text in Shift_JIS order, for the vendor letters that ISO-2022-JP does not have."""
    return _JIS_SEGMENT.sub(_jis_segment, content)


def _jis_segment(found: re.Match[bytes]) -> bytes:
    escape, segment = found.group(1), found.group(2)
    if escape == b"(I":
        return bytes(b | 0x80 for b in segment)
    if escape not in (b"$@", b"$B"):
        return segment
    pairs = zip(segment[::2], segment[1::2], strict=False)
    return b"".join(_shift_jis(first, second) for first, second in pairs)


def _shift_jis(first: int, second: int) -> bytes:
    lead = (first + 1) // 2 + (0x70 if first <= 0x5E else 0xB0)
    if first % 2:
        return bytes((lead & 0xFF, (second + (0x1F if second <= 0x5F else 0x20)) & 0xFF))
    return bytes((lead & 0xFF, (second + 0x7E) & 0xFF))


def _mislabelled(content: bytes, codec: str, *, hints: Iterable[str]) -> Decoded:
    """A label whose charset lacks some of the bytes: slightly damaged, or simply wrong."""
    lossy = content.decode(codec, "replace")
    damage = lossy.count(_DAMAGED)
    # Bytes that form UTF-8 do so on purpose; other charsets find letters in anything.
    most = (
        (len(lossy) - len(lossy.encode("ascii", "ignore"))) / 2
        if codec == "utf-8"
        else _DAMAGE_SHARE * _high_bytes(content)
    )
    if damage <= max(1, most):
        return Decoded(lossy, codec, broken=True)
    found = guess(content, hints=hints)
    return found._replace(guessed=True)


def guess(content: bytes, *, hints: Iterable[str] = ()) -> Decoded:
    """Letters of bytes that nothing labels, by the order that fits mail best.

    Escape sequences, strict UTF-8, what the message declares elsewhere, CP949 if the outcome
    looks Korean, a detector, and Windows-1252 at last. Charsets that have a letter for any byte
    come after CP949 even where they are declared.
    """
    if content.isascii():
        return _escaped(content) or Decoded(content.decode("ascii"), "ascii")
    found = _strict(content, "utf-8", guessed=True)
    if found:
        return found
    codecs = [codec for label in hints if (codec := codec_of(label))]
    telling = [codec for codec in codecs if codec not in _ANY_BYTES]
    return (
        _hinted(content, telling)
        or _korean(content)
        or _hinted(content, [codec for codec in codecs if codec in _ANY_BYTES])
        or _western(content)
        or _detected(content)
    )


def _escaped(content: bytes) -> Decoded | None:
    if b"\x1b$)C" in content or (b"\x0e" in content and b"\x0f" in content):
        return _iso_2022_kr(content)
    if b"\x0e" in content:
        found = _iso_2022_kr(content)
        return found if found and looks_korean(found.text) else None
    if b"\x1b$" in content or b"\x1b(J" in content:
        found = _by_codec(content, "iso2022_jp_2")
        return found and found._replace(guessed=True)
    return None


def _hinted(content: bytes, codecs: Iterable[str]) -> Decoded | None:
    for codec in codecs:
        if codec not in ("ascii", "utf-8"):
            found = _by_codec(content, codec)
            if found:
                return found._replace(guessed=True)
    return None


def _high_bytes(content: bytes) -> int:
    return len(content) - len(content.translate(None, _EVERY_HIGH))


def _korean(content: bytes) -> Decoded | None:
    found = _strict(content, "cp949", guessed=True)
    return found if found and looks_korean(found.text) else None


def _western(content: bytes) -> Decoded | None:
    few = _high_bytes(content) < _WESTERN_SHARE * len(content)
    if few and content.translate(None, _WESTERN).isascii():
        return _strict(content, "cp1252", guessed=True)
    return None


def _detected(content: bytes) -> Decoded:
    seen = cchardet.detect(content[:_DETECT_BYTES])
    codec = codec_of(seen["encoding"] or "")
    if codec and codec != "ascii" and (seen["confidence"] or 0) >= _CONFIDENT:
        text = content.decode(codec, "replace")
        damage = text.count(_DAMAGED)
        if damage <= _DETECTED_DAMAGE_SHARE * len(content):
            return Decoded(text, codec, guessed=True, broken=damage > 0)
    return windows_1252(content)


def windows_1252(content: bytes) -> Decoded:
    """The last resort: every byte is some letter."""
    found = _strict(content, "cp1252", guessed=True)
    if found:
        return found
    letters = content.decode("cp1252", "surrogateescape").encode("utf-16", "surrogatepass")
    text = letters.decode("utf-16", "replace")
    return Decoded(text, "cp1252", guessed=True, broken=True)
