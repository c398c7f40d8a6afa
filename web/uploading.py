"""Read the body of an upload while it streams in: raw, or one file field of a multipart form.

Nothing is held but the bytes of the moment; where they go is `web.intake`'s business.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from web.form_reader import FormReader, MalformedForm
from web.intake import Intake, Received, Refused

# An answer that comes before the body was read is lost on many clients; a little of the rest is
# read first, so that a small wrong file gets its sentence and not a broken connection.
DRAIN_BYTES = 32 << 20
DRAIN_SECONDS = 5.0


async def receive(request: Request, intake: Intake, *, timeout_seconds: float) -> Received:
    """Take the whole body in. Raises Refused, or ClientDisconnect; then nothing was kept."""
    body = _blocks(request, timeout_seconds=timeout_seconds)
    try:
        if _is_multipart(request):
            await _take_form(request, body, intake)
        else:
            await _take_raw(request, body, intake)
        return await intake.finish()
    except ClientDisconnect:
        raise Refused(400, "The body broke off before its end; nothing of it was kept.") from None
    except Refused:
        await _drain(body)
        raise
    finally:
        await asyncio.shield(intake.abandon())


async def _blocks(request: Request, *, timeout_seconds: float) -> AsyncIterator[bytes]:
    stream = aiter(request.stream())
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), timeout_seconds)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refused(
                408, f"No byte came for {timeout_seconds:g} s; nothing was kept."
            ) from None


async def _drain(body: AsyncIterator[bytes]) -> None:
    read = 0
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for block in body:
                read += len(block)
                if read > DRAIN_BYTES:
                    return
    except (TimeoutError, ClientDisconnect, Refused):
        return


def _is_multipart(request: Request) -> bool:
    return _content_type(request)[0] == b"multipart/form-data"


def _content_type(request: Request) -> tuple[bytes, dict[bytes, bytes]]:
    return parse_options_header(request.headers.get("content-type"))


def declared_size(request: Request) -> int | None:
    """The Content-Length, if there is a usable one."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def wants_again(request: Request) -> bool:
    """True when the sender wants the bytes taken in although they are here already."""
    return request.query_params.get("again") == "1"


async def _take_raw(request: Request, body: AsyncIterator[bytes], intake: Intake) -> None:
    expected = declared_size(request)
    await intake.begin(request.query_params.get("filename"), declared_size=expected)
    async for block in body:
        await intake.feed(block)
    if expected is not None and intake.size != expected:
        raise Refused(400, f"{intake.size} of {expected} bytes came; nothing of them was kept.")


async def _take_form(request: Request, body: AsyncIterator[bytes], intake: Intake) -> None:
    boundary = _content_type(request)[1].get(b"boundary")
    if not boundary:
        raise Refused(400, "A multipart body needs a boundary in its Content-Type.")
    form = FormReader(boundary)
    begun = False
    async for block in body:
        for piece in _pieces(form, block):
            if not begun:
                await intake.begin(
                    request.query_params.get("filename") or form.filename,
                    declared_size=declared_size(request),
                )
                begun = True
            await intake.feed(piece)
    if not form.ended:
        raise Refused(400, "The form broke off before its end; nothing of it was kept.")
    if not begun and form.filename is None:
        raise Refused(400, "There is no file in this form.")
    if not begun:
        raise Refused(400, "The file is empty: there is nothing to take in.")


def _pieces(form: FormReader, block: bytes) -> list[bytes]:
    try:
        return form.read(block)
    except MalformedForm as error:
        raise Refused(400, str(error)) from error
