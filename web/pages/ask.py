"""`GET /jobs/{id}/pause`, `/cancel`, `/delete`: what would happen, asked before it does.

A page and not a script's question, so that nobody is asked less for having no scripts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from store.counted_on import CountsOn, counting_on_upload
from store.elsewhere import held_elsewhere
from store.forecast import OpenChunks, messages_with_members, open_chunks
from store.held import NOTHING
from store.job_view import JobView
from store.outer import weight_of_upload
from store.overall import AT_WORK
from web.fragments.progress import require_job
from web.house import house_of
from web.language import N_
from web.render import render

MOVED_ON = N_(
    "Nothing was done: things have moved on since you were told what would happen. "
    "This is how it is now."
)


class Act(StrEnum):
    """What is asked about; also the last word of its address."""

    PAUSE = "pause"
    CANCEL = "cancel"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesOpen:
    """Files that came out of an archive and are not over: those at work, and those that wait."""

    running: int
    waiting: int

    @classmethod
    def of(cls, job: JobView) -> FilesOpen:
        """None of them, for what is no archive."""
        here = [one for one in (job.held or NOTHING).standings if one.came_out and not one.is_over]
        every = sum(one.files for one in here)
        running = sum(one.files for one in here if one.standing in AT_WORK)
        return cls(running=running, waiting=every - running)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """A question about a job. `messages` are in the books; `trouble` is why it is asked again."""

    job: JobView
    act: Act
    open: OpenChunks
    messages: int
    stay: int | None  # of them, to be found in other files afterwards; None where that is not known
    files_open: FilesOpen  # that came out of it and are not over
    files: int  # that came out of it
    bytes: int  # of it and of them
    counted_on: tuple[CountsOn, ...]  # by archives that lose mail when it is deleted
    trouble: str | None

    @property
    def members_lost(self) -> int:
        """Members of other archives that lose their mail."""
        return sum(one.members for one in self.counted_on)


def pause_page(request: Request) -> Response:
    """Before a job is paused. Raises NotFound."""
    return ask_about(request, require_job(request), Act.PAUSE)


def cancel_page(request: Request) -> Response:
    """Before a job is cancelled. Raises NotFound."""
    return ask_about(request, require_job(request), Act.CANCEL)


def delete_page(request: Request) -> Response:
    """Before a file is deleted. Raises NotFound."""
    return ask_about(request, require_job(request), Act.DELETE)


def ask_about(request: Request, job: JobView, act: Act, *, trouble: str | None = None) -> Response:
    """The question with the numbers of this moment; with `trouble`, nothing was done (409)."""
    stay = None
    if act is Act.DELETE:
        # By itself: where it takes too long, its connection is of no use any more.
        with house_of(request).database.read() as connection:
            stay = held_elsewhere(connection, job.upload_id)
    with house_of(request).database.read() as connection:
        files, size = weight_of_upload(connection, job.upload_id)
        view = AskView(
            job=job,
            act=act,
            open=open_chunks(connection, job.id),
            messages=messages_with_members(connection, job.upload_id),
            stay=stay,
            files_open=FilesOpen.of(job),
            files=files - 1,
            bytes=size,
            counted_on=counting_on_upload(connection, job.upload_id) if act is Act.DELETE else (),
            trouble=trouble,
        )
    return render(request, "pages/ask.html", view, status=409 if trouble else 200)
