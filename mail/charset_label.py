"""Which codec a charset label means, for the labels that senders really write.

Labels are read for what senders mean, not for what a registry says: every EUC-KR label means
CP949, every GB label GB18030. Decoding is left to `mail.charset`.
"""

from __future__ import annotations

import codecs
import functools
import re

# Codec, then the labels that mean it.
_FAMILIES = """
cp949 euc-kr euckr x-euc-kr cseuckr ks_c_5601-1987 ks_c_5601-1989 ks_c_5601 ks-c-5601-1987
cp949 ksc5601 ksc_5601 ks_x_1001 ksx1001 korean iso-ir-149 windows-949 x-windows-949 ms949
cp949 cp949 cp-949 uhc csksc56011987 ks_c_5601_1987 ks_c-5601-1987 5601 x-mac-korean euc_kr
gb18030 gb2312 gb_2312-80 gbk x-gbk cp936 csgb2312 chinese euc-cn gb18030 windows-936
big5hkscs big5 big-5 x-x-big5 cn-big5 csbig5 big5-hkscs
cp932 shift_jis shift-jis sjis x-sjis ms_kanji windows-31j csshiftjis ms932 cswindows31j
cp932 x-mac-japanese shift_jis-2004 windows-932
euc_jp x-euc-jp eucjp x-euc cseucpkdfmtjapanese
iso2022_jp_2 iso-2022-jp iso-2022-jp-ms cp50220 csiso2022jp iso-2022-jp-1 iso-2022-jp-2
iso2022_kr iso-2022-kr csiso2022kr
iso8859-8 iso-8859-8-i iso-8859-8-e
utf-7 utf-7 unicode-1-1-utf-7 utf7 x-unicode-2-0-utf-7 csutf7
utf-8 utf-8 utf8 utf-8mb4 utf8mb4 unicode-1-1-utf-8 x-utf-8 utf_8 utf-8-sig
utf-16 utf-16 unicode ucs-2 iso-10646-ucs-2
ascii ascii us-ascii ansi_x3.4-1968 ansi_x3.110-1983 iso646-us us 7bit 646
cp850 cp-850
cp1252 cp-1252 x-ansi ansi x-cp1252 iso-8859-1-windows-3.1-latin-1
cp1250 x-cp1250
cp1251 win-1251 x-cp1251
koi8-r koi8r koi
koi8-u koi8u
cp874 windows-874 x-windows-874 dos-874
mac-roman macintosh x-mac-roman
mac-cyrillic x-mac-cyrillic
mac-latin2 x-mac-ce
mac-greek x-mac-greek
mac-turkish x-mac-turkish
iso8859-1 latin-1
"""
_MEANING = {
    label: codec
    for codec, *labels in (line.split() for line in _FAMILIES.strip().splitlines())
    for label in labels
}
# Codecs of Python that are no character sets, or that read escapes as more than letters.
_NOT_LETTERS = frozenset(
    ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem")
)
_WINDOWS = re.compile(r"(?:x-)?(?:windows|win|cp|ms)[-_ ]?(\d{3,4})\Z")
_ISO = re.compile(r"iso[-_ ]?8859[-_ ]?(\d{1,2})(?:[-_]?[a-z:]\S*|:\d+)?\Z")
_AROUND = " \t\r\n\"'<>[]()"


@functools.lru_cache(maxsize=1024)
def codec_of(label: str) -> str | None:
    """The Python codec that a charset label means, or None for a label nobody defines."""
    cleaned = label.strip(_AROUND).lower().partition(";")[0].removeprefix("charset=")
    cleaned = cleaned.strip(_AROUND).replace(" ", "-")
    if not cleaned.isascii() or "\0" in cleaned:
        return None
    for pattern, prefix in ((_WINDOWS, "cp"), (_ISO, "iso8859-")):
        found = pattern.match(cleaned)
        if found and cleaned not in _MEANING:
            cleaned = prefix + found.group(1)
    return _MEANING.get(cleaned) or _python_codec(cleaned)


def _python_codec(name: str) -> str | None:
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if codec.name in _NOT_LETTERS or not codec._is_text_encoding:
        return None
    return _MEANING.get(codec.name, codec.name)
