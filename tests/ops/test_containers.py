"""The containers, the Procfile and the image fit this very package.

None of this proves that an image builds: there is no engine where the tests run.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.cli import COMMANDS
from store.config import SETTINGS
from tests.harness.processes import bare_environment, program

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LONG_RUNNING = ["redis", "postgres", "email-parser", "worker"]
OURS = ["migrate", "email-parser", "worker"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTING_NAMES = {setting.name for setting in SETTINGS}


def test_the_compose_file_is_one() -> None:
    checked = subprocess.run(
        [
            program("check-jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", "docker-compose.yml"),
        ],
        cwd=ROOT,
        env=bare_environment({}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


def test_the_services_are_these() -> None:
    assert set(SERVICES) == {*LONG_RUNNING, "migrate"}


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_whatever_keeps_running_is_watched_restarted_and_given_time(name: str) -> None:
    service = SERVICES[name]

    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= service["healthcheck"].keys()
    assert service["restart"] == "unless-stopped"
    assert "stop_grace_period" in service


@pytest.mark.parametrize("name", ["email-parser", "worker"])
def test_console_and_worker_wait_for_healthy_servers_and_the_schema(name: str) -> None:
    conditions = {of: how["condition"] for of, how in SERVICES[name]["depends_on"].items()}

    assert conditions == {
        "redis": "service_healthy",
        "postgres": "service_healthy",
        "migrate": "service_completed_successfully",
    }
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_commands_that_exist(name: str) -> None:
    commands = [SERVICES[name]["command"]]
    if "test" in SERVICES[name]["healthcheck"]:
        commands.append(SERVICES[name]["healthcheck"]["test"][1:])

    for command in commands:
        assert command[0] == "email-parser"
        assert command[1] in COMMANDS


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_given_settings_that_exist(name: str) -> None:
    environment = SERVICES[name]["environment"]

    assert environment.keys() <= SETTING_NAMES
    assert environment["REDIS_URL"] == "redis://redis:6379"
    assert SERVICES[name]["volumes"] == [f"data:{environment['DATA_DIR']}"]
    assert SERVICES[name]["init"] is True


def test_only_the_console_is_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {"email-parser": ["${CONSOLE_BIND:-127.0.0.1}:${CONSOLE_PORT:-8000}:8000"]}


def test_redis_forgets_nothing() -> None:
    words = SERVICES["redis"]["command"]

    assert words[words.index("--appendonly") + 1] == "yes"
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"


def test_the_procfile_runs_commands_that_exist() -> None:
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())

    assert lines.keys() == {"web", "worker"}
    for line in lines.values():
        # What comes before the last semicolon only mends PORT; a test of its own runs it.
        last = line.rpartition("; ")[2].replace("exec ", "")
        *settings, command, subcommand = last.split(" ")
        assert command == "email-parser"
        assert subcommand in COMMANDS
        assert {pair.partition("=")[0] for pair in settings} <= SETTING_NAMES


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1] != "root"
    assert "HEALTHCHECK" in DOCKERFILE


def test_the_image_runs_commands_that_exist() -> None:
    commands = re.findall(r'CMD \["email-parser", "(\w+)"', DOCKERFILE)

    assert len(commands) == 2
    assert set(commands) <= COMMANDS.keys()


def test_the_image_sets_settings_that_exist() -> None:
    set_there = set(re.findall(r"^    ([A-Z_]+)=", DOCKERFILE, re.MULTILINE))

    assert {"HOST", "PORT", "DATA_DIR"} <= set_there
    assert set_there - SETTING_NAMES == {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}


def test_the_image_holds_every_package_and_what_they_read() -> None:
    let_in = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packages = {pattern.rstrip("*") for pattern in found["packages"]["find"]["include"]}

    assert packages | {"templates", "static", "pyproject.toml", "requirements.lock"} <= let_in
    assert all((ROOT / name).exists() for name in let_in)


def test_the_image_is_the_oldest_python_that_is_promised() -> None:
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]

    assert set(re.findall(r"^FROM python:([\d.]+)-", DOCKERFILE, re.MULTILINE)) == {promised[2:]}


def test_a_plain_rq_worker_finds_the_work_wherever_it_is_started(tmp_path: Path) -> None:
    # What RQ does with the name that hangs in the queue, from a folder without our code.
    done = subprocess.run(
        [
            program("python"),
            "-c",
            "from rq.utils import import_attribute as i;"
            "print(i('jobs.tasks.plan_mbox').__name__, i('jobs.tasks.parse_chunk').__name__)",
        ],
        cwd=tmp_path,
        env=bare_environment({}),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["plan_mbox", "parse_chunk"]
