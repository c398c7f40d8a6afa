"""The documentation speaks of things that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ops.cli import COMMANDS
from store.config import SETTINGS
from store.states import ChunkState, JobState, Outcome

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
# A module or file of ours in backquotes: mail/mbox.py, ops/deploy/nginx/email-parser.conf.
FILE = re.compile(r"`((?:mail|store|jobs|web|ops|templates|static|tests)/[\w./@-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_of_ours_that_is_named_exists(page: Path) -> None:
    named = FILE.findall(page.read_text(encoding="utf-8"))

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_subcommand_that_is_named_exists(page: Path) -> None:
    # In backquotes or at the beginning of a line of a code block.
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)email-parser ([a-z]+)", text, re.MULTILINE))

    assert named <= COMMANDS.keys()


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_every_setting_that_is_given_exists(page: str) -> None:
    given = set(re.findall(r"(?:`|export )([A-Z]+(?:_[A-Z]+)*)=", (ROOT / page).read_text()))

    of_others = {"RQ_CONFIG", "KillMode"}
    assert given - of_others <= {setting.name for setting in SETTINGS}


@pytest.mark.parametrize("states", [JobState, ChunkState, Outcome])
def test_the_glossary_names_every_state(states: type[JobState | ChunkState | Outcome]) -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")

    assert f"`{' '.join(states)}`" in glossary


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        name
        for page in PAGES
        for name in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(), re.MULTILINE)
    }

    assert {"run", "test"} <= named
    assert named <= targets


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("exec make test")
    assert "\nmake test " in (ROOT / "README.md").read_text()


def test_the_lock_and_the_pages_name_no_place_to_download_from() -> None:
    for page in [*PAGES, *ROOT.glob("requirements*.lock")]:
        text = page.read_text(encoding="utf-8")
        assert "--index-url" not in text
        assert "--find-links" not in text
