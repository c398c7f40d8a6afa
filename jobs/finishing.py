"""What every kind of work writes down when it has come to the end of its chunk."""

from __future__ import annotations

from store.claims import Claim, finish
from store.clock import now_of
from store.database import Transaction
from store.states import Outcome
from store.vitals import Vitals, end_attempt


def finish_chunk(connection: Transaction, claimed: Claim, *, vitals: Vitals) -> None:
    """The chunk is done, and so is the attempt. Raises store.claims.Fenced.

    In one transaction: a done chunk must not be left with an attempt that looks lost.
    """
    now = now_of(connection)
    finish(connection, claimed, now=now)
    end_attempt(connection, claimed.attempt_id, outcome=Outcome.DONE, vitals=vitals, now=now)
