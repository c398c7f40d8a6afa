"""How the command behaves at its edges."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from ops.cli import COMMANDS, main
from ops.tables import columns, print_table, shown
from store.config import load
from tests.harness.processes import bare_environment, program
from tests.harness.waiting import free_port
from tests.ops.conftest import Shell

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])

    assert left.value.code == 0
    assert COMMANDS[name].help in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_is_a_module_with_the_two_functions(name: str) -> None:
    module = import_module(COMMANDS[name].module)

    assert callable(module.add_arguments)
    assert callable(module.run)


def test_an_unknown_subcommand_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["fly"])

    assert left.value.code == 2
    assert "fly" in capsys.readouterr().err


def test_a_database_out_of_reach_is_one_clear_line(shell_in: Callable[..., Shell]) -> None:
    shell = shell_in(DATABASE_URL=f"postgresql+psycopg://u@127.0.0.1:{free_port()}/d")

    done = shell("token", "list")

    assert done.status == 1
    assert "the database cannot be reached" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_taken_port_is_one_clear_line(shell_in: Callable[..., Shell]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = shell_in(PORT=str(port))("serve")

    assert done.status == 1
    assert done.err == f"email-parser: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_the_address_shown_is_one_a_browser_here_can_open() -> None:
    assert load({"HOST": "0.0.0.0", "PORT": "80"}).address() == "http://127.0.0.1:80"
    assert load({"HOST": "::1"}).address() == "http://[::1]:8000"
    assert load({"HOST": "mail.example.org"}).address(9000) == "http://mail.example.org:9000"


def test_the_command_does_not_load_what_it_does_not_need() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, ops.cli; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert not {"starlette", "uvicorn", "alembic", "rq"} & set(loaded)


def test_the_console_is_named_and_not_imported() -> None:
    imports = [
        name
        for path in (ROOT / "ops").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported(node)
    ]

    assert not [name for name in imports if name.split(".")[0] in {"web", "starlette"}]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_the_version_is_printed() -> None:
    done = subprocess.run(
        [program("email-parser"), "--version"],
        env=bare_environment({}),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip()


def test_columns_line_up_under_hangul_too(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "role"), [("김철수", "admin"), ("ann", None)])

    assert capsys.readouterr().out.splitlines() == ["name    role", "김철수  admin", "ann     -"]


def test_a_mark_takes_no_column() -> None:
    assert columns("e\u0301") == 1


def test_a_cell_cannot_steer_the_terminal() -> None:
    assert shown("a\x1b[2Jb\u202ec") == "a[2Jbc"
