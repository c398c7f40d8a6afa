"""Read one leaf: what kind of part it is, what it is called, and what its bytes decode to.

Which leaves make up the text of the message is decided in `mail.body`.
"""

from __future__ import annotations

import hashlib
import re

from mail.charset import Decoded, decode_as, decode_labelled, decode_markup
from mail.charset_label import codec_of
from mail.defect import DefectKind, guessed_against
from mail.filename import safe_filename
from mail.mime import Leaf
from mail.parameters import Parametered, label, parse_parameters, text_parameter
from mail.part_record import Part, PartKind
from mail.text import nfc_clean, with_plain_line_ends
from mail.transfer import SLICE_BYTES, decoded, encoding_of, slices, strict_base64
from mail.words import Reading, raw_text

_READABLE = frozenset(
    [
        "text/plain",
        "text/enriched",
        "text/richtext",
        "text/markdown",
        "text/x-markdown",
        "text/x-patch",
        "text/x-diff",
        "text/rfc822-headers",
        "text/x-log",
        "text/x-moz-deleted",
        "text/x-pkcs7-signed",
    ]
)
_ENCRYPTED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_SIGNATURES = frozenset(
    (
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
    )
)
_TNEF = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_PGP_BEGINNINGS = tuple(blank + b"-----BEGIN PGP MESSAGE-----" for blank in (b"", b"\n", b"\r\n"))
_TNEF_BEGINNINGS = (b"\x78\x9f\x3e\x22", b"eJ8+I")  # as it stands, and in base64
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
_META_BYTES = 4096
_MARKUP = re.compile(r"<(?!<)[^<>\n]{0,80}>")


def disposition_of(leaf: Leaf) -> Parametered:
    """The Content-Disposition, empty when there is none."""
    header = leaf.header.get(b"content-disposition")
    return parse_parameters(header) if header else _NO_DISPOSITION


_NO_DISPOSITION = Parametered("", {}, {})


def original_filename(leaf: Leaf, disposition: Parametered, reading: Reading) -> str | None:
    """The name a part gives itself, decoded; Content-Disposition speaks before Content-Type."""
    if disposition.plain or disposition.sections:
        name = text_parameter(disposition, "filename", reading=reading)
        if name:
            return name
    if leaf.type.plain or leaf.type.sections:
        return text_parameter(leaf.type, "name", reading=reading)
    return None


def kind_of(leaf: Leaf, *, name: str | None, disposition: str, first: bool) -> PartKind:
    """What a leaf is to a reader. `first` says that no leaf came before it."""
    kind = leaf.type.value
    if leaf.inner is not None or kind == "message/rfc822":
        return PartKind.MESSAGE
    special = _special(leaf, kind, name)
    if special:
        return special
    named = name is not None and not first and leaf.parent != "multipart/alternative"
    if disposition != "attachment" and not named:
        if kind == "text/html":
            return PartKind.HTML
        if kind in _READABLE:
            is_pgp = leaf.raw.startswith(_PGP_BEGINNINGS, leaf.begin)
            return PartKind.ENCRYPTED if is_pgp else PartKind.TEXT
    related = leaf.parent == "multipart/related" or kind.startswith("image/")
    if disposition != "attachment" and related and leaf.header.get(b"content-id"):
        return PartKind.INLINE
    return PartKind.ATTACHMENT


def _special(leaf: Leaf, kind: str, name: str | None) -> PartKind | None:
    if kind in _SIGNATURES:
        return PartKind.SIGNATURE
    if kind in _ENCRYPTED:
        signed = leaf.type.plain.get("smime-type", b"").lower() == b"signed-data"
        return PartKind.SIGNATURE if signed else PartKind.ENCRYPTED
    if leaf.parent == "multipart/encrypted":
        return PartKind.ENCRYPTED
    if kind in _TNEF or (name and name.lower() == "winmail.dat"):
        return PartKind.TNEF
    if kind == "application/octet-stream" and name is None:
        begin = leaf.raw[leaf.begin : leaf.begin + 64].lstrip()
        if begin.startswith(_TNEF_BEGINNINGS):
            return PartKind.TNEF
    return None


def leaf_encoding(leaf: Leaf, reading: Reading) -> str:
    """The transfer encoding of a leaf; a message inside is always as it stands."""
    if leaf.inner is not None:
        return "identity"
    header = leaf.header.get(b"content-transfer-encoding")
    return encoding_of(header, where=leaf.where, defects=reading.defects)


def leaf_bytes(leaf: Leaf, reading: Reading, *, most: int | None = None) -> bytes:
    """The decoded bytes of a leaf; of no more than the first `most` encoded bytes, if given."""
    end = leaf.end if most is None else min(leaf.end, leaf.begin + most)
    encoding = leaf_encoding(leaf, reading)
    content = leaf.raw[leaf.begin : end]
    if encoding == "identity":
        return content
    if end < leaf.end:  # whole lines only, so that the cut itself does not look like damage
        content = content[: content.rfind(b"\n") + 1] or content[: len(content) // 4 * 4]
    return decoded(content, encoding, where=leaf.where, defects=reading.defects)


def leaf_text(content: bytes, leaf: Leaf, reading: Reading) -> str:
    """The letters of a text leaf's decoded bytes; guesses and damage are noted."""
    where = leaf.where
    if reading.charset:
        found = decode_as(content, reading.charset)
    else:
        found = _lettered(content, leaf, reading, where=where)
    if found.broken:
        reading.defects.note(DefectKind.CHARSET_BROKEN, where=where, what=found.charset)
    if "\0" in found.text:
        reading.defects.note(DefectKind.NUL_REMOVED, where=where)
    text = with_plain_line_ends(nfc_clean(found.text.removeprefix("\ufeff")))
    if leaf.type.value in ("text/enriched", "text/richtext"):
        return _MARKUP.sub("", text).replace("<<", "<")
    return text


def _lettered(content: bytes, leaf: Leaf, reading: Reading, *, where: str) -> Decoded:
    declared = label(leaf.type)
    if declared and codec_of(declared) is None:
        reading.defects.note(DefectKind.CHARSET_UNKNOWN, where=where, what=declared)
        declared = None
    found = None
    if leaf.type.value == "text/html":
        meta = _META_CHARSET.search(content, 0, _META_BYTES)
        if meta:
            inside = meta.group(1).decode("ascii")
            found = decode_markup(content, declared, inside=inside, hints=reading.hints)
    if found is None:
        found = decode_labelled(content, declared, hints=reading.hints)
    if found.guessed:
        what = guessed_against(found.charset, declared)
        reading.defects.note(DefectKind.CHARSET_GUESSED, where=where, what=what)
    return found


def measure(leaf: Leaf, reading: Reading) -> tuple[int, bytes]:
    """Size and SHA-256 of a leaf's decoded bytes, in bounded memory where it is well made."""
    if leaf.end - leaf.begin > SLICE_BYTES:
        found = _measured_in_slices(leaf, leaf_encoding(leaf, reading), reading)
        if found:
            return found
    content = leaf_bytes(leaf, reading)
    return len(content), hashlib.sha256(content).digest()


def _measured_in_slices(leaf: Leaf, encoding: str, reading: Reading) -> tuple[int, bytes] | None:
    if encoding == "identity":
        view = memoryview(leaf.raw)[leaf.begin : leaf.end]
        return len(view), hashlib.sha256(view).digest()
    if encoding == "quoted-printable":
        return _quoted_in_slices(leaf, reading)
    return _base64_in_slices(leaf) if encoding == "base64" else None


def _quoted_in_slices(leaf: Leaf, reading: Reading) -> tuple[int, bytes] | None:
    digest, size, at = hashlib.sha256(), 0, leaf.begin
    for piece in slices(leaf.raw, leaf.begin, leaf.end):
        at += len(piece)
        if at < leaf.end and not piece.endswith(b"\n"):
            return None  # it ends within a line, perhaps within a letter
        where = leaf.where
        content = decoded(piece, "quoted-printable", where=where, defects=reading.defects)
        digest.update(content)
        size += len(content)
    return size, digest.digest()


def _base64_in_slices(leaf: Leaf) -> tuple[int, bytes] | None:
    digest, size, carried = hashlib.sha256(), 0, b""
    for piece in slices(leaf.raw, leaf.begin, leaf.end):
        digits = carried + piece.translate(None, b"\r\n")
        whole = len(digits) // 4 * 4
        content, carried = strict_base64(digits[:whole]), digits[whole:]
        if content is None:
            return None
        digest.update(content)
        size += len(content)
    return None if carried else (size, digest.digest())


def part_of(leaf: Leaf, kind: PartKind, *, name: str | None, reading: Reading) -> Part:
    """The part that a leaf with bytes of its own (no text body) is."""
    size, digest = measure(leaf, reading)
    return described(leaf, kind, name=name, size=size, digest=digest, reading=reading)


def described(
    leaf: Leaf,
    kind: PartKind,
    *,
    name: str | None,
    size: int,
    digest: bytes | None,
    reading: Reading,
) -> Part:
    """A part from what was found out about its leaf."""
    content_id = leaf.header.get(b"content-id")
    return Part(
        path=leaf.path,
        kind=kind,
        content_type=leaf.type.value,
        charset=label(leaf.type) if leaf.type.plain or leaf.type.sections else None,
        filename=safe_filename(name) if name else None,
        original_filename=name,
        size=size,
        sha256=digest,
        content_id=_bare_id(content_id, reading) if content_id else None,
    )


def _bare_id(value: bytes, reading: Reading) -> str | None:
    return raw_text(value, name="Content-ID", reading=reading).strip("<> ") or None
