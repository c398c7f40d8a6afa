"""Acts on all that a search finds: counted first, counted again when sent, done beside."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from store.accounts import Role
from store.audit import entries
from tests.mboxes import letters
from tests.web.test_pages_failures import carry_out
from tests.web.visiting import Visit


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of the page's question."""
    form = page[page.index('action="/search/all"') :]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def ask(browser: TestClient, **asked: str) -> str:
    return browser.get("/search/all", params=asked).text


def actions(here: Visit) -> list[str]:
    with here.house.database.read() as connection:
        return [entry.action for entry in entries(connection, limit=20)]


def test_a_label_is_put_on_all_that_match_and_taken_off_again(here: Visit) -> None:
    here.take_in(letters(5))
    visitor = here.visitor(Role.OPERATOR)

    question = ask(visitor, act="label", q="quark3 OR quark4", label="Später")
    answer = visitor.post("/search/all", data=fields_of(question))
    carry_out(here, answer.headers["Location"])
    report = visitor.get(answer.headers["Location"]).text
    labelled = visitor.get("/api/search?q=label:später").json()
    visitor.post("/search/all", data=fields_of(ask(visitor, act="unlabel", q="", label="später")))

    assert "Messages that change" in question
    assert ">2<" in question
    assert "Messages changed" in report
    assert labelled["count"] == 2
    assert labelled["messages"][0]["own_labels"] == ["Später"]
    assert "errand.label" in actions(here)


def test_a_number_that_has_changed_since_the_question_is_said_and_nothing_done(
    here: Visit,
) -> None:
    here.take_in(letters(3))
    visitor = here.visitor(Role.OPERATOR)
    fields = fields_of(ask(visitor, act="label", q="letter", label="x"))
    here.take_in(letters(6), filename="more.mbox")

    answer = visitor.post("/search/all", data=fields)

    assert answer.status_code == 409
    assert "The number has changed since you were asked" in answer.text
    assert "errand.label" not in actions(here)
    assert fields_of(answer.text)["said"] == "6/6"


def test_all_that_match_are_read_again_and_the_report_says_how_it_went(here: Visit) -> None:
    here.take_in(letters(4))
    visitor = here.visitor(Role.OPERATOR)
    question = ask(visitor, act="read", q="letter")

    chosen = {**fields_of(question), "charset": "koi8-r", "wide": "yes"}
    answer = visitor.post("/search/all", data=chosen)
    carry_out(here, answer.headers["Location"])
    report = visitor.get(answer.headers["Location"]).text

    assert "Of them set aside" in question
    assert re.search(r"Messages read again</dt><dd>4<", report)
    assert "koi8-r" in report


def test_one_message_gets_a_label_and_loses_it_on_its_page(here: Visit) -> None:
    here.take_in(letters(1))
    visitor = here.visitor(Role.OPERATOR)
    (hit,) = visitor.get("/api/search?q=letter").json()["messages"]
    where = f"/messages/{hit['id']}"

    visitor.post(f"{where}/labels", data={"act": "label", "label": " to  do "})
    bearing = visitor.get(where).text
    found = visitor.get("/api/search", params={"q": 'label:"to do"'}).json()["count"]
    visitor.post(f"{where}/labels", data={"act": "unlabel", "label": "to do"})

    assert "Our labels" in bearing
    assert found == 1
    assert visitor.get(f"/api{where}").json()["labels"] == []
    assert actions(here)[:2] == ["message.unlabel", "message.label"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"act": "label", "q": "a", "label": " "}, "A label needs 1 to 255 characters."),
        ({"act": "label", "q": "a", "label": "x" * 256}, "A label needs 1 to 255 characters."),
        ({"act": "burn", "q": "a"}, "There is no such act."),
        ({"act": "read", "q": "before:yesterweek"}, ""),
        ({"act": "read", "q": "a", "charset": "klingon"}, "There is no such charset."),
    ],
)
def test_what_cannot_be_done_is_refused(here: Visit, asked: dict[str, str], why: str) -> None:
    answer = here.visitor(Role.OPERATOR).get("/search/all", params=asked)

    assert answer.status_code == 400
    assert why in answer.text


def test_a_viewer_changes_nothing_and_is_offered_nothing(here: Visit) -> None:
    here.take_in(letters(1))
    viewer = here.visitor(Role.VIEWER)

    assert viewer.get("/search/all?act=read&q=").status_code == 403
    assert viewer.post("/search/all", data={"act": "read", "q": ""}).status_code == 403
    assert 'action="/search/all"' not in viewer.get("/search?q=letter").text


def test_a_saved_search_keeps_order_and_grouping(here: Visit) -> None:
    here.take_in(letters(2))
    visitor = here.visitor(Role.VIEWER)

    wish = {"q": "letter", "order": "best", "group": "thread", "name": "Mine"}
    answer = visitor.post("/searches", data=wish)
    page = visitor.get(answer.headers["Location"]).text

    assert answer.headers["Location"] == "/search?q=letter&order=best&group=thread"
    assert re.search(
        r'<a class="chip" href="[^"]*group=thread"[^>]* aria-current="true">Mine', page
    )


def test_a_viewer_stops_an_export_of_their_own_and_no_other(here: Visit) -> None:
    here.take_in(letters(2))
    viewer, other = here.visitor(Role.VIEWER), here.visitor(Role.OPERATOR)
    mine = viewer.post("/exports", data={"q": "letter"}).headers["Location"]
    theirs = other.post("/exports", data={"q": "letter"}).headers["Location"]

    assert f'href="{mine}/stop"' in viewer.get(mine).text
    assert f'href="{theirs}/stop"' not in viewer.get(theirs).text
    assert viewer.post(f"{theirs}/stop").status_code == 403
    assert viewer.post(f"{mine}/stop").status_code == 303
    assert "It was stopped" in viewer.get(mine).text


def test_bulk_acts_on_jobs_and_failures_count_again(here: Visit) -> None:
    here.take_in(letters(2))
    visitor = here.visitor(Role.OPERATOR)
    page = visitor.get("/jobs/bulk?act=delete").text
    said = re.search(r'name="said" value="([^"]*)"', page)
    here.take_in(letters(3), filename="more.mbox")
    assert said is not None

    wish = {"act": "delete", "sure": "yes", "said": said[1]}
    answer = visitor.post("/jobs/bulk", data=wish)
    failures = visitor.post("/failures/retry", data={"said": "7"})

    assert answer.status_code == failures.status_code == 409
    assert "Nothing was done yet" in answer.text
    assert "Nothing was done yet" in failures.text
