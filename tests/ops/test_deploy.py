"""The files for a machine without containers do what their comments say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from configparser import ConfigParser
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from jobs.frozen import find_frozen
from jobs.sightings import Sighting
from ops.cli import COMMANDS
from store.clock import utc_now
from store.config import load
from tests.harness.console import Console
from tests.harness.processes import Process
from tests.harness.redis import RedisServer
from tests.harness.waiting import wait_until

DEPLOY = Path(__file__).resolve().parents[2] / "ops" / "deploy"
UNITS = ["email-parser.service", "email-parser-worker@.service"]
PASSWORD = "a password of the tests"
MAIL = (
    b"From ann@example.org Mon Jan  5 10:00:00 2026\n"
    b"From: ann@example.org\nSubject: hello\nMessage-ID: <1@example.org>\n"
    b"Date: Mon, 5 Jan 2026 10:00:00 +0000\n\nA word.\n"
)


@pytest.fixture
def guarded_redis(tmp_path: Path, own_redis: Callable[..., RedisServer]) -> RedisServer:
    """A Redis with the shipped configuration and the shipped ACL, and somebody to look on."""
    digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
    acl = (DEPLOY / "redis" / "users.acl").read_text()
    users = tmp_path / "users.acl"
    users.write_text(
        acl.replace("REPLACE_WITH_THE_SHA256_OF_YOUR_PASSWORD", digest)
        + "user onlooker on nopass ~* &* +@all\n"
    )
    return own_redis(str(DEPLOY / "redis" / "redis.conf"), "--aclfile", str(users), keeps_data=True)


def _as(user: str, server: RedisServer, password: str) -> redis.Redis:
    return redis.Redis(port=server.port, username=user, password=password, decode_responses=True)


def test_the_shipped_redis_never_evicts_and_keeps_a_log(guarded_redis: RedisServer) -> None:
    with _as("onlooker", guarded_redis, "-") as client:
        told = client.info()

    assert told["maxmemory_policy"] == "noeviction"
    assert told["aof_enabled"] == 1
    assert told["maxmemory"] > 0


@pytest.mark.parametrize(
    "command",
    [("FLUSHALL",), ("CONFIG", "GET", "*"), ("GET", "somebody else's key"), ("KEYS", "*")],
)
def test_the_consoles_redis_user_may_not_do_harm(
    command: tuple[str, ...], guarded_redis: RedisServer
) -> None:
    with (
        _as("console", guarded_redis, PASSWORD) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.execute_command(*command)


def test_a_stranger_is_not_let_in(guarded_redis: RedisServer) -> None:
    with guarded_redis.client() as client, pytest.raises(redis.exceptions.AuthenticationError):
        client.ping()


@pytest.mark.parametrize("worker", ["plain", "ours"])
def test_the_whole_work_goes_through_under_the_shipped_acl(
    worker: str,
    guarded_redis: RedisServer,
    console: Callable[..., Console],
    rq_worker: Callable[..., Process],
    our_worker: Callable[..., Process],
) -> None:
    quoted = PASSWORD.replace(" ", "%20")
    running = console(
        REDIS_URL=f"redis://console:{quoted}@127.0.0.1:{guarded_redis.port}/0", QUEUE="redis"
    )
    (rq_worker if worker == "plain" else our_worker)(running.environ)
    with running.client() as client:
        client.post("/api/upload/stream?filename=a.mbox", content=MAIL).raise_for_status()
        wait_until(
            lambda: (
                [job["status"] for job in client.get("/api/jobs").json()["jobs"]] == ["finished"]
            ),
            what="the job is finished",
        )

    with _as("onlooker", guarded_redis, "-") as onlooker:
        assert onlooker.acl_log() == []


def test_frozen_workers_are_found_under_the_shipped_acl(
    guarded_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.frozen.FROZEN_AFTER", timedelta(seconds=-1))
    now = utc_now()
    seen = Sighting(
        name="w1", subscribed=True, listed=True, record={}, keeps_seconds=60, beat_at=now
    )
    line = redis.Redis(
        port=guarded_redis.port, username="console", password=PASSWORD, client_name="w1"
    )

    with line, _as("console", guarded_redis, PASSWORD) as client:
        line.ping()
        found = find_frozen(client, [seen], hanging=0, unmoved_since=None, now=now)

    assert list(found) == ["w1"]


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_a_command_that_exists(name: str) -> None:
    unit = _unit(name)

    command = re.search(r"/bin/email-parser (\w+)", unit["Service"]["ExecStart"])

    assert command is not None
    assert command[1] in COMMANDS


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_stops_kindly_and_starts_again_for_ever(name: str) -> None:
    unit = _unit(name)

    assert unit["Service"]["KillMode"] == "mixed"
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert "ExecReload" not in unit["Service"]
    assert unit["Service"]["NoNewPrivileges"] == "yes"


def _unit(name: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / "systemd" / name)
    return parser


def test_the_example_of_an_environment_is_a_usable_one() -> None:
    lines = (DEPLOY / "systemd" / "environment.example").read_text().splitlines()
    environ = dict(line.split("=", 1) for line in lines if not line.startswith("#"))

    config = load(environ)

    assert {name.lower() for name in environ} <= set(config.__dataclass_fields__)


def test_the_proxy_lets_uploads_through_as_they_come() -> None:
    directives = (DEPLOY / "nginx" / "email-parser.conf").read_text()

    for line in (
        "client_max_body_size 0;",
        "proxy_request_buffering off;",
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
    ):
        assert line in directives
