"""The process that reads messages again (`python -m jobs.reread_child`); see `jobs.rereading`.

Each wish comes as a line of JSON on standard input, what became of it goes as one to standard
output.
"""

from __future__ import annotations

import json
import sys

from jobs.guard import arm_cpu_limit, die_with_parent
from jobs.rereading import CannotRead, Wish, read_again
from jobs.workshop import workshop_of_process


def main() -> None:
    """Read, store, tell, until nobody asks any more."""
    die_with_parent()
    arm_cpu_limit()
    workshop = workshop_of_process()
    for line in sys.stdin:
        try:
            answer = {"kind": str(read_again(workshop, Wish(**json.loads(line))))}
        except CannotRead as error:
            answer = {"why": str(error)}
        print(json.dumps(answer), flush=True)
    workshop.database.close()


if __name__ == "__main__":
    main()
