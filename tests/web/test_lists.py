"""Lists: narrowed, sorted and paged by their address alone, and kept under a name."""

from __future__ import annotations

import re
from html import escape, unescape

import pytest
from starlette.testclient import TestClient

from store.accounts import Role
from tests.mboxes import letters, mbox_of, raw_message
from tests.web.visiting import Visit


def link(page: str, *, rel: str) -> str:
    """The address of the link with that relation."""
    found = re.search(rf'rel="{rel}" href="([^"]*)"', page)
    assert found, f"no {rel} page"
    return unescape(found[1])


def files(page: str) -> list[str]:
    """The file names of the rows of a list of jobs."""
    return re.findall(r'<td class="lead"><a href="[^"]*"><bdi>([^<]*)', page)


@pytest.fixture
def jobs(here: Visit) -> Visit:
    """Five jobs: two read, the others waiting."""
    for number, name in enumerate(("moss", "fern", "Oak", "elm", "ash")):
        mbox = letters(number + 1) if number < 2 else mbox_of([raw_message(number)])
        here.take_in(mbox, filename=f"{name}.mbox", work=number < 2)
    return here


def test_jobs_are_paged_forward_and_back(jobs: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.fragments.jobs.PAGE", 2)
    reader = jobs.visitor()

    first = reader.get("/jobs").text
    second = reader.get(link(first, rel="next")).text
    third = reader.get(link(second, rel="next")).text

    assert [files(page) for page in (first, second, third)] == [
        ["ash.mbox", "elm.mbox"],
        ["Oak.mbox", "fern.mbox"],
        ["moss.mbox"],
    ]
    assert 'rel="prev"' not in first
    assert files(reader.get(link(third, rel="prev")).text) == files(second)
    assert files(reader.get(link(second, rel="prev")).text) == files(first)


def test_the_pages_of_a_sorted_list_are_sorted(
    jobs: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.fragments.jobs.PAGE", 2)
    reader = jobs.visitor()

    first = reader.get("/jobs?sort=name").text

    assert files(first) == ["ash.mbox", "elm.mbox"]
    assert files(reader.get(link(first, rel="next")).text) == ["fern.mbox", "moss.mbox"]
    assert '<th aria-sort="ascending"><a class="sort" href="/jobs?sort=-name"' in first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=K", ["Oak.mbox"]),
        ("state=finished", ["fern.mbox", "moss.mbox"]),
        ("state=finished&state=queued&q=fe", ["fern.mbox"]),
        ("by=account:nobody", []),
        ("since=2000-01-01&until=2000-01-02", []),
        ("since=2000-01-01&q=elm", ["elm.mbox"]),
    ],
)
def test_jobs_are_narrowed_by_the_address(jobs: Visit, query: str, found: list[str]) -> None:
    assert sorted(files(jobs.visitor().get(f"/jobs?{query}").text)) == sorted(found)


def test_a_state_is_added_to_the_filter_and_taken_out_again(jobs: Visit) -> None:
    page = jobs.visitor().get("/jobs?state=finished&q=o").text

    assert 'href="/jobs?state=queued&amp;state=finished&amp;q=o"' in page
    assert 'href="/jobs?q=o" aria-current="true">Finished' in page


def test_a_paused_job_is_found_as_paused(jobs: Visit) -> None:
    operator = jobs.visitor()
    page = operator.get("/jobs?q=elm").text
    job = re.search(r'<td class="lead"><a href="(/jobs/\w+)"', page)
    assert job
    operator.post(f"{job[1]}/pause")

    assert files(operator.get("/jobs?state=paused").text) == ["elm.mbox"]
    assert "elm.mbox" not in files(operator.get("/jobs?state=queued").text)


def test_the_live_part_keeps_what_was_asked_for(jobs: Visit) -> None:
    page = jobs.visitor().get("/jobs?state=queued&q=e&sort=-size").text
    here = re.search(r'hx-get="(/fragments/jobs[^"]*)"', page)

    assert here
    fragment = jobs.visitor().get(unescape(here[1])).text
    assert files(fragment) == files(page) == ["elm.mbox"]


def keep(reader: TestClient, name: str, query: str, *, page: str = "jobs") -> int:
    data = {"name": name, "page": page, "query": query}
    return reader.post("/views", data=data).status_code


@pytest.mark.parametrize("page", ["jobs", "audit"])
def test_a_view_of_a_list_is_kept_for_its_owner_and_removed(here: Visit, page: str) -> None:
    admin, other = here.visitor(), here.visitor(Role.OPERATOR)

    query = "q=elm&sort=name" if page == "jobs" else "action=retry&kind=job"
    assert keep(admin, "Mine", query, page=page) == 303
    shown = admin.get(f"/{page}").text
    assert f'<a class="chip" href="/{page}?{escape(query)}">Mine</a>' in shown
    assert ">Mine</a>" not in other.get(f"/{page}").text
    assert keep(admin, "Mine", "q=oak", page=page) == 400
    assert keep(admin, "Mine", "q=oak", page="settings") == 400

    other.post("/searches/1/forget")
    assert ">Mine</a>" in admin.get(f"/{page}").text
    assert admin.post("/searches/1/forget").headers["Location"] == f"/{page}"
    assert ">Mine</a>" not in admin.get(f"/{page}").text


def test_the_view_that_is_shown_says_so_and_offers_to_go(jobs: Visit) -> None:
    reader = jobs.visitor()
    keep(reader, "Elms", "q=elm")

    page = reader.get("/jobs?q=elm").text

    assert 'aria-current="true">Elms</a>' in page
    assert "Save this view" not in page
    assert "Save this view" in reader.get("/jobs?q=oak").text


@pytest.mark.parametrize("page", ["jobs", "audit", "search"])
def test_what_is_kept_can_be_given_another_name_by_its_owner(here: Visit, page: str) -> None:
    admin, other = here.visitor(), here.visitor(Role.OPERATOR)
    for name in ("Mine", "Taken"):
        if page == "search":
            query = "q=elm&order=oldest"
            assert admin.post("/searches", data={"name": name, "q": "elm", "order": "oldest"})
        else:
            query = "q=elm" if page == "jobs" else "action=retry&kind=job"
            keep(admin, name, query, page=page)

    shown = admin.get(f"/{page}?{query}").text
    assert 'action="/searches/1/rename"' in shown
    assert admin.post("/searches/1/rename", data={"name": "Taken"}).status_code == 400
    assert admin.post("/searches/1/rename", data={"name": " "}).status_code == 400
    assert other.post("/searches/1/rename", data={"name": "Theirs"}).status_code == 400
    assert ">Mine</a>" in admin.get(f"/{page}").text
    renamed = admin.post("/searches/1/rename", data={"name": "<b>Elms</b>"})
    assert renamed.headers["Location"] == f"/{page}?{query}"
    page_after = admin.get(f"/{page}").text
    assert "&lt;b&gt;Elms&lt;/b&gt;</a>" in page_after
    assert ">Mine</a>" not in page_after
