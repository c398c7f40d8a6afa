"""One sentence across a redirect: what an action did, shown on the page it leads to.

Carried in a short-lived cookie as the name of a text, never as text: a link cannot make the
console say something.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse

from web.language import N_

NOTICE_COOKIE = "notice"
SHOWN_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the reader. `tone`: good, warn or bad.

    `holds_while`: what has to go on for it to be true. A live part of the page that says that this
    is over (`data-over`) takes the sentence away.
    """

    text: str
    tone: str
    holds_while: str | None = None


NOTICES: dict[str, Notice] = {
    "retried": Notice(N_("The failed chunks are waiting for a worker again."), "good", "waiting"),
    "retried-one": Notice(N_("The failed chunk is waiting for a worker again."), "good", "waiting"),
    "trial": Notice(
        N_("The trial has begun: its chunk is waiting for a worker again."), "good", "trial"
    ),
    "no-trial": Notice(N_("This chunk does not fail for this cause any more."), "warn"),
    "retried-archive": Notice(
        N_("What failed or was cancelled of this archive goes on, its files among it."),
        "good",
        "waiting",
    ),
    "nothing-to-retry": Notice(N_("Nothing had failed, so nothing was retried."), "warn"),
    "cancelled": Notice(N_("The job was cancelled. What is already searchable stays."), "good"),
    "cancelled-archive": Notice(
        N_(
            "The archive and the files that came out of it were cancelled. What is already "
            "searchable stays."
        ),
        "good",
    ),
    "paused-archive": Notice(
        N_("The archive is paused with its files. What is being worked on is finished first."),
        "good",
        "paused",
    ),
    "resumed-archive": Notice(N_("The archive goes on, with its files."), "good", "going-on"),
    "paused": Notice(
        N_("The job is paused. Chunks that are being read are finished first."), "good", "paused"
    ),
    "resumed": Notice(N_("The job goes on."), "good", "going-on"),
    "saved": Notice(N_("The search was saved."), "good"),
    "renamed": Notice(N_("The name was changed."), "good"),
    "saved-view": Notice(N_("The view was saved."), "good"),
    "forgotten-view": Notice(N_("The saved view was removed."), "good"),
    "forgotten": Notice(N_("The saved search was removed."), "good"),
    "marked": Notice(N_("The mark was set: it stands on the charts."), "good"),
    "drained": Notice(N_("The worker was asked to finish what it holds and then to end."), "good"),
    "worker-stopped": Notice(
        N_("The worker was told to end at once. What it was reading waits for another."), "good"
    ),
    "drained-all": Notice(
        N_("All workers were asked to finish what they hold and then to end."), "good"
    ),
    "worker-stopped-all": Notice(
        N_("All workers were told to end at once. What they were reading waits for others."), "good"
    ),
    "errand-stopped": Notice(N_("It was stopped. What is done stays done."), "good"),
    "errand-over": Notice(N_("It was over already."), "warn"),
    "errand-goes-on": Notice(
        N_("It has begun to take mail away and cannot be left half done: it goes on to its end."),
        "warn",
    ),
    "chunk-stopped": Notice(
        N_("The chunk was stopped. What it had read stays; it can be retried."), "good"
    ),
    "chunk-not-running": Notice(N_("The chunk was not being read any more."), "warn"),
    "read-anew": Notice(N_("The message was read again and stored as it was read."), "good"),
    "read-as-copy": Notice(
        N_("The message was read again: it is a copy of one that was met before."), "good"
    ),
    "labelled": Notice(N_("The label was put on."), "good"),
    "unlabelled": Notice(N_("The label was taken off."), "good"),
    "label-as-it-was": Notice(N_("Nothing had to be changed."), "warn"),
    "being-read-again": Notice(
        N_("The file is being read again already, so there was nothing to retry."), "warn"
    ),
    "too-late": Notice(N_("The job was over already."), "warn"),
    "sample": Notice(N_("The sample mbox was imported."), "good"),
    "twin": Notice(
        N_("These very bytes were uploaded before; this is the job that read them."), "warn"
    ),
    "signed-out": Notice(N_("You are signed out."), "good"),
    "password": Notice(N_("The password was changed. Other sessions were signed out."), "good"),
    "language": Notice(N_("The language was changed."), "good"),
    "revoked": Notice(N_("The token was revoked."), "good"),
    "account": Notice(N_("The account was created."), "good"),
}


def notice_of(request: Request) -> Notice | None:
    """What the last action left to say."""
    return NOTICES.get(request.cookies.get(NOTICE_COOKIE, ""))


def go(address: str, *, notice: str | None = None) -> RedirectResponse:
    """See another page next (303), with a notice on it. Raises KeyError for an unknown notice."""
    answer = RedirectResponse(address, status_code=303)
    if notice is not None:
        _ = NOTICES[notice]
        answer.set_cookie(
            NOTICE_COOKIE, notice, max_age=SHOWN_SECONDS, httponly=True, samesite="lax"
        )
    return answer
