"""The `email-parser` command: finds the module of a subcommand and runs it.

Each subcommand is a module with `add_arguments(parser)` and `run(args)`; only the one that was
asked for is loaded, so that `email-parser parse` does not wait for a web server's imports.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Protocol, cast

from ops.refusal import Refusal
from store.accounts import AccountError
from store.config import ConfigError
from store.database import OUTAGES, DatabaseAway

BAD_SETTING_STATUS = 2
REFUSED_STATUS = 1
INTERRUPTED_STATUS = 130


class Command(Protocol):
    """What the module of a subcommand offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say which words the subcommand takes."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; answers the exit status."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A subcommand: the module that does it, and one line of help."""

    module: str
    help: str


COMMANDS = {
    "serve": Entry("ops.serve", "run the console"),
    "worker": Entry("ops.worker", "run a worker that parses what the queue offers"),
    "import": Entry("ops.importing", "take in mbox files from this machine"),
    "search": Entry("ops.searching", "search the mail"),
    "export": Entry("ops.exporting", "write what a search finds as mbox, zip, CSV or JSON lines"),
    "parse": Entry("ops.parse", "print what is in mail files as JSON lines; keeps nothing"),
    "verify": Entry("ops.verify", "compare ledgers and files, byte for byte"),
    "reconcile": Entry("ops.reconciling", "compare the database with the queue once, and mend"),
    "drain": Entry("ops.draining", "ask workers to finish their chunk and stop"),
    "mark": Entry("ops.marking", "mark this moment on the charts, in words of your own"),
    "doctor": Entry("ops.doctor", "look for what is wrong with this installation"),
    "healthcheck": Entry("ops.healthcheck", "exit 0 when the console or a worker here is alive"),
    "migrate": Entry("ops.migrating", "bring the database to this version's schema"),
    "token": Entry("ops.tokens", "create, list and revoke API tokens"),
    "user": Entry("ops.users", "create and list accounts, set passwords"),
    "config": Entry("ops.settings", "show the effective settings, secrets masked"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `email-parser` with `arguments` (the process's own by default); the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser(words)
    args = parser.parse_args(words)
    try:
        return _load(args.command).run(args)
    except ConfigError as error:
        return _complain(error, BAD_SETTING_STATUS)
    except DatabaseAway as error:
        return _complain(f"the database {error}", REFUSED_STATUS)
    except (Refusal, AccountError) as error:
        return _complain(error, REFUSED_STATUS)
    except OUTAGES as error:
        logging.getLogger("ops").debug("the database is out of reach", exc_info=True)
        return _complain(f"the database cannot be reached: {_first_line(error)}", REFUSED_STATUS)
    except BrokenPipeError:  # the reader of our output, such as `head`, had enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED_STATUS


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="email-parser",
        description="Takes in huge mboxes, accounts for every byte, makes the mail searchable.",
    )
    parser.add_argument("--version", action="version", version=version("email-parser"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked_for = next((word for word in words if not word.startswith("-")), None)
    for name, entry in COMMANDS.items():
        subparser = commands.add_parser(name, help=entry.help, description=entry.help)
        if name == asked_for:
            _load(name).add_arguments(subparser)
    return parser


def _load(command: str) -> Command:
    return cast(Command, import_module(COMMANDS[command].module))


def _complain(problem: Exception | str, status: int) -> int:
    print(f"email-parser: {problem}", file=sys.stderr)
    return status


def _first_line(error: BaseException) -> str:
    return (str(getattr(error, "orig", None) or error).strip().splitlines() or ["no answer"])[0]


if __name__ == "__main__":
    sys.exit(main())
