"""`email-parser parse`: what scripts get."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ops import parse
from ops.refusal import Refusal
from tests.mail.builders import SEPARATOR, mbox_of, multipart, raw_message, text_part


def parsed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    parser = argparse.ArgumentParser()
    parse.add_arguments(parser)
    assert parse.run(parser.parse_args(words)) == 0
    return capsys.readouterr().out


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    attachment = b"Content-Type: application/pdf; name=a.pdf\n\nabc"
    first = multipart(text_part("안녕"), attachment)
    path = tmp_path / "two.mbox"
    path.write_bytes(mbox_of(first, raw_message("Bye.\n", subject="Last")))
    return path


def lines(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in parsed(capsys, *words).splitlines()]


def test_each_message_is_one_json_line(capsys: pytest.CaptureFixture[str], mbox: Path) -> None:
    first, last = lines(capsys, str(mbox))

    assert first["offset"] == 0
    assert first["length"] == last["offset"]
    assert first["length"] + last["length"] == mbox.stat().st_size
    assert first["from"] == [{"name": "Ann", "address": "ann@example.org"}]
    assert first["to"] == [{"name": None, "address": "bob@example.org"}]
    assert first["cc"] == []
    assert (first["message_id"], first["subject"]) == ("one@example.org", "Hello")
    assert (first["date"], first["date_source"]) == ("2015-01-05T10:00:00+00:00", "date")
    assert (first["text"], first["has_html"], first["dialect"]) == ("안녕", False, "mboxrd")
    assert last["subject"] == "Last"


def test_attachments_are_listed_with_their_digest(
    capsys: pytest.CaptureFixture[str], mbox: Path
) -> None:
    (attachment,) = lines(capsys, str(mbox))[0]["attachments"]

    assert (attachment["filename"], attachment["size"]) == ("a.pdf", 3)
    assert attachment["content_type"] == "application/pdf"
    assert attachment["sha256"] == hashlib.sha256(b"abc").hexdigest()


def test_text_may_be_left_out(capsys: pytest.CaptureFixture[str], mbox: Path) -> None:
    assert ["text" in line for line in lines(capsys, str(mbox), "--no-text")] == [False, False]


def test_a_summary_is_for_people(capsys: pytest.CaptureFixture[str], mbox: Path) -> None:
    summary = parsed(capsys, str(mbox), "--summary")

    assert "read as mboxrd" in summary
    assert "2 messages" in summary


def test_a_single_eml_is_one_message(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(raw_message())

    assert [line["dialect"] for line in lines(capsys, str(path))] == ["single"]


def test_defects_and_labels_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "one.mbox"
    path.write_bytes(SEPARATOR + b"Subject: x\nX-Gmail-Labels: Inbox\nDate: soon\n\nx\n")

    (line,) = lines(capsys, str(path))

    assert line["labels"] == ["Inbox"]
    assert {"kind": "date_unreadable", "where": "Date", "what": "soon"} in line["defects"]


def test_another_charset_and_dialect_may_be_chosen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "one.mbox"
    path.write_bytes(mbox_of(raw_message("Привет\n".encode("cp1251"))))

    (line,) = lines(capsys, str(path), "--charset", "cp1251", "--dialect", "mboxo")

    assert (line["text"], line["dialect"]) == ("Привет", "mboxo")


def test_a_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="No such file"):
        parse.run(argparse.Namespace(files=[tmp_path / "none.mbox"]))


def test_a_charset_nobody_defines_is_refused(mbox: Path) -> None:
    parser = argparse.ArgumentParser()
    parse.add_arguments(parser)

    with pytest.raises(SystemExit) as refused:
        parser.parse_args([str(mbox), "--charset", "bogus"])

    assert refused.value.code == 2


def test_a_file_without_mail_is_told_apart(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4\n")
    parser = argparse.ArgumentParser()
    parse.add_arguments(parser)

    assert parse.run(parser.parse_args([str(path)])) == 1
    assert "PDF document" in capsys.readouterr().err


def test_a_summary_shows_what_speaks_for_the_dialect(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "one.mbox"
    path.write_bytes(mbox_of(raw_message("Well.\n\nFrom now on, uphill.\n")))

    summary = parsed(capsys, str(path), "--summary")

    assert "1 suspicious" in summary
    assert "no boundary" in summary
    assert "From now on, uphill." in summary


def run_alone(*words: str, closed: bool = False, **environment: str) -> tuple[int, bytes, bytes]:
    """The command in a process of its own; its output closed after the first line, if asked."""
    command = [sys.executable, "-m", "ops.cli", "parse", *words]
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with subprocess.Popen(
        command,
        env=kept | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        out = process.stdout.readline() if closed else process.stdout.read()
        process.stdout.close()
        error = process.stderr.read()
        return process.wait(), out, error


def test_a_reader_that_has_enough_ends_it_quietly(tmp_path: Path) -> None:
    path = tmp_path / "many.mbox"
    path.write_bytes(mbox_of(*[raw_message("x" * 1000 + "\n")] * 500))

    status, out, error = run_alone(str(path), closed=True)

    assert (status, error) == (0, b"")
    assert json.loads(out)["subject"] == "Hello"


def test_the_output_is_utf8_in_any_locale(mbox: Path) -> None:
    status, out, _ = run_alone(str(mbox), LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert status == 0
    assert json.loads(out.splitlines()[0])["text"] == "안녕"


def test_another_dialect_keeps_the_line_ends(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "old.mbox"
    path.write_bytes(mbox_of(*[raw_message()] * 3).replace(b"\n", b"\r"))

    assert len(lines(capsys, str(path), "--dialect", "mboxrd")) == 3


def test_reading_mail_takes_no_more_memory_than_promised(tmp_path: Path) -> None:
    mbox = tmp_path / "letters.mbox"
    mbox.write_bytes(mbox_of(*(raw_message(f"word{n} text\n" * 20) for n in range(2_000))))
    # VmHWM is of this program alone; what getrusage tells begins with the size of its parent.
    script = (
        "import sys; from pathlib import Path; from ops.cli import main; main(sys.argv[1:]); "
        "print(Path('/proc/self/status').read_text(), file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, "parse", "--summary", str(mbox)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    (peak,) = re.findall(r"VmHWM:\s*(\d+) kB", ran.stderr)

    assert "2000 messages" in ran.stdout.replace(",", "")
    # 64 MiB and twice the largest message, which is small here.
    assert int(peak) < 64 * 1024


def test_a_file_without_mail_is_told_of_in_words_for_a_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7 and so on")
    parser = argparse.ArgumentParser()
    parse.add_arguments(parser)

    status = parse.run(parser.parse_args([str(path)]))

    told = (
        f"{path}: This is a PDF document. Name .mbox or .eml files, or an archive of them "
        "(.zip, .tar, .tgz, .gz, .bz2, .xz).\n"
    )
    assert (status, capsys.readouterr().err) == (1, told)
