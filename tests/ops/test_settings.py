"""What an operator sees of the settings."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.settings import MASK, document, masked
from store.config import SETTINGS
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
