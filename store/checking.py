"""Ask one message whether it meets a condition, without an index.

The index knows which words a message holds, not where; what depends on where (phrases, words of
the body alone) is decided here, the same way for both databases.
"""

from __future__ import annotations

from collections.abc import Mapping

from mail.text import without_soft_hyphens
from store.document import Document, Field
from store.expression import (
    And,
    Condition,
    Expression,
    Has,
    Not,
    Or,
    Person,
    Sent,
    Undated,
    Words,
)
from store.marking import first_of
from store.tables_mail import UNDATED
from store.tokens import is_lone_paired_letter, value_tokens


def holds(
    expression: Expression, document: Document, known: Mapping[Condition, bool] | None = None
) -> bool:
    """Whether a message meets an expression.

    `known` answers the conditions that only the database can know (labels, uploads, sizes …).
    """
    match expression:
        case And(parts):
            return all(holds(part, document, known) for part in parts)
        case Or(parts):
            return any(holds(part, document, known) for part in parts)
        case Not(part):
            return not holds(part, document, known)
        case Words():
            return _says(document, expression)
        case Person(field, address):
            return any(address == found.lower() for _, found in document.people(field))
        case Has(fact):
            return fact in document.facts
        case Undated():
            return document.sort_at == UNDATED
        case Sent(since, until):
            return _sent_within(document, since, until)
        case _:
            return (known or {})[expression]


def _says(document: Document, words: Words) -> bool:
    fields = tuple(Field) if words.field is None else (words.field,)
    return any(
        value_says(value.lower(), words) for field in fields for value in document.values(field)
    )


def value_says(lowered: str, words: Words) -> bool:
    """Whether one lower-cased text holds these words."""
    lowered, word = without_soft_hyphens(lowered), words.tokens[0]
    if word not in lowered:
        return False
    if len(words.tokens) > 1:
        # Most texts that hold the first word lack another: found out sooner than by the pattern.
        return all(map(lowered.__contains__, words.tokens)) and (
            first_of(words, lowered) is not None
        )
    if words.open_end or is_lone_paired_letter(word):
        return any(token.startswith(word) for token in value_tokens(lowered))
    return word in value_tokens(lowered)


def _sent_within(document: Document, since: int | None, until: int | None) -> bool:
    return (
        document.sort_at != UNDATED
        and (since is None or document.sort_at >= since)
        and (until is None or document.sort_at < until)
    )
