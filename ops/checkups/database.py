"""The database: reached, new enough, at this version's schema, its audit log unbroken."""

from __future__ import annotations

from collections.abc import Iterator

from ops.checkups.finding import Finding, Verdict, judged
from store.condition import DatabaseCondition, audit_break, database_condition
from store.database import OUTAGES, Database

SKEW_SECONDS = 5
OLDEST = {"sqlite": (3, 37), "postgresql": (15,)}


def look_at_database(database: Database) -> Iterator[Finding]:
    """All of it; one finding alone when the database is out of reach."""
    try:
        condition = database_condition(database)
    except OUTAGES as error:
        what = f"cannot be reached: {str(error).splitlines()[0]}"
        remedy = "Start it, or mend DATABASE_URL."
        yield judged("database", what, fine=False, remedy=remedy)
        return
    yield _version(condition)
    yield _schema(condition)
    yield _letters(condition)
    if condition.journal is not None:
        yield _journal(condition)
    else:
        yield _clock(condition)
    if condition.is_current:
        yield _audit(database)


def _version(condition: DatabaseCondition) -> Finding:
    oldest = OLDEST[condition.dialect]
    return judged(
        "database",
        f"{condition.dialect} {_dotted(condition.version)}",
        fine=condition.version >= oldest,
        remedy=f"Upgrade to {_dotted(oldest)} or newer.",
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _schema(condition: DatabaseCondition) -> Finding:
    return judged(
        "schema",
        f"at revision {condition.revision}, this version needs {condition.newest_revision}",
        fine=condition.is_current,
        remedy="Run: email-parser migrate",
    )


def _letters(condition: DatabaseCondition) -> Finding:
    return judged(
        "letters",
        f"text is kept as {condition.encoding}",
        fine=condition.encoding.upper().replace("-", "") == "UTF8",
        remedy="Make the database anew with ENCODING 'UTF8'; others cannot hold all mail.",
    )


def _clock(condition: DatabaseCondition) -> Finding:
    ahead = condition.clock_ahead_seconds
    return judged(
        "database clock",
        f"it is {abs(ahead):.1f} s {'ahead of' if ahead >= 0 else 'behind'} this machine's",
        fine=abs(ahead) < SKEW_SECONDS,
        remedy="Let both machines follow a time server: work is dated by the database's clock, "
        "so no chunk is lost, but times on pages differ.",
        otherwise=Verdict.WARNING,
    )


def _journal(condition: DatabaseCondition) -> Finding:
    return judged(
        "journal",
        f"SQLite's journal is {condition.journal}",
        fine=condition.journal == "wal",
        remedy="SQLite could not switch to WAL: the folder must allow shared memory files.",
    )


def _audit(database: Database) -> Finding:
    broken = audit_break(database)
    return judged(
        "audit log",
        "every entry follows from the one before"
        if broken is None
        else f"entry {broken} does not follow from the one before",
        fine=broken is None,
        remedy="Somebody changed or removed entries; compare with a backup.",
        otherwise=Verdict.WRONG,
    )
