"""What a person does in the console, in steps that several journeys share."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.harness.console import Console
from tests.web.make_sample import SAMPLE

WIDTHS = (1280, 390)
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES = ("en-GB", "ko-KR")
# Language, colours and width.
LOOKS: dict[str, dict[str, Any]] = {
    f"{language[:2]}-{colours}-{width}": {
        "language": language,
        "colour_scheme": colours,
        "width": width,
    }
    for language, colours, width in product(LANGUAGES, COLOURS, WIDTHS)
}
EACH_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
# A journey is made in the four in which each language meets both colours and both widths, and each
# colour both widths. What a page looks like is held in all eight: `wrong_in_any_look`.
EACH_PAIR = pytest.mark.parametrize(
    "look", ["en-light-1280", "en-dark-390", "ko-light-390", "ko-dark-1280"]
)
AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
# The rules of axe-core that look at colours; both are among those that it runs unasked.
OF_COLOURS = ("color-contrast", "link-in-text-block")
END_OF_A_JOB_MS = 30_000
_COUNT_COLOURS = """async picture => {
  const bytes = Uint8Array.from(atob(picture), letter => letter.charCodeAt(0));
  const drawn = await createImageBitmap(new Blob([bytes]));
  const pen = new OffscreenCanvas(drawn.width, drawn.height).getContext("2d");
  pen.drawImage(drawn, 0, 0);
  const dots = new Uint32Array(pen.getImageData(0, 0, drawn.width, drawn.height).data.buffer);
  return new Set(dots).size;
}"""


def upload_sample(console: Console, page: Page) -> str:
    """Choose the sample on the upload page, arrive on its job; the job's address."""
    page.goto(f"{console.url}/upload")
    page.set_input_files("#file", SAMPLE)
    page.locator("#upload button").click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f]{32}$"))
    return page.url


def come_with_the_sample(console: Console, page: Page, *, finished: str = "Finished") -> str:
    """Sign in, upload the sample, stay until it is read; the address of its job."""
    console.sign_in(page)
    job = upload_sample(console, page)
    wait_for_state(page, finished)
    return job


def wait_for_state(page: Page, word: str) -> None:
    """Watch the live part of a job page until its state reads `word`."""
    expect(page.locator("#progress h2")).to_contain_text(word, timeout=END_OF_A_JOB_MS)


def violations(page: Page, *, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core finds wrong on the page as it is, by rule and place; by all rules or some."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = page.evaluate(
        "options => axe.run(document, options).then(result => result.violations.map("
        "rule => rule.id + ': ' + rule.nodes.map(node => node.target.join(' ')).join(', ')))",
        options,
    )
    return [str(violation) for violation in found]


def is_wider_than_its_window(page: Page) -> bool:
    """True when one would have to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def wrong_in_any_look(page: Page) -> Iterator[str]:
    """What axe-core finds on a page that is loaded already; and is it wider than its window?

    Its width and colours are changed in place, so of the eight looks these are the four of one
    language. The dark colours change nothing but colours: they are held to the rules of those, and
    in one language, as no colour depends on that.
    """
    is_english = page.evaluate("document.documentElement.lang") == "en"
    for width, colours in product(WIDTHS, COLOURS):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=colours)
        look, rules = f"{width} {colours}", OF_COLOURS if colours == "dark" else ()
        if is_english or colours == "light":
            yield from (f"{look}: {one}" for one in violations(page, rules=rules))
        if is_wider_than_its_window(page):
            yield f"{look}: wider than its window"


def wrong_pages(
    page: Page,
    console: Console,
    paths: Mapping[str, str],
    *,
    prepared: Mapping[str, Callable[[Page], None]] | None = None,
) -> dict[str, list[str]]:
    """What is wrong with which page, and in which look; `prepared` is done before one looks."""
    wrong: dict[str, list[str]] = {}
    for name, path in paths.items():
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(console.url + path)
        if prepared and name in prepared:
            prepared[name](page)
        if found := list(wrong_in_any_look(page)):
            wrong[name] = found
    return wrong


def tab_to(page: Page, target: Locator, *, most: int = 150) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"Tab did not come to {target}")


def upload_bytes(console: Console, page: Page, mbox: bytes, *, filename: str = "a.mbox") -> str:
    """Choose an mbox on the upload page, arrive on its job; the job's address."""
    page.goto(f"{console.url}/upload")
    file = {"name": filename, "mimeType": "application/mbox", "buffer": mbox}
    page.set_input_files("#file", file)  # type: ignore[arg-type]
    page.locator("#upload button").click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f]{32}$"))
    return page.url


def colours_drawn(part: Locator) -> int:
    """How many colours are seen where `part` is, in a picture of it: 1 when it is blank."""
    drawn = part.page.evaluate(_COUNT_COLOURS, base64.b64encode(part.screenshot()).decode())
    return int(drawn)
