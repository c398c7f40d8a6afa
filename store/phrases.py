"""Check phrases on many messages at once, looking at no more of each than it takes.

Most phrases stand in the text, and most messages that hold the words but not the phrase show so
by lacking the words in their headers. What neither settles is left to `store.checking`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from mail.text import without_soft_hyphens
from store.checking import value_says
from store.document import Field
from store.expression import Words
from store.tables_mail import message, message_text

_HEADS = (
    message.c.subject,
    message.c.people,
    message.c.list_id,
    message.c.list_description,
)


def check_phrases(
    connection: Connection, ids: Sequence[int], phrases: Sequence[Words]
) -> dict[int, bool]:
    """Whether each message says all the phrases, for those where it is easily told."""
    if any(words.field not in (None, Field.BODY) for words in phrases):
        return {}
    verdicts: dict[int, bool] = {}
    missing: dict[int, list[Words]] = {}
    for key, text in connection.execute(
        select(message_text.c.id, message_text.c.text).where(message_text.c.id.in_(ids))
    ):
        lowered = text.lower()
        absent = [words for words in phrases if not value_says(lowered, words)]
        if not absent:
            verdicts[key] = True
        elif any(words.field is Field.BODY for words in absent):
            verdicts[key] = False
        else:
            missing[key] = absent
    return verdicts | _without_the_words(connection, missing)


def _without_the_words(
    connection: Connection, missing: Mapping[int, Sequence[Words]]
) -> dict[int, bool]:
    """False for messages whose headers do not even hold the words, whatever their order."""
    if not missing:
        return {}
    rows = connection.execute(
        select(message.c.id, *_HEADS).where(
            message.c.id.in_(missing), message.c.has_attachments.is_(False)
        )
    )
    verdicts = {}
    for key, *texts in rows:
        head = without_soft_hyphens("\n".join(text for text in texts if text).lower())
        if any(token not in head for words in missing[key] for token in words.tokens):
            verdicts[key] = False
    return verdicts
