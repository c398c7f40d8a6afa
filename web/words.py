"""The words and shapes of states: one visual language for every page.

A state has a word, a tone (its colour) and a shape (its icon), so that nothing is told by colour
alone. A word that is not known here is shown as it is: a newer worker may send one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.worker_names import pid_told_by
from store.states import EngineName, JobState
from web.language import N_


@dataclass(frozen=True, slots=True)
class Word:
    """How a state is shown. `tone`: calm, active, good, warn or bad; `shape`: an icon's name.

    `hint`: what it means, of words that are not everybody's.
    """

    text: str
    tone: str
    shape: str
    hint: str = ""


# RQ names its workers by 32 digits; the first eight are in its own log lines too.
SHORT_NAME = 14

STATES: dict[str, Word] = {
    # jobs
    "queued": Word(N_("Queued"), "calm", "ring"),
    "planning": Word(N_("Planning"), "active", "half"),
    "unpacking": Word(N_("Unpacking"), "active", "half"),
    "running": Word(N_("Running"), "active", "play"),
    "rereading": Word(
        N_("Being read again"),
        "active",
        "again",
        N_("Its messages are removed first; then it is read anew."),
    ),
    "finished": Word(N_("Finished"), "good", "check"),
    "incomplete": Word(N_("Incomplete"), "warn", "gap"),
    "failed": Word(N_("Failed"), "bad", "cross"),
    "cancelled": Word(N_("Cancelled"), "calm", "bar"),
    # chunks
    "paused": Word(N_("Paused"), "warn", "pause"),
    "stopped": Word(N_("Stopped"), "calm", "bar"),
    "waiting": Word(N_("Waiting"), "calm", "ring"),
    "recovered": Word(N_("Done after a retry"), "good", "again"),
    "retrying": Word(N_("Waiting to retry"), "warn", "again"),
    "done": Word(N_("Done"), "good", "check"),
    # what was retried
    "succeeded": Word(N_("Succeeded"), "good", "check"),
    "same": Word(N_("Failed again with the same cause"), "bad", "cross"),
    "other": Word(N_("Failed again with another cause"), "bad", "cross"),
    "partly": Word(N_("Partly succeeded"), "warn", "gap"),
    "failed_again": Word(N_("Failed again"), "bad", "cross"),
    "over": Word(N_("Over"), "calm", "bar"),
    # attempts
    "lost": Word(
        N_("Lost"),
        "bad",
        "broken",
        N_("Nothing was heard of it in time; its chunk went to another."),
    ),
    "failed_before": Word(N_("Failed before, done since"), "calm", "cross"),
    "lost_before": Word(N_("Lost before, done since"), "calm", "broken"),
    "fenced": Word(
        N_("Fenced off"),
        "calm",
        "bar",
        N_("Another had been given its chunk meanwhile, so nothing more of it was kept."),
    ),
    "drained": Word(
        N_("Drained"),
        "calm",
        "bar",
        N_("It made way because its worker was to end; another goes on from there."),
    ),
    "late": Word(
        N_("Late"), "warn", "clock", N_("It missed a beat; if it stays silent, it counts as lost.")
    ),
    # ledger
    "message": Word(N_("Messages"), "good", "check"),
    "duplicate": Word(N_("Duplicates"), "calm", "twin"),
    "quarantined": Word(
        N_("Quarantined"),
        "warn",
        "octagon",
        N_("Kept, but not read: too large, too slow, or it ended its reader."),
    ),
    "preamble": Word(N_("Before the first message"), "calm", "bar"),
    "trailer": Word(N_("After the last message"), "calm", "bar"),
    "member": Word(N_("Packed files"), "good", "check"),
    "structure": Word(N_("Headers and lists of the archive"), "calm", "bar"),
    "gap": Word(N_("Not accounted for"), "bad", "gap"),
    # workers
    "idle": Word(N_("Idle"), "calm", "ring"),
    "busy": Word(N_("Busy"), "active", "play"),
    "draining": Word(N_("Draining"), "warn", "half"),
    "stuck": Word(N_("Stuck"), "bad", "octagon"),
    "astray": Word(N_("Astray"), "bad", "fork"),
    "elsewhere": Word(N_("Other queues"), "calm", "bar"),
    "presumed_dead": Word(N_("Presumed dead"), "bad", "broken"),
    "orphaned_horse": Word(N_("Orphaned work-horse"), "warn", "gap"),
    "ghost_entry": Word(N_("Ghost entry"), "calm", "broken"),
    "unregistered": Word(N_("Alive, not listed"), "warn", "gap"),
    # uploads
    "receiving": Word(N_("Receiving"), "active", "half"),
    "stored": Word(N_("Stored"), "good", "check"),
    "broken": Word(N_("Broken off"), "bad", "broken"),
    "deleting": Word(N_("Being deleted"), "warn", "half"),
    "deleted": Word(N_("Deleted"), "calm", "bar"),
    "taken": Word(N_("Taken in"), "good", "check"),
    "here_already": Word(N_("Here already"), "calm", "twin"),
    "refused": Word(N_("Not taken in"), "bad", "cross"),
}

# Of jobs, which go on by turns: that one was begun, and what is done about it at this moment.
BEGUN = Word(N_("Begun"), "active", "play")
READ = Word(N_("Reading"), "active", "play")
WAITS = Word(N_("Waiting for a worker"), "calm", "ring")

ROLES = {"viewer": N_("Viewer"), "operator": N_("Operator"), "admin": N_("Administrator")}
ENGINES = {"rq": N_("Workers (RQ)"), "local": N_("Local fallback")}
WORKER_KINDS = {
    "email-parser worker": "email-parser worker",
    "rq worker": "rq worker",
    "local": N_("Child of the console"),
}
KINDS = {"plan": N_("Plan"), "parse": N_("Parse")}

ACTIONS = {
    "account.sign_in": N_("signed in"),
    "account.password": N_("changed the password"),
    "account.add": N_("added an account"),
    "account.create": N_("added an account"),
    "account.link": N_("made a sign-in link"),
    "token.add": N_("made a token"),
    "token.create": N_("made a token"),
    "token.revoke": N_("revoked a token"),
    "upload.stored": N_("uploaded a file"),
    "job.retry": N_("retried a job"),
    "job.pause": N_("paused a job"),
    "job.resume": N_("resumed a job"),
    "worker.drain": N_("drained a worker"),
    "worker.stop": N_("stopped a worker"),
    "worker.vanished": N_("found a worker gone"),
    "workers.drain": N_("drained all workers"),
    "workers.stop": N_("stopped all workers"),
    "mark.set": N_("set a mark"),
    "console.start": N_("started the console"),
    "errand.delete_upload": N_("deleted a file"),
    "errand.read_again": N_("had a file read again"),
    "errand.retry_failed": N_("retried failures"),
    "errand.retry_jobs": N_("retried jobs"),
    "errand.pause_jobs": N_("paused jobs"),
    "errand.resume_jobs": N_("resumed jobs"),
    "errand.cancel_jobs": N_("cancelled jobs"),
    "errand.delete_jobs": N_("deleted jobs"),
    "errand.done": N_("finished an errand"),
    "errand.failed": N_("could not finish an errand"),
    "errand.over": N_("saw that what an errand had put back is over"),
    "errand.export": N_("exported messages"),
    "job.cancel": N_("cancelled a job"),
    "job.delete": N_("deleted a file"),
    "errand.label": N_("put a label on all that match"),
    "errand.unlabel": N_("took a label off all that match"),
    "errand.read_found": N_("had all that match read again"),
    "message.label": N_("put a label on a message"),
    "message.unlabel": N_("took a label off a message"),
    "message.read_again": N_("had a message read again"),
    "chunk.retry": N_("retried a chunk"),
    "chunk.stop": N_("stopped a chunk"),
    "errand.stop": N_("stopped an errand"),
    "console.deploy": N_("a new version of the console began"),
    "worker.deploy": N_("workers began a new version"),
}


# What was uploaded, where the entry says it; older ones do not.
UPLOADED = {
    "mbox": N_("uploaded an mbox"),
    "eml": N_("uploaded a single message (.eml)"),
    "archive": N_("uploaded an archive"),
}

# An errand that retries is done as soon as the work waits again, which is not its end.
PUT_BACK = {
    "retry_failed": N_("put back what had failed, to be read again"),
    "retry_jobs": N_("put back what had failed, to be read again"),
    "retry_members": N_("put back what had failed, to be read again"),
}

ACTORS = {"account": "", "token": N_("API token"), "command": N_("command line"), "system": ""}


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who acts: the name, and what kind of somebody where it is no person."""

    name: str
    note: str


# Failures that say something of the file and nothing of the program; others keep their own name.
CAUSES = {
    "NoMessages": N_("No mail in it"),
    "CannotUnpack": N_("It cannot be unpacked"),
}


def cause(error_type: str | None) -> str:
    """What a kind of failure is called."""
    return CAUSES.get(error_type, error_type) if error_type else N_("Unknown cause")


def who(actor: str) -> Who:
    """Who "account:ann", "token:ci" or "system" is."""
    kind, _, name = actor.partition(":")
    if kind in ACTORS:
        return Who(name or "email-parser", ACTORS[kind])
    return Who(actor, "")


def action(name: str) -> str:
    """The words for an act in the audit log."""
    return ACTIONS.get(name, name)


def state(name: str) -> Word:
    """The word for a state; unknown ones read as they are written."""
    known = STATES.get(str(name).replace(" ", "_"))
    return known or Word(str(name).replace("_", " "), "calm", "ring")


def begun(name: str) -> Word:
    """The word for where jobs stand, many of them: begun, though a worker may be at none now."""
    return BEGUN if name == JobState.RUNNING else state(name)


def now(standing: str, *, waits: bool) -> Word:
    """The word for one job at this moment; `waits`: it was begun, and no worker is at it."""
    if waits:
        return WAITS
    return READ if standing == JobState.RUNNING else state(standing)


def role(name: str) -> str:
    """The word for a role."""
    return ROLES.get(str(name), str(name))


def engine(name: str) -> str:
    """The word for who runs attempts."""
    return ENGINES.get(str(name), str(name))


def worker_kind(name: str) -> str:
    """The command that started a worker."""
    return WORKER_KINDS.get(name, name)


def short_name(name: str, *, host: str | None) -> str:
    """As much of a worker's name as tells it from its neighbours: beside it stand host and pid."""
    own = re.sub(r"^\d+-", "", name.removeprefix(f"{host}-"))
    if host is None and "-" in own:
        return own  # its beginning is then the host's name, which its neighbours share
    return own if len(own) <= SHORT_NAME else f"{own[:8]}…"


def called(name: str, *, host: str | None, engine: EngineName, pid: int | None) -> str:
    """What a worker is called beside its host, from what is known of it and of its attempts alike.

    The pid of an attempt is its work-horse's, so it counts only where there are no horses.
    """
    told = pid if engine is EngineName.LOCAL else pid_told_by(name)
    return str(told) if told else short_name(name, host=host)


def kind(name: str) -> str:
    """The word for what is done with a chunk."""
    return KINDS.get(str(name), str(name))
