"""Leases: one holder at a time, inherited at once from a process that is gone."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import timedelta

from jobs.lease import Lease
from store.clock import utc_now
from store.database import Database
from store.locks import hold, holder


def test_one_holds_it_and_the_other_waits_until_it_is_given_back(database: Database) -> None:
    first = Lease(database, "task", seconds=60)
    second = Lease(database, "task", seconds=60)

    assert first.held()
    assert first.held()
    assert not second.held()
    first.give_back()
    assert second.held()
    assert not first.held()


def test_a_lease_that_ran_out_is_anybodys(database: Database) -> None:
    with database.write() as connection:
        long_ago = utc_now() - timedelta(minutes=5)
        hold(connection, "task", owner="elsewhere:1:x", now=long_ago, seconds=60)

    assert Lease(database, "task", seconds=60).held()


def held_by(database: Database, owner: str) -> None:
    with database.write() as connection:
        assert hold(connection, "task", owner=owner, now=utc_now(), seconds=600)


def test_the_lease_of_a_dead_process_of_this_machine_is_taken_over_at_once(
    database: Database,
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    held_by(database, f"{socket.gethostname()}:{gone.pid}:x")

    assert Lease(database, "task", seconds=60).held()


def test_the_lease_of_a_living_process_or_of_another_machine_is_respected(
    database: Database,
) -> None:
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    for owner in (f"{socket.gethostname()}:{living.pid}:x", "another-machine:1:x"):
        with database.write() as connection:
            connection.exec_driver_sql("DELETE FROM task_lock")
        held_by(database, owner)

        assert not Lease(database, "task", seconds=60).held()
        with database.read() as connection:
            assert holder(connection, "task", now=utc_now()) == owner
    living.kill()
    living.communicate()
