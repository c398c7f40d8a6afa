"""How it has been: charts with an axis, and flags for what people did."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from store import history, tables
from store.accounts import Role
from store.audit import record
from store.clock import utc_now
from store.history import KEPT
from store.marks import Mark, set_mark
from store.past_work import count_ended
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_pages_jobs import bucket
from tests.web.visiting import Visit
from web import charts


def test_the_axis_has_round_times_of_the_readers_zone() -> None:
    since = datetime(2024, 3, 9, 11, 7, tzinfo=UTC)
    until = since + timedelta(hours=1)

    ticks = charts.ticks_of(since, until, step=timedelta(minutes=15), zone=UTC)

    assert [(tick.at.minute, tick.x) for tick in ticks] == [
        (15, 13.33),
        (30, 38.33),
        (45, 63.33),
        (0, 88.33),
    ]
    days = charts.ticks_of(
        since, since + timedelta(days=3), step=timedelta(days=1), zone=ZoneInfo("Asia/Seoul")
    )
    assert [tick.at.hour for tick in days] == [15, 15, 15]


def test_what_was_done_at_nearly_one_time_flies_on_one_flag() -> None:
    at = datetime(2024, 3, 9, tzinfo=UTC)
    minute = timedelta(minutes=1)
    buckets = [bucket(at + number * minute, messages=0) for number in range(10)]
    acts = [
        Mark(at=at + seconds * timedelta(seconds=1), action="job.retry", subject="x", actor="a")
        for seconds in (-5, 60, 80, 540)
    ]

    flags = charts.flags_of(acts, buckets, step=minute)

    seen = [(flag.number, flag.x, len(flag.marks)) for flag in flags]
    assert seen == [(1, 10.0, 2), (2, 90.0, 1)]


def retried(here: Visit) -> Floor:
    """A job that was read, and then retried by somebody."""
    floor = here.take_in(letters(30))
    subject = f"job:{floor.job_id}"
    with here.house.database.write() as connection:
        record(connection, actor="account:ann", action="job.retry", subject=subject, now=utc_now())
    return floor


def test_charts_say_when_and_how_much_and_what_was_done(here: Visit) -> None:
    floor = retried(here)

    drawing = here.visitor().get("/fragments/history").text

    assert re.search(r'<text class="" x="[\d.]+%" y="103">\d\d:\d\d</text>', drawing)
    assert 'class="flagged"' in drawing
    assert f'retried a job, <a href="/jobs/{floor.job_id}"><bdi>letters.mbox' in drawing
    assert "now 0.0 s" not in drawing


def test_what_is_said_of_the_last_bar_names_since_when_it_counts(here: Visit) -> None:
    here.take_in(letters(30))

    drawing = here.visitor().get("/fragments/history?period=day").text

    assert re.search(r"since \d\d:[024]0 on average [\d.]+, at most", drawing)
    assert "Each bar is 20\N{NO-BREAK SPACE}min" in drawing
    assert "now " not in drawing


def test_a_flag_stands_behind_the_bars(here: Visit) -> None:
    retried(here)

    drawing = here.visitor().get("/fragments/history?period=week").text

    (seen, *_) = (one for one in drawing.split("<svg")[1:] if 'is-open"' in one)
    assert seen.rindex('class="pole"') < seen.index("<rect")


def test_what_was_before_is_looked_at_by_a_link_that_stays(here: Visit) -> None:
    """An hour that ended long ago, the one before it, and the way back to now."""
    visitor, now = here.visitor(), utc_now()
    floor = here.take_in(letters(30))
    hours_ago = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    with here.house.database.write() as connection:
        work = tables.attempt.c.job_id == floor.job_id
        moved = hours_ago - timedelta(minutes=7)
        connection.execute(update(tables.attempt).where(work).values(seen_at=moved))
        set_mark(connection, "another  rack", actor="account:ann", now=moved)

    present = visitor.get("/").text
    past = visitor.get("/", params={"until": hours_ago.isoformat()}).text
    drawing = past.split('id="history"')[1].split("</section>")[0]

    assert "another rack" not in present
    assert "<b><bdi>another rack</bdi></b>" in drawing
    assert "data-live" not in drawing
    assert "is-open" not in drawing
    assert re.search(r"Messages per second</b> <span[^>]*>at most \d", drawing)
    before = (hours_ago - timedelta(hours=1)).isoformat()
    after = (hours_ago + timedelta(hours=1)).isoformat()
    assert f'rel="prev" href="/?period=hour&amp;until={quote(before)}#history"' in drawing
    assert f'rel="next" href="/?period=hour&amp;until={quote(after)}#history"' in drawing
    assert f'href="/?period=week&amp;until={quote(hours_ago.isoformat())}#history"' in drawing
    assert '<a href="/?period=hour#history">Now</a>' in drawing


def test_a_time_of_which_nothing_is_kept_is_passed_over_and_said(here: Visit) -> None:
    here.take_in(letters(3))

    for until in ("yesterday", "2020-01-01T00:00:00+00:00"):
        page = here.visitor().get("/", params={"until": until}).text

        assert f"until={until[:10]}" in page
        assert "data-live" in page.split('id="history"')[1].split("</section>")[0]


def test_whoever_may_act_sets_a_mark_by_page_api_and_others_do_not(here: Visit) -> None:
    here.take_in(letters(3))
    operator = here.visitor()

    answer = operator.post("/marks", data={"text": " <b>0.3</b> deployed "})
    made = operator.post("/api/marks", json={"text": "by a script"})

    assert answer.status_code in (200, 303)
    assert (made.status_code, made.json()) == (201, {"text": "by a script"})
    page = operator.get("/").text
    assert "<b><bdi>&lt;b&gt;0.3&lt;/b&gt; deployed</bdi></b>" in page
    assert "<b><bdi>by a script</bdi></b>" in page
    assert "set a mark" in operator.get("/audit").text
    assert operator.post("/marks", data={"text": " \n "}).status_code == 400
    assert operator.post("/api/marks", json={"text": "x" * 81}).status_code == 400
    assert operator.post("/api/marks", json={"text": 3}).status_code == 400
    viewer = here.visitor(Role.VIEWER)
    assert viewer.post("/marks", data={"text": "no"}).status_code == 403
    assert 'action="/marks"' not in viewer.get("/").text


def test_what_is_looked_at_ends_with_a_bar_and_begins_where_things_are_kept(here: Visit) -> None:
    here.take_in(letters(3))
    visitor, now = here.visitor(), utc_now()

    within = now - timedelta(days=2, seconds=17)
    past = visitor.get("/", params={"period": "week", "until": within.isoformat()}).text
    drawing = past.split('id="history"')[1].split("</section>")[0]
    ends = [datetime.fromisoformat(at) for at in re.findall(r'datetime="([^"]+)"', drawing)[:2]]

    assert ends[1] - ends[0] == timedelta(days=7)
    assert ends[1].hour % 2 == ends[1].minute == ends[1].second == 0
    assert within < ends[1] < within + timedelta(hours=2)
    assert "is-open" not in drawing
    address: str | None = "/?period=week"
    seen = 0
    while address:
        page = visitor.get(address).text.split('id="history"')[1].split("</section>")[0]
        begins = datetime.fromisoformat(re.findall(r'datetime="([^"]+)"', page)[0])
        assert begins >= now - KEPT - timedelta(hours=2)
        earlier = re.search(r'rel="prev" href="([^"#]*)', page)
        address = unescape(earlier[1]) if earlier else None
        seen += 1
    assert seen == 3
    assert "Nothing older is kept." in page


def test_charts_are_read_as_of_one_moment(here: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted between two looks at the database is in one of them, and in one only."""
    floor = here.take_in(letters(30))
    database, read = here.house.database, history.minute_since_1970
    drawing = here.visitor().get("/fragments/history").text

    def count_between(minute: str | int) -> int:
        with database.write() as connection:
            while count_ended(connection):
                pass
        return read(minute)

    monkeypatch.setattr(history, "minute_since_1970", count_between)
    meanwhile = here.visitor().get("/fragments/history").text

    heights = re.compile(r'fill-active[^"]*" x="[^"]*" y="[^"]*" width="[^"]*" height="([^"]+)"')
    assert heights.findall(drawing)
    assert len(heights.findall(meanwhile)) == len(heights.findall(drawing))
    assert floor.job().progress.messages == 30


def test_where_nobody_measured_a_chart_has_gaps_and_the_last_bar_alone_is_none() -> None:
    noon = datetime(2024, 3, 9, 12, tzinfo=UTC)
    values = [None, None, 0.0, 3.0, None, 1.0, None]

    gaps = charts.gaps_of([(noon + timedelta(minutes=n), value) for n, value in enumerate(values)])
    found = [(gap.since.minute, gap.until.minute, gap.x, gap.width) for gap in gaps]

    assert found == [(0, 2, 0.0, 28.57), (4, 5, 57.14, 14.29)]


@pytest.mark.parametrize(("language", "words"), [("en", "not recorded"), ("ko", "기록 없음")])
def test_time_in_which_no_console_ran_is_hatched_and_not_drawn_as_an_empty_queue(
    here: Visit, language: str, words: str
) -> None:
    here.take_in(letters(3))
    with here.house.database.write() as connection:
        for minutes in (50, 40):
            now = utc_now() - timedelta(minutes=minutes)
            history.add_sample(
                connection, now=now, waiting=0, running=0, oldest_seconds=None, consumers=0
            )

    page = here.visitor(language=language).get("/").text
    figures = page.split('id="history"')[1].split("<figure>")[1:]

    assert [figure.count('class="gap"') for figure in figures] == [0, 0, 3, 3, 0]
    assert words in figures[2]
    assert page.count('id="not-recorded"') == 1
    described = re.findall(r'role="img" aria-label="([^"]*)"', page)
    stretches = [re.findall(r"\d\d:\d\d – [^;)]*\d\d:\d\d", one) for one in described]
    assert [len(found) for found in stretches] == [0, 0, 3, 3, 0]


@pytest.mark.parametrize(
    ("sampled", "language", "told"),
    [
        (True, "en", "nothing in the time that is recorded"),
        (True, "ko", "기록된 시간에는 없음"),
        (False, "en", "not recorded in this time"),
        (False, "ko", "이 기간에는 기록 없음"),
    ],
)
def test_a_queue_that_nobody_recorded_is_not_said_to_have_been_empty(
    here: Visit, sampled: bool, language: str, told: str
) -> None:
    here.take_in(letters(3))
    if sampled:
        with here.house.database.write() as connection:
            history.add_sample(
                connection,
                now=utc_now() - timedelta(minutes=40),
                waiting=0,
                running=0,
                oldest_seconds=None,
                consumers=0,
            )

    page = here.visitor(language=language).get("/").text
    figures = page.split('id="history"')[1].split("<figure>")[1:]

    captions = [figure.split("</figcaption>")[0] for figure in figures]
    assert [told in caption for caption in captions] == [False, False, True, True, False]
    labels = [figure.split('aria-label="')[1].split('"')[0] for figure in figures]
    assert [told in label for label in labels] == [False, False, True, True, False]
