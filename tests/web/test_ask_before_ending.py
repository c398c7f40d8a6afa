"""Ending a worker, a chunk, an errand or a token is asked on a page that says what will happen."""

from __future__ import annotations

import re
from html import unescape

import pytest

from store.accounts import Role
from store.audit import entries
from store.states import ChunkState
from tests.mboxes import letters
from tests.web.hall import Hall
from tests.web.test_pages_archives import text_of
from tests.web.test_pages_failures import fail_jobs
from tests.web.visiting import Visit


@pytest.mark.parametrize("act", ["drain", "stop"])
def test_a_worker_is_ended_only_after_a_page_that_says_what_happens(
    hall: Hall, there: Visit, act: str
) -> None:
    hall.enlist("w1")
    hall.enlist("w2")
    hall.wait(2)
    client = there.visitor()
    listed = client.get("/workers?state=idle").text
    links = [unescape(one) for one in re.findall(r'href="(/workers/\w+\?[^"]*)"', listed)]
    (link,) = [one for one in links if one.startswith(f"/workers/{act}?name=w1&")]

    page = client.get(link).text

    assert '<form method="post" action="/workers/' not in listed
    assert "It holds no chunk and ends at once" in page
    assert "1 other worker goes on taking work." in text_of(page)
    assert 'name="next" value="/workers?state=idle"' in page
    with there.house.database.read() as connection:
        assert not [one for one in entries(connection) if one.action.startswith("worker.")]
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert client.post(f"/workers/{act}", data=form).headers["Location"] == "/workers?state=idle"
    with there.house.database.read() as connection:
        assert next(one.action for one in entries(connection)) == f"worker.{act}"


def test_of_a_worker_that_is_not_there_nothing_is_asked(hall: Hall, there: Visit) -> None:
    hall.enlist("w1")
    hall.wait(1)

    assert there.visitor().get("/workers/stop?name=w9").status_code == 404
    assert there.visitor(Role.VIEWER).get("/workers/stop?name=w1").status_code == 403
    alone = text_of(there.visitor().get("/workers/drain?name=w1").text)
    assert "No other worker is there" in alone


def test_a_chunk_is_stopped_only_after_a_page_that_says_what_happens(here: Visit) -> None:
    floor = here.take_in(letters(30), work=False)
    floor.plan()
    claimed = floor.must_claim()
    client = here.visitor()
    job = f"/jobs/{floor.job_id}?chunk={claimed.seq}"
    (link,) = re.findall(r'id="stop-chunk" href="([^"]*)"', client.get(job).text)

    page = client.get(unescape(link)).text

    assert "0 messages it has read of it stay." in text_of(page)
    assert f'value="{job}#chunk"' in page
    client.post(f"/chunks/{claimed.chunk_id}/stop")
    stopped = next(one for one in floor.chunks() if one.id == claimed.chunk_id)
    assert stopped.state is ChunkState.FAILED
    over = client.get(unescape(link)).text
    assert "It is over already" in over
    assert '<form method="post" action="/chunks/' not in over


def test_an_errand_is_stopped_only_after_a_page_that_says_what_happens(here: Visit) -> None:
    fail_jobs(here, 2)
    client = here.visitor()
    errand = client.post("/failures/retry").headers["Location"]

    asked = client.get(f"{errand}/stop").text

    assert f'href="{errand}/stop"' in client.get(errand).text
    assert "What is done stays done." in asked
    client.post(f"{errand}/stop")
    assert "It is over already" in client.get(f"{errand}/stop").text
    assert here.visitor(Role.VIEWER).get(f"{errand}/stop").status_code == 403
    assert client.get("/errands/999999/stop").status_code == 404


def test_a_token_is_revoked_only_after_a_page_that_says_what_happens(here: Visit) -> None:
    client = here.visitor()
    client.post("/settings/tokens", data={"name": "night & day", "role": "viewer"})
    (link,) = re.findall(r'href="(/settings/tokens/revoke[^"]*)"', client.get("/settings").text)

    page = client.get(unescape(link)).text

    assert "It was never used." in page
    assert client.get("/settings/tokens/revoke?name=nobody").status_code == 404
    client.post("/settings/tokens/revoke", data={"name": "night & day"})
    assert "It is over already" in client.get(unescape(link)).text


def test_no_script_asks_anything(here: Visit) -> None:
    script = re.search(r'src="(/static/[^"]*app[^"]*\.js[^"]*)"', here.visitor().get("/").text)

    assert script is not None
    assert "confirm(" not in here.visitor().get(script[1]).text
