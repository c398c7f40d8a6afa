"""Where an archive stands and what it holds: told of it together with its files."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from store.clock import utc_now
from store.errands import ErrandKind, list_errands
from store.held import held_by
from store.search import search
from store.states import ChunkState, JobState
from store.tables import chunk, job, ledger, upload
from store.tables_archive import member
from store.wishes import cancel_job
from tests.archives import mail, tgz_of, zip_of
from tests.jobs.asked import ask, carry_out, look_up
from tests.jobs.floor import Floor
from tests.web.test_pages_archives import chips, listed, text_of
from tests.web.visiting import Visit, read_again

THREE = {"a.mbox": mail(1), "b.mbox": mail(2), "c.mbox": mail(3)}


def status(here: Visit, floor: Floor) -> dict[str, Any]:
    """What the API tells of a job."""
    told: dict[str, Any] = here.visitor().get(f"/api/jobs/{floor.job_id}").json()
    return told


def job_of(here: Visit, filename: str) -> str:
    """The job of the file of that name."""
    with here.house.database.read() as connection:
        query = select(job.c.id).join(upload, upload.c.id == job.c.upload_id)
        found: str = connection.execute(query.where(upload.c.filename == filename)).scalar_one()
    return found


def said_in(page: str) -> str:
    """What a page says in its main part, in small letters; not in its list of keys."""
    return text_of(page.partition("<main")[2].partition("</main>")[0]).lower()


def fail(here: Visit, filename: str) -> None:
    """As if the last attempt at a file had failed."""
    job_id, now = job_of(here, filename), utc_now()
    with here.house.database.write() as connection:
        failed = {"state": ChunkState.FAILED, "ended_at": now, "error": "made up"}
        connection.execute(
            update(chunk).where(chunk.c.job_id == job_id, chunk.c.seq > 0).values(failed)
        )
        ended = {"state": JobState.FAILED, "finished_at": now}
        connection.execute(update(job).where(job.c.id == job_id).values(ended))


def found_in(here: Visit, floor: Floor) -> int:
    """How many messages a search in an archive finds."""
    with here.house.database.read() as connection:
        found = search(connection, f"in:{floor.upload_id}", limit=500, now=utc_now())
    return len(found.hits)


@pytest.fixture
def unpacked(here: Visit) -> Floor:
    """An archive whose three files wait to be read."""
    floor = here.take_in(zip_of(THREE), filename="takeout.zip", work=False)
    floor.plan()
    return floor


def test_an_archive_whose_files_wait_is_under_way_wherever_it_is_shown(
    here: Visit, unpacked: Floor
) -> None:
    visitor = here.visitor()
    page = text_of(visitor.get(f"/jobs/{unpacked.job_id}").text)
    told = status(here, unpacked)

    assert unpacked.job().state is JobState.FINISHED  # the unpacking, by its own ledger
    assert unpacked.books().balances
    assert (told["status"], told["unpacking"]["status"]) == ("running", "finished")
    assert told["unpacking"]["bytes_done"] == told["unpacking"]["bytes_total"] == told["size"]
    assert told["finished_at"] is None
    assert told["progress"]["bytes_total"] == sum(map(len, THREE.values()))
    assert told["progress"]["bytes_done"] == 0
    assert "The archive is unpacked. Of its 3 files, 3 are still to be read." in page
    assert "No worker is at any of them just now: they wait for one." in page
    assert chips(visitor.get("/jobs").text)["Queued"] == 1
    assert listed(visitor.get("/jobs?state=queued").text) == ["takeout.zip"]
    assert listed(visitor.get("/jobs?state=finished").text) == []
    assert "takeout.zip Queued" in text_of(visitor.get("/").text)
    assert "0 of 3 files" in text_of(visitor.get("/").text)
    assert [one["job_id"] for one in visitor.get("/api/jobs?status=running").json()["jobs"]] == [
        unpacked.job_id
    ]


def test_its_bar_shows_the_share_over_its_files_and_at_the_end_it_is_finished(
    here: Visit, unpacked: Floor
) -> None:
    while unpacked.job().held.over == 0:  # type: ignore[union-attr]
        unpacked.step()
    assert 0 < status(here, unpacked)["progress"]["bytes_done"] < sum(map(len, THREE.values()))

    unpacked.run()

    told, page = status(here, unpacked), here.visitor().get(f"/jobs/{unpacked.job_id}").text
    assert told["status"] == "finished"
    assert told["finished_at"] is not None
    assert told["progress"]["bytes_done"] == told["progress"]["bytes_total"]
    assert "All of its 3 files are read." in text_of(page)
    assert 'id="progress" class="panel" aria-label="Progress"' in page
    assert 'data-live="' not in page.partition('id="progress"')[2].partition(">")[0]
    assert text_of(here.visitor().get("/").text).count("takeout.zip") == 1


def test_of_an_archive_that_is_cut_off_the_files_that_came_out_whole_are_read(here: Visit) -> None:
    packed = tgz_of([(name, THREE[name]) for name in ("a.mbox", "b.mbox")])
    floor = here.take_in(packed[:-20], filename="cut.tgz")

    page = text_of(here.visitor().get(f"/jobs/{floor.job_id}").text)

    assert status(here, floor)["status"] == "incomplete"
    assert "unpacked as far as it could be. All of its 2 files are read." in page


def test_an_archive_that_is_paused_tells_no_speed_and_no_time_left(
    here: Visit, unpacked: Floor
) -> None:
    while unpacked.job().held.over == 0:  # type: ignore[union-attr]
        unpacked.step()
    moving = unpacked.job().progress.bytes_per_second
    with here.house.database.write() as connection:
        connection.execute(update(job).values(paused_at=utc_now()))

    paused = unpacked.job()

    assert moving
    assert paused.standing == "paused"
    assert (paused.progress.bytes_per_second, paused.progress.eta_seconds) == (None, None)


def test_while_it_is_unpacked_it_says_so(here: Visit) -> None:
    floor = here.take_in(zip_of(THREE), filename="takeout.zip", work=False)
    visitor = here.visitor()
    assert "The archive waits to be unpacked." in visitor.get(f"/jobs/{floor.job_id}").text
    floor.must_claim()

    page = text_of(visitor.get(f"/jobs/{floor.job_id}").text)

    assert "Unpacking" in page
    assert "Plan" not in page
    assert chips(visitor.get("/jobs").text)["Unpacking"] == 1
    assert listed(visitor.get("/jobs?state=unpacking").text) == ["takeout.zip"]
    assert status(here, floor)["status"] == "planning"


@pytest.mark.parametrize(
    ("ended", "word"), [("failed", "Failed"), ("cancelled", "Cancelled"), ("paused", "Paused")]
)
def test_a_file_that_did_not_end_well_is_told_of_its_archive(
    here: Visit, unpacked: Floor, ended: str, word: str
) -> None:
    unpacked.run()
    if ended == "failed":
        fail(here, "b.mbox")
    else:
        state = JobState.CANCELLED if ended == "cancelled" else JobState.RUNNING
        paused_at = utc_now() if ended == "paused" else None
        with here.house.database.write() as connection:
            mine = update(job).where(job.c.id == job_of(here, "b.mbox"))
            connection.execute(mine.values(state=state, paused_at=paused_at))
    visitor = here.visitor()

    page = visitor.get(f"/jobs/{unpacked.job_id}").text

    assert word in text_of(page.partition('id="progress"')[2].partition("</h2>")[0])
    assert "tone-good" not in page.partition('id="progress"')[2].partition("</progress>")[0]
    assert chips(visitor.get("/jobs").text) == {"All": 1, word: 1, "Also files in archives": 3}
    assert listed(visitor.get(f"/jobs?state={ended}").text) == ["takeout.zip"]
    assert status(here, unpacked)["status"] == {"paused": "running"}.get(ended, ended)
    if ended != "paused":
        assert f"not all of them well. {word}: 1." in text_of(page)


def test_a_file_in_an_archive_in_an_archive_counts_for_both(here: Visit) -> None:
    inner = tgz_of([("c.mbox", mail(3)), ("d.mbox", mail(4))])
    outer = here.take_in(zip_of({"a.mbox": mail(1), "inner.tgz": inner}), filename="outer.zip")
    fail(here, "d.mbox")

    assert status(here, outer)["status"] == "failed"
    listed_all = here.visitor().get("/api/jobs").json()["jobs"]
    assert {one["filename"]: one["status"] for one in listed_all} == {
        "outer.zip": "failed",
        "inner.tgz": "failed",
        "a.mbox": "finished",
        "c.mbox": "finished",
        "d.mbox": "failed",
    }


def test_a_file_that_came_before_and_is_still_read_counts_too(here: Visit) -> None:
    earlier = here.take_in(mail(1), filename="earlier.mbox", work=False)
    archive = here.take_in(zip_of({"a.mbox": mail(1)}), filename="takeout.zip", work=False)
    while archive.job().state is not JobState.FINISHED:
        assert archive.step()
    with here.house.database.write() as connection:
        connection.execute(
            update(job).where(job.c.id == earlier.job_id).values(state=JobState.QUEUED)
        )

    assert status(here, archive)["status"] == "running"
    page = text_of(here.visitor().get(f"/jobs/{archive.job_id}/cancel").text)
    assert "files that were here before: they have jobs of their own" in page

    with here.house.database.write() as connection:
        cancel_job(connection, earlier.job_id, now=utc_now())
    assert status(here, archive)["status"] == "cancelled"


def test_messages_of_an_archive_are_not_counted_one_by_one_while_it_moves(
    here: Visit, unpacked: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted(*_: object) -> None:
        raise AssertionError("counted while it moves")

    visitor = here.visitor()
    with monkeypatch.context() as while_it_moves:
        while_it_moves.setattr("web.api.members.found_inside", counted)
        sums = [
            status(here, unpacked)["members"],
            visitor.get(f"/api/jobs/{unpacked.job_id}/members").json()["sum"],
            visitor.get(f"/api/jobs/{unpacked.job_id}/report").json()["members_sum"],
        ]
    assert [(one["different"], one["hidden"]) for one in sums] == [(None, None)] * 3
    unpacked.run()

    settled = status(here, unpacked)["members"]
    assert (settled["different"], settled["hidden"]) == (9, 0)


def test_an_archive_that_holds_itself_is_added_up_once(here: Visit, unpacked: Floor) -> None:
    unpacked.run()
    with here.house.database.write() as connection:
        mine = update(member).where(member.c.archive_id == unpacked.upload_id)
        connection.execute(
            mine.where(member.c.ordinal == 0).values(fate="same", upload_id=unpacked.upload_id)
        )

    assert status(here, unpacked)["status"] == "finished"
    with here.house.database.read() as connection:
        assert held_by(connection, [unpacked.upload_id])[unpacked.upload_id].files == 3


def test_the_messages_of_an_archive_are_those_that_a_search_in_it_finds(here: Visit) -> None:
    here.take_in(mail(1), filename="earlier.mbox")
    inner = tgz_of([("deep.mbox", mail(3) + mail(4))])
    files = {"same.mbox": mail(1), "again.mbox": mail(1), "in.tgz": inner, "twice.mbox": mail(3)}
    archive = here.take_in(zip_of(files | {"x.html": b"<p>"}), filename="takeout.zip")
    visitor = here.visitor()

    told, page = status(here, archive), text_of(visitor.get(f"/jobs/{archive.job_id}").text)

    assert found_in(here, archive) == 9
    members = told["members"]
    assert (members["all_messages"], members["different"], members["duplicates"]) == (12, 9, 3)
    assert members["messages"] == told["progress"]["messages"] == 9
    assert told["progress"]["all_messages"] == 12
    assert (members["files"], members["files_that_came_before"]) == (4, 1)
    assert "9 messages are found." in page
    assert "3 messages are copies of others in here" in page
    rows = re.findall(r"<tr>.*?</tr>", visitor.get("/jobs").text, re.DOTALL)
    (row,) = (text_of(row) for row in rows if "takeout.zip" in row)
    assert re.search(r"Finished 3 Finished 12 ", row), row
    (inner_row,) = (
        one
        for one in visitor.get(f"/api/jobs/{archive.job_id}/members").json()["members"]
        if one["name"] == "in.tgz"
    )
    assert inner_row["all_messages"] == 6
    assert listed(visitor.get("/jobs?sort=-messages").text) == ["takeout.zip", "earlier.mbox"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_asked_of_an_archive_is_asked_in_words_for_archives(
    here: Visit, unpacked: Floor, language: str
) -> None:
    fail(here, "b.mbox")
    visitor, chunks = here.visitor(language=language), {"en": "chunk", "ko": "청크"}[language]

    for act in ("pause", "cancel", "read-again"):
        page = visitor.get(f"/jobs/{unpacked.job_id}/{act}").text
        assert chunks not in said_in(page), act
    assert visitor.post(f"/jobs/{unpacked.job_id}/cancel").status_code == 303
    page = visitor.get(f"/jobs/{unpacked.job_id}").text
    assert chunks not in said_in(page.partition('id="attempts"')[0])
    answer = read_again(visitor, unpacked.job_id, "failed")
    assert answer.status_code == 303
    assert chunks not in said_in(visitor.get(f"/jobs/{unpacked.job_id}").text)[:400]
    assert answer.cookies["notice"] == "retried-archive"


def test_bytes_that_were_deleted_and_taken_in_elsewhere_are_named_by_every_archive_with_them(
    here: Visit,
) -> None:
    earlier = here.take_in(mail(1), filename="earlier.mbox")
    one = here.take_in(zip_of({"a.mbox": mail(1)}), filename="one.zip")
    two = here.take_in(zip_of({"b.mbox": mail(1), "c.mbox": mail(2)}), filename="two.zip")
    carry_out(earlier, ask(earlier, ErrandKind.DELETE_UPLOAD, upload_id=earlier.upload_id))
    visitor = here.visitor()
    head = text_of(visitor.get(f"/jobs/{two.job_id}").text)
    assert "The mail of 1 file in it was deleted with a file that came before" in head
    assert text_of(visitor.get("/jobs").text).count("the mail of 1 file was deleted") == 2

    read_again(visitor, one.job_id, "failed")
    one.run()

    page = visitor.get(f"/jobs/{two.job_id}").text
    assert "deleted with" not in text_of(page).lower()
    assert f'href="/jobs/{job_of(here, "a.mbox")}"' in page
    assert found_in(here, two) == 6
    assert status(here, two)["members"]["lost"] == 0
    deletion = visitor.get(f"/api/jobs/{job_of(here, 'a.mbox')}/deletion").json()
    assert [counts["filename"] for counts in deletion["counted_on"]] == ["two.zip"]


def test_a_member_that_was_deleted_by_itself_stays_deleted_when_its_bytes_come_again(
    here: Visit, unpacked: Floor
) -> None:
    unpacked.run()
    with here.house.database.read() as connection:
        query = select(upload.c.id).where(upload.c.filename == "b.mbox")
        upload_id = connection.execute(query).scalar_one()
    carry_out(unpacked, ask(unpacked, ErrandKind.DELETE_UPLOAD, upload_id=upload_id))
    assert status(here, unpacked)["members"]["deleted"] == 1

    here.take_in(THREE["b.mbox"], filename="later.mbox")

    told = here.visitor().get(f"/api/jobs/{unpacked.job_id}/members").json()
    member_told = told["members"][1]
    assert (member_told["fate"], member_told["job_id"]) == ("imported", None)
    assert (member_told["deleted"], member_told["lost"]) == (True, False)
    assert (told["sum"]["deleted"], told["sum"]["lost"]) == (1, 0)
    assert told["sum"]["different"] == found_in(here, unpacked) == 6


@pytest.mark.parametrize("how", ["one", "many", "killed"])
def test_the_report_of_a_deletion_names_the_archives_that_lost_mail_by_it(
    here: Visit, how: str
) -> None:
    earlier = here.take_in(mail(1), filename="earlier.mbox")
    archive = here.take_in(zip_of({"a.mbox": mail(1)}), filename="takeout.zip")
    if how == "many":
        errand = ask(earlier, ErrandKind.DELETE_JOBS, q="earlier")
    else:
        errand = ask(earlier, ErrandKind.DELETE_UPLOAD, upload_id=earlier.upload_id)
    if how == "killed":
        carry_out(earlier, errand, still_mine=lambda: False)
        errand = look_up(earlier, errand.id)
        assert "loses mail by this" in here.visitor().get(f"/errands/{errand.id}").text

    result = carry_out(earlier, errand).result

    assert result is not None
    assert (result["archives_losing"], result["members_lost"]) == (1, 1)
    page = here.visitor().get(f"/errands/{errand.id}").text
    assert "1 archive loses mail by this" in text_of(page)
    assert f'<a href="/jobs/{archive.job_id}">' in page
    with here.house.database.read() as connection:
        assert len(list_errands(connection)) == 1


def test_a_job_whose_file_is_gone_says_what_cannot_be_done(here: Visit, unpacked: Floor) -> None:
    unpacked.run()
    floor = here.take_in(mail(9), filename="letters.mbox")
    visitor = here.visitor()
    assert "cannot be read any more" not in visitor.get(f"/jobs/{floor.job_id}").text
    assert status(here, floor)["unreadable"] is None

    floor.workshop.spool.remove(floor.spool_name)
    unpacked.workshop.spool.remove(unpacked.spool_name)

    page = visitor.get(f"/jobs/{floor.job_id}").text
    assert "The file of this job cannot be read any more." in page
    assert "its messages cannot be shown raw" in page
    assert 'id="read-again"' not in page
    assert "not in the spool" in status(here, floor)["unreadable"]
    page = visitor.get(f"/jobs/{unpacked.job_id}").text
    assert "It cannot be unpacked again" in page
    in_korean = here.visitor(language="ko").get(f"/jobs/{floor.job_id}").text
    assert "이 작업의 파일을 더는 읽을 수 없습니다." in in_korean


def test_what_a_cancelled_archive_did_not_unpack_is_not_called_unaccounted_for(
    here: Visit, unpacked: Floor
) -> None:
    unpacked.run()
    with here.house.database.write() as connection:
        mine = update(job).where(job.c.id == unpacked.job_id)
        connection.execute(mine.values(state=JobState.CANCELLED))
        connection.execute(delete(ledger).where(ledger.c.upload_id == unpacked.upload_id))

    said = text_of(here.visitor().get(f"/jobs/{unpacked.job_id}").text)

    assert "not accounted for" not in said
    assert "bytes were not read: the job was cancelled before." in said


def test_a_file_cancelled_in_an_archive_that_is_cut_off_does_not_hide_that(here: Visit) -> None:
    packed = zip_of(THREE)
    cut = here.take_in(packed[:-60], filename="cut.zip")
    with here.house.database.write() as connection:
        mine = update(job).where(job.c.id == job_of(here, "b.mbox"))
        connection.execute(mine.values(state=JobState.CANCELLED))

    assert cut.job().standing == "incomplete"
    assert "1 file</a> of the last 7 days is incomplete" in here.visitor().get("/").text


def test_members_of_a_fate_that_no_file_has_are_not_said_to_be_none_at_all(
    here: Visit, unpacked: Floor
) -> None:
    unpacked.run()

    page = here.visitor().get(f"/jobs/{unpacked.job_id}?fate=damaged").text

    assert "None of its files is so." in page
    assert "Nothing came out of it." not in page
    assert re.search(r'fate=damaged#members" aria-current="true">Damaged 0<', page)
