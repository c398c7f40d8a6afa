"""Labels of ours and reading again in bulk, as programs ask for them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from starlette.testclient import TestClient

from store.accounts import Role
from store.own_labels import LabelError
from tests.mboxes import letters
from tests.web.test_found import actions
from tests.web.test_pages_failures import carry_out
from tests.web.visiting import Visit
from web import labelling


def begun(here: Visit, browser: TestClient, **asked: Any) -> dict[str, Any]:
    """The errand that was asked for, carried out."""
    answer = browser.post("/api/search/all", json=asked)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == answer.json()["status_url"]
    carry_out(here, f"/errands/{answer.json()['errand_id']}")
    told: dict[str, Any] = browser.get(answer.json()["status_url"]).json()
    return told


def test_all_that_match_are_labelled_as_they_were_counted_and_unlabelled_again(
    here: Visit,
) -> None:
    here.take_in(letters(5))
    operator = here.visitor(Role.OPERATOR)
    asked = {"act": "label", "query": "quark3 OR quark4", "label": "Später"}

    weighed = operator.get("/api/search/all", params={**asked, "q": asked["query"]}).json()
    errand = begun(here, operator, **asked, said=weighed["said"])
    found = operator.get("/api/search?q=label:später").json()
    back = begun(here, operator, act="unlabel", query="", label="später")

    assert (weighed["count"], weighed["count_is_exact"], weighed["changes"]) == (2, True, 2)
    assert (errand["status"], errand["kind"], errand["done"]) == ("done", "label", 2)
    assert errand["result"] == {"looked_at": 2, "changed": 2}
    assert found["count"] == 2
    assert found["messages"][0]["own_labels"] == ["Später"]
    assert back["result"]["changed"] == 2
    assert operator.get("/api/search?q=label:später").json()["count"] == 0


def test_counting_changes_nothing(here: Visit) -> None:
    here.take_in(letters(2))
    operator = here.visitor(Role.OPERATOR)

    operator.get("/api/search/all", params={"act": "label", "q": "", "label": "x"})

    assert operator.get("/api/search?q=label:x").json()["count"] == 0
    assert "errand.label" not in actions(here)


def test_numbers_that_have_changed_since_they_were_told_are_refused_and_nothing_done(
    here: Visit,
) -> None:
    here.take_in(letters(3))
    operator = here.visitor(Role.OPERATOR)
    asked = {"act": "label", "q": "letter", "label": "x"}
    said = operator.get("/api/search/all", params=asked).json()["said"]
    here.take_in(letters(6), filename="more.mbox")

    answer = operator.post(
        "/api/search/all", json={"act": "label", "query": "letter", "label": "x", "said": said}
    )

    assert answer.status_code == 409
    assert "3/3" in answer.json()["detail"]
    assert "6/6" in answer.json()["detail"]
    assert "errand.label" not in actions(here)


def test_all_that_match_are_read_again_by_another_charset(here: Visit) -> None:
    here.take_in(letters(3))
    operator = here.visitor(Role.OPERATOR)

    errand = begun(here, operator, act="read", query="quark1", charset="koi8-r", wide=True)

    assert errand["parameters"] == {
        "query": "quark1",
        "charset": "koi8-r",
        "dialect": None,
        "wide": True,
    }
    assert errand["result"]["read"] == 1
    (hit,) = operator.get("/api/search?q=quark1").json()["messages"]
    defects = operator.get(f"/api/messages/{hit['id']}").json()["defects"]
    assert {"kind": "read_by_choice", "where": "charset", "what": "koi8-r"} in defects


@pytest.mark.parametrize(
    "asked",
    [
        {"act": "burn", "query": "a"},
        {"act": "label", "query": "a"},
        {"act": "label", "query": "a", "label": ["x"]},
        {"act": "label", "label": "x"},
        {"act": "label", "query": 0, "label": "x"},
        {"act": "label", "query": '"open', "label": "x"},
        {"act": "label", "query": "x" * 5000, "label": "x"},
        {"act": "read", "query": "a", "charset": "klingon"},
        {"act": "read", "query": "a", "dialect": "klingon"},
        {"act": "read", "query": "a", "wide": "yes"},
        {"act": "read", "query": "a", "said": 3},
    ],
)
def test_what_makes_no_sense_is_refused(here: Visit, asked: dict[str, object]) -> None:
    answer = here.visitor(Role.OPERATOR).post("/api/search/all", json=asked)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_nul_is_left_out(here: Visit) -> None:
    here.take_in(letters(1))
    operator = here.visitor(Role.OPERATOR)

    errand = begun(here, operator, act="label", query="let\0ter", label="b\0c")

    assert (errand["status"], errand["done"]) == ("done", 1)
    assert errand["parameters"] == {"query": "letter", "label": "bc"}


@pytest.mark.parametrize("address", ["/api/search/all", "/api/exports"])
def test_half_a_letter_is_refused(here: Visit, address: str) -> None:
    operator = here.visitor(Role.OPERATOR)

    answer = operator.post(address, content=b'{"act": "label", "label": "x", "query": "a\\ud800"}')

    assert answer.status_code == 400
    assert "half a letter" in answer.json()["detail"]


def test_one_message_is_given_labels_and_others_are_taken_off(here: Visit) -> None:
    here.take_in(letters(1))
    operator = here.visitor(Role.OPERATOR)
    (hit,) = operator.get("/api/search?q=letter").json()["messages"]
    where = f"/api/messages/{hit['id']}/labels"

    first = operator.post(where, json={"put_on": [" to  do ", "Work"]})
    second = operator.post(where, json={"put_on": ["work"], "take_off": ["TO DO"]})

    assert first.json() == {
        "own_labels": ["Work", "to do"],
        "labels": ["Work", "to do"],
        "changed": 2,
    }
    assert second.json() == {"own_labels": ["Work"], "labels": ["Work"], "changed": 1}
    assert actions(here)[:3] == ["message.unlabel", "message.label", "message.label"]


def test_labels_are_changed_all_or_none(here: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    here.take_in(letters(1))
    operator = here.visitor(Role.OPERATOR)

    def refuse(*_words: object) -> int:
        raise LabelError("not this one")

    monkeypatch.setattr(labelling, "take_off", refuse)
    with suppress(LabelError):
        operator.post("/api/messages/1-0/labels", json={"put_on": ["Work"], "take_off": ["x"]})

    assert operator.get("/api/search?q=label:work").json()["count"] == 0
    assert "message.label" not in actions(here)


@pytest.mark.parametrize(
    "asked", [{"put_on": "x"}, {"put_on": [1]}, {"take_off": [""]}, {"put_on": ["x"] * 101}]
)
def test_labels_that_are_none_are_refused(here: Visit, asked: dict[str, object]) -> None:
    here.take_in(letters(1))
    operator = here.visitor(Role.OPERATOR)

    assert operator.post("/api/messages/1-0/labels", json=asked).status_code == 400
    assert operator.post("/api/messages/1-5/labels", json={}).status_code == 404


def test_an_errand_is_stopped_once(here: Visit) -> None:
    here.take_in(letters(2))
    operator = here.visitor(Role.OPERATOR)
    asked = operator.post("/api/search/all", json={"act": "label", "query": "", "label": "x"})
    where = asked.json()["status_url"]

    assert operator.post(f"{where}/stop").json()["status"] == "stopped"
    assert operator.post(f"{where}/stop").status_code == 409
    assert operator.post("/api/errands/999/stop").status_code == 404


def test_a_viewer_neither_counts_nor_changes_nor_stops(here: Visit) -> None:
    here.take_in(letters(1))
    viewer, operator = here.visitor(Role.VIEWER), here.visitor(Role.OPERATOR)
    wish = {"act": "label", "query": "", "label": "x"}
    errand = operator.post("/api/search/all", json=wish).json()["status_url"]

    refused = [
        viewer.get("/api/search/all", params={"act": "read", "q": ""}),
        viewer.post("/api/search/all", json=wish),
        viewer.post("/api/messages/1-0/labels", json={"put_on": ["x"]}),
        viewer.post(f"{errand}/stop"),
    ]

    assert [answer.status_code for answer in refused] == [403] * 4
