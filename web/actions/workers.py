"""What may be asked of a worker: to finish what it holds and then to end."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jobs.bell import QueueUnreachable
from jobs.draining import ask_to_drain
from jobs.health import look
from store.audit import record
from store.clock import utc_now
from web.errors import NotFound
from web.forms import Form
from web.house import house_of
from web.notices import go
from web.security import current_user


def drain_worker(request: Request, form: Form) -> Response:
    """`POST /workers/drain`. Raises NotFound, and HTTPException 503 when Redis is away."""
    house, name, now = house_of(request), form.get("name", ""), utc_now()
    health = look(house.database, config=house.config, link=house.link, now=now)
    if house.link is None or not any(w.name == name and w.subscribed for w in health.workers):
        raise NotFound("There is no such worker.")
    try:
        ask_to_drain(house.link, [name])
    except QueueUnreachable as error:
        raise HTTPException(503, "The queue cannot be reached just now.") from error
    with house.database.write() as connection:
        actor = current_user(request).actor
        record(connection, actor=actor, action="worker.drain", subject=f"worker:{name}", now=now)
    return go("/workers", notice="drained")
