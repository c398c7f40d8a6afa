"""Before a worker, a chunk, an errand or a token is ended: what would happen, asked on a page.

`GET` of the address that ends it. A page and not a script's question, as `web.pages.ask`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jobs.health_view import WorkerHealth
from jobs.strays import look_with_strays
from store.api_tokens import ApiToken, tokens
from store.attempts import attempts_of_chunk
from store.chunks import AttemptView
from store.clock import utc_now
from store.errands import find_errand
from store.states import Outcome
from web.asked import text_of
from web.errand_lines import ErrandLine, lines_of
from web.errors import NotFound
from web.forms import own_address
from web.given_away import may_stop
from web.house import house_of
from web.render import render

# The highest number of a chunk or an errand that a database knows.
HIGHEST = (1 << 31) - 1


class Ending(StrEnum):
    """What is asked about."""

    DRAIN = "drain"
    STOP_WORKER = "stop-worker"
    STOP_CHUNK = "stop-chunk"
    STOP_ERRAND = "stop-errand"
    REVOKE = "revoke"


ACTIONS = {Ending.DRAIN: "/workers/drain", Ending.STOP_WORKER: "/workers/stop"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """How many workers beside one take work, and how many are there and take none."""

    taking: int = 0
    idling: int = 0  # they are late, draining, stuck or astray


@dataclass(frozen=True, slots=True, kw_only=True)
class AskActView:
    """A question. Of `worker`, `attempt`, `line` and `token` those that it is about; None for
    what is over already."""

    act: Ending
    action: str  # where its form goes
    fields: tuple[tuple[str, str], ...]
    back: str
    worker: WorkerHealth | None = None
    everybody: tuple[WorkerHealth, ...] = ()  # when all workers are asked
    has_changed: bool = False  # who is there, since somebody was asked first
    others: Others = Others()
    attempt: AttemptView | None = None  # of the chunk that would be left or finished
    line: ErrandLine | None = None
    token: ApiToken | None = None


def drain_page(request: Request) -> Response:
    """`GET /workers/drain?name=`, or `?all=yes`. Raises NotFound, and HTTPException 503."""
    return _ask_about_workers(request, Ending.DRAIN)


def stop_worker_page(request: Request) -> Response:
    """`GET /workers/stop?name=`, or `?all=yes`. Raises NotFound, and HTTPException 503."""
    return _ask_about_workers(request, Ending.STOP_WORKER)


def _ask_about_workers(request: Request, act: Ending) -> Response:
    name, back = text_of(request, "name"), _back(request, "/workers")
    if text_of(request, "all") == "yes":
        return ask_about_everybody(request, act, back=back)
    worker, others = worker_to_tell(request, name)
    view = AskActView(
        act=act,
        action=ACTIONS[act],
        fields=(("name", name), ("next", back)),
        back=back,
        worker=worker,
        others=others,
        attempt=worker.current,
    )
    return render(request, "pages/ask_act.html", view)


def ask_about_everybody(
    request: Request, act: Ending, *, back: str, has_changed: bool = False
) -> Response:
    """The question about all workers; who they are is looked at again when it is sent.

    Raises HTTPException 503 when Redis is away.
    """
    workers = tuple(everybody_to_tell(request, act))
    view = AskActView(
        act=act,
        action=ACTIONS[act],
        fields=(("all", "yes"), ("said", said_of([one.name for one in workers])), ("next", back)),
        back=back,
        everybody=workers,
        has_changed=has_changed,
    )
    return render(request, "pages/ask_act.html", view)


def said_of(names: Sequence[str]) -> str:
    """What a question says of whom it asks: another worker in the place of one is another text."""
    return f"{len(names)}-{crc32(repr(sorted(names)).encode()):08x}"


def everybody_to_tell(request: Request, act: Ending) -> list[WorkerHealth]:
    """All workers that are there to hear it; who drains already is not asked to drain.

    Raises HTTPException 503 when Redis is away.
    """
    is_new = act is not Ending.DRAIN
    return [one for one in _there(request) if is_new or one.asked_to_end_at is None]


def worker_to_tell(request: Request, name: str) -> tuple[WorkerHealth, Others]:
    """A worker that is there to hear it, and which others are.

    Raises NotFound, and HTTPException 503 when Redis is away.
    """
    there = _there(request)
    found = next((one for one in there if one.name == name), None)
    if found is None:
        raise NotFound("There is no such worker.")
    taking = [one.state.takes_work for one in there if one.name != name]
    return found, Others(taking=sum(taking), idling=len(taking) - sum(taking))


def _there(request: Request) -> list[WorkerHealth]:
    house = house_of(request)
    health, _ = look_with_strays(
        house.database, config=house.config, link=house.link, now=utc_now()
    )
    if house.link is not None and not health.workers_are_known:
        raise HTTPException(503, "The queue cannot be reached just now.")
    return [one for one in health.workers if one.can_be_told]


def stop_chunk_page(request: Request) -> Response:
    """`GET /chunks/{id}/stop`."""
    chunk_id, back = request.path_params["id"], _back(request, "/workers")
    tries: list[AttemptView] = []
    if chunk_id <= HIGHEST:
        with house_of(request).database.read() as connection:
            tries = attempts_of_chunk(connection, chunk_id, limit=1)
    view = AskActView(
        act=Ending.STOP_CHUNK,
        action=f"/chunks/{chunk_id}/stop",
        fields=(("next", back),),
        back=back,
        attempt=next((one for one in tries if one.outcome is Outcome.RUNNING), None),
    )
    return render(request, "pages/ask_act.html", view)


def stop_errand_page(request: Request) -> Response:
    """`GET /errands/{id}/stop`. Raises NotFound, and HTTPException 403 as the act does."""
    errand_id, database = request.path_params["id"], house_of(request).database
    with database.read() as connection:
        errand = find_errand(connection, errand_id) if errand_id <= HIGHEST else None
    if errand is None:
        raise NotFound("There is no such errand.")
    if not may_stop(request, errand):
        raise HTTPException(403, "Your role does not allow this.")
    line = lines_of(database, [errand])[0]
    view = AskActView(
        act=Ending.STOP_ERRAND,
        action=f"/errands/{errand_id}/stop",
        fields=(),
        back=f"/errands/{errand_id}",
        line=line if line.can_stop else None,
    )
    return render(request, "pages/ask_act.html", view)


def revoke_page(request: Request) -> Response:
    """`GET /settings/tokens/revoke?name=`. Raises NotFound."""
    name = text_of(request, "name")
    with house_of(request).database.read() as connection:
        token = next((one for one in tokens(connection) if one.name == name), None)
    if token is None:
        raise NotFound("There is no such token.")
    view = AskActView(
        act=Ending.REVOKE,
        action="/settings/tokens/revoke",
        fields=(("name", name),),
        back="/settings",
        token=None if token.revoked_at else token,
    )
    return render(request, "pages/ask_act.html", view)


def _back(request: Request, default: str) -> str:
    return own_address(text_of(request, "next", at_most=2000), default=default)
