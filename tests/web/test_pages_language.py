"""Both languages are complete, and numbers, sizes and times follow the reader."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from starlette.requests import Request

from mail.sniff import sniff
from store.query import parse
from store.results import QueryError
from web import shown
from web.catalogue import ROOT, gaps, texts, translated
from web.language import Language, catalogue, language_of
from web.phrase_list import PHRASES
from web.phrases import PLACE, said

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Names, addresses of things, and examples of what may be typed: the same in every language.
SAME_EVERYWHERE = re.compile(
    r"email-parser( worker)?|· email-parser|SHA-256|JSON|English|한국어|"
    r"curl .*|\".*/api/upload/stream\?filename=mail\.mbox\"|rq worker .*|hx-get=.*"
)
SPOKEN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "data-label")
EN, KO = Language.ENGLISH, Language.KOREAN
NOW = datetime(2024, 3, 9, 12, 0, tzinfo=UTC)


def test_the_korean_catalogue_has_no_gap() -> None:
    assert list(gaps(KO)) == []


def test_the_korean_catalogue_says_nothing_that_is_no_longer_said() -> None:
    today = {message.id for message in texts()}

    assert [entry.id for entry in translated(KO) if entry.id not in today] == []


def test_translations_keep_every_place_that_is_filled_in() -> None:
    for entry in translated(KO):
        source = entry.id if isinstance(entry.id, str) else entry.id[1]
        target = "".join(entry.string or "")
        for place in (r"%\(\w+\)s", r"\{\w+\}"):
            assert set(re.findall(place, source)) == set(re.findall(place, target)), source


class Words(HTMLParser):
    """Collects what a template says outside of expressions."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("style", "code", "kbd")
        self.found += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "code", "kbd")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found += data.split("\n")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_says_nothing_that_cannot_be_translated(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    reader = Words()
    reader.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", source, flags=re.DOTALL))

    said_plainly = [text.strip() for text in reader.found if re.search(r"[^\W\d_]", text)]

    assert [text for text in said_plainly if not SAME_EVERYWHERE.fullmatch(text)] == []


def test_a_sentence_of_another_room_is_said_in_the_readers_language() -> None:
    translate = catalogue(KO).gettext

    assert said("There is an account named ann already.", translate) == (
        "이름이 ann인 계정이 이미 있습니다."
    )
    assert said("Never heard of this.", translate) == "Never heard of this."


@pytest.mark.parametrize("language", [EN, KO])
def test_amounts_in_a_sentence_are_grouped_by_threes(language: Language) -> None:
    translate = catalogue(language).gettext

    shown = said(
        "It has 1190159 bytes; messages above 1000000 bytes are not read whole.", translate
    )

    assert "1,190,159" in shown
    assert "1,000,000" in shown


def test_an_error_of_ours_is_translated_also_inside_another_and_behind_its_type() -> None:
    translate = catalogue(KO).gettext

    death = "WorkerDied: work-horse 7: signal 9 (SIGKILL): killed by hand or by the kernel"
    assert said(f"chunk 28: {death} (273 chunks failed in all)", translate) == (
        "청크 28: WorkerDied: 작업 프로세스 7: 시그널 9(SIGKILL): "
        "사람 또는 커널이 강제 종료함 (모두 청크 273개 실패)"
    )
    assert said("chunk 3: ValueError: no such thing", translate) == (
        "청크 3: ValueError: no such thing"
    )


def test_the_death_of_a_child_of_the_console_is_translated_too() -> None:
    death = "WorkerDied: child 20043: signal 9 (SIGKILL): killed by hand or by the kernel"

    assert said(death, catalogue(KO).gettext) == (
        "WorkerDied: 자식 프로세스 20043: 시그널 9(SIGKILL): 사람 또는 커널이 강제 종료함"
    )


def test_a_death_of_two_sentences_is_translated_whole_behind_its_type() -> None:
    translate = catalogue(KO).gettext
    death = "signal 9 (SIGKILL); it held 1.9 GB of a limit of 2.0 GB: probably out of memory"

    shown = said(f"WorkerDied: work-horse 12: {death}", translate)

    assert "it held" not in shown
    assert shown.endswith(said(death, translate))


@pytest.mark.parametrize(
    "query",
    [
        *("jen*kins", "AND", "after:never", "after:0000", "on:2024-02-31", "after:9999y"),
        *("larger:much", "type:thing", "sha256:ab", "has:wings", "is:nice", 'larger:""'),
        *("(a", "a)", '"a', "-", "OR", "from:", "***"),
    ],
)
def test_what_is_wrong_with_a_query_is_said_in_korean_too(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query, now=NOW)

    assert re.search(r"[가-힣]", said(caught.value.sentence, catalogue(KO).gettext))


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_is_recognised_however_it_is_filled(phrase: str) -> None:
    translate = catalogue(KO).gettext

    filled = said(PLACE.sub("7", phrase), translate)

    assert filled == PLACE.sub("7", translate(phrase))


@pytest.mark.parametrize(
    "head",
    [
        b"%PDF-1.4",
        b"PK\x05\x06",
        b"Rar!\x1a\x07",
        b"\x28\xb5\x2f\xfd",
        b"!BDN",
        b"\xff\xd8\xff",
        b"<!doctype html>",
        b"",
    ],
)
def test_what_is_said_of_a_wrong_file_is_said_in_korean_too(head: bytes) -> None:
    sentence = (
        sniff(head, "x").sentence if head else "The file is empty: there is nothing to take in."
    )

    assert re.search(r"[가-힣]", said(sentence, catalogue(KO).gettext))


def request_with(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "state": {}})


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", KO),
        ("en-GB,en;q=0.9,ko;q=0.8", EN),
        ("de,ko;q=0.5", KO),
        ("ko;q=0,en", EN),
        ("ko;q=nonsense", EN),
        ("de", EN),
        ("", EN),
    ],
)
def test_the_browser_says_which_language_is_read(accepted: str, language: Language) -> None:
    assert language_of(request_with(accept_language=accepted)) is language


def test_a_choice_is_stronger_than_the_browser() -> None:
    assert language_of(request_with(accept_language="en", cookie="language=ko")) is KO


@pytest.mark.parametrize(
    ("value", "english"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (22_573, "22.6 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (41_000_000_000, "41.0 GB"),
    ],
)
def test_a_size_has_three_digits_and_a_unit(value: int | None, english: str) -> None:
    assert shown.size(value, EN) == english


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (0.04, "0.0 s", "0.0초"),
        (9.9, "9.9 s", "9.9초"),
        (9.96, "10 s", "10초"),
        (60, "1 min", "1분"),
        (200, "3 min 20 s", "3분 20초"),
        (3600 * 26, "1 d 2 h", "1일 2시간"),
        (3599.7, "1 h", "1시간"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(
    seconds: float, english: str, korean: str
) -> None:
    # No line ends between a number and its unit.
    assert shown.duration(seconds, EN) == re.sub(
        r"(\d) (?=[a-z])", "\\1\N{NO-BREAK SPACE}", english
    )
    assert shown.duration(seconds, KO) == korean


def test_nearly_all_is_never_shown_as_all() -> None:
    assert shown.percent(0.9999, EN) == "99.9%"
    assert shown.percent(1.0, EN) == "100%"


def test_times_name_their_zone() -> None:
    seoul = ZoneInfo("Asia/Seoul")

    assert shown.moment(NOW, EN, zone=UTC) == "9 Mar 2024, 12:00:00 UTC"
    assert shown.moment(NOW, KO, zone=seoul) == "2024. 3. 9. 21:00:00 KST"


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_at_the_edge_of_the_calendar_is_shown_all_the_same(year: int) -> None:
    edge = datetime(year, 1, 1, tzinfo=UTC) if year == 1 else datetime(year, 12, 31, 23, tzinfo=UTC)

    for zone in (ZoneInfo("America/Los_Angeles"), ZoneInfo("Asia/Seoul")):
        assert str(year) in shown.moment(edge, EN, zone=zone)


def test_the_past_is_told_in_words() -> None:
    before = NOW - timedelta(minutes=3)

    assert shown.ago(before, EN, now=NOW) == "3 minutes ago"
    assert shown.ago(before, KO, now=NOW) == "3분 전"


@pytest.mark.parametrize("name", ["Asia/Nowhere", "../../etc/passwd", "Asia", "", None, "x" * 5000])
def test_a_zone_that_is_none_is_utc(name: str | None) -> None:
    assert shown.zone_named(name) is UTC


def test_a_count_in_korean_has_its_counter_once() -> None:
    korean = catalogue(KO)
    workers = korean.ngettext("%(count)s worker", "%(count)s workers", 3) % {"count": 3}

    stuck = korean.ngettext("%(workers)s is stuck.", "%(workers)s are stuck.", 3)

    assert stuck % {"workers": workers} == "작업자 3개가 막혀 있습니다."


def test_korean_calls_a_pause_as_its_buttons_do() -> None:
    said_of = [str(message.string) for message in translated(KO)]

    assert not [text for text in said_of if "일시 정지" in text]
    assert catalogue(KO).gettext("Pause") == "일시 중지"


def test_korean_says_that_only_part_of_the_mail_of_archives_goes() -> None:
    loses = [str(m.string) for m in translated(KO) if "loses mail by this" in str(m.id)]

    assert loses
    assert all("메일 일부가 사라집니다" in text for text in loses)
