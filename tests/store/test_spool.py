"""The spool keeps mboxes byte for byte, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import shutil
import time
from collections import namedtuple
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from store.spool import DiskFull, Spool, SpoolAway, SpoolError

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def test_what_is_written_is_read_back_at_any_offset(spool: Spool) -> None:
    writer = spool.writer("a.mbox")
    writer.write(b"hello ")
    writer.write(b"world")

    assert writer.finish() == hashlib.sha256(b"hello world").hexdigest()
    with spool.source("a.mbox", size=11) as source:
        assert source.read_at(0, 5) == b"hello"
        assert source.read_at(6, 100) == b"world"
        assert source.read_at(11, 5) == b""


def test_an_mbox_has_its_name_only_when_it_is_whole(spool: Spool) -> None:
    writer = spool.writer("a.mbox")
    writer.write(b"half")

    assert not spool.path("a.mbox").exists()
    writer.finish()
    assert spool.path("a.mbox").read_bytes() == b"half"


def test_an_abandoned_file_leaves_nothing(spool: Spool) -> None:
    writer = spool.writer("a.mbox")
    writer.write(b"half")

    writer.abandon()
    writer.abandon()

    assert list(spool.folder.iterdir()) == []


def test_row_55_an_mbox_that_is_gone_or_has_changed_is_said_to_be(spool: Spool) -> None:
    spool.path("short.mbox").write_bytes(b"abc")

    with pytest.raises(SpoolError, match="not in the spool"), spool.source("gone.mbox", size=3):
        pass
    with pytest.raises(SpoolError, match="3 bytes, not the 4"), spool.source("short.mbox", size=4):
        pass


def test_an_mbox_that_alone_may_not_be_read_is_no_trouble_of_the_spool(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.writer("a.mbox").finish()

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("store.spool.os.open", refuse)

    with pytest.raises(SpoolError, match="the mbox cannot be read") as caught, open_all(spool):
        pass
    assert not isinstance(caught.value, SpoolAway)

    monkeypatch.setattr("store.spool.os.access", lambda *_: False)
    with pytest.raises(SpoolAway, match="the spool cannot be read"), open_all(spool):
        pass


def open_all(spool: Spool) -> AbstractContextManager[object]:
    return spool.source("a.mbox", size=0)


def test_the_reserve_of_the_disk_is_never_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, free_bytes_floor=1000)
    writer = spool.writer("a.mbox")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(5000, 3500, 1500))

    writer.write(b"x" * 500)
    with pytest.raises(
        DiskFull, match="501 bytes are needed, and of 1500 free bytes 1000 are kept"
    ):
        writer.write(b"x" * 501)


def test_a_small_file_needs_no_more_room_than_it_has_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(5000, 4949, 51))

    spool.writer("a.mbox").write(b"x" * 51)

    assert spool.received("a.mbox") == 51


def test_what_has_come_of_a_file_is_known_before_and_after_it_is_whole(spool: Spool) -> None:
    writer = spool.writer("a.mbox")
    writer.write(b"half")

    assert (spool.received("a.mbox"), spool.received("other.mbox")) == (4, 0)
    writer.finish()
    assert spool.received("a.mbox") == 4


def test_a_disk_that_fills_up_while_bytes_come_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    writer = spool.writer("a.mbox")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1 << 40, 1 << 40, 4096))

    with pytest.raises(DiskFull):
        writer.write(b"x" * 10_000)


def test_the_age_of_a_file_is_that_of_its_last_byte(spool: Spool) -> None:
    assert spool.age_seconds("a.mbox", now=time.time()) is None

    writer = spool.writer("a.mbox")
    assert spool.age_seconds("a.mbox", now=time.time() + 100) == pytest.approx(100, abs=5)
    writer.finish()
    assert spool.age_seconds("a.mbox", now=time.time() + 100) == pytest.approx(100, abs=5)


def test_a_folder_with_other_things_in_it_is_not_taken_from_others(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "cron").mkdir()

    Spool(folder).mark("ours")

    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_spool_that_is_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    folder.chmod(0o755)
    spool = Spool(folder)
    spool.writer("a.mbox").write(b"mail")

    spool.mark("ours")

    assert folder.stat().st_mode & 0o777 == 0o700
    assert spool.owner() == "ours"
