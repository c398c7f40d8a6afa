"""Pages by the names of their pictures, and what is to be done on one before it is taken."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from playwright.sync_api import Page
from sqlalchemy import insert

from store.clock import utc_now
from store.config import load
from store.tables_watch import errand
from tests.harness.console import ADMIN, Console
from tests.harness.databases import opened
from tests.mboxes import letters

STRANGER = {
    "sign-in": "/sign-in?next=/jobs",
    "sign-in-wrong": "/sign-in",
    "sign-in-used": "/sign-in/x",
}
EMPTY = {
    "empty-overview": "/",
    "empty-upload": "/upload",
    "empty-jobs": "/jobs",
    "empty-search": "/search",
    "empty-search-asked": "/search?q=library",
    "empty-attachments": "/attachments",
    "empty-workers": "/workers",
    "empty-failures": "/failures",
    "empty-errands": "/errands",
    "empty-audit": "/audit",
    "empty-settings": "/settings",
}
AT_WORK = {
    "overview-week": "/?period=week",
    "overview-keys": "/",
    "upload-chosen": "/upload",
    "upload-several": "/upload",
    "upload-twin": "/upload",
    "upload-refused": "/upload",
    "jobs-filtered": "/jobs?state=finished&state=failed&q=a&sort=-size&since=2020-01-01",
    "jobs-none": "/jobs?q=nothing+is+called+so",
    "jobs-every": "/jobs?fold=none",
    "jobs-keep": "/jobs?sort=size",
    "jobs-bulk-retry": "/jobs/bulk?act=retry",
    "jobs-bulk-pause": "/jobs/bulk?act=pause",
    "jobs-unknown": "/jobs?state=nonsense&sort=junk&ended=2020-01-01",
    "jobs-bulk-cancel": "/jobs/bulk?act=cancel",
    "jobs-bulk-delete": "/jobs/bulk?act=delete&q=archive",
    "search-empty": "/search",
    "search-help": "/search",
    "search-facets": "/search?q=library&facets=1",
    "search-best": "/search?q=library+shelves&order=best",
    "search-korean": "/search?q=도서관",
    "search-mistake": "/search?q=%22never+ends",
    "search-mistake-date": "/search?q=before:yesterdayish",
    "search-none": "/search?q=zebrafish+after:2024",
    "search-tools": "/search?q=boat",
    "search-all-unlabel": "/search/all?act=unlabel&q=boat&label=Follow up",
    "search-all-read": "/search/all?act=read&q=boat&charset=cp949&wide=yes",
    "attachments-none": "/attachments?name=nothing+is+called+so&type=pdf",
    "failures-filtered": "/failures?text=day",
    "failures-none": "/failures?text=nothing+is+called+so",
    "retry-everything": "/failures/retry",
    "audit-filtered": f"/audit?actor={ADMIN}&kind=job",
    "audit-none": "/audit?id=nothing",
    "settings-made": "/settings",
    "settings-trouble": "/settings",
    "error-404": "/nowhere",
    "error-404-job": f"/jobs/{'0' * 32}",
    "error-404-message": "/messages/1-999999999",
    "error-400": "/jobs/bulk?act=nonsense",
    "search-damaged": "/search?q=library&after=damaged&page=2",
    "chunk-stop": "/chunks/1/stop",
    "worker-gone": "/workers/stop?name=nobody",
}
FORBIDDEN = {"error-403": "/audit", "guest-overview": "/", "guest-settings": "/settings"}
MBOX = "application/mbox"


def link_of(console: Console) -> str:
    """The path of a link that signs in once."""
    told = console.command("user", "link", ADMIN).stdout
    found = re.search(r"/sign-in/\S+", told)
    assert found, told
    return found.group()


def used_up_link(console: Console) -> str:
    """The path of such a link after somebody has signed in by it."""
    path = link_of(console)
    with console.stranger() as client:
        answer = client.post(path, headers={"Origin": console.url})
    assert answer.status_code == 303, answer.text
    return path


def settle_in(page: Page, console: Console) -> None:
    """Keep two searches and two views, as somebody does who has been here a while."""
    for query, name in (("library", "The library"), ("has:attachment", "첨부가 있는 편지")):
        page.goto(f"{console.url}/search?q={query}")
        page.locator("#save summary").click()
        page.locator("#save-name").fill(name)
        page.locator("#save button").click()
    for query, name in (("state=failed", "What failed"), ("sort=-size", "큰 파일부터")):
        page.goto(f"{console.url}/jobs?{query}")
        _keep_view(page)
        page.locator("#view-name").fill(name)
        page.locator("#keep-view button").click()


def break_an_errand(console: Console) -> str:
    """The page of an errand that no program of today understands: it cannot be shown."""
    with opened(load(console.environ).database_url) as database, database.write() as connection:
        row = {"kind": "of tomorrow", "parameters": "{}", "state": "done", "created_by": ADMIN}
        made = insert(errand).values(**row, created_at=utc_now()).returning(errand.c.id)
        return f"/errands/{connection.execute(made).scalar_one()}"


def _keep_view(page: Page) -> None:
    page.locator("#keep-view summary").click()


def _sign_in_wrongly(page: Page) -> None:
    page.locator("input[name=name]").fill(ADMIN)
    page.locator("input[name=password]").fill("let me in")
    page.locator("form:has(input[name=password]) button[type=submit]").click()
    page.locator("[role=alert]").wait_for()


def _choose(page: Page, *names: str, send: bool = False) -> None:
    files = [{"name": name, "mimeType": MBOX, "buffer": _content(name)} for name in names]
    page.set_input_files("#file", files)  # type: ignore[arg-type]
    if send:
        page.locator("#upload button").click()


def _content(name: str) -> bytes:
    return b"%PDF-1.7 and so on" if name.endswith(".pdf") else letters(2, body_lines=len(name))


def _choose_one(page: Page) -> None:
    _choose(page, "받은편지함 2019년 하반기.mbox")


def _send_several(page: Page) -> None:
    _choose(page, f"{uuid.uuid4()}.mbox", "two.pdf", "three.mbox", send=True)
    page.locator("#outcomes li").nth(2).wait_for()


def _send_twin(page: Page) -> None:
    _choose(page, "three.mbox", send=True)
    page.locator("#twin:not([hidden])").wait_for()


def _send_pdf(page: Page) -> None:
    _choose(page, "two.pdf", send=True)
    page.locator("#trouble:not([hidden])").wait_for()


def _show_keys(page: Page) -> None:
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")


def _make_token(page: Page) -> None:
    form = page.locator("form[action='/settings/tokens']")
    form.locator("input[name=name]").fill(f"import-{uuid.uuid4().hex[:6]}")
    form.locator("button").click()
    page.wait_for_load_state()


def _make_account_twice(page: Page) -> None:
    form = page.locator("form[action='/settings/accounts']")
    form.locator("input[name=name]").fill(ADMIN)
    form.locator("button").click()
    page.locator("[role=alert]").wait_for()


PREPARED: dict[str, Callable[[Page], None]] = {
    "sign-in-wrong": _sign_in_wrongly,
    "overview-keys": _show_keys,
    "upload-chosen": _choose_one,
    "upload-several": _send_several,
    "upload-twin": _send_twin,
    "upload-refused": _send_pdf,
    "jobs-keep": _keep_view,
    "search-help": _open_all,
    "search-tools": _open_all,
    "settings-made": _make_token,
    "settings-trouble": _make_account_twice,
    "message-many": _open_all,
    "job": _open_all,
}
