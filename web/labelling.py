"""Put a label of ours on one message or take it off, with its entry in the audit log."""

from __future__ import annotations

from starlette.requests import Request

from store.audit import record
from store.clock import utc_now
from store.own_labels import put_on, take_off
from store.reading import MessageView
from web.house import house_of
from web.security import current_user


def label_message(request: Request, message: MessageView, name: str, *, on: bool) -> bool:
    """Answers whether that changed anything; `name` is as `fit_label` gives it."""
    now, first = utc_now(), message.first.id
    with house_of(request).database.write() as connection:
        if on:
            changed = put_on(connection, [first], name, now=now)
        else:
            changed = take_off(connection, [first], name)
        if changed:
            record(
                connection,
                actor=current_user(request).actor,
                action="message.label" if on else "message.unlabel",
                subject=f"message:{message.place.name}",
                now=now,
                detail={"label": name},
            )
    return bool(changed)
