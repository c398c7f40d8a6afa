"""Bring the translations up to what templates and code say: `python -m web.catalogue`.

Adds new texts to every `messages.po`, drops those no longer said, and keeps all translations.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from web.language import LOCALE_DIR, Language

ROOT = Path(__file__).parents[1]
METHODS = {
    "templates": [("**.html", "jinja2")],
    "web": [("**.py", "python")],
}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
HEADER = b"# What the console says. Brought up to date by: python -m web.catalogue\n\n"
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}}


def texts() -> Catalog:
    """Everything the console can say, in the order of file and line."""
    catalog = Catalog(fuzzy=False)
    for folder, methods in METHODS.items():
        found = extract_from_dir(
            str(ROOT / folder), methods, OPTIONS, keywords=KEYWORDS, comment_tags=()
        )
        for name, line, message, _comments, context in found:
            catalog.add(message, locations=[(f"{folder}/{name}", line)], context=context)
    return catalog


def translated(language: Language) -> Catalog:
    """The catalogue of a language as it is written now."""
    with path_of(language).open("rb") as text:
        return read_po(text, locale=language)


def path_of(language: Language) -> Path:
    """Where a language's translations are."""
    return LOCALE_DIR / language / "LC_MESSAGES" / "messages.po"


def renew(language: Language) -> None:
    """Write the catalogue of a language anew, with the texts of today."""
    path = path_of(language)
    catalog = translated(language) if path.is_file() else Catalog(locale=language, fuzzy=False)
    catalog.update(texts(), no_fuzzy_matching=True)
    for message in catalog:
        message.user_comments = []  # or the header would be taken for the first text's comment
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER)
        write_po(
            file, catalog, omit_header=True, ignore_obsolete=True, include_lineno=False, width=100
        )


def gaps(language: Language) -> Iterator[str]:
    """Texts that the language does not have, or not in full."""
    known = translated(language)
    for message in texts():
        if not message.id:
            continue
        entry = known.get(message.id, message.context)
        strings = entry.string if entry is not None else ""
        parts = strings if isinstance(strings, tuple | list) else (strings,)
        if entry is None or entry.fuzzy or not all(parts):
            yield message.id if isinstance(message.id, str) else message.id[0]


if __name__ == "__main__":
    for wanted in Language:
        if wanted is not Language.ENGLISH:
            renew(wanted)
            for gap in gaps(wanted):
                print(f"{wanted}: {gap}")
