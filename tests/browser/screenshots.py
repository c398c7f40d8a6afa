"""Take the pictures of the documentation anew: `python -m tests.browser.screenshots`.

Starts a console with real workers, the sample and some more mail, opens every page, the principal
ones in both languages and colours, narrow and wide; then a console in trouble, and one whose Redis
is away. Writes `docs/images/`.

With `--every-look FOLDER` it writes there instead: every page there is, whole, in two widths,
colours and languages, to be looked at and not to be kept (`tests.browser.every_look`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.browser.every_look import take_every_look
from tests.browser.furnishing import console_without_redis, troubled_console
from tests.browser.furnishing_work import at_work, furnish, redis_in
from tests.harness.browser import (
    FRAMES_DRAWN_WITH_THEIR_PAGE,
    Complaints,
    open_page,
    started_chromium,
)
from tests.harness.console import Console

IMAGES = Path(__file__).parents[2] / "docs" / "images"
# (suffix, width, colours, language)
LOOKS: tuple[tuple[str, int, Literal["light", "dark"], str], ...] = (
    ("", 1280, "light", "en-GB"),
    ("-dark", 1280, "dark", "en-GB"),
    ("-ko", 1280, "light", "ko-KR"),
    ("-narrow", 390, "light", "en-GB"),
    ("-narrow-dark-ko", 390, "dark", "ko-KR"),
)
# These are shown in every look, the others in the first only.
PRINCIPAL = ("overview", "job", "search", "message", "failures", "workers")


def main() -> None:
    """Take them all, those of the documentation or every look of every page."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots")
    parser.add_argument("--every-look", metavar="FOLDER", type=Path)
    parser.add_argument("--only", metavar="NAME", nargs="*", default=[], help="of every look")
    asked = parser.parse_args()
    if asked.every_look:
        take_every_look(asked.every_look, only=asked.only)
    else:
        take_pictures()


def take_pictures() -> None:
    """Those of the documentation."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        started_chromium(FRAMES_DRAWN_WITH_THEIR_PAGE) as browser,
    ):
        work, trouble, away = _folders(Path(folder), "work", "trouble", "away")
        with at_work(work) as console:
            _take_all(console, browser, dict(furnish(console)))
        with redis_in(trouble) as url, troubled_console(trouble, url) as troubled:
            _take_all(troubled.console, browser, dict(_of_trouble(troubled.paths)))
        with console_without_redis(away) as alone:
            paths = {"redis-away": "/", "redis-away-workers": "/workers"}
            _take_all(alone.console, browser, paths)


def _folders(inside: Path, *names: str) -> list[Path]:
    folders = [inside / name for name in names]
    for folder in folders:
        folder.mkdir()
    return folders


def _of_trouble(paths: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "trouble", paths["overview"]
    yield "workers-trouble", paths["workers"]
    yield "worker-late", paths["late"]
    yield "job-failed", paths["failed-chunk"]
    yield "job-half-read", paths["running"]


def _take_all(console: Console, browser: Browser, paths: Mapping[str, str]) -> None:
    for suffix, width, colours, language in LOOKS:
        names = [name for name in paths if not suffix or name in PRINCIPAL]
        if not names:
            continue
        page = open_page(
            browser,
            complaints=Complaints(),
            width=width,
            height=900,
            language=language,
            colour_scheme=colours,
        )
        _take(console, page, {name: paths[name] for name in names}, suffix=suffix)
        page.context.close()


def _take(console: Console, page: Page, paths: Mapping[str, str], *, suffix: str) -> None:
    if "overview" in paths:
        page.goto(f"{console.url}/sign-in")
        page.screenshot(path=IMAGES / f"sign-in{suffix}.png")
    console.sign_in(page)
    for name, path in paths.items():
        page.goto(console.url + path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}{suffix}.png")
        print(f"{name}{suffix}", file=sys.stderr)


if __name__ == "__main__":
    main()
