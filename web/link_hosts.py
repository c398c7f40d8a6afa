"""The hosts that a text shows, and those that a link leads to, in forms that can be compared.

What a reader takes for the same is made the same; what a browser keeps apart stays apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

# Browsers take any number of slashes of both kinds, and everything up to the last @ for a name.
_WEB = re.compile(r"https?:[/\\]*([^/\\?#]*)", re.IGNORECASE)
# Anywhere in a text, as a reader sees it. What follows a host is its path, and names no other.
_SHOWN = re.compile(
    r"((?:https? ?: ?/|: ?/ ?/)[ /]*|(?=www\.\w))([^\s/?#:@]+)(?:(?::\d*)?[/?#]\S*)?"
    r"|(?<=[^\s@/])@([^\s/?#:@]+\.[^\s/?#:@]+)"
)
_SHOWN_HOST = re.compile(r"(?!www\.)((?:[^\W_](?:[\w-]*[^\W_])?\.)+([^\W\d_]{2,24}))(?:[:/?#].*)?")
_AROUND = "<>()[]{}\"'“”‘’«».,;:!"
_LOOKS = str.maketrans(
    dict.fromkeys("\\∕⁄⧸╱⟋〳⧵⧹∖╲⟍", "/") | dict.fromkeys("∶ː˸꞉׃", ":") | dict.fromkeys("。｡", ".")
)
# Drawn as nothing, though not of the categories Cc and Cf.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SPACE = re.compile(r"\s+")
# What stands last in the names of files, and is no ending of a host that people write.
_FILES = frozenset(
    """bmp csv doc docx eml exe gif gz hwp hwpx htm html ics jpeg jpg js json log mbox mp pdf png
    ppt pptx rtf tar tgz txt xls xlsx xml""".split()  # noqa: SIM905
)
# Within these anybody may have a host: the name of one says nothing of another.
_SHARED = frozenset(
    """amazonaws.com azurewebsites.net blogspot.com cafe24.com cloudfront.net firebaseapp.com
    fly.dev github.io gitlab.io glitch.me herokuapp.com modoo.at netlify.app ngrok.io onrender.com
    pages.dev r2.dev repl.co surge.sh tistory.com trycloudflare.com vercel.app web.app weebly.com
    webflow.io windows.net wixsite.com wordpress.com workers.dev""".split()  # noqa: SIM905
)
LONGEST_HOST = 253
# Whom a mail would reach: more than these are not compared one by one.
MOST_RECIPIENTS = 5


def drawn(text: str) -> str:
    """The text without letters that are drawn as nothing, and with one space for many."""
    if not text.isascii() or not text.isprintable():
        nothing = {ord(letter): None for letter in set(text) if _is_nothing(letter)}
        text = text.translate(nothing) if nothing else text
    return _SPACE.sub(" ", text)


def _is_nothing(letter: str) -> bool:
    category = unicodedata.category(letter)
    is_control = category == "Cc" and not letter.isspace()
    return is_control or category == "Cf" or _BLANK.match(letter) is not None


def names_in(text: str) -> frozenset[str]:
    """The hosts that a text, as `drawn` made it, shows, in their even form."""
    return frozenset(name for one in shown_hosts(text) if (name := _even(one)))


def other_host(names: frozenset[str], hosts: list[str]) -> str | None:
    """The host that none of the names stands for, or any when a name stands for no host."""
    if not names or not hosts:
        return None
    if len(hosts) > MOST_RECIPIENTS:
        return hosts[0]
    for host in hosts:
        if not any(_is_same(name, host) for name in names):
            return host
    is_told = all(any(_is_same(name, host) for host in hosts) for name in names)
    return None if is_told else hosts[0]


def shown_hosts(text: str) -> Iterator[str]:
    """The hosts that a reader of the text, as `drawn` made it, would take it to name."""
    text = unicodedata.normalize("NFKC", text).translate(_LOOKS).lower()
    for found in _SHOWN.finditer(text):
        name = (found[2] or found[3]).strip(_AROUND)
        is_number = found[3] and name.rpartition(".")[2].isdecimal()  # name@1.2.3, a version
        if not is_number and (" " not in (found[1] or "") or "." in name):
            yield name
    words = [word.strip(_AROUND) for word in text.split()]
    # Without a scheme, a word among others is more often the name of a file or a mere mistake.
    bare = _SHOWN_HOST.fullmatch(words[0]) if len(words) == 1 else None
    if bare and bare[2] not in _FILES:
        yield bare[1]


def hosts_of(href: str) -> list[str]:
    """Where a browser would go, or whom a mail would reach; empty when there is no host in it."""
    href = re.sub(r"[\t\r\n]", "", href).strip()
    if href.lower().startswith("mailto:"):
        names = [
            name.rpartition("@")[2]
            for several in _recipients(href[7:])
            for name in re.split("[,;]", unquote(several))
            if "@" in name
        ][: MOST_RECIPIENTS + 1]
    elif found := _WEB.match(href):
        names = [re.sub(r":\d*$", "", unquote(found[1]).rpartition("@")[2])]
    else:
        return []
    return [host for name in names if (host := _even(name.strip(" <>")))]


def _recipients(mail: str) -> Iterator[str]:
    """Of what follows mailto: all that names someone."""
    first, _, fields = mail.partition("?")
    yield first
    for one in fields.partition("#")[0].split("&"):
        name, _, value = one.partition("=")
        if unquote(name).strip().lower() in {"to", "cc", "bcc"}:
            yield value


def _even(host: str) -> str:
    """A host in the one form that can be compared, and in which no letter passes for another.

    Not IDNA 2003, which takes ß for ss and ς for σ: browsers go to hosts of their own for these.
    """
    # Cut before too, generously: the time of NFKC grows with the square of many accents in a row.
    host = (
        unicodedata.normalize("NFKC", drawn(host)[: 4 * LONGEST_HOST]).replace("。", ".").strip(".")
    )
    # Letter by letter: at the end of a word, lower() makes ς of Σ.
    host = "".join(letter.lower() for letter in host[:LONGEST_HOST])
    return ".".join(map(_ascii, host.split("."))).removeprefix("www.")


def _ascii(label: str) -> str:
    if label.isascii():
        return label
    plain = unicodedata.normalize("NFC", label).encode("punycode", "replace")
    return f"xn--{plain.decode('ascii')}"


def _is_same(shown: str, host: str) -> bool:
    """One is the other, or lies within it, where all that does belongs to the same people."""
    if shown == host:
        return True
    outer, inner = sorted((shown, host), key=len)
    return inner.endswith(f".{outer}") and outer not in _SHARED
