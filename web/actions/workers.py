"""What may be asked of a worker: to end after what it holds, or at once."""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jobs.bell import QueueUnreachable
from web.forms import Form, own_address
from web.house import house_of
from web.notices import go
from web.pages.ask_act import worker_to_tell
from web.security import current_user


def drain_worker(request: Request, form: Form) -> Response:
    """`POST /workers/drain`. Raises NotFound, and HTTPException 503 when Redis is away."""
    ask(request, form.get("name", ""), house_of(request).dispatch.drain_worker)
    return go(own_address(form.get("next"), default="/workers"), notice="drained")


def stop_worker(request: Request, form: Form) -> Response:
    """`POST /workers/stop`. Raises NotFound, and HTTPException 503 when Redis is away."""
    ask(request, form.get("name", ""), house_of(request).dispatch.stop_worker)
    return go(own_address(form.get("next"), default="/workers"), notice="worker-stopped")


def ask(request: Request, name: str, wish: Callable[..., object]) -> None:
    """Ask it of a worker that is there to hear it. Raises NotFound, or HTTPException 503."""
    worker_to_tell(request, name)
    try:
        wish(name, actor=current_user(request).actor)
    except QueueUnreachable as error:
        raise HTTPException(503, "The queue cannot be reached just now.") from error
