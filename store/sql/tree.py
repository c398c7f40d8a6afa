"""What the full-text index is asked: tokens joined by and, or, but not. Free of any dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """Holds this token, or, when it is a `beginning`, one that begins so."""

    text: str
    beginning: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these; at least one is there."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these; at least one is there."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """The first, but not the second."""

    kept: Tree
    dropped: Tree


Tree = Token | AllOf | AnyOf | Without


def spelled(
    tree: Tree, *, token: Callable[[Token], str], all_of: str, any_of: str, without: str
) -> str:
    """A tree in the words of one database's index."""

    def spell(part: Tree) -> str:
        match part:
            case Token():
                return token(part)
            case AllOf(parts):
                return "(" + all_of.join(map(spell, parts)) + ")"
            case AnyOf(parts):
                return "(" + any_of.join(map(spell, parts)) + ")"
            case Without(kept, dropped):
                return f"({spell(kept)}{without}{spell(dropped)})"

    return spell(tree)


def tokens_in(tree: Tree) -> Iterator[Token]:
    """Every token a tree asks for."""
    match tree:
        case Token():
            yield tree
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from tokens_in(part)
        case Without(kept, dropped):
            yield from tokens_in(kept)
            yield from tokens_in(dropped)


def word_range(beginning: str) -> tuple[str, str]:
    """The words that begin so, in the order of their letters' numbers: from the first to before
    the second."""
    following = ord(beginning[-1]) + 1
    # Surrogates are no letters.
    return beginning, beginning[:-1] + chr(0xE000 if following == 0xD800 else following)
