"""Beside a plain `rq worker` it is said which version is RQ's and which this program's."""

from __future__ import annotations

import pytest

from store.claims import WorkerIdentity, claim_next
from store.clock import utc_now
from store.recovery import Trouble, record_trouble
from store.states import EngineName, Outcome
from tests.mboxes import letters
from tests.web.hall import Hall
from tests.web.test_workers_told_apart import PLAIN, lead_of
from tests.web.visiting import Visit


@pytest.mark.parametrize("kind", ["alive", "dead"])
def test_the_version_of_this_program_is_told_from_that_of_rq(
    hall: Hall, there: Visit, kind: str
) -> None:
    floor = there.take_in(letters(3), work=False)
    worker = WorkerIdentity(
        engine=EngineName.RQ, name=PLAIN, host="node-7", pid=12, version="0.0.7"
    )
    with floor.workshop.database.write() as connection:
        claimed = claim_next(connection, worker=worker, now=utc_now(), lease_seconds=60)
        assert claimed is not None
        if kind == "dead":
            trouble = Trouble(outcome=Outcome.LOST, error_type="WorkerDied", error="gone")
            record_trouble(
                connection,
                claimed.attempt_id,
                trouble=trouble,
                policy=floor.workshop.policy,
                now=utc_now(),
            )
    if kind == "alive":
        hall.enlist(PLAIN, state="busy", version="3.0.1")
        hall.wait(1)

    lead = lead_of(there.visitor().get("/workers").text, "b9c1f0d2")

    assert "rq worker 0.0.7" not in lead
    assert "email-parser 0.0.7" in lead
    assert ("RQ 3.0.1" in lead) is (kind == "alive")
