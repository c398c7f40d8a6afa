"""Postgres: what a search asks of an index of numbers.

Words become numbers here, by the table `word`; a word that no message ever bore has none, and
matches nothing. Only operators that every server has are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    and_,
    bindparam,
    column,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from store.sql.tree import AllOf, AnyOf, Token, Tree, Without, tokens_in, word_range
from store.tables_mail import message_search

# Beginnings of more words than this are not looked up in the index one by one.
WORDS_OF_A_BEGINNING = 2_000
# For each message it finds, the server goes through all the words it looks up together.
WORDS_TOGETHER = 16

WORD = table("word", column("id"), column("word"))
# The server takes looking into a long array for as cheap as comparing two numbers, and so would
# rather read every message than the index. And all matches of a word in a million messages, each
# by its place, need more room than the usual 4 MB.
_SETTINGS = "SELECT set_config('enable_seqscan', 'off', true), set_config('work_mem', '32MB', true)"
_TOKENS: ColumnElement[Any] = literal_column("message_search.tokens")
_EXACT = "SELECT word, id FROM word WHERE word = ANY(%(words)s)"
_BEGUN = "SELECT id FROM word WHERE word >= %(low)s AND word < %(high)s LIMIT %(limit)s"


class NumberedIndex:
    """The index as one search asks it; remembers the numbers it has looked up.

    What it sets for the connection lasts as long as its transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers: dict[Token, tuple[int, ...]] = {}
        connection.exec_driver_sql(_SETTINGS)

    def matches(self, tree: Tree) -> ColumnElement[bool]:
        """See `Index.matches`."""
        self._look_up(token for token in tokens_in(tree) if token not in self._numbers)
        return self._condition(tree)

    def guess(self, tree: Tree) -> int:
        """See `Index.guess`. Asks the planner, who knows the frequent words."""
        wanted = select(message_search.c.id).where(self.matches(tree))
        asked = wanted.compile(self._connection, compile_kwargs={"render_postcompile": True})
        plan = self._connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {asked}", asked.params)
        return int(plan.scalar_one()[0]["Plan"]["Plan Rows"])

    def source(self, tree: Tree | None) -> tuple[FromClause, ColumnElement[bool]]:
        """See `Index.source`."""
        return message_search, true() if tree is None else self.matches(tree)

    def _look_up(self, tokens: Iterable[Token]) -> None:
        exact = []
        for token in tokens:
            if token.beginning:
                self._numbers[token] = self._begun_with(token.text)
            else:
                self._numbers[token] = ()
                exact.append(token.text)
        if exact:
            for word, number in self._connection.exec_driver_sql(_EXACT, {"words": exact}):
                self._numbers[Token(word)] = (number,)

    def _begun_with(self, beginning: str) -> tuple[int, ...]:
        low, high = word_range(beginning)
        asked = {"low": low, "high": high, "limit": WORDS_OF_A_BEGINNING + 1}
        return tuple(self._connection.exec_driver_sql(_BEGUN, asked).scalars())

    def _condition(self, tree: Tree) -> ColumnElement[bool]:
        match tree:
            case Token():
                return self._any_of([tree], together=WORDS_TOGETHER)
            case AllOf(parts):
                words, rest = _sorted_out(parts)
                sure = [word for word in words if len(self._numbers[word]) == 1]
                # Looked up with the sure ones in one go, and in as many messages as those.
                unsure = [
                    self._any_of([word], together=WORDS_OF_A_BEGINNING if sure else WORDS_TOGETHER)
                    for word in words
                    if word not in sure
                ]
                return and_(self._all_of(sure), *unsure, *map(self._condition, rest))
            case AnyOf(parts):
                words, rest = _sorted_out(parts)
                found = self._any_of(words, together=WORDS_TOGETHER)
                return or_(found, *map(self._condition, rest))
            case Without(kept, dropped):
                return and_(self._condition(kept), not_(self._condition(dropped)))

    def _all_of(self, words: Sequence[Token]) -> ColumnElement[bool]:
        numbers = {number for word in words for number in self._numbers[word]}
        return _TOKENS.bool_op("@>")(_array(numbers)) if numbers else true()

    def _any_of(self, words: Sequence[Token], *, together: int) -> ColumnElement[bool]:
        many = [word for word in words if len(self._numbers[word]) > WORDS_OF_A_BEGINNING]
        few = {number for word in words if word not in many for number in self._numbers[word]}
        return or_(
            false(),
            *(_TOKENS.bool_op("&&")(_array(some)) for some in _pieces(sorted(few), together)),
            *map(_holds_one_of_many, many),
        )


def _pieces(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The rare words apart from the frequent, as those came first."""
    for at in range(0, len(numbers), size):
        yield numbers[at : at + size]


def _sorted_out(parts: Sequence[Tree]) -> tuple[list[Token], list[Tree]]:
    words = [part for part in parts if isinstance(part, Token)]
    return words, [part for part in parts if not isinstance(part, Token)]


def _array(numbers: Iterable[int]) -> ColumnElement[Any]:
    return bindparam(None, sorted(numbers), type_=ARRAY(Integer))


def _holds_one_of_many(word: Token) -> ColumnElement[bool]:
    """For a beginning of very many words: not asked of the index, but of each message."""
    low, high = word_range(word.text)
    begun = select(WORD.c.id).where(WORD.c.word >= low, WORD.c.word < high)
    number = func.unnest(_TOKENS).column_valued("number")
    return select(number).where(number.in_(begun)).exists()
