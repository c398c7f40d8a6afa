"""`/api/search/all`: label or read again all that a search finds; labels of one message.

As on the console's pages: counted first, counted again when sent if the numbers come along, and
done beside as an errand.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.api.messages import require_message
from web.api.wishes import asked_for
from web.api.wishes import wish_of as body_of
from web.errors import BadRequest
from web.labelling import label_message
from web.pages.found import KINDS, FoundView, label_in, weighed, wish_of

# How a program writes the fields of the console's form.
FIELDS = {"act": "act", "query": "q", "label": "label", "charset": "charset", "dialect": "dialect"}
MOST_LABELS = 100


def weigh(request: Request) -> Response:
    """`GET`: what an act on all that match would touch. Changes nothing."""
    return JSONResponse(_weight_json(weighed(request, wish_of(request.query_params))))


async def begin(request: Request) -> Response:
    """`POST`: have it done beside; 202 and where it stands."""
    return await run_in_threadpool(_begin, request, await request.body())


def _begin(request: Request, body: bytes) -> Response:
    asked = body_of(body)
    wide, said = asked.get("wide", False), asked.get("said")
    texts = {
        FIELDS[name]: value for name, value in asked.items() if name in FIELDS and value is not None
    }
    if not all(isinstance(value, str) for value in texts.values()) or "query" not in asked:
        raise BadRequest("act and query are texts, and so are label, charset and dialect.")
    if not isinstance(wide, bool) or not isinstance(said, str | None):
        raise BadRequest("wide is true or false, said is the text that was answered.")
    wish = wish_of({**texts, "wide": "yes" if wide else ""})
    view = weighed(request, wish)
    if said is not None and said != view.said:
        raise HTTPException(
            409, f"It was {said} when it was counted and is {view.said} now; nothing was done."
        )
    return asked_for(request, KINDS[wish.act], wish.parameters)


def _weight_json(view: FoundView) -> dict[str, object]:
    weight = view.weight
    return {
        "act": view.wish.act,
        **view.wish.parameters,
        "count": weight.count.value,
        "count_is_exact": not weight.count.more,
        "looked_at": weight.looked_at,
        "changes": view.touched,
        "bytes": weight.size,
        "quarantined": weight.quarantined,
        "said": view.said,
    }


async def label(request: Request) -> Response:
    """`POST /api/messages/{id}/labels`: put labels of ours on a message, take others off."""
    return await run_in_threadpool(_label, request, await request.body())


def _label(request: Request, body: bytes) -> Response:
    message, asked = require_message(request), body_of(body)
    on, off = (_labels_in(asked.get(name, [])) for name in ("put_on", "take_off"))
    changed = label_message(request, message, on=on, off=off)
    after = require_message(request)
    return JSONResponse(
        {"own_labels": after.own_labels, "labels": after.labels, "changed": changed}
    )


def _labels_in(asked: object) -> list[str]:
    if not isinstance(asked, list) or len(asked) > MOST_LABELS:
        raise BadRequest(f"put_on and take_off are lists of at most {MOST_LABELS} labels.")
    if not all(isinstance(name, str) for name in asked):
        raise BadRequest("A label is a text.")
    return [label_in({"label": name}) for name in asked]
