"""A large mbox for measuring: made from the sentences of the real corpus, the same every time.

`python -m tests.bench.corpusgen 100000 bench.mbox`. List mail with quoting and threads, a
tenth with an HTML twin, some with attachments; 15 % Korean, 5 % Japanese and Chinese. Every
message has words of its own (ids, numbers, names), so the vocabulary grows as that of mail does.
"""

from __future__ import annotations

import argparse
import base64
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "mbox"
START = datetime(2004, 1, 1, tzinfo=UTC)
SPAN_DAYS = 20 * 365


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_KOREAN_NOUNS = _words(
    "회의 결제 시스템 보고서 일정 고객 서버 배포 계약 예산 검토 자료 문의 점검 장애 복구 테스트 "
    "운영 개발 디자인 마케팅 교육 출장 휴가 급여 인사 채용 평가 목표 전략 품질 보안 인증 접속 "
    "데이터 분석 설계 구현 요청 승인 반려 공지 안내 초대 확인 변경 취소 환불 배송 주문 재고 온라인"
)
_KOREAN_ENDINGS = _words("은 는 이 가 을 를 에서 으로 에게 까지 부터 도 만 의 과 와")
_KOREAN_VERBS = _words(
    "확인했습니다 부탁드립니다 진행하겠습니다 검토해주세요 공유드립니다 완료되었습니다 "
    "필요합니다 첨부합니다 감사합니다 바랍니다 예정입니다"
)
_JAPANESE = _words(
    "お世話になっております。 会議の資料を送付いたします。 ご確認をお願いいたします。 "
    "東京都の担当者から連絡がありました。 来週の予定を調整してください。 "
    "システムの障害が復旧しました。"
)
_CHINESE = _words(
    "您好，附件是本周的会议纪要。 请确认系统测试的结果。 北京大学的合同已经签署。 "
    "服务器将于今晚维护。 谢谢您的支持。 我们需要讨论预算问题。"
)
_FIRST = _words("Ann Bob Carol Dan Eve Finn Grace Hugo Ida Jon")
_LAST = _words("Archer Baker Cooper Dyer Fisher Gardner Hunter Mason Potter Smith")
_SENTENCE = re.compile(r"[A-Z][^\n.?!]{30,160}[.?!]")
_CODE_LINE = re.compile(r"^[+\- ].{20,90}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Past:
    """A message that others may answer."""

    message_id: str
    references: tuple[str, ...]
    subject: str
    lines: tuple[str, ...]


class Generator:
    """Makes messages one after another, all from one seed."""

    def __init__(self, corpus: Path = CORPUS, *, seed: int = 7) -> None:
        self._corpus = corpus
        self._random = random.Random(seed)
        self._open: list[Past] = []
        self._people = [
            (f"{first} {last}", f"{first}.{last}{number}@{domain}".lower())
            for number, first in enumerate(_FIRST)
            for last in _LAST
            for domain in ("example.org", "example.com", "example.net", "lists.example.org")
        ]

    @cached_property
    def _sentences(self) -> list[str]:
        folders = ("apache-lists", "pipermail")
        files = sorted(file for name in folders for file in (self._corpus / name).glob("*.mbox"))
        text = "\n".join(file.read_bytes().decode("utf-8", "ignore") for file in files)
        prose = sorted(set(_SENTENCE.findall(text)))
        return [*prose, *sorted(set(_CODE_LINE.findall(text)))[:4_000]]

    def messages(self, count: int) -> Iterator[bytes]:
        """`count` messages in the order of their dates, each with its separator line."""
        step = timedelta(days=SPAN_DAYS) / max(count, 1)
        for number in range(count):
            yield self._message(number, START + step * number)

    def _message(self, number: int, at: datetime) -> bytes:
        pick = self._random
        name, address = pick.choice(self._people)
        answered = pick.choice(self._open) if self._open and pick.random() < 0.6 else None
        message_id = f"{pick.getrandbits(64):016x}.{number}@mail.example.org"
        lines = self._lines(number)
        subject = f"Re: {answered.subject}" if answered else self._subject(number)
        references = (*answered.references, answered.message_id)[-8:] if answered else ()
        self._remember(Past(message_id, references, subject.removeprefix("Re: "), tuple(lines)))
        head = [
            f"From {address} {at:%a %b %d %H:%M:%S %Y}",
            f"Received: from mail{number % 97}.example.net (10.0.{number % 250}.7)",
            f"\tby lists.example.org with ESMTP id {pick.getrandbits(48):012x};",
            f"\t{format_datetime(at)}",
            f"Date: {format_datetime(at)}",
            f"From: {name} <{address}>",
            f"To: list-{number % 40} <list-{number % 40}@lists.example.org>",
            f"Subject: {_header(subject)}",
            f"Message-ID: <{message_id}>",
            f"List-Id: <list-{number % 40}.lists.example.org>",
            "MIME-Version: 1.0",
        ]
        if answered:
            head += [f"In-Reply-To: <{answered.message_id}>"]
            head += ["References: " + "\n ".join(f"<{one}>" for one in references)]
        quoted = [f"> {line}" for line in answered.lines[:8]] if answered else []
        body = self._body(number, "\n".join([*quoted, "", *lines]))
        return ("\n".join(head) + "\n" + body + "\n\n").encode()

    def _remember(self, past: Past) -> None:
        self._open.append(past)
        if len(self._open) > 300:
            self._open.pop(self._random.randrange(200))

    def _subject(self, number: int) -> str:
        if number % 20 < 3:
            return self._korean()[:40] + f" {number}"
        return " ".join(self._random.choice(self._sentences).split()[:7]) + f" #{number}"

    def _lines(self, number: int) -> list[str]:
        pick = self._random
        size = max(2, min(120, int(pick.lognormvariate(2.9, 0.7))))
        lines = [self._line(number) for _ in range(size)]
        lines.append(f"build {pick.getrandbits(40):010x} took {pick.randrange(10_000)} ms")
        return lines

    def _line(self, number: int) -> str:
        kind = number % 20
        if kind < 3 and self._random.random() < 0.8:
            return self._korean()
        if kind == 3 and self._random.random() < 0.8:
            return "".join(self._random.choices(_JAPANESE if number % 40 == 3 else _CHINESE, k=2))
        return self._random.choice(self._sentences).strip()

    def _korean(self) -> str:
        pick = self._random
        words = [
            "".join(pick.choices(_KOREAN_NOUNS, k=pick.choice((1, 1, 2))))
            + pick.choice(_KOREAN_ENDINGS)
            for _ in range(pick.randrange(3, 9))
        ]
        return " ".join([*words, pick.choice(_KOREAN_VERBS) + "."])

    def _body(self, number: int, text: str) -> str:
        if number % 10 == 4:
            html = "<html><body><p>" + text.replace("\n", "<br>\n") + "</p></body></html>"
            return _multipart("alternative", [_text("plain", text), _text("html", html)])
        if number % 25 == 6:
            return _multipart("mixed", [_text("plain", text), self._attachment(number)])
        return _text("plain", text)

    def _attachment(self, number: int) -> str:
        content = self._random.randbytes(self._random.randrange(2_000, 60_000))
        encoded = base64.encodebytes(content).decode()
        return (
            "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n"
            f'Content-Disposition: attachment; filename="report-{number}.pdf"\n\n{encoded}'
        )


def _text(subtype: str, text: str) -> str:
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    )


def _multipart(subtype: str, parts: list[str]) -> str:
    boundary = "=_part_of_a_message"
    inner = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n\n{inner}--{boundary}--\n'


def _header(text: str) -> str:
    if text.isascii():
        return text
    return "=?utf-8?B?" + base64.b64encode(text.encode()).decode() + "?="


def write_mbox(path: Path, count: int, *, seed: int = 7) -> int:
    """Write `count` messages to an mbox; its size in bytes."""
    with path.open("wb") as file:
        for message in Generator(seed=seed).messages(count):
            # Only the separator may begin so; bodies are quoted the mboxrd way.
            separator, _, rest = message.partition(b"\n")
            file.write(separator + b"\n" + re.sub(rb"(?m)^(>*From )", rb">\1", rest))
    return path.stat().st_size


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("path", type=Path)
    options = parser.parse_args()
    print(f"{write_mbox(options.path, options.count):,} bytes")


if __name__ == "__main__":
    main()
