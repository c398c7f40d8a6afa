"""The charsets that pages offer, by language, and what a person may name instead.

Each is offered by the codec that mail of that label is read with (`mail.charset_label`), so that
one charset under two names is one choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mail.charset_label import codec_of
from web.errors import BadRequest
from web.language import N_

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A charset as offered: by its codec, and the names people know it by."""

    codec: str
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Charsets of one language or region. The title is an id of the catalogue."""

    title: str
    charsets: tuple[Offered, ...]


def _group(title: str, **names: str) -> Group:
    found = ((codec_of(label.replace("_", "-")), text) for label, text in names.items())
    return Group(
        title=title,
        charsets=tuple(Offered(codec=codec, names=text) for codec, text in found if codec),
    )


# What a charset is for is said in the language it is for, as its readers look for that.
GROUPS = (
    _group(N_("Any language"), utf_8="UTF-8", utf_16="UTF-16", utf_7="UTF-7"),
    _group(
        N_("Korean"),
        cp949="CP949, EUC-KR · 한국어",
        iso_2022_kr="ISO-2022-KR · 한국어",
        johab="Johab · 조합형",
    ),
    _group(
        N_("Japanese"),
        shift_jis="Shift_JIS, CP932 · 日本語",
        euc_jp="EUC-JP · 日本語",
        iso_2022_jp="ISO-2022-JP · 日本語",
    ),
    _group(
        N_("Chinese"),
        gb18030="GB18030, GBK, GB2312 · 简体中文",
        hz="HZ · 简体中文",
        big5="Big5 · 繁體中文",
    ),
    _group(
        N_("Cyrillic"),
        koi8_r="KOI8-R · Русский",
        koi8_u="KOI8-U · Українська",
        windows_1251="Windows-1251 · Русский, Українська, Български",
        iso_8859_5="ISO-8859-5 · Русский",
        ibm866="CP866 · Русский (DOS)",
        mac_cyrillic="Mac Cyrillic · Русский",
    ),
    _group(
        N_("Western European"),
        windows_1252="Windows-1252 · English, Français, Deutsch, Español",
        iso_8859_1="ISO-8859-1, Latin-1 · English, Français, Deutsch, Español",
        iso_8859_15="ISO-8859-15, Latin-9 · €",
        cp_850="CP850 · DOS",
        mac_roman="Mac Roman",
    ),
    _group(
        N_("Other European"),
        windows_1250="Windows-1250 · Polski, Čeština, Magyar",
        iso_8859_2="ISO-8859-2, Latin-2 · Polski, Čeština, Magyar",
        windows_1257="Windows-1257 · Lietuvių, Latviešu, Eesti",
        iso_8859_13="ISO-8859-13, Latin-7 · Lietuvių, Latviešu, Eesti",
        windows_1253="Windows-1253 · Ελληνικά",
        iso_8859_7="ISO-8859-7 · Ελληνικά",
        windows_1254="Windows-1254 · Türkçe",
        iso_8859_9="ISO-8859-9, Latin-5 · Türkçe",
    ),
    _group(
        N_("Other languages"),
        windows_1256="Windows-1256 · العربية",
        iso_8859_6="ISO-8859-6 · العربية",
        windows_1255="Windows-1255 · עברית",
        iso_8859_8="ISO-8859-8 · עברית",
        windows_874="Windows-874, TIS-620 · ไทย",
        windows_1258="Windows-1258 · Tiếng Việt",
    ),
)
_OFFERED = {one.codec: one.names for group in GROUPS for one in group.charsets}


@dataclass(frozen=True, slots=True, kw_only=True)
class CharsetChoice:
    """What a form offers, and what is chosen in it; `named` is one that is not on the list."""

    groups: tuple[Group, ...]
    chosen: str | None
    named: str | None


def charset_choice(chosen: str | None) -> CharsetChoice:
    """The field of a form, with a charset chosen."""
    codec = (codec_of(chosen) or chosen) if chosen else None
    return CharsetChoice(
        groups=GROUPS, chosen=codec, named=None if codec is None or codec in _OFFERED else codec
    )


def charset_name(codec: str) -> str:
    """A charset by the name that it is offered by first."""
    return _OFFERED.get(codec_of(codec) or codec, codec).partition(" · ")[0].partition(",")[0]


def charset_in(fields: Mapping[str, str]) -> str | None:
    """The charset of a form or an address: what was written, else what was chosen of the list.

    None for neither. Raises BadRequest for one that does not exist.
    """
    return charset_named(fields.get("other_charset", "").strip() or fields.get("charset"))


def charset_named(name: str | None) -> str | None:
    """The codec of a charset by any of its names, None for none. Raises BadRequest."""
    if not name:
        return None
    codec = codec_of(name) if len(name) <= LONGEST_NAME else None
    if codec is None:
        raise BadRequest("There is no such charset.")
    return codec
