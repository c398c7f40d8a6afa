"""Headers with parameters: Content-Type and Content-Disposition (RFC 2045, 2183, 2231).

Values stay bytes until someone asks for one by name, because a file name may need the
message's own charsets to be read. Lenient where programs are: blanks in unquoted values,
missing semicolons, quotes that never close.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from mail.charset import decode_as, decode_labelled, is_borne_out
from mail.charset_label import codec_of
from mail.defect import DefectKind, printable
from mail.text import nfc_clean
from mail.words import Reading, header_text

# A name begins where a run of its letters begins, so that no run is looked at twice.
_NAME = rb"(?<![A-Za-z0-9!#$%&+.^_`|~*-])([A-Za-z0-9!#$%&+.^_`|~*-]+)[ \t]*=[ \t]*"
_PARAMETER = re.compile(_NAME + rb'(?:("(?:[^"\\]|\\.)*+")|("[^";]*(?=;|\Z)|[^;]*))', re.DOTALL)
# After a quote that is never closed, none is: those after it are all escaped.
_UNCLOSED = re.compile(_NAME + rb'()("[^";]*(?=;|\Z)|[^;]*)')
_FOLD = re.compile(rb"[\r\n]+[ \t]*")
_ESCAPED = re.compile(rb'\\(["\\])')
_SECTION = re.compile(rb"([^*]+)\*(?:(\d{1,3})(\*)?)?\Z")
_SUBTYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+\Z")
_MOST_PARAMETERS = 400
_LONGEST_REMEMBERED = 2000
_LONGEST_VALUE = 64 << 10


class Parametered(NamedTuple):
    """A value in lower case and its raw parameters, RFC 2231 sections apart."""

    value: str
    plain: dict[str, bytes]
    sections: dict[str, dict[int, tuple[bytes, bool]]]  # name → number → (bytes, percent-encoded)


def parse_parameters(header: bytes) -> Parametered:
    """The value and parameters of a header, of one too long as far as 64 KiB. Never raises."""
    if len(header) > _LONGEST_REMEMBERED:
        return _parsed.__wrapped__(header[:_LONGEST_VALUE])
    return _parsed(header)


@functools.lru_cache(maxsize=256)  # of hundreds of parameters each, at worst
def _parsed(header: bytes) -> Parametered:
    first, _, rest = _FOLD.sub(b" ", header).partition(b";")
    value = first.strip().lower().decode("latin-1")
    if " " in value:  # a semicolon is missing after the value
        value, _, tail = value.partition(" ")
        rest = tail.encode("latin-1") + b";" + rest
    plain: dict[str, bytes] = {}
    sections: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for name, written in _written(rest):
        _keep(name.lower(), _unquoted(written), plain, sections)
    return Parametered(value, plain, sections)


def _written(rest: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The names and values behind the first semicolon, as they stand there."""
    shape = _PARAMETER
    found = shape.search(rest)
    for _ in range(_MOST_PARAMETERS):
        if found is None:
            return
        name, quoted, other = found.groups()
        yield name, quoted or other
        if not quoted and other.startswith(b'"'):
            shape = _UNCLOSED
        found = shape.search(rest, found.end())


def _keep(
    name: bytes,
    written: bytes,
    plain: dict[str, bytes],
    sections: dict[str, dict[int, tuple[bytes, bool]]],
) -> None:
    section = _SECTION.match(name)
    if section is None:
        plain.setdefault(name.decode("latin-1"), written)
        return
    base, number, star = section.groups()
    whole = number is None
    place = 0 if whole else int(number)
    sections.setdefault(base.decode("latin-1"), {}).setdefault(
        place, (written, whole or bool(star))
    )


def _unquoted(written: bytes) -> bytes:
    written = written.strip()
    if written.startswith(b'"'):
        closed = written.endswith(b'"') and len(written) > 1
        return _ESCAPED.sub(rb"\1", written[1:-1] if closed else written[1:])
    return written


def content_type(header: bytes | None, *, default: str) -> Parametered:
    """A Content-Type; one that names no type and subtype is taken for `default`."""
    if header is None:
        return _without_parameters(default)
    if len(header) > _LONGEST_REMEMBERED:
        return _typed.__wrapped__(header[:_LONGEST_VALUE])
    return _typed(header)


@functools.cache
def _without_parameters(value: str) -> Parametered:
    return Parametered(value, {}, {})


@functools.lru_cache(maxsize=256)  # of hundreds of parameters each, at worst
def _typed(header: bytes) -> Parametered:
    parsed = _parsed.__wrapped__(header)  # remembered here, with what it stands for
    if _SUBTYPE.match(parsed.value):
        return parsed
    if parsed.value.startswith("multipart/"):
        return parsed._replace(value="multipart/mixed")
    return parsed._replace(value=_ABBREVIATED.get(parsed.value.strip("/"), "text/plain"))


_ABBREVIATED = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}


def label(parsed: Parametered) -> str | None:
    """The charset parameter as declared, or None."""
    written = parsed.plain.get("charset")
    if written is None and not parsed.sections:
        return None
    found = written or _joined(parsed, "charset") or b""
    return _label_text(found[:_LONGEST_REMEMBERED])


@functools.lru_cache(maxsize=256)
def _label_text(written: bytes) -> str | None:
    words = written.split()
    return printable(words[0].decode("latin-1")).strip("\"'") or None if words else None


def boundary(parsed: Parametered) -> bytes | None:
    """The boundary parameter, or None."""
    return parsed.plain.get("boundary") or _joined(parsed, "boundary") or None


def _joined(parsed: Parametered, name: str) -> bytes | None:
    sections = parsed.sections.get(name)
    if not sections:
        return None
    whole = b"".join(written for _, (written, _) in sorted(sections.items()))
    if sections.get(0, (b"", False))[1] and whole.count(b"'") >= 2:
        whole = unquote_to_bytes(whole.split(b"'", 2)[2])
    return whole


def text_parameter(parsed: Parametered, name: str, *, reading: Reading) -> str | None:
    """A parameter as clean text: its RFC 2231 form first, then encoded-words or raw bytes."""
    sections = parsed.sections.get(name)
    if sections and 0 in sections:
        return _extended(sections, name=name, reading=reading)
    written = parsed.plain.get(name)
    if written is None:
        return None
    return header_text(written, name=name, reading=reading) or None


def _extended(
    sections: dict[int, tuple[bytes, bool]], *, name: str, reading: Reading
) -> str | None:
    pieces = []
    charset = None
    for number in range(len(sections)):
        if number not in sections:
            break
        written, encoded = sections[number]
        if number == 0 and encoded and written.count(b"'") >= 2:
            charset, _, written = written.split(b"'", 2)
        pieces.append(unquote_to_bytes(written) if encoded else written)
    content = b"".join(pieces)
    if b"=?" in content:  # both ways at once, as some programs do
        return header_text(content, name=name, reading=reading) or None
    return _labelled(content, (charset or b"").decode("latin-1"), name=name, reading=reading)


def _labelled(content: bytes, charset: str, *, name: str, reading: Reading) -> str | None:
    decoded = decode_labelled(content, charset or None, hints=reading.hints)
    if reading.charset and not is_borne_out(decoded, charset, content):
        return nfc_clean(decode_as(content, reading.charset).text) or None
    if charset and codec_of(charset) is None:
        reading.defects.note(DefectKind.CHARSET_UNKNOWN, where=name, what=charset)
    if decoded.broken:
        reading.defects.note(DefectKind.CHARSET_BROKEN, where=name, what=decoded.charset)
    return nfc_clean(decoded.text) or None
