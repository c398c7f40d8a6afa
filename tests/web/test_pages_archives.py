"""Archives as people see them: what counts on what, what was deleted with what, what is paused."""

from __future__ import annotations

import re
import zipfile
from html import unescape

import pytest
from sqlalchemy import select

from jobs.bulk import WISHES
from store import wishes_inside
from store.accounts import Role
from store.errands import ErrandKind, ErrandState, list_errands
from store.inside import jobs_inside
from store.tables import job, upload
from tests.archives import mail, zip_of
from tests.jobs.asked import ask, carry_out
from tests.jobs.floor import Floor
from tests.web.visiting import Visit, read_again

ONE, TWO = mail(1), mail(2)


NAMES_OF_JOBS = select(upload.c.filename, job.c.id).join(job, job.c.upload_id == upload.c.id)


def text_of(page: str) -> str:
    """What a page says, blanks evened out."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def earlier(here: Visit) -> Floor:
    return here.take_in(ONE, filename="earlier.mbox")


@pytest.fixture
def archive(here: Visit, earlier: Floor) -> Floor:
    """Two of its three files have the bytes of the earlier one."""
    files = {"a.mbox": ONE, "copy.mbox": ONE, "b.mbox": TWO}
    return here.take_in(zip_of(files), filename="takeout.zip")


def test_who_deletes_bytes_that_an_archive_counts_on_is_told_so(
    here: Visit, earlier: Floor, archive: Floor
) -> None:
    page = here.visitor().get(f"/jobs/{earlier.job_id}/delete").text

    assert "1 archive counts on these bytes" in page
    assert "takeout.zip 2 files in it" in text_of(page)
    assert "counts on" not in here.visitor().get(f"/jobs/{archive.job_id}/delete").text


def test_an_archive_that_came_to_count_on_the_bytes_meanwhile_stops_the_deletion(
    here: Visit, earlier: Floor
) -> None:
    visitor = here.visitor()
    page = visitor.get(f"/jobs/{earlier.job_id}/delete").text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    here.take_in(zip_of({"a.mbox": ONE}), filename="takeout.zip")

    answer = visitor.post(f"/jobs/{earlier.job_id}/delete", data={**fields, "sure": "yes"})

    assert answer.status_code == 409
    assert "1 archive counts on these bytes" in answer.text


def test_the_bytes_of_an_archive_stand_in_columns_that_all_have_a_heading(
    here: Visit, archive: Floor
) -> None:
    visitor = here.visitor()

    for page in (f"/jobs/{archive.job_id}", f"/jobs/{archive.job_id}/report"):
        found = re.search(r'<table class="books">.*?</table>', visitor.get(page).text, re.DOTALL)
        assert found
        assert re.findall(r"<th(?: [^>]*)?>(.*?)</th>", found.group()) == ["Kind", "Bytes"]


def test_the_bulk_deletion_tells_it_too(here: Visit, earlier: Floor, archive: Floor) -> None:
    visitor = here.visitor()

    page = visitor.get("/jobs/bulk", params={"act": "delete", "q": "earlier"}).text

    assert "1 archive that stays loses mail" in page
    assert "takeout.zip 2 files in it" in text_of(page)
    assert "loses mail" not in visitor.get("/jobs/bulk", params={"act": "delete"}).text


def test_a_program_can_ask_what_a_deletion_would_take(
    here: Visit, earlier: Floor, archive: Floor
) -> None:
    told = here.visitor(Role.VIEWER).get(f"/api/jobs/{earlier.job_id}/deletion").json()

    assert told == {
        "job_id": earlier.job_id,
        "files": 1,
        "bytes": len(ONE),
        "messages": 3,
        "counted_on": [
            {
                "upload_id": archive.upload_id,
                "job_id": archive.job_id,
                "filename": "takeout.zip",
                "members": 2,
            }
        ],
    }


def test_the_archive_tells_what_was_deleted_with_the_other_file_and_takes_it_in_anew(
    here: Visit, earlier: Floor, archive: Floor
) -> None:
    carry_out(earlier, ask(earlier, ErrandKind.DELETE_UPLOAD, upload_id=earlier.upload_id))
    visitor, at = here.visitor(), f"/jobs/{archive.job_id}"

    page = visitor.get(at).text

    assert f"/jobs/{earlier.job_id}" not in page
    assert "Deleted with other files 2" in text_of(page)
    assert page.count("its mail lay with another file that was deleted since") == 2
    members = visitor.get(f"/api{at}/members").json()
    assert [one["lost"] for one in members["members"]] == [True, True, False]
    assert (members["sum"]["lost"], members["sum"]["deleted"]) == (2, 0)
    assert "Deleted with other files: 2" in text_of(visitor.get(f"{at}/report").text)
    assert (
        "The mail of 2 files was deleted with other files" in visitor.get(f"{at}/read-again").text
    )

    assert read_again(visitor, archive.job_id, "failed").status_code == 303
    archive.run()

    page = visitor.get(at).text
    assert "Deleted with other files" not in page
    # The second of the two lies with the first now, in the archive itself.
    again = text_of(visitor.get(f"{at}/read-again").text)
    assert "Nothing of this archive has failed or was cancelled" in again
    assert "left alone" not in again


def test_a_paused_archive_says_so_when_it_has_been_gone_through(
    here: Visit, archive: Floor
) -> None:
    files = {f"{number}.mbox": mail(number) for number in range(5, 8)}
    held = here.take_in(zip_of(files), filename="held.zip", work=False)
    claimed = held.must_claim()
    here.house.dispatch.pause(held.job_id, actor="account:bob")
    held.finish_claimed(claimed)

    visitor, at = here.visitor(), f"/jobs/{held.job_id}"
    page = text_of(visitor.get(at).text)

    assert "What came out of this archive has been paused since" in page
    assert "Paused 3" in page
    assert visitor.get(f"/api{at}").json()["paused_at"]
    assert visitor.post(f"{at}/resume").status_code == 303
    assert visitor.get(f"/api{at}").json()["paused_at"] is None
    assert "is paused" not in visitor.get(at).text
    held.run()
    assert visitor.get(f"/api{at}").json()["members"]["jobs_by_status"] == {"finished": 3}


def test_an_archive_of_which_nothing_waits_is_paused_no_more(here: Visit) -> None:
    held = here.take_in(zip_of({"a.mbox": mail(5)}), filename="held.zip", work=False)
    held.plan()
    here.house.dispatch.pause(held.job_id, actor="account:bob")
    assert held.job().paused_at is not None
    with here.house.database.read() as connection:
        ((member, _),) = jobs_inside(connection, held.job_id)

    here.house.dispatch.resume(member, actor="account:bob")

    assert held.job().paused_at is None


def test_the_jobs_of_an_archive_are_listed_however_deep_they_lie(here: Visit) -> None:
    outer = here.take_in(zip_of({"inner.zip": zip_of({"a.mbox": ONE})}), filename="x.zip")

    asked = here.visitor().get("/api/jobs", params={"archive": outer.upload_id}).json()

    assert sorted(one["kind"] for one in asked["jobs"]) == ["archive", "mail"]


def test_an_act_that_has_not_reached_all_files_is_shown_on_the_page(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes_inside, "STEP_JOBS", 2)
    files = {f"{number}.mbox": mail(number) for number in range(5)}
    held = here.take_in(zip_of(files), filename="held.zip", work=False)
    held.plan()
    visitor = here.visitor()

    assert visitor.post(f"/jobs/{held.job_id}/pause").status_code == 303

    with here.house.database.read() as connection:
        (errand,) = list_errands(connection, states=[ErrandState.WAITING])
    assert errand.kind in WISHES
    page = visitor.get(f"/jobs/{held.job_id}").text
    assert f'<a href="/errands/{errand.id}">Pausing what came out of an archive</a>' in page
    carry_out(held, errand)
    assert "Reached" in visitor.get(f"/errands/{errand.id}").text
    assert "Paused 5" in text_of(visitor.get(f"/jobs/{held.job_id}").text)


def listed(page: str) -> list[str]:
    """The file names in a list of jobs, from top to bottom."""
    return re.findall(r'<td class="lead"><a href="/jobs/\w+">(?:<bdi[^>]*>)?([^<]+)', page)


def chips(page: str) -> dict[str, int]:
    """The chips above a list, with their numbers."""
    said = re.findall(r'<a class="chip".*?</a>', page, re.DOTALL)
    return {
        match[1]: int(match[2].replace(",", ""))
        for chip in said
        if (match := re.match(r"([\w ]+?) ([\d,]+)", text_of(chip)))
    }


@pytest.fixture
def halted(here: Visit) -> Floor:
    """An archive of three files, in one of which is another; what came out of it is cancelled."""
    inner = zip_of({"c.mbox": mail(8), "d.mbox": mail(9)})
    files = {"b.mbox": mail(7), "inner.zip": inner}
    held = here.take_in(zip_of(files), filename="held.zip", work=False)
    held.plan()
    held.plan()  # the mail, as its plan came first
    held.plan()
    here.house.dispatch.cancel(held.job_id, actor="account:bob")
    return held


def test_the_list_shows_files_under_their_archive(
    here: Visit, earlier: Floor, halted: Floor
) -> None:
    page = here.visitor().get("/jobs").text

    assert sorted(listed(page)) == ["earlier.mbox", "held.zip"]
    assert chips(page) == {"All": 2, "Finished": 1, "Cancelled": 1, "Also files in archives": 4}
    assert "Archive: 4 files Cancelled 4" in text_of(page)
    every = here.visitor().get("/jobs?fold=none").text
    assert len(listed(every)) == 6
    assert chips(every) == {
        "All": 6,
        "Finished": 1,
        "Cancelled": 5,
        "Also files in archives": 4,
    }
    assert len(listed(here.visitor().get("/jobs?fold=none&state=cancelled").text)) == 5


def test_the_numbers_of_an_archive_lead_to_as_many_jobs(here: Visit, halted: Floor) -> None:
    visitor = here.visitor()
    page = visitor.get("/jobs").text

    link = f"/jobs?archive={halted.upload_id}&amp;state=cancelled"
    assert link in page
    assert link in visitor.get(f"/jobs/{halted.job_id}").text
    narrowed = visitor.get(unescape(link)).text
    assert len(listed(narrowed)) == 4
    assert "out of held.zip" in text_of(narrowed)
    assert "state=finished" not in page.partition("held.zip")[2].partition("</tr>")[0]


@pytest.mark.parametrize(
    ("address", "act", "promise", "done"),
    [
        ("/jobs", "retry", "Retry 3 jobs", 3),
        ("/jobs?q=held", "retry", "Retry 3 jobs", 3),
        ("/jobs?fold=none&q=d.mbox", "retry", "Retry 1 job", 1),
        ("/jobs?fold=none", "retry", "Retry 3 jobs", 3),
        ("/jobs?q=d.mbox", "retry", None, 0),
        ("/jobs?archive=ARCHIVE", "retry", "Retry 3 jobs", 3),
        ("/jobs", "cancel", "There is nothing to do.", 0),
    ],
)
def test_a_bulk_act_does_what_it_counted_in_a_folded_list_and_in_one_that_is_not(
    here: Visit, halted: Floor, address: str, act: str, promise: str | None, done: int
) -> None:
    visitor = here.visitor()
    page = visitor.get(address.replace("ARCHIVE", str(halted.upload_id))).text
    form = re.search(r'<form class="row" action="/jobs/bulk".*?</form>', page, re.DOTALL)
    assert (form is None) is (promise is None)
    if form is None:
        return
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))

    dry = visitor.get("/jobs/bulk", params={**fields, "act": act}).text

    assert promise is not None
    assert promise in dry
    if done:
        told = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', dry))
        answer = visitor.post("/jobs/bulk", data=told)
        assert answer.status_code == 303, answer.text
        with here.house.database.read() as connection:
            (errand,) = list_errands(connection, states=[ErrandState.WAITING])
        assert carry_out(halted, errand).done == done


def test_deleting_what_a_folded_list_shows_counts_what_goes_along(
    here: Visit, earlier: Floor, halted: Floor
) -> None:
    page = here.visitor().get("/jobs/bulk", params={"act": "delete", "fold": "archives"}).text

    assert "Delete 2 jobs" in page
    assert "Files out of these archives 4" in text_of(page)


def test_a_file_that_is_damaged_in_its_archive_says_so_wherever_it_is_shown(here: Visit) -> None:
    packed = bytearray(zip_of({"one.mbox": ONE, "two.mbox": TWO}, method=zipfile.ZIP_STORED))
    packed[packed.find(b"letter 2001")] ^= 1
    archive = here.take_in(bytes(packed), filename="takeout.zip")
    with archive.workshop.database.read() as connection:
        jobs = dict(connection.execute(NAMES_OF_JOBS).all())
    visitor = here.visitor()
    whole, damaged = (visitor.get(f"/jobs/{jobs[name]}").text for name in ("one.mbox", "two.mbox"))
    report = visitor.get(f"/jobs/{jobs['two.mbox']}/report").text

    assert "Damaged in the archive" not in whole
    assert "Damaged in the archive it came out of" in damaged
    assert "its checksum does not match" in damaged
    assert "Damaged there its checksum does not match" in text_of(report)
    assert text_of(visitor.get("/jobs?fold=none").text).count("damaged there") == 1
    answer = visitor.get(f"/api/jobs/{jobs['two.mbox']}").json()
    assert answer["archive"]["damage"] == "checksum"


def test_members_are_narrowed_to_what_became_of_them(here: Visit) -> None:
    inside = {"one.mbox": ONE, "notes.txt": b"no mail at all\n", "pictures/": b""}
    archive = here.take_in(zip_of(inside), filename="takeout.zip")
    visitor, page = here.visitor(), f"/jobs/{archive.job_id}"

    whole, narrowed = (visitor.get(page + asked).text for asked in ("", "?fate=skipped"))

    assert "Packed in it 2 files and 1 folder" in text_of(whole)
    chips = re.findall(r'<a class="chip" href="([^"]*fate=[^"]*|[^"]*#members)"', whole)
    assert f"{page}?fate=imported#members" in chips
    table = text_of(narrowed.partition('<table class="cards-when-narrow members">')[2])
    assert table.index("notes.txt") < table.index("pictures/")
    assert "one.mbox" not in table.partition("Ledger")[0]
    assert visitor.get(page + "?fate=nonsense").text.count("<tr><td") == whole.count("<tr><td")
