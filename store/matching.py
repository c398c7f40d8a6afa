"""An expression into what a database is asked: words for its index, conditions for its columns.

The index does not know where in a message a word stands, so for some conditions it is asked for
more than is wanted; those are listed in `Plan.unsure`, to be checked message by message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from store.document import Field
from store.expression import (
    And,
    Condition,
    DeletedInSource,
    Duplicated,
    Expression,
    Has,
    InUpload,
    Labelled,
    Not,
    Or,
    Person,
    Sent,
    Sized,
    Undated,
    WithFile,
    WithFileOfType,
    WithMessageId,
    Words,
    conditions_in,
)
from store.in_uploads import in_any_upload
from store.sql.carrying import Index
from store.sql.tree import AllOf, AnyOf, Token, Tree, Without
from store.tables_mail import (
    UNDATED,
    attachment,
    message,
    message_label,
    message_search,
)
from store.threads import message_id_key
from store.tokens import (
    MARK_OF,
    Mark,
    address_token,
    is_lone_paired_letter,
    month_token,
    year_token,
)

# As many months or years as the index is asked for at once.
_MOST_DATES = 12


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in a query stand for; looked up before it is planned."""

    labels: dict[str, tuple[int, ...]]
    uploads: dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to find what an expression asks for."""

    tree: Tree | None  # for the index; None when the index cannot narrow it down
    conditions: tuple[ColumnElement[bool], ...]  # on message_search
    unsure: tuple[Expression, ...]  # to be checked on each message found
    known_by_columns: dict[Condition, ColumnElement[bool]]  # what that check cannot see itself


def plan(expression: Expression, *, names: Names, index: Index) -> Plan:
    """Decide what goes to the index, what to columns, and what is left to be checked."""
    planner = _Planner(names, index)
    parts = _conjuncts(expression)
    if not any(isinstance(found, DeletedInSource) for found in conditions_in(expression)):
        parts.append(Not(DeletedInSource()))
    kept: list[Tree] = []
    dropped: list[Tree] = []
    conditions: list[ColumnElement[bool]] = []
    for part in parts:
        if tree := _tree(part):
            kept.append(tree)
        elif isinstance(part, Not) and (tree := _exact_tree(part.part)):
            dropped.append(tree)
        else:
            conditions.append(planner.at_most(part))
    if kept:
        kept += _dates_trees([part for part in parts if isinstance(part, Sent)])
    else:
        conditions += [not_(planner.indexed(tree)) for tree in dropped]
    unsure = tuple(part for part in parts if not _is_exact(part))
    return Plan(
        tree=_joined(kept, dropped) if kept else None,
        conditions=tuple(conditions),
        unsure=unsure,
        known_by_columns={
            condition: planner.column(condition)
            for part in unsure
            for condition in conditions_in(part)
            if not isinstance(condition, (Words, Person, Has, Sent, Undated))
        },
    )


def _conjuncts(expression: Expression) -> list[Expression]:
    if isinstance(expression, And):
        return [found for part in expression.parts for found in _conjuncts(part)]
    return [expression]


def _joined(kept: list[Tree], dropped: list[Tree]) -> Tree:
    tree = kept[0] if len(kept) == 1 else AllOf(tuple(kept))
    for unwanted in dropped:
        tree = Without(tree, unwanted)
    return tree


def _tree(expression: Expression) -> Tree | None:
    """What the index is asked: at least everything wanted. None: it cannot say."""
    match expression:
        case Words():
            return _words_tree(expression)
        case Person(field, address):
            return Token(address_token(MARK_OF[field], address))
        case Has(fact):
            return Token(Mark.FACT + fact)
        case Undated():
            return Token(year_token(None))
        case And(parts) if parts:
            return _conjunction(parts)
        case Or(parts):
            trees = [_tree(part) for part in parts]
            found = tuple(tree for tree in trees if tree)
            return AnyOf(found) if len(found) == len(trees) else None
        case _:
            return None


def _conjunction(parts: tuple[Expression, ...]) -> Tree | None:
    kept: list[Tree] = []
    dropped: list[Tree] = []
    for part in parts:
        tree = _exact_tree(part.part) if isinstance(part, Not) else _tree(part)
        if tree is None:
            return None
        (dropped if isinstance(part, Not) else kept).append(tree)
    return _joined(kept, dropped) if kept else None


def _exact_tree(expression: Expression) -> Tree | None:
    return _tree(expression) if _is_exact(expression) else None


def _words_tree(words: Words) -> Tree:
    mark = "" if words.field in (None, Field.BODY) else MARK_OF[words.field]
    last = len(words.tokens) - 1
    tokens = tuple(
        Token(mark + word, (words.open_end and at == last) or is_lone_paired_letter(word))
        for at, word in enumerate(words.tokens)
    )
    return tokens[0] if len(tokens) == 1 else AllOf(tokens)


def _dates_trees(sent: list[Sent]) -> list[Tree]:
    """The months, or of a longer time the years, that a time with both its ends touches.

    The columns decide. But where the index is asked for words anyway, it leaves out at once what
    was sent at other times.
    """
    since = max((one.since for one in sent if one.since is not None), default=None)
    until = min((one.until for one in sent if one.until is not None), default=None)
    if since is None or until is None or since >= until:
        return []
    first, last = _day(since), _day(until - 1)
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    if len(months) <= _MOST_DATES:
        return [_any_of([month_token(month // 12, month % 12 + 1) for month in months])]
    years = range(first.year, last.year + 1)
    return [_any_of([year_token(year) for year in years])] if len(years) <= _MOST_DATES else []


def _any_of(tokens: list[str]) -> Tree:
    found = tuple(map(Token, tokens))
    return found[0] if len(found) == 1 else AnyOf(found)


def _day(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def _is_exact(expression: Expression) -> bool:
    """Whether index and columns alone decide it."""
    return all(map(_is_decided_at_once, conditions_in(expression)))


def _is_decided_at_once(condition: Condition) -> bool:
    match condition:
        case Words(field, tokens):
            return len(tokens) == 1 and field not in (Field.BODY, Field.BCC)
        case Person(field):
            return field is not Field.BCC
        case _:
            return True


class _Planner:
    """Makes conditions on message_search."""

    def __init__(self, names: Names, index: Index) -> None:
        self._names = names
        self._index = index

    def indexed(self, tree: Tree) -> ColumnElement[bool]:
        """What the index says, as a condition among others."""
        return self._index.matches(tree)

    def at_most(self, expression: Expression) -> ColumnElement[bool]:
        """True for everything wanted, and perhaps for more."""
        return self._bound(expression, upper=True)

    def _bound(self, expression: Expression, *, upper: bool) -> ColumnElement[bool]:
        if (tree := _tree(expression)) and (upper or _is_exact(expression)):
            return self.indexed(tree)
        match expression:
            case And(parts):
                return and_(true(), *(self._bound(part, upper=upper) for part in parts))
            case Or(parts):
                return or_(false(), *(self._bound(part, upper=upper) for part in parts))
            case Not(part):
                return not_(self._bound(part, upper=not upper))
            case Words() | Person():
                return false()  # the least that is sure of what the index cannot place
            case _:
                return self.column(expression)

    def column(self, condition: Condition) -> ColumnElement[bool]:
        """A condition that columns decide."""
        row = message_search.c
        match condition:
            case Sent(since, until):
                return and_(
                    row.sort_at >= (UNDATED + 1 if since is None else since),
                    true() if until is None else row.sort_at < until,
                )
            case Sized(above, below):
                return and_(
                    true() if above is None else row.size > above,
                    true() if below is None else row.size < below,
                )
            case DeletedInSource():
                return row.deleted_in_source
            case Duplicated():
                copies = select(message.c.duplicate_of).where(message.c.duplicate_of.is_not(None))
                return row.id.in_(copies)
            case Labelled(name):
                borne = select(message_label.c.first_id)
                ids = self._names.labels[name]
                return row.id.in_(borne.where(message_label.c.label_id.in_(ids)))
            case WithMessageId(message_id):
                return row.id.in_(_with_message_id(message_id))
            case WithFileOfType(beginnings):
                kind = attachment.c.content_type
                of_type = or_(*(kind.startswith(one, autoescape=True) for one in beginnings))
                return row.id.in_(select(attachment.c.message_id).where(of_type))
            case WithFile(sha256):
                holding = select(attachment.c.message_id).where(attachment.c.sha256 == sha256)
                return row.id.in_(holding)
            case InUpload(name):
                return in_any_upload(self._names.uploads[name])
            case _:
                raise TypeError(f"no column decides {condition}")


def _with_message_id(message_id: str) -> Select[int]:
    return select(func.coalesce(message.c.duplicate_of, message.c.id)).where(
        message.c.message_id_hash == message_id_key(message_id)
    )
