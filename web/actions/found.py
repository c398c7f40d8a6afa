"""Acts on all that a search finds, and labels of one message."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.errors import BadRequest
from web.forms import Form
from web.house import house_of
from web.labelling import label_message
from web.letters import require_message
from web.notices import go
from web.pages.found import KINDS, ask_about, label_in, weighed, wish_of
from web.pages.jobs_bulk import CHANGED
from web.security import current_user


def act(request: Request, form: Form) -> Response:
    """`POST /search/all`: done beside, if it is still what the person was told."""
    wish = wish_of(form)
    if form.get("said") != weighed(request, wish).said:
        return ask_about(request, wish, trouble=CHANGED)
    house, actor = house_of(request), current_user(request).actor
    errand_id = house.dispatch.ask(KINDS[wish.act], wish.parameters, actor=actor)
    house.errands.wake()
    return go(f"/errands/{errand_id}")


def label_one(request: Request, form: Form) -> Response:
    """`POST /messages/{id}/labels`: put a label of ours on, or take it off."""
    message, name = require_message(request), label_in(form)
    notices = {"label": "labelled", "unlabel": "unlabelled"}
    notice = notices.get(form.get("act", ""))
    if notice is None:
        raise BadRequest("There is no such act.")
    on, off = ([name], []) if form["act"] == "label" else ([], [name])
    changed = label_message(request, message, on=on, off=off)
    return go(f"/messages/{message.place.name}", notice=notice if changed else "label-as-it-was")
