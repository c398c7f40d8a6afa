"""What may be asked of workers: to end after what they hold, or at once."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jobs.bell import QueueUnreachable
from web.forms import Form, own_address
from web.house import house_of
from web.notices import go
from web.pages.ask_act import (
    Ending,
    ask_about_everybody,
    everybody_to_tell,
    said_of,
    worker_to_tell,
)
from web.security import current_user


def drain_worker(request: Request, form: Form) -> Response:
    """`POST /workers/drain`: of one `name`, or of `all` whom the page `said`.

    Raises NotFound, and HTTPException 503 when Redis is away.
    """
    return _asked(request, form, Ending.DRAIN, notice="drained")


def stop_worker(request: Request, form: Form) -> Response:
    """`POST /workers/stop`: the same. Raises NotFound, and HTTPException 503 without Redis."""
    return _asked(request, form, Ending.STOP_WORKER, notice="worker-stopped")


def _asked(request: Request, form: Form, act: Ending, *, notice: str) -> Response:
    back = own_address(form.get("next"), default="/workers")
    if form.get("all") != "yes":
        ask(request, form.get("name", ""), act)
        return go(back, notice=notice)
    names = [worker.name for worker in everybody_to_tell(request, act)]
    if not names or form.get("said") != said_of(names):
        return ask_about_everybody(request, act, back=back, has_changed=True)
    tell(request, names, act)
    return go(back, notice=f"{notice}-all")


def ask(request: Request, name: str, act: Ending) -> None:
    """Ask it of a worker that is there to hear it. Raises NotFound, or HTTPException 503."""
    worker_to_tell(request, name)
    tell(request, [name], act)


def tell(request: Request, names: Sequence[str], act: Ending) -> None:
    """Tell those workers. Raises HTTPException 503."""
    dispatch, actor = house_of(request).dispatch, current_user(request).actor
    try:
        if act is Ending.DRAIN:
            dispatch.drain_workers(names, actor=actor)
        else:
            dispatch.stop_workers(names, actor=actor)
    except QueueUnreachable as error:
        raise HTTPException(503, "The queue cannot be reached just now.") from error
