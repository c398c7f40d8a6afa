"""The search language: a line of text into an expression, or into the character at fault.

One grammar for pages, API and command line; `docs/search.md` teaches it. What an expression
means in a database stands in `store.matching`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mail.text import tokens
from store import query_values as values
from store.document import Field
from store.expression import (
    And,
    Expression,
    InUpload,
    Labelled,
    Not,
    Or,
    Person,
    WithMessageId,
    Words,
)
from store.query_lexer import Piece, Sign, cleaned, pieces, quoted
from store.results import Chip, QueryError

MOST_ASKED = 200
DEEPEST_BRACKETS = 50

_FIELDS = {str(field): field for field in Field}
# With a dot after the @, or between angle brackets, an address is meant as a whole.
_ADDRESS = re.compile(r"<([^\s<>*]+)>|[^\s@*<>]+@[^\s@*<>]+\.[^\s@*<>]+")
_PEOPLE = (Field.SENDER, Field.TO, Field.CC, Field.BCC)
_DATES = {"after": values.since, "before": values.until, "on": values.within, "date": values.within}
_VALUES: dict[str, Callable[[str], Expression]] = {
    "larger": values.larger,
    "smaller": values.smaller,
    "has": values.fact,
    "is": values.state,
    "label": Labelled,
    "in": InUpload,
    "type": values.file_type,
    "sha256": values.file_digest,
    "id": lambda text: WithMessageId(text.strip("<> ")),
}
FIELDS = (*_FIELDS, *_DATES, *_VALUES)
FIELD_NAMES = frozenset(FIELDS)


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was understood."""

    text: str  # as given, control characters taken out
    expression: Expression
    chips: tuple[Chip, ...]


def parse(text: str, *, now: datetime) -> Query:
    """Understand a query. Raises QueryError, which says where it went wrong."""
    text = cleaned(text)
    try:
        parts = _Parser(text, now).whole()
        if not parts and text.strip():
            raise _asks_for_nothing(text)
    except QueryError as error:
        error.query = text
        raise
    return Query(text, _all([part.expression for part in parts]), _chips(text, parts))


def _asks_for_nothing(text: str) -> QueryError:
    """Why a text that is understood means nothing: it has no word, or only ANDs."""
    joiner = next((piece for piece in pieces(text, FIELD_NAMES) if piece.sign is Sign.AND), None)
    if joiner is None:
        return QueryError(0, "There is no letter and no digit in it to look for.")
    return QueryError(
        joiner.start,
        "AND stands between two conditions. Between quotation marks it is a word to look for.",
    )


class _Misplaced(ValueError):
    """A mistake in the middle of a piece, `at` characters after its beginning."""

    def __init__(self, at: int, sentence: str) -> None:
        super().__init__(sentence)
        self.at = at


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of meaning and where it stood."""

    expression: Expression
    kind: str
    start: int
    stop: int


class _Parser:
    """Reads pieces from left to right, one ahead. Each method leaves behind what it understood."""

    def __init__(self, text: str, now: datetime) -> None:
        self._pieces = pieces(text, FIELD_NAMES)
        self._ahead = next(self._pieces)
        self._now = now
        self._depth = 0
        self._asked = 0

    def whole(self) -> list[_Part]:
        """The conditions of the whole query that all must hold."""
        parts = self._alternatives(None)
        if self._ahead.sign is not Sign.END:
            raise QueryError(self._ahead.start, "This bracket was never opened.")
        return parts

    def _take(self) -> Piece:
        taken = self._ahead
        if taken.sign is not Sign.END:
            self._ahead = next(self._pieces)
        return taken

    def _alternatives(self, field: str | None) -> list[_Part]:
        """`a b OR c d`; when there is no OR, the conditions one by one."""
        branches = [self._conjunction(field)]
        while self._ahead.sign is Sign.OR:
            joiner = self._take()
            branches.append(self._conjunction(field))
            if not branches[-2] or not branches[-1]:
                raise QueryError(joiner.start, "OR needs something on both sides.")
        if len(branches) == 1:
            return branches[0]
        either = Or(tuple(_all([part.expression for part in branch]) for branch in branches))
        return [_Part(either, "any", branches[0][0].start, branches[-1][-1].stop)]

    def _conjunction(self, field: str | None) -> list[_Part]:
        parts: list[_Part] = []
        while self._ahead.sign not in (Sign.END, Sign.CLOSE, Sign.OR):
            if self._ahead.sign is Sign.AND:
                self._take()
            elif part := self._signed(field):
                parts.append(part)
        return parts

    def _signed(self, field: str | None) -> _Part | None:
        start, excluded = self._ahead.start, False
        while self._ahead.sign is Sign.NOT:
            last = self._take()
            excluded = not excluded
            if self._ahead.sign in (Sign.END, Sign.CLOSE, Sign.OR, Sign.AND):
                raise QueryError(last.start, "There is nothing after it to exclude.")
        part = self._operand(field)
        if part is None or not excluded:
            return part
        return _Part(Not(part.expression), part.kind, start, part.stop)

    def _operand(self, field: str | None) -> _Part | None:
        piece = self._take()
        match piece.sign:
            case Sign.OPEN:
                return self._bracket(piece, field)
            case Sign.FIELD:
                return self._field(piece)
            case _:
                return self._condition(piece, field)

    def _field(self, name: Piece) -> _Part:
        if self._ahead.start != name.stop or self._ahead.sign is Sign.END:
            raise QueryError(name.stop, f"“{name.text}:” needs a value right after the colon.")
        value = self._take()
        if value.sign is Sign.OPEN:
            part = self._bracket(value, name.text)
        elif value.sign in (Sign.WORD, Sign.QUOTED, Sign.OR, Sign.AND):
            part = self._condition(value, name.text)
        else:
            raise QueryError(name.stop, f"“{name.text}:” needs a value right after the colon.")
        if part is None:
            raise QueryError(value.start, "There is no letter and no digit in it to look for.")
        return _Part(part.expression, name.text, name.start, part.stop)

    def _bracket(self, opening: Piece, field: str | None) -> _Part | None:
        self._depth += 1
        if self._depth > DEEPEST_BRACKETS:
            raise QueryError(opening.start, f"More than {DEEPEST_BRACKETS} brackets are open here.")
        parts = self._alternatives(field)
        if self._ahead.sign is not Sign.CLOSE:
            raise QueryError(opening.start, "This bracket is never closed.")
        self._depth -= 1
        closing = self._take()
        if not parts:
            return None
        inner = _all([part.expression for part in parts])
        kind = parts[0].kind if len(parts) == 1 else "all"
        return _Part(inner, kind, opening.start, closing.stop)

    def _condition(self, piece: Piece, field: str | None) -> _Part | None:
        try:
            expression = self._meaning(piece, field)
        except ValueError as error:
            sentence = str(error)
            at = piece.start + (error.at if isinstance(error, _Misplaced) else 0)
            raise QueryError(at, sentence[0].upper() + sentence[1:] + ".") from None
        # A phrase asks for each of its words, and a long run of Korean for each of its pairs.
        self._asked += len(expression.tokens) if isinstance(expression, Words) else 1
        if self._asked > MOST_ASKED:
            raise QueryError(
                piece.start, f"From here on it asks for more than {MOST_ASKED} things."
            )
        if expression is None:
            return None
        return _Part(expression, field or "words", piece.start, piece.stop)

    def _meaning(self, piece: Piece, field: str | None) -> Expression | None:
        if field in _DATES:
            return _DATES[field](piece.text.strip(), now=self._now)
        if field in _VALUES:
            return _value(field, piece.text.strip())
        place = _FIELDS.get(field or "")
        if place in _PEOPLE and (address := _ADDRESS.fullmatch(piece.text)):
            return Person(place, (address[1] or address[0]).lower())
        return _words(piece, place)


def exactly(address: str) -> str:
    """How the language names a whole address, so that nothing else meets it."""
    if quoted(address) != address or "<" in address or ">" in address:
        return quoted(address)  # such a thing can only be looked for by its words
    return address if _ADDRESS.fullmatch(address) else f"<{address}>"


def _value(field: str, text: str) -> Expression:
    if not text:
        raise ValueError(f"“{field}:” needs a value")
    return _VALUES[field](text)


def _words(piece: Piece, field: Field | None) -> Expression | None:
    text, open_end = piece.text, False
    if piece.sign is not Sign.QUOTED:
        text = piece.text.rstrip("*")
        open_end = len(text) < len(piece.text)
        if "*" in text:
            raise _Misplaced(text.index("*"), "a * can only stand at the end of a word")
    found = tokens(text)
    if not found and (open_end or piece.sign is Sign.QUOTED):
        raise ValueError("there is no letter and no digit in it to look for")
    if not found:
        return None  # a lone "&" or "–" between words is no mistake
    return Words(field, tuple(found), text.lower(), open_end)


def _all(parts: list[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _chips(text: str, parts: list[_Part]) -> tuple[Chip, ...]:
    return tuple(
        Chip(
            text=" ".join(text[part.start : part.stop].split()),
            kind=part.kind,
            excluded=isinstance(part.expression, Not),
            without=" ".join((text[: part.start] + " " + text[part.stop :]).split()),
        )
        for part in parts
    )
