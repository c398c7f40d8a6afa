"""States that the pictures of the documentation leave out, each once, in a console at work.

Archives of every end, jobs that were paused or cancelled or are incomplete, errands of every kind,
mail that tries to break its page, people and tokens. Answers pages by the names of their pictures.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator

import httpx2
from sqlalchemy import select, update

from store.accounts import Role, add_account
from store.clock import utc_now
from store.config import load
from store.states import ChunkState, JobState
from store.tables import chunk, job, upload
from tests.archives import mail, special, tgz_of, with_flag, zip_of
from tests.browser.furnishing import hand_in
from tests.browser.furnishing_work import first
from tests.browser.odd_mail import odd_mail
from tests.harness.console import ADMIN_PASSWORD, Console
from tests.harness.databases import opened
from tests.harness.waiting import wait_until
from tests.mboxes import letters
from tests.web import asking
from tests.web.make_sample import SAMPLE

VIEWER = "guest"


def furnish_more(console: Console) -> Iterator[tuple[str, str]]:
    """Bring it all about, in the order in which later things count on earlier ones."""
    with console.client() as client:
        asking.upload(client, SAMPLE.read_bytes(), filename="sample.mbox")
        yield from _archives(console, client)
        yield from _stopped_jobs(client)
        yield from _odd_letters(client)
        yield from _errands(client)
    _people(console)


def _archives(console: Console, client: httpx2.Client) -> Iterator[tuple[str, str]]:
    three = {f"mail/{number}.mbox": mail(number) for number in (20, 21, 22)}
    done = _job(client, zip_of(three), "archive-done.zip")
    cut = _job(
        client, tgz_of([("a.mbox", mail(30)), ("b.mbox", mail(31))])[:-20], "archive-cut.tgz"
    )
    every = _job(client, _of_every_fate(), "everything & more.tgz")
    yield "archive-done", f"/jobs/{done}"
    yield "archive-done-report", f"/jobs/{done}/report"
    yield "archive-incomplete", f"/jobs/{cut}"
    yield "archive-fates", f"/jobs/{every}"
    yield "archive-fates-report", f"/jobs/{every}/report"
    for number, state in enumerate((JobState.FAILED, JobState.CANCELLED), start=40):
        files = {f"{state}-{one}.mbox": mail(number * 10 + one) for one in range(3)}
        archive = _job(client, zip_of(files), f"archive-{state}.zip")
        _end_otherwise(console, f"{state}-1.mbox", state)
        yield f"archive-{state}", f"/jobs/{archive}"
        yield f"archive-{state}-again", f"/jobs/{archive}/read-again"
    for act in ("pause", "cancel", "delete"):
        yield f"archive-{act}", f"/jobs/{done}/{act}"


def _of_every_fate() -> bytes:
    files = (
        ("mail/inbox.mbox", mail(50)),
        ("mail/inbox (copy).mbox", mail(50)),
        ("mail/received before.mbox", mail(20)),
        ("mail/보관함/2019년 상반기 받은편지함.mbox", mail(51)),
        ("mail/" + "a-very-long-folder-name/" * 4 + "sent.mbox", mail(52)),
        ("mail/.DS_Store", b"\0\0\0\1Bud1"),
        ("mail/empty.mbox", b""),
        ("notes.txt", b"No mail at all.\n"),
        ("locked.zip", with_flag(zip_of({"secret.mbox": mail(53)}), 1)),
        ("broken.zip", zip_of({"torn.mbox": mail(54, count=400)})[:900]),
        ("nested.zip", zip_of({"deep.mbox": mail(55), "deeper.zip": zip_of({"x.mbox": mail(56)})})),
        ("invoice\u202efdp.mbox", mail(57)),
    )
    others = (special("a link", tarfile.SYMTYPE), special("a pipe", tarfile.FIFOTYPE))
    return tgz_of(files, *others)


def _end_otherwise(console: Console, filename: str, state: JobState) -> None:
    """As if the job of that file had come to another end."""
    of_file = select(job.c.id).join(upload, upload.c.id == job.c.upload_id)
    with opened(load(console.environ).database_url) as database, database.write() as connection:
        job_id = connection.execute(of_file.where(upload.c.filename == filename)).scalar_one()
        mine = (chunk.c.job_id == job_id) & (chunk.c.seq > 0)
        words = {"error": "MadeUpError: a bug of the day"} if state is JobState.FAILED else {}
        ended = update(chunk).where(mine).values(state=ChunkState(state), **words)
        connection.execute(ended)
        connection.execute(update(job).where(job.c.id == job_id).values(state=state, **words))


def _stopped_jobs(client: httpx2.Client) -> Iterator[tuple[str, str]]:
    for act, lines in (("pause", 21), ("cancel", 22)):
        job_id = hand_in(client, letters(9000, body_lines=lines), filename=f"to-{act}.mbox")
        _wait_until_begun(client, job_id)
        client.post(f"/api/jobs/{job_id}/{act}").raise_for_status()
        yield f"job-{act}d".replace("celd", "celled"), f"/jobs/{job_id}"
        for question in ("pause", "cancel", "delete", "read-again"):
            yield f"job-{act}d-{question}".replace("celd", "celled"), f"/jobs/{job_id}/{question}"


def _wait_until_begun(client: httpx2.Client, job_id: str) -> None:
    def has_begun() -> bool:
        told = client.get(f"/api/jobs/{job_id}").json()
        return bool(told["progress"]["bytes_done"]) or told["status"] not in asking.OPEN

    wait_until(has_begun, what="the job has begun", timeout_seconds=60)


def _odd_letters(client: httpx2.Client) -> Iterator[tuple[str, str]]:
    odd = _job(client, odd_mail(), "odd \u202eletters.mbox")
    yield "job-odd", f"/jobs/{odd}"
    for name, query in (
        ("message-long", "subject:verylongword*"),
        ("message-turned", "subject:turned"),
        ("message-many", "subject:everybody"),
        ("message-no-subject", "quarknosubject"),
        ("message-no-date", "quarknodate"),
        ("message-zalgo", "subject:zalgoquark"),
        ("message-duplicate", "is:duplicate"),
        ("message-korean", "subject:주문"),
        ("message-korean-old", "subject:똠방각하와"),
        ("message-damaged", "has:defect"),
        ("message-attached", "has:attachment"),
        ("message-thread", 'subject:"Moving the reading"'),
    ):
        yield name, f"/messages/{first(client, query)}"
    stamp = f"/messages/{first(client, 'subject:stamp')}"
    for look in ("html", "text", "parts", "headers", "raw", "hex"):
        yield f"message-as-{look}", f"{stamp}?view={look}&from=q%3Dstamp"
    yield "message-remote", f"{stamp}?view=html&remote=1"
    yield "message-charset", f"{stamp}?view=text&charset=cp949"


def _errands(client: httpx2.Client) -> Iterator[tuple[str, str]]:
    for name, asked in (
        ("label", {"act": "label", "query": "subject:library OR boat", "label": "Follow up"}),
        ("read-found", {"act": "read", "query": "subject:boat", "charset": "cp949"}),
    ):
        said = client.get("/api/search/all", params={**asked, "q": asked["query"]}).json()["said"]
        answer = client.post("/api/search/all", json={**asked, "said": said})
        yield f"errand-{name}", f"/errands/{answer.json()['errand_id']}"
    export = client.post("/api/exports", json={"query": "library", "format": "zip"}).json()
    yield "errand-export", f"/errands/{export['export_id']}"
    gone = _job(client, mail(60), "to-be-deleted.mbox")
    answer = client.request("DELETE", f"/api/jobs/{gone}")
    yield "errand-delete", f"/errands/{answer.json()['errand_id']}"


def _people(console: Console) -> None:
    with opened(load(console.environ).database_url) as database, database.write() as connection:
        for name, role in ((VIEWER, Role.VIEWER), ("minji.kim@library.example", Role.OPERATOR)):
            add_account(connection, name=name, role=role, password=ADMIN_PASSWORD, now=utc_now())
    console.new_token("nightly-import-of-the-library-lists", role=Role.OPERATOR)


def _job(client: httpx2.Client, content: bytes, filename: str) -> str:
    return str(asking.upload(client, content, filename=filename)["job_id"])
