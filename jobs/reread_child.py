"""The process that reads one message again (`python -m jobs.reread_child`); see `jobs.rereading`.

The wish comes as JSON on standard input, what became of it goes as JSON to standard output.
"""

from __future__ import annotations

import json
import sys

from jobs.guard import arm_cpu_limit, die_with_parent
from jobs.rereading import CannotRead, Wish, read_again
from jobs.workshop import workshop_of_process


def main() -> None:
    """Read, store, tell."""
    die_with_parent()
    arm_cpu_limit()
    wish = Wish(**json.load(sys.stdin))
    workshop = workshop_of_process()
    try:
        answer = {"kind": str(read_again(workshop, wish))}
    except CannotRead as error:
        answer = {"why": str(error)}
    workshop.database.close()
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
