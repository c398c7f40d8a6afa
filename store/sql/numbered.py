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

# Beginnings of more words than this are not looked up in the index.
WORDS_OF_A_BEGINNING = 50_000
# For each message it finds, the server goes through all the words it looks up together, and a
# lookup has its price however few messages it finds: so few frequent words are looked up together,
# and of rare ones, which came later, more and more.
WORDS_TOGETHER, RARE_WORDS_TOGETHER = 16, 512
LOOKUPS_OF_A_SIZE = 16
# More words than this are not looked up together with whatever else is wanted: the server would
# go through all of them for each message that the others found. It looks into these messages, if
# they are no more than so many; otherwise the words are found first.
WORDS_BESIDE_OTHERS, LOOKED_INTO = 2_000, 10_000
# Nor are those looked up that so many of the newest messages bear: as many as anybody wants are
# soon met with by looking into one message after the other.
SAMPLED, BORNE_BY_MANY = 400, 80
# Beside what may be any number of messages.
ANY_NUMBER = 1 << 40

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
        self._everywhere: set[Token] = set()
        connection.exec_driver_sql(_SETTINGS)

    def matches(self, tree: Tree) -> ColumnElement[bool]:
        """See `Index.matches`."""
        self._look_up(tokens_in(tree))
        return self._condition(tree)

    def guess(self, tree: Tree) -> int:
        """See `Index.guess`. Asks the planner, who knows the frequent words.

        Of very many rare words it would believe that together they are everywhere.
        """
        self._look_up(tokens_in(tree))
        if self._has_wide(tree):
            return 0
        return self._planned(self._condition(tree))

    def _planned(self, condition: ColumnElement[bool]) -> int:
        """How many messages the planner expects to meet it."""
        wanted = select(message_search.c.id).where(condition)
        asked = wanted.compile(self._connection, compile_kwargs={"render_postcompile": True})
        plan = self._connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {asked}", asked.params)
        return int(plan.scalar_one()[0]["Plan"]["Plan Rows"])

    def source(self, tree: Tree | None) -> tuple[FromClause, ColumnElement[bool]]:
        """See `Index.source`."""
        return message_search, true() if tree is None else self.matches(tree)

    def _has_wide(self, tree: Tree) -> bool:
        return any(map(self._is_wide, tokens_in(tree)))

    def _is_wide(self, token: Token) -> bool:
        return len(self._numbers[token]) > WORDS_BESIDE_OTHERS and token not in self._everywhere

    def _look_up(self, tokens: Iterable[Token]) -> None:
        exact = []
        for token in tokens:
            if token in self._numbers:
                continue
            if token.beginning:
                self._numbers[token] = begun = self._begun_with(token.text)
                if len(begun) > WORDS_OF_A_BEGINNING or self._is_borne_by_many(token):
                    self._everywhere.add(token)
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

    def _is_borne_by_many(self, token: Token) -> bool:
        if len(self._numbers[token]) <= WORDS_BESIDE_OTHERS:
            return False
        newest = select(message_search.c.id, _TOKENS).limit(SAMPLED)
        newest = newest.order_by(message_search.c.sort_at.desc(), message_search.c.id.desc())
        sample = newest.subquery("message_search")
        bearing = select(func.count()).select_from(sample).where(_holds_one_of_many(token))
        return self._connection.execute(bearing).scalar_one() >= BORNE_BY_MANY

    def _condition(self, tree: Tree, *, beside: int | None = None) -> ColumnElement[bool]:
        """`beside`: how many messages meet what else is wanted, if there is anything."""
        match tree:
            case Token():
                return self._any_of([tree], together=WORDS_TOGETHER, beside=beside)
            case AllOf(parts):
                return self._every(parts, beside=ANY_NUMBER if beside is None else beside)
            case AnyOf(parts):
                words, rest = _sorted_out(parts)
                found = self._any_of(words, together=WORDS_TOGETHER, beside=beside)
                return or_(found, *(self._condition(part, beside=beside) for part in rest))
            case Without(kept, dropped):
                found = self._condition(kept, beside=beside)
                beside = ANY_NUMBER if beside is None else beside
                if self._has_wide(dropped) and not self._has_wide(kept):
                    beside = min(beside, self._planned(found))
                return and_(found, not_(self._condition(dropped, beside=beside)))

    def _every(self, parts: Sequence[Tree], *, beside: int) -> ColumnElement[bool]:
        words, rest = _sorted_out(parts)
        sure = [word for word in words if len(self._numbers[word]) == 1]
        found = self._all_of(sure)
        if sure and any(map(self._has_wide, parts)):
            beside = min(beside, self._planned(found))
        # Looked up with the sure ones in one go, and in as many messages as those.
        together = WORDS_BESIDE_OTHERS if sure else WORDS_TOGETHER
        unsure = (
            self._any_of([word], together=together, beside=beside)
            for word in words
            if word not in sure
        )
        return and_(found, *unsure, *(self._condition(part, beside=beside) for part in rest))

    def _all_of(self, words: Sequence[Token]) -> ColumnElement[bool]:
        numbers = {number for word in words for number in self._numbers[word]}
        return _TOKENS.bool_op("@>")(_array(numbers)) if numbers else true()

    def _any_of(
        self, words: Sequence[Token], *, together: int, beside: int | None
    ) -> ColumnElement[bool]:
        looked_into = [word for word in words if self._is_looked_for(word, beside=beside)]
        others = [word for word in words if word not in looked_into]
        numbers = {number for word in others for number in self._numbers[word]}
        if beside is None or len(numbers) <= WORDS_BESIDE_OTHERS:
            found = _bears_one_of(numbers, together=together)
        else:
            found = _is_found_by(_bears_one_of(numbers, together=WORDS_TOGETHER))
        return or_(found, *map(_holds_one_of_many, looked_into))

    def _is_looked_for(self, word: Token, *, beside: int | None) -> bool:
        """In each message; it is not asked of the index."""
        if word in self._everywhere:
            return True
        return beside is not None and beside <= LOOKED_INTO and self._is_wide(word)


def _bears_one_of(numbers: Iterable[int], *, together: int) -> ColumnElement[bool]:
    pieces = _pieces(sorted(numbers), together)
    return or_(false(), *(_TOKENS.bool_op("&&")(_array(some)) for some in pieces))


def _is_found_by(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """What meets the condition is found first and once, whatever else is asked."""
    found = select(message_search.c.id).where(condition).cte().prefix_with("MATERIALIZED")
    return message_search.c.id.in_(select(found.c.id))


def _pieces(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The rare words apart from the frequent, as those came first, and more of them at a time."""
    at = pieces = 0
    while at < len(numbers):
        yield numbers[at : at + size]
        at, pieces = at + size, pieces + 1
        if pieces % LOOKUPS_OF_A_SIZE == 0:
            size = max(size, min(size * 2, RARE_WORDS_TOGETHER))


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
    # Asked whether it is true, the words are gathered once; as a mere condition they would be
    # joined, and gathered anew for each message.
    return select(number).where(number.in_(begun).is_(True)).exists()
