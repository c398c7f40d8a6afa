"""What an operator sees of the settings."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from ops.settings import document, masked
from store.config import SETTINGS
from store.database import Database
from store.masking import MASK
from tests.ops.conftest import Shell

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_on_configuration_says_what_the_code_does() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")

    assert page == document(), "run `make docs`"


def test_config_shows_every_setting_and_where_it_comes_from(
    shell_in: Callable[..., Shell], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CHUNK_BYTES=4096\nPORT=1\n")

    shown = shell_in(PORT="8123")("config").out

    rows = {line.split()[0]: line.split() for line in shown.splitlines()[1:]}
    assert set(rows) == {setting.name for setting in SETTINGS}
    assert rows["PORT"] == ["PORT", "8123", "environment"]
    assert rows["CHUNK_BYTES"] == ["CHUNK_BYTES", "4096", ".env"]
    assert rows["HOST"] == ["HOST", "127.0.0.1", "default"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("ADMIN_PASSWORD", "geheim", MASK),
        ("ADMIN_PASSWORD", None, ""),
        ("REDIS_URL", "redis://console:geheim@h:6379/0", f"redis://console:{MASK}@h:6379/0"),
        ("REDIS_URL", "redis://:geheim@h/0", f"redis://:{MASK}@h/0"),
        ("REDIS_URL", "redis://h:6379/0", "redis://h:6379/0"),
        ("DATABASE_URL", "postgresql+psycopg://u:g@h/d", f"postgresql+psycopg://u:{MASK}@h/d"),
        ("REDIS_URL", "redis://u:ge/he@im@[::1", f"redis://u:{MASK}@[::1"),
        (
            "REDIS_URL",
            "unix:///r.sock?db=1&password=geheim",
            f"unix:///r.sock?db=1&password={MASK}",
        ),
        ("ALLOWED_HOSTS", ("a", "b"), "a,b"),
        ("SLICE_SECONDS", 20.0, "20"),
    ],
)
def test_no_secret_is_shown(name: str, value: object, shown: str) -> None:
    assert masked(name, value) == shown


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PORT", "eighty", "is not a whole number"),
        ("PORT", "70000", "must lie between 0 and 65535"),
        ("QUEUE", "rabbit", "must be one of auto, redis, local"),
        ("QUEUE", "redis", "needs REDIS_URL"),
        ("DATABASE_URL", "mysql://x", "must begin with sqlite:/// or postgresql+psycopg://"),
        ("REDIS_URL", "http://x", "must begin with redis://"),
        ("BEAT_SECONDS", "20", "must be at most half of LEASE_SECONDS"),
        ("LOG_LEVEL", "LOUD", "must be one of DEBUG"),
        ("ALLOWED_HOSTS", "*foo", "a star stands alone"),
        ("ADMIN_PASSWORD", "short", "needs at least 8 characters"),
        ("DATA_DIR", "/proc/nowhere", "cannot be used"),
        ("DATABASE_URL", "postgresql+psycopg://a@127.0.0.1:1/x", "cannot be reached"),
        ("DATABASE_URL", "postgresql+psycopg://u:secret@h:abc/x", "cannot be taken apart"),
        ("DATABASE_URL", "postgresql+psycopg://u:sec/ret@127.0.0.1:1/x", "cannot be reached"),
        ("DATABASE_URL", "postgresql+psycopg://127.0.0.1:1/x?nonsense=1", "cannot be used"),
        ("DATABASE_URL", "sqlite:////nowhere/at/all.db", "unable to open"),
        ("DATABASE_URL", "sqlite:///", "needs the path of a file"),
        ("DATABASE_URL", "sqlite:///:memory:", "needs the path of a file"),
        ("REDIS_URL", "redis://host:notaport", "cannot be taken apart"),
        ("REDIS_URL", "redis://:secret@host:99999", "cannot be taken apart"),
        ("REDIS_URL", "redis://:secret@[::1", "cannot be taken apart"),
        ("REDIS_URL", "redis://:secret@localhost:6379/abc", "the number of a database"),
        ("REDIS_URL", "redis://localhost?socket_timeout=soon", "an option that is none"),
        ("HOST", "not.a.host.invalid", "cannot be listened on"),
        ("HOST", "203.0.113.7", "not of this machine"),
        ("HOST", "http://localhost", "is not a host name"),
        ("ALLOWED_HOSTS", "http://x/", "no scheme, port or path"),
        ("ALLOWED_HOSTS", "mail.example.org:8000", "no scheme, port or path"),
    ],
)
def test_a_wrong_setting_is_one_clear_line_and_exit_status_2(
    name: str, value: str, complaint: str, shell_in: Callable[..., Shell]
) -> None:
    done = shell_in(**{name: value})("serve")

    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert name in done.err
    assert complaint in done.err
    assert "sec" not in done.err


@pytest.mark.parametrize(
    "hosts", ["mail.example.org", "*.example.org,10.0.0.7", "*", "::1,[fe80::1]", "my_box"]
)
def test_names_and_addresses_may_be_allowed(hosts: str, shell_in: Callable[..., Shell]) -> None:
    assert shell_in(ALLOWED_HOSTS=hosts)("config").status == 0


@pytest.mark.parametrize(
    "command", [("serve",), ("token", "list"), ("import", "a.mbox"), ("migrate",)]
)
def test_a_file_that_is_no_database_is_said_to_be_none_and_left_as_it_was(
    command: tuple[str, ...], shell_in: Callable[..., Shell], tmp_path: Path
) -> None:
    somebodys = tmp_path / "passwd"
    somebodys.write_text("root:x:0:0:root:/root:/bin/sh, and so on for long enough")
    somebodys.chmod(0o644)
    before = somebodys.stat()

    done = shell_in(DATABASE_URL=f"sqlite:///{somebodys}")(*command)

    assert done.status == 2
    assert len(done.err.splitlines()) == 1
    assert "file is not a database" in done.err
    assert somebodys.read_text().startswith("root:x:0:0:")
    assert (somebodys.stat().st_mode, somebodys.stat().st_mtime_ns) == (
        before.st_mode,
        before.st_mtime_ns,
    )
    assert {path.name for path in tmp_path.iterdir()} <= {"passwd", "var"}


def test_a_database_of_a_newer_version_is_left_alone(
    shell_in: Callable[..., Shell], database: Database
) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))

    done = shell_in(DATABASE_URL=database.url)("serve")

    assert (done.status, done.out) == (2, "")
    assert "was last used by a newer version" in done.err


def test_the_locks_name_everything_the_project_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [_bare(name) for name in project["dependencies"]]
    for_tests = [_bare(name) for name in project["optional-dependencies"]["dev"]]

    locked, locked_for_tests = _locked("requirements.lock"), _locked("requirements-dev.lock")

    assert set(needed) <= locked.keys()
    assert {*needed, *for_tests} <= locked_for_tests.keys()
    assert locked.items() <= locked_for_tests.items(), "the two locks disagree: run `make lock`"


def _bare(requirement: str) -> str:
    return requirement.partition(">")[0].partition("[")[0]


def _locked(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    pins = [
        line.split(" ")[0].split("==") for line in lines if "==" in line and line[0] not in " #"
    ]
    return {pin[0].partition("[")[0]: pin[1] for pin in pins}
