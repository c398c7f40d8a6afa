"""The files of an archive: narrowed by name, put in order, a page after the other."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.archives import mail, zip_of
from tests.jobs.floor import Floor
from tests.web.visiting import Visit

NAMES = (
    "b/Inbox.mbox",
    "a/inbox (copy).mbox",
    "z/보관함.mbox",
    "c/sent.mbox",
    "d/100%.mbox",
    "ÉTÉ.mbox",
    "e.txt",
)


@pytest.fixture
def archive(here: Visit) -> Floor:
    """An archive with files of different sizes."""
    return here.take_in(
        zip_of(
            {
                name: mail(number, count=number + 1) if name.endswith("mbox") else b"no mail\n"
                for number, name in enumerate(NAMES)
            }
        ),
        filename="all.zip",
    )


def names_on(page: str) -> list[str]:
    """The files listed, in order."""
    rows = page.split('id="members"')[1].split("</tbody>")[0]
    return [
        unescape(one) for one in re.findall(r'<td class="lead[^>]*>.*?<bdi>(.*?)</bdi>', rows, re.S)
    ]


def test_members_are_found_by_a_piece_of_their_name_and_the_link_tells_so(
    here: Visit, archive: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, job = here.visitor(), f"/jobs/{archive.job_id}"

    found = client.get(f"{job}?file=INBOX&by=name").text
    percent = client.get(f"{job}?file=0%25").text
    korean = client.get(f"{job}?file=보관함").text
    capitals = client.get(f"{job}?file=ÉTÉ.MBOX").text
    nothing = client.get(f"{job}?file=nowhere").text
    told = client.get(f"/api/jobs/{archive.job_id}/members?name=inbox&order=-size").json()
    monkeypatch.setattr("web.fragments.members.PAGE", 1)
    first = client.get(f"{job}?file=inbox&by=-size").text
    (following,) = re.findall(r'rel="next" href="([^"]*)"', first)
    second = client.get(unescape(following)).text

    assert names_on(found) == ["a/inbox (copy).mbox", "b/Inbox.mbox"]
    assert names_on(percent) == ["d/100%.mbox"]
    assert names_on(korean) == ["z/보관함.mbox"]
    assert names_on(capitals) == ["ÉTÉ.mbox"]
    assert "None of its files is so." in nothing
    assert 'value="nowhere"' in nothing
    assert [one["name"] for one in told["members"]] == ["a/inbox (copy).mbox", "b/Inbox.mbox"]
    assert names_on(first) + names_on(second) == ["a/inbox (copy).mbox", "b/Inbox.mbox"]
    assert client.get(f"/api/jobs/{archive.job_id}/members?order=x").status_code == 400
