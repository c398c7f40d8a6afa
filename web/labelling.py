"""Put labels of ours on one message or take them off, with their entries in the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from store.audit import record
from store.clock import utc_now
from store.hashing import label_key
from store.own_labels import put_on, take_off
from store.reading import MessageView
from web.house import house_of
from web.security import current_user


def label_message(
    request: Request, message: MessageView, *, on: Sequence[str] = (), off: Sequence[str] = ()
) -> int:
    """Answers how many of them that changed; the names are as `fit_label` gives them.

    One transaction: all of it is done, or nothing.
    """
    now, first = utc_now(), [message.first.id]
    with house_of(request).database.write() as connection:
        # By number, as everybody writes labels; the turn for the audit log comes last.
        put = [one for one in sorted(on, key=label_key) if put_on(connection, first, one, now=now)]
        taken = [one for one in off if take_off(connection, first, one)]
        acts = [("message.label", one) for one in put] + [("message.unlabel", one) for one in taken]
        for action, name in acts:
            record(
                connection,
                actor=current_user(request).actor,
                action=action,
                subject=f"message:{message.place.name}",
                now=now,
                detail={"label": name},
            )
    return len(acts)
