"""`email-parser search`: the console's search in a terminal, or as JSON lines for scripts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from ops.premises import opened_database, settings_of_installation
from ops.refusal import Refusal
from ops.tables import Cell, columns, print_table, shown
from store.clock import utc_now
from store.query_hints import Hints, hints_of
from store.results import Hit, Marked, Order, QueryError, Results
from store.search import SearchTooSlow, search

SUBJECT_CHARS = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """search WORD… [--limit N] [--order ORDER] [--json]"""
    parser.add_argument("words", metavar="WORD", nargs="+", help="the query, as in the console")
    parser.add_argument("--limit", type=int, default=20, help="hits to show; 20 if not given")
    parser.add_argument("--order", choices=list(Order), type=Order, default=Order.NEWEST)
    parser.add_argument("--json", action="store_true", help="one JSON object per hit")


def run(args: argparse.Namespace) -> int:
    """Search. Exit status 1 when nothing was found, as grep has it. Raises Refusal."""
    query = " ".join(args.words)
    results, hints = _results(query, order=args.order, limit=args.limit)
    if args.json:
        for hit in results.hits:
            print(json.dumps(as_json(hit), ensure_ascii=False))
    elif results.hits:
        print_table(("message", "date", "from", "subject"), map(_row, results.hits))
        print(f"\n{counted(results)}")
        if results.among_newest is not None:
            print(f"Only the newest {results.among_newest} are in this order.")
    if not results.hits:
        print("\n".join(_said_of_none(results, hints)), file=sys.stderr)
    return 0 if results.hits else 1


def _results(query: str, *, order: Order, limit: int) -> tuple[Results, Hints | None]:
    """What is found; where nothing is, with what may be why."""
    now = utc_now()
    try:
        with opened_database(settings_of_installation()) as database, database.read() as connection:
            results = search(connection, query, order=order, limit=limit, now=now)
            found = results.hits or results.next
            return results, None if found else hints_of(connection, query, now=now)
    except QueryError as error:
        raise misunderstood(query, error) from None
    except SearchTooSlow as error:
        raise Refusal(str(error)) from None


def _said_of_none(results: Results, hints: Hints | None) -> Iterator[str]:
    if results.among_newest is not None:
        yield "No message found as far as there was time to look; leave out --order to look on."
        return
    if results.next:
        yield "No message found as far as there was time to look; add a word or a date."
        return
    yield "No message found."
    yield from _said(hints) if hints else ()


def _said(hints: Hints) -> Iterator[str]:
    yield from (f"No file has in its name: {shown(name)}" for name in hints.no_files)
    yield from (f"No file has the number {name}" for name in hints.no_numbers)
    if hints.no_fields:
        names = ", ".join(f"{shown(name)}:" for name in hints.no_fields)
        yield f"Looked for as words, not as fields: {names} Fields are {', '.join(hints.fields)}."


def misunderstood(query: str, error: QueryError) -> Refusal:
    """The mistake in a query, with a pointer at the character where it is."""
    query = query if error.query is None else error.query
    pointer = " " * columns(query[: error.position]) + "^"
    return Refusal(f"{error.sentence}\n  {query}\n  {pointer}")


def _row(hit: Hit) -> tuple[Cell, ...]:
    sender = hit.sender_name or hit.sender_address
    subject = shown(hit.subject.text) if hit.subject else None
    if subject is not None and len(subject) > SUBJECT_CHARS:
        subject = subject[: SUBJECT_CHARS - 1] + "…"
    return hit.name, hit.sent_at, sender.text if sender else None, subject


def counted(results: Results) -> str:
    """How many there are, in words."""
    value, more = results.count.value, results.count.more
    return f"{value}{'+' if more else ''} message{'' if value == 1 and not more else 's'}"


def as_json(hit: Hit) -> dict[str, object]:
    """A hit for scripts. Times are ISO 8601 in UTC, sizes bytes; null is absent."""
    return {
        "message": hit.name,
        "date": hit.sent_at.isoformat() if hit.sent_at else None,
        "date_source": hit.date_source,
        "date_plausible": hit.date_plausible,
        "from": {"name": _text(hit.sender_name), "address": _text(hit.sender_address)},
        "subject": _text(hit.subject),
        "snippet": hit.snippet.text,
        "size": hit.size,
        "labels": list(hit.labels),
    }


def _text(marked: Marked | None) -> str | None:
    return marked.text if marked else None
