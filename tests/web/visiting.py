"""A console inside the test's own process: its pages are asked, its work is done step by step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from httpx2 import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from jobs.engine import claim_spool
from store.accounts import Role, add_account, find_account, open_session
from store.clock import utc_now
from store.config import load
from store.database import Database
from tests.jobs.floor import Floor
from web.app import create_app
from web.house import House
from web.security import SESSION_COOKIE

HOST = "console.test"
# The databases of all consoles of a test; whoever runs it closes them.
OPENED: list[Database] = []
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Visit:
    """A console that nobody has started: no thread, no worker, only its answers."""

    app: Starlette

    @property
    def house(self) -> House:
        """What it is made of."""
        house: House = self.app.state.house
        return house

    def stranger(self, *, language: str = "en", scheme: str = "http") -> TestClient:
        """A browser that is not signed in and follows no redirect."""
        return TestClient(
            self.app,
            base_url=f"{scheme}://{HOST}",
            headers={"Accept-Language": language},
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def visitor(self, role: Role = Role.ADMIN, *, language: str = "en") -> TestClient:
        """A browser that is signed in as somebody with that role."""
        client = self.stranger(language=language)
        with self.house.database.write() as connection:
            account = find_account(connection, role)
            account_id = account.id if account else None
            if account_id is None:
                account_id = add_account(
                    connection, name=role, role=role, password=None, now=utc_now()
                )
            token = open_session(connection, account_id, now=utc_now())
        client.cookies.set(SESSION_COOKIE, token, domain=HOST)
        return client

    def take_in(self, mbox: bytes, *, filename: str = "letters.mbox", work: bool = True) -> Floor:
        """Put an mbox into the spool, and do the work on it unless told otherwise."""
        floor = Floor(self.house.workshop)
        floor.hand_in(mbox, filename=filename)
        if work:
            floor.run()
        return floor


def visit(database: Database, folder: Path, **settings: str) -> Visit:
    """Make a console over a migrated database."""
    environ = {
        "DATA_DIR": str(folder / "var"),
        "DATABASE_URL": database.url,
        "ALLOWED_HOSTS": HOST,
        "RETRY_SECONDS": "0",
        "FREE_BYTES_FLOOR": "0",
        **settings,
    }
    here = Visit(create_app(load(environ)))
    OPENED.append(here.house.database)
    claim_spool(here.house.workshop)
    return here


def read_again(visitor: TestClient, job_id: str, reach: str, **asked: str) -> Response:
    """Look at the three choices, and press the button of one."""
    page = visitor.get(f"/jobs/{job_id}/read-again", params=asked).text
    return visitor.post(f"/jobs/{job_id}/read-again", data={**said(page, reach), **asked})


def said(page: str, reach: str) -> dict[str, str]:
    """What a page tells beforehand of one choice, as its form sends it."""
    forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
    fields = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms]
    return next(found for found in fields if found.get("reach") == reach)
