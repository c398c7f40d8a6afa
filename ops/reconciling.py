"""`email-parser reconcile`: one round of what the console does in the background.

For installations where nothing runs but workers, and for those who want to see the findings.
"""

from __future__ import annotations

import argparse

from jobs.reconcile import Findings, reconcile
from ops.premises import opened_engine, settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """reconcile"""
    del parser  # it takes no words of its own


def run(args: argparse.Namespace) -> int:
    """Reconcile once; exit status 1 when the queue could not be reached."""
    del args
    with opened_engine(settings()) as engine:
        findings = reconcile(engine.workshop, engine.link)
    print(told(findings))
    return 1 if findings.queue_error else 0


def told(findings: Findings) -> str:
    """What a round set right, in words."""
    numbers = (
        (findings.lost_attempts, "lost attempts given up"),
        (findings.settled_jobs, "jobs settled"),
        (findings.broken_uploads, "abandoned uploads removed"),
        (findings.unheard_bells, "unheard bells forgotten"),
        (findings.rung, "chunks told to the queue"),
    )
    done = ", ".join(f"{number} {what}" for number, what in numbers if number)
    if findings.queue_error:
        return f"{done or 'nothing done'}; the queue cannot be reached: {findings.queue_error}"
    return done or "nothing to mend"
