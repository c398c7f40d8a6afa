"""`email-parser doctor`: look at the whole installation and say what is wrong, and what to do.

Looks and mends nothing. Exit status 1 when something is wrong; warnings alone leave it at 0.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from jobs.engine import Engine, build
from ops.checkups.data_dir import look_at_data_dir, look_at_spool
from ops.checkups.database import look_at_database
from ops.checkups.exposure import look_at_exposure
from ops.checkups.finding import Finding, Verdict
from ops.checkups.queue import look_at_redis, look_at_workers
from ops.premises import settings
from store.condition import open_files, spooled_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """doctor [--json]"""
    parser.add_argument("--json", action="store_true", help="one JSON object per finding")


def run(args: argparse.Namespace) -> int:
    """Look at everything and print the findings."""
    config = settings()
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = build(config)
    wrong = False
    try:
        for finding in findings(engine):
            print(json.dumps(asdict(finding)) if args.json else told(finding))
            wrong = wrong or finding.verdict is Verdict.WRONG
    finally:
        engine.workshop.database.close()
    return 1 if wrong else 0


def findings(engine: Engine) -> Iterator[Finding]:
    """Every check; those that need the database only when it answers."""
    config = engine.workshop.config
    yield from look_at_exposure(config, folder=Path.cwd())
    yield from look_at_data_dir(config)
    database = list(look_at_database(engine.workshop.database))
    yield from database
    yield from look_at_redis(engine)
    if any(finding.verdict is Verdict.WRONG for finding in database):
        return
    yield from look_at_spool(
        engine.workshop.spool,
        expected=spooled_files(engine.workshop.database),
        moving=open_files(engine.workshop.database),
    )
    yield from look_at_workers(engine)


def told(finding: Finding) -> str:
    """A finding for a person."""
    line = f"{finding.verdict:7}  {finding.check}: {finding.what}"
    return f"{line}\n         {finding.remedy}" if finding.remedy else line
