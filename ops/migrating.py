"""`email-parser migrate`: bring the database to the schema this version needs."""

from __future__ import annotations

import argparse

from ops.premises import opened_database, settings
from store.migrate import current_revision


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """migrate"""
    del parser  # it takes no words of its own


def run(args: argparse.Namespace) -> int:
    """Migrate, and say where the database stands now. Safe while others do the same."""
    del args
    with opened_database(settings()) as database, database.read() as connection:
        print(f"the database is at revision {current_revision(connection)}")
    return 0
