"""Bringing mail in without a script: the plain form, and the sample that is part of the program."""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from web.house import house_of
from web.intake import Intake, Received, Refused
from web.notices import go
from web.pages.upload import show_upload
from web.security import current_user
from web.uploading import receive, wants_again

SAMPLE = Path(__file__).parents[1] / "sample" / "sample.mbox"


async def upload(request: Request) -> Response:
    """`POST /upload`: a multipart form with one file, streamed to the spool like any other."""
    house = house_of(request)
    intake = Intake(house, by=current_user(request).actor, again=wants_again(request))
    try:
        received = await receive(request, intake, timeout_seconds=house.config.read_timeout_seconds)
    except Refused as refusal:
        return await run_in_threadpool(
            show_upload, request, trouble=refusal.detail, status=refusal.status_code
        )
    if received.twin is not None:
        return await run_in_threadpool(show_upload, request, twin=received.twin)
    return _to_job(received, notice=None)


async def import_sample(request: Request) -> Response:
    """`POST /sample`: the bundled mbox takes the way of every upload."""
    intake = Intake(house_of(request), by=current_user(request).actor, again=False)
    sample = await run_in_threadpool(SAMPLE.read_bytes)
    try:
        await intake.begin(SAMPLE.name, declared_size=len(sample))
        await intake.feed(sample)
        received = await intake.finish()
    finally:
        await intake.abandon()
    return _to_job(received, notice="sample")


def _to_job(received: Received, *, notice: str | None) -> Response:
    return go(f"/jobs/{received.job_id}", notice="twin" if received.twin else notice)
