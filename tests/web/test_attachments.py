"""The list of attached files, for people and for programs."""

from __future__ import annotations

import base64

import pytest
from starlette.testclient import TestClient

from store.accounts import Role
from tests.mboxes import mbox_of
from tests.web.visiting import Visit

PLAN = base64.encodebytes(b"plan\n" * 40)


def with_file(number: int, name: str, content: bytes, content_type: str) -> bytes:
    head = (
        "From ann@example.org Sun Nov  3 10:00:00 2024\n"
        f"From: ann@example.org\nMessage-ID: <{number}@example.org>\nSubject: file {number}\n"
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee.\n--b\n"
        f"Content-Type: {content_type}\nContent-Transfer-Encoding: base64\n"
        f"Content-Disposition: attachment; filename*=utf-8''{name}\n\n"
    )
    return head.encode() + content + b"--b--\n\n"


@pytest.fixture
def reader(here: Visit) -> TestClient:
    here.take_in(
        mbox_of(
            [
                with_file(1, "plan.pdf", PLAN, "application/pdf"),
                with_file(2, "copy%20of%20plan.pdf", PLAN, "application/pdf"),
                with_file(3, "%EA%B2%B0%EC%A0%9C.png", base64.encodebytes(b"png"), "image/png"),
            ]
        )
    )
    return here.visitor(Role.VIEWER)


def test_each_content_is_listed_once_and_leads_to_all_its_messages(reader: TestClient) -> None:
    page = reader.get("/attachments").text

    assert "copy of plan.pdf" in page
    assert ">plan.pdf<" not in page
    [link] = [part.split('"')[0] for part in page.split('href="')[1:] if "sha256" in part[:30]]
    assert "2 messages" in reader.get(link).text


def test_files_are_found_by_a_piece_of_their_name_and_by_their_type(reader: TestClient) -> None:
    by_name = reader.get("/attachments?name=결제").text
    by_type = reader.get("/attachments?type=pdf").text

    assert "결제.png" in by_name
    assert "plan.pdf" not in by_name
    assert "copy of plan.pdf" in by_type
    assert "결제.png" not in by_type
    assert "No attachment meets these conditions." in reader.get("/attachments?name=nothing").text


@pytest.mark.parametrize(
    ("asked", "found"),
    [("Größe", 1), ("gröSSe", 0), ("GRößE", 1), ("Übersicht", 1), ("Überblick", 0), ("%", 0)],
)
def test_names_beyond_ascii_are_found_as_they_are_written(
    here: Visit, asked: str, found: int
) -> None:
    name = "Gr%C3%B6%C3%9Fe%20%C3%9Cbersicht.txt"
    here.take_in(with_file(1, name, PLAN, "text/plain"))

    answer = here.visitor(Role.VIEWER).get("/api/attachments", params={"name": asked}).json()

    assert len(answer["attachments"]) == found


def test_programs_page_through_the_same_list(reader: TestClient) -> None:
    first = reader.get("/api/attachments?limit=1").json()
    second = reader.get(f"/api/attachments?limit=1&after={first['next']}").json()

    [file] = first["attachments"]
    assert (file["filename"], file["messages"]) == ("결제.png", 1)
    assert second["attachments"][0]["messages"] == 2
    assert second["next"] is None
    assert reader.get(file["file_url"]).content == b"png"
    assert len(reader.get("/api/attachments?type=image/png").json()["attachments"]) == 1
    assert reader.get("/api/attachments?after=nonsense").status_code == 400


def test_a_search_tells_programs_what_it_tells_people(reader: TestClient) -> None:
    answer = reader.get("/api/search?q=file filename:결제&facets=1&group=thread").json()

    assert [chip["kind"] for chip in answer["chips"]] == ["words", "filename"]
    [hit] = answer["messages"]
    assert hit["marks"]["subject"] == [[0, 4]]
    assert hit["marks"]["filenames"] == [{"filename": "결제.png", "highlights": [[0, 2]]}]
    assert answer["threads"] == [[hit["id"]]]
    assert answer["facets"]["senders"][0]["count"] == 1
    assert reader.get("/api/search?q=file&group=colour").status_code == 400
