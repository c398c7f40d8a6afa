"""Whatever updates itself says of when it is: looked up in every template, also those to come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from web.render import TEMPLATES_DIR

TEMPLATES = sorted(Path(TEMPLATES_DIR).rglob("*.html"))
MACRO = "macros/ui.html"
# How an element becomes live. `as_of()` may be called inside an `if`, never only in a comment.
IS_LIVE, TELLS = re.compile(r"\{\{-?\s*live\("), re.compile(r"\{\{-?\s*as_of\(\)")
# What asks again and again without that macro, by its trigger or by the age the script measures.
POLLS = re.compile(r"hx-trigger=\"[^\"]*\bevery\b|\bdata-live\b|hx-ext=\"morph\"")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def said_by(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


def faults(name: str, text: str) -> list[str]:
    """What is wrong with a template, as far as it updates itself."""
    found = []
    if name != MACRO and POLLS.search(text):
        found.append("polls without the macro `live`")
    if len(TELLS.findall(text)) < len(IS_LIVE.findall(text)):
        found.append("is live and does not say as of when")
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(TEMPLATES_DIR)))
def test_every_template_that_updates_itself_says_as_of_when(path: Path) -> None:
    assert faults(str(path.relative_to(TEMPLATES_DIR)), said_by(path)) == []


def test_there_are_live_panels_on_every_page_that_is_kept_open() -> None:
    live = {path.stem for path in TEMPLATES if IS_LIVE.search(said_by(path))}

    assert live >= {
        *("overview", "history"),
        "jobs",
        *("progress", "attempts", "evidence", "about", "ledger", "members", "set_aside"),
        *("workers", "deaths", "timings"),
        *("failures", "cause", "errand", "errands"),
    }


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ('<section id="a"{{ live("/a", 2) }}>{{ as_of() }}</section>', False),
        ('<section id="a"{{ live("/a", 2) }}></section>', True),
        ('<section id="a"{{ live("/a", 2) }}>{{ as_of() }}</section><p{{ live("/b", 2) }}>', True),
        ('<p hx-get="/a" hx-trigger="every 2s">', True),
        ('<p hx-get="/a" hx-trigger="load, every 2s">', True),
        ('<p hx-get="/a" hx-trigger="load delay:300ms">', False),
        ('<p hx-get="/a" data-live="2">', True),
    ],
)
def test_a_panel_that_hides_its_age_is_found(text: str, is_wrong: bool) -> None:
    assert bool(faults("fragments/a.html", text)) is is_wrong


def test_the_age_of_a_panel_is_shown_in_amber_when_no_news_come() -> None:
    macro = said_by(Path(TEMPLATES_DIR) / MACRO)
    told = macro.split("macro as_of()")[1].split("endmacro")[0]
    sheet = (Path(TEMPLATES_DIR).parent / "static/parts.css").read_text()

    assert '_("As of")' in told
    assert re.search(r'class="late">.*"of-database">.*"of-error">.*"of-console">', told, re.DOTALL)
    assert re.search(r"\.is-stale\.panel[^{]*\{ border-color: var\(--warn\)", sheet)
    assert ".as-of .late { display: none; color: var(--warn)" in sheet
